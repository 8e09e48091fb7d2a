// RUN: kgen-opt %s --convert-tile-to-nvvm --cse --split-input-file | FileCheck %s

// One warp, S = Q K^T with 16 x 32 and 16 x 32 elements: two k steps, two blocks
// of 16 keys each. Blocks of K are read ahead of the product that needs them.

// CHECK-LABEL: func.func @scores(
func.func @scores(%i: index) -> !tile.matrix<16x32xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 32, warps = 1>} {
  %qb = tile.alloc : !tile.buffer<1x16x32xbf16>
  %kb = tile.alloc : !tile.buffer<1x32x32xbf16>
  %q = tile.slot %qb[%i] : !tile.buffer<1x16x32xbf16>
  %k = tile.slot %kb[%i] : !tile.buffer<1x32x32xbf16>
  // CHECK-COUNT-2: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
  %qt = tile.load %q : !tile.view<16x32xbf16>
  // CHECK-COUNT-3: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
  // CHECK-COUNT-2: nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<bf16>{{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 16>
  // CHECK: nvvm.ldmatrix
  // CHECK-COUNT-6: nvvm.mma.sync
  // CHECK-NOT: nvvm.mma.sync
  // CHECK: return
  // CHECK-COUNT-1: f32, f32
  %s = tile.dot %qt, %k transpose_rhs : !tile.matrix<16x32xbf16, operand>, !tile.view<32x32xbf16> -> !tile.matrix<16x32xf32, accumulator>
  return %s : !tile.matrix<16x32xf32, accumulator>
}

// -----

// P from an accumulator without a shuffle, V read transposed, f16.
// CHECK-LABEL: func.func @output(
// CHECK-NOT: nvvm.shfl
// CHECK: llvm.call_intrinsic "llvm.nvvm.ff2f16x2.rn"(%{{.*}}, %{{.*}}) : (f32, f32) -> vector<2xf16>
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>, num = 4
// CHECK-COUNT-2: nvvm.mma.sync {{.*}} : (vector<2xf16>, vector<2xf16>, f32)
func.func @output(%i: index, %p: !tile.matrix<16x16xf32, accumulator>, %o: !tile.matrix<16x16xf32, accumulator>)
    -> !tile.matrix<16x16xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %vb = tile.alloc : !tile.buffer<1x16x16xf16>
  %v = tile.slot %vb[%i] : !tile.buffer<1x16x16xf16>
  %p16 = tile.pack %p : !tile.matrix<16x16xf32, accumulator> -> !tile.matrix<16x16xf16, operand>
  %r = tile.dot %p16, %v acc %o : !tile.matrix<16x16xf16, operand>, !tile.view<16x16xf16> -> !tile.matrix<16x16xf32, accumulator>
  return %r : !tile.matrix<16x16xf32, accumulator>
}

// -----

// f32: FMAs. A loop over k for Q K^T; shuffles within a quad for P V.
// CHECK-LABEL: func.func @floats(
// CHECK-NOT: nvvm.mma.sync
// CHECK: scf.for {{.*}} : i32
// CHECK: llvm.load {{.*}} : !llvm.ptr<3> -> vector<4xf32>
// CHECK: math.fma
// CHECK: nvvm.shfl.sync idx
// CHECK: llvm.load {{.*}} : !llvm.ptr<3> -> vector<2xf32>
// CHECK: math.fma
func.func @floats(%i: index) -> !tile.matrix<16x16xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %qb = tile.alloc : !tile.buffer<1x16x16xf32>
  %kb = tile.alloc : !tile.buffer<1x16x16xf32>
  %q = tile.slot %qb[%i] : !tile.buffer<1x16x16xf32>
  %k = tile.slot %kb[%i] : !tile.buffer<1x16x16xf32>
  %s = tile.dot %q, %k transpose_rhs : !tile.view<16x16xf32>, !tile.view<16x16xf32> -> !tile.matrix<16x16xf32, accumulator>
  %p = tile.pack %s : !tile.matrix<16x16xf32, accumulator> -> !tile.matrix<16x16xf32, operand>
  %r = tile.dot %p, %k : !tile.matrix<16x16xf32, operand>, !tile.view<16x16xf32> -> !tile.matrix<16x16xf32, accumulator>
  return %r : !tile.matrix<16x16xf32, accumulator>
}
