// RUN: kgen-opt %s --convert-tile-to-cpu | FileCheck %s
// RUN: kgen-opt %s --convert-tile-to-cpu="lanes=8 registers=16" | FileCheck %s --check-prefix=AVX2
// RUN: not kgen-opt %s --convert-tile-to-cpu="lanes=7" 2>&1 | FileCheck %s --check-prefix=LANES

// The kernel interface, and scratch: Q 16x16, K 16x16 packed, the product 16x16,
// its row maxima before and after they join the start value in its place: f32.
// CHECK-LABEL: func.func @scores
// CHECK-SAME: (%[[ARGS:.*]]: !llvm.ptr, %[[BLOCK:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.noalias})
// CHECK-SAME: kgen.scratch_bytes = 3200 : i64
// AVX2-LABEL: func.func @scores
// LANES: error: [KG4062] lanes is 4, 8 or 16 and registers 16 or 32, got 7 and 32
func.func @scores(%q: memref<1x1x?x16xf32>, %k: memref<1x1x?x16xbf16>, %bias: memref<?xf32>,
                  %out: memref<1x1x?x16xf32>, %most: memref<1x1x?xf32>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c16 = arith.constant 16 : index
  %lowest = arith.constant 0xFF800000 : f32
  %n = memref.dim %k, %c2 : memref<1x1x?x16xbf16>
  %x, %h, %b = tile.program_id
  %q0 = arith.muli %x, %c16 : index
  %q_buffer = tile.alloc : !tile.buffer<1x16x16xbf16>
  %k_buffer = tile.alloc : !tile.buffer<1x16x16xbf16>
  %q_view = tile.slot %q_buffer[%c0] : !tile.buffer<1x16x16xbf16>
  %k_view = tile.slot %k_buffer[%c0] : !tile.buffer<1x16x16xbf16>

  // 16-bit rows become f32 by a shift, and whole blocks are transposed in registers.
  // CHECK: llvm.load {{.*}} : !llvm.ptr -> vector<16xi16>
  // CHECK: arith.shli {{.*}} : vector<16xi32>
  // CHECK: vector.shuffle {{.*}} : vector<16xf32>, vector<16xf32>
  // AVX2: vector.shuffle {{.*}} : vector<8xf32>, vector<8xf32>
  %t0 = tile.copy %k[%c0, %c0, %q0] limit %n to %q_view : memref<1x1x?x16xbf16>, !tile.view<16x16xbf16>
  %t1 = tile.copy %k[%c0, %c0, %c0] limit %n to %k_view : memref<1x1x?x16xbf16>, !tile.view<16x16xbf16>
  tile.wait %t1 pending 0
  tile.barrier
  %start = tile.splat %lowest : !tile.per_row<16xf32>

  // One vector of columns, eight rows: eight accumulators in registers.
  // CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>) {
  // CHECK: vector.fma {{.*}} : vector<16xf32>
  // Two vectors of 8 columns and six rows, or four that divide 16.
  // AVX2: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
  // AVX2: vector.fma {{.*}} : vector<8xf32>
  %s = tile.dot %q_view, %k_view transpose_rhs : !tile.view<16x16xbf16>, !tile.view<16x16xbf16> -> !tile.matrix<16x16xf32, accumulator>

  // A table read at consecutive lanes is one masked load; positions are i32.
  // CHECK: arith.cmpi ugt, {{.*}} : vector<16xi32>
  // CHECK: llvm.intr.masked.load {{.*}}alignment = 4 : i32
  // CHECK: vector.shuffle {{.*}} [8, 9, 10, 11, 12, 13, 14, 15]
  %t = tile.map (%s) at [%q0, %c0] : !tile.matrix<16x16xf32, accumulator> -> !tile.matrix<16x16xf32, accumulator> {
  ^bb0(%se: f32, %i: index, %j: index):
    %value = memref.load %bias[%j] : memref<?xf32>
    %sum = arith.addf %se, %value : f32
    tile.yield %sum : f32
  }
  %m = tile.reduce max %t init %start : !tile.matrix<16x16xf32, accumulator>, !tile.per_row<16xf32>
  tile.store %t to %out[%c0, %c0, %q0] limit %n : !tile.matrix<16x16xf32, accumulator>, memref<1x1x?x16xf32>
  tile.store_rows %m to %most[%c0, %c0, %q0] limit %n : !tile.per_row<16xf32>, memref<1x1x?xf32>
  // CHECK-NOT: tile.
  return
}
