// RUN: kgen-opt %s --convert-tile-to-rocdl | FileCheck %s
// RUN: kgen-opt %s --lower-tile-to-rocdl | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=LLVM
// RUN: kgen-opt %s --lower-tile-to-rocdl | mlir-translate --mlir-to-llvmir | opt -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx942 | llc -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx942 | FileCheck %s --check-prefix=ASM
// RUN: kgen-opt %s --lower-tile-to-rocdl=arch=gfx90a | mlir-translate --mlir-to-llvmir | opt -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx90a | llc -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx90a | FileCheck %s --check-prefix=ASM
// RUN: kgen-opt %s --convert-tile-to-rocdl=arch=gfx950 | FileCheck %s --check-prefix=WIDE
// RUN: kgen-opt %s --lower-tile-to-rocdl=arch=gfx950 | mlir-translate --mlir-to-llvmir | opt -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx950 | llc -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx950 | FileCheck %s --check-prefix=WIDE-ASM

// 4 waves of 32 query rows, 32 keys a step, D = 128, bf16, grouped heads,
// dynamic sizes, a bias read from a table, log-sum-exp. The unit tests compile
// this kernel, and variants made by replacing its types, for each architecture.

// One LDS global: K rows padded by 8 bytes, V transposed and padded, no Q:
// 2 * (32 * 132 + 128 * 36) bytes.
// CHECK: llvm.mlir.global internal @flash_lds() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<17664 x i8>

// Tensors are a pointer and the dynamic sizes.
// CHECK-LABEL: llvm.func @flash(
// CHECK-SAME: %{{.*}}: !llvm.ptr<1>, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr<1>
// CHECK-SAME: rocdl.flat_work_group_size = "256,256", rocdl.kernel
// CHECK: rocdl.workitem.id.x range <i32, 0, 256>
// CHECK: rocdl.readfirstlane
// Q: straight into 16 fragments, two a load.
// CHECK: rocdl.make.buffer.rsrc
// CHECK-COUNT-8: rocdl.raw.ptr.buffer.load {{.*}} : vector<4xi32>
// CHECK-NOT: llvm.store
// CHECK: llvm.fence syncscope("workgroup") release
// CHECK-NEXT: rocdl.s.barrier
// CHECK-NEXT: llvm.fence syncscope("workgroup") acquire
// The first K is in flight before the loop: two loads a thread, no store.
// CHECK: rocdl.make.buffer.rsrc
// CHECK-COUNT-2: rocdl.raw.ptr.buffer.load
// CHECK-NOT: llvm.store
// CHECK: rocdl.sched.barrier
// The loop carries O^T (4 blocks), the row maximum and the row sum; and of the
// token the view of K and its two vectors (V has four, poison here).
// CHECK: scf.for
// CHECK-SAME: -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, f32, f32, !llvm.ptr<3>, vector<4xi32>, vector<4xi32>, vector<4xi32>, vector<4xi32>)
// K arrives: its registers go to LDS before the barrier.
// CHECK-COUNT-2: llvm.store {{.*}} : vector<8xi16>, !llvm.ptr<3>
// CHECK: rocdl.s.barrier
// V sets out before the first product.
// CHECK-COUNT-4: rocdl.raw.ptr.buffer.load
// CHECK-NOT: llvm.store
// CHECK: rocdl.sched.barrier
// S^T = K Q^T: 16 steps of 8.
// CHECK-COUNT-16: rocdl.mfma.f32.32x32x8bf16.1k
// CHECK-NOT: rocdl.mfma
// The table is read for each of a lane's 16 pairs.
// CHECK-COUNT-16: llvm.load {{.*}} invariant : !llvm.ptr<1> -> f32
// One exchange between the halves of a wave; the row sum stays partial.
// CHECK: rocdl.ds_bpermute
// CHECK-NOT: rocdl.ds_bpermute
// CHECK: rocdl.exp2
// V arrives transposed: half the threads have a task. The next K sets out.
// CHECK: scf.if
// CHECK-COUNT-8: llvm.store {{.*}} : vector<4xi16>, !llvm.ptr<3>
// CHECK: rocdl.s.barrier
// CHECK-COUNT-2: rocdl.raw.ptr.buffer.load
// CHECK-NOT: llvm.store
// CHECK: rocdl.sched.barrier
// O^T = V^T P^T: 4 blocks of 32 dimensions, 4 steps of 8 keys.
// CHECK-COUNT-16: rocdl.mfma.f32.32x32x8bf16.1k
// CHECK-NOT: rocdl.mfma
// CHECK: scf.yield
// tile.combine
// CHECK: rocdl.ds_bpermute
// CHECK-COUNT-16: rocdl.raw.ptr.buffer.store {{.*}} : vector<2xi32>
// CHECK: scf.if
// CHECK: rocdl.raw.ptr.buffer.store {{.*}} : f32
// CHECK: llvm.return

