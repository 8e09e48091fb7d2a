// RUN: kgen-opt %s --convert-tile-to-nvvm --cse | FileCheck %s

// Copies: 16 bytes a thread, rows past the limit as zeros, one commit group a
// copy. 32 threads, 16 rows of 8 chunks: 4 passes of 4 rows. The swizzle of rows
// of 128 bytes repeats after 8 rows, so passes 0 and 2 differ by a constant.

// CHECK: llvm.mlir.global external @kgen_shared() {addr_space = 3 : i32, alignment = 128 : i64} : !llvm.array<0 x i8>
// CHECK-LABEL: func.func @copies(
// CHECK-SAME: %[[SRC:.*]]: !llvm.ptr<1>, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: index)
// CHECK-SAME: dynamic_shared_bytes = 4096 : i64
// CHECK-SAME: kernel_threads = 32 : i64
func.func @copies(%src: memref<?x8x?x64xbf16>, %n: index) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %c0 = arith.constant 0 : index
  // CHECK: nvvm.read.ptx.sreg.ctaid.x
  %x, %h, %b = tile.program_id
  // CHECK: %[[SHARED:.*]] = llvm.mlir.addressof @kgen_shared : !llvm.ptr<3>
  %ring = tile.alloc : !tile.buffer<2x16x64xbf16>
  // CHECK: arith.muli %{{.*}}, %{{.*}} overflow<nsw, nuw> : i32
  %view = tile.slot %ring[%n] : !tile.buffer<2x16x64xbf16>
  // CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}} : !llvm.ptr<3>, !llvm.ptr<1>, i32
  // CHECK: llvm.getelementptr inbounds %{{.*}}[512] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i8
  // CHECK: nvvm.cp.async.shared.global
  // CHECK: llvm.getelementptr inbounds %{{.*}}[1024] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
  // CHECK: nvvm.cp.async.shared.global
  // CHECK: nvvm.cp.async.shared.global
  // CHECK-NOT: nvvm.cp.async.shared.global
  // CHECK: nvvm.cp.async.commit.group
  %t = tile.copy %src[%b, %h, %c0] limit %n to %view : memref<?x8x?x64xbf16>, !tile.view<16x64xbf16>
  // CHECK: nvvm.cp.async.wait.group 1
  tile.wait %t pending 1
  // CHECK: nvvm.barrier
  tile.barrier
  return
}

// Fewer chunks than threads: the last pass is guarded.
// CHECK-LABEL: func.func @guarded(
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %{{.*}}, %{{.*}} : i32
// CHECK: scf.if %[[INSIDE]]
// CHECK: nvvm.cp.async.shared.global
func.func @guarded(%src: memref<2x8x64x24xf32>, %n: index) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %buffer = tile.alloc : !tile.buffer<1x16x24xf32>
  %view = tile.slot %buffer[%c0] : !tile.buffer<1x16x24xf32>
  %t = tile.copy %src[%c0, %c0, %c0] limit %n to %view : memref<2x8x64x24xf32>, !tile.view<16x24xf32>
  return
}

// Sizes are arguments, tables are read through 64-bit positions, i1 as bytes.
// CHECK-LABEL: func.func @tables(
// CHECK-SAME: %[[TABLE:.*]]: !llvm.ptr<1>, %[[SIZE:.*]]: i64, %[[FLAGS:.*]]: !llvm.ptr<1>,
func.func @tables(%table: memref<4x?xf32>, %flags: memref<8xi1>, %i: index) -> (f32, i1, index)
    attributes {tile.kernel} {
  %c1 = arith.constant 1 : index
  // CHECK: arith.trunci %[[SIZE]] : i64 to i32
  %n = memref.dim %table, %c1 : memref<4x?xf32>
  // CHECK: llvm.load %{{.*}} invariant : !llvm.ptr<1> -> f32
  %v = memref.load %table[%c1, %i] : memref<4x?xf32>
  // CHECK: %[[BYTE:.*]] = llvm.load %{{.*}} invariant : !llvm.ptr<1> -> i8
  // CHECK: arith.cmpi ne, %[[BYTE]]
  %f = memref.load %flags[%i] : memref<8xi1>
  return %v, %f, %n : f32, i1, index
}