// LLVM: @flash_lds = internal addrspace(3) global [17664 x i8]
// LLVM: define amdgpu_kernel void @flash(ptr addrspace(1)
// LLVM: call <16 x float> @llvm.amdgcn.mfma.f32.32x32x8bf16.1k
// LLVM: "amdgpu-flat-work-group-size"="256,256" "uniform-work-group-size"

// In the code of a step, loads of the next tile stand before the products.
// ASM-LABEL: flash:
// ASM-COUNT-8: buffer_load_dwordx4
// ASM: ds_write2_b64
// ASM: s_barrier
// ASM-NOT: v_mfma
// ASM-COUNT-4: buffer_load_dwordx4
// ASM-COUNT-16: v_mfma_f32_32x32x8{{_?}}bf16
// ASM: buffer_store_dwordx2
// ASM: s_endpgm
// ASM-NOT: scratch_{{load|store}}
// ASM: .private_segment_fixed_size: 0
// ASM: .vgpr_spill_count: 0

// gfx950 contracts 16 positions in one product: half as many.
// WIDE-COUNT-8: rocdl.mfma.f32.32x32x16.bf16 {{.*}} : (vector<8xbf16>, vector<8xbf16>, vector<16xf32>, i32, i32, i32) -> vector<16xf32>
// WIDE-NOT: rocdl.mfma
// WIDE: rocdl.exp2
// WIDE-COUNT-8: rocdl.mfma.f32.32x32x16.bf16
// WIDE-NOT: rocdl.mfma
// WIDE-ASM-LABEL: flash:
// WIDE-ASM: v_mfma_f32_32x32x16_bf16
// WIDE-ASM: .private_segment_fixed_size: 0
func.func @flash(%q: memref<?x8x?x128xbf16>, %k: memref<?x2x?x128xbf16>, %v: memref<?x2x?x128xbf16>,
                 %table: memref<8x?xf32>, %o: memref<?x8x?x128xbf16>, %lse: memref<?x8x?xf32>)
    attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c32 = arith.constant 32 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %seq_q = memref.dim %q, %c2 : memref<?x8x?x128xbf16>
  %seq_kv = memref.dim %k, %c2 : memref<?x2x?x128xbf16>
  %x, %h, %b = tile.program_id
  %h_kv = arith.divui %h, %c4 : index
  %q0 = arith.muli %x, %c128 : index

  %q_buffer = tile.alloc : !tile.buffer<1x128x128xbf16>
  %k_buffer = tile.alloc : !tile.buffer<1x32x128xbf16>
  %v_buffer = tile.alloc : !tile.buffer<1x32x128xbf16>
  %q_view = tile.slot %q_buffer[%c0] : !tile.buffer<1x128x128xbf16>
  %k_view = tile.slot %k_buffer[%c0] : !tile.buffer<1x32x128xbf16>
  %v_view = tile.slot %v_buffer[%c0] : !tile.buffer<1x32x128xbf16>

  %q_token = tile.copy %q[%b, %h, %q0] limit %seq_q to %q_view : memref<?x8x?x128xbf16>, !tile.view<128x128xbf16>
  tile.wait %q_token pending 0
  tile.barrier
  %q_tile = tile.load %q_view : !tile.view<128x128xbf16>
  %o_start = tile.splat %zero : !tile.matrix<128x128xf32, accumulator>
  %m_start = tile.splat %lowest : !tile.per_row<128xf32>
  %l_start = tile.splat %zero : !tile.per_row<128xf32>
  %first = tile.copy %k[%b, %h_kv, %c0] limit %seq_kv to %k_view : memref<?x2x?x128xbf16>, !tile.view<32x128xbf16>

  %o_end, %m_end, %l_end, %last = scf.for %kv0 = %c0 to %seq_kv step %c32
      iter_args(%o_acc = %o_start, %m = %m_start, %l = %l_start, %k_token = %first)
      -> (!tile.matrix<128x128xf32, accumulator>, !tile.per_row<128xf32>, !tile.per_row<128xf32>, !tile.token) {
    tile.wait %k_token pending 0
    tile.barrier
    %v_token = tile.copy %v[%b, %h_kv, %kv0] limit %seq_kv to %v_view : memref<?x2x?x128xbf16>, !tile.view<32x128xbf16>
    %s = tile.dot %q_tile, %k_view transpose_rhs : !tile.matrix<128x128xbf16, operand>, !tile.view<32x128xbf16>
        -> !tile.matrix<128x32xf32, accumulator>
    %t = tile.map (%s) at [%q0, %kv0] : !tile.matrix<128x32xf32, accumulator> -> !tile.matrix<128x32xf32, accumulator> {
    ^bb0(%se: f32, %i: index, %j: index):
      %scale = arith.constant 0.18033688 : f32
      %scaled = arith.mulf %se, %scale : f32
      %distance = arith.subi %j, %i : index
      %in_table = arith.maxsi %distance, %c0 : index
      %bias = memref.load %table[%h, %in_table] : memref<8x?xf32>
      %biased = arith.addf %scaled, %bias : f32
      %keep = arith.cmpi ult, %j, %seq_kv : index
      %r = arith.select %keep, %biased, %lowest : f32
      tile.yield %r : f32
    }
    %m_new = tile.reduce max %t init %m : !tile.matrix<128x32xf32, accumulator>, !tile.per_row<128xf32>
    %m_safe = tile.map_rows (%m_new) at [%q0] : !tile.per_row<128xf32> -> !tile.per_row<128xf32> {
    ^bb0(%a: f32, %i: index):
      %none = arith.cmpf oeq, %a, %lowest : f32
      %r = arith.select %none, %zero, %a : f32
      tile.yield %r : f32
    }
    %alpha = tile.map_rows (%m, %m_safe) at [%q0] : !tile.per_row<128xf32>, !tile.per_row<128xf32> -> !tile.per_row<128xf32> {
    ^bb0(%a: f32, %c: f32, %i: index):
      %d = arith.subf %a, %c : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    %p = tile.map (%t, %m_safe) at [%q0, %kv0] : !tile.matrix<128x32xf32, accumulator>, !tile.per_row<128xf32> -> !tile.matrix<128x32xf32, accumulator> {
    ^bb0(%te: f32, %c: f32, %i: index, %j: index):
      %d = arith.subf %te, %c : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    %l_scaled = tile.map_rows (%l, %alpha) at [%q0] : !tile.per_row<128xf32>, !tile.per_row<128xf32> -> !tile.per_row<128xf32> {
    ^bb0(%a: f32, %c: f32, %i: index):
      %r = arith.mulf %a, %c : f32
      tile.yield %r : f32
    }
    %l_new = tile.reduce add %p init %l_scaled partial : !tile.matrix<128x32xf32, accumulator>, !tile.per_row<128xf32>
    %o_scaled = tile.map (%o_acc, %alpha) at [%q0, %c0] : !tile.matrix<128x128xf32, accumulator>, !tile.per_row<128xf32> -> !tile.matrix<128x128xf32, accumulator> {
    ^bb0(%oe: f32, %c: f32, %i: index, %j: index):
      %r = arith.mulf %oe, %c : f32
      tile.yield %r : f32
    }
    tile.wait %v_token pending 0
    tile.barrier
    %next = arith.addi %kv0, %c32 : index
    %k_next = tile.copy %k[%b, %h_kv, %next] limit %seq_kv to %k_view : memref<?x2x?x128xbf16>, !tile.view<32x128xbf16>
    %p16 = tile.pack %p : !tile.matrix<128x32xf32, accumulator> -> !tile.matrix<128x32xbf16, operand>
    %o_next = tile.dot %p16, %v_view acc %o_scaled : !tile.matrix<128x32xbf16, operand>, !tile.view<32x128xbf16>
        -> !tile.matrix<128x128xf32, accumulator>
    scf.yield %o_next, %m_new, %l_new, %k_next
        : !tile.matrix<128x128xf32, accumulator>, !tile.per_row<128xf32>, !tile.per_row<128xf32>, !tile.token
  }

  %l_total = tile.combine add %l_end : !tile.per_row<128xf32>
  %inverse = tile.map_rows (%l_total) at [%q0] : !tile.per_row<128xf32> -> !tile.per_row<128xf32> {
  ^bb0(%a: f32, %i: index):
    %one = arith.constant 1.0 : f32
    %empty = arith.cmpf oeq, %a, %zero : f32
    %inv = arith.divf %one, %a : f32
    %r = arith.select %empty, %zero, %inv : f32
    tile.yield %r : f32
  }
  %o_final = tile.map (%o_end, %inverse) at [%q0, %c0] : !tile.matrix<128x128xf32, accumulator>, !tile.per_row<128xf32> -> !tile.matrix<128x128xf32, accumulator> {
  ^bb0(%oe: f32, %c: f32, %i: index, %j: index):
    %r = arith.mulf %oe, %c : f32
    tile.yield %r : f32
  }
  tile.store %o_final to %o[%b, %h, %q0] limit %seq_q : !tile.matrix<128x128xf32, accumulator>, memref<?x8x?x128xbf16>
  %lse_tile = tile.map_rows (%m_end, %l_total) at [%q0] : !tile.per_row<128xf32>, !tile.per_row<128xf32> -> !tile.per_row<128xf32> {
  ^bb0(%me: f32, %le: f32, %i: index):
    %ln2 = arith.constant 0.693147182 : f32
    %log = math.log2 %le : f32
    %sum = arith.addf %me, %log : f32
    %r = arith.mulf %sum, %ln2 : f32
    tile.yield %r : f32
  }
  tile.store_rows %lse_tile to %lse[%b, %h, %q0] limit %seq_q : !tile.per_row<128xf32>, memref<?x8x?xf32>
  return
}
