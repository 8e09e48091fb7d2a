// RUN: kgen-opt %s --convert-tile-to-nvvm --nvvm-lower-math --cse --split-input-file | FileCheck %s

// A row is shared by four lanes: shuffles in a reduction unless it is partial.
// CHECK-LABEL: func.func @reduce(
// CHECK-COUNT-2: arith.maxnumf
// CHECK: nvvm.shfl.sync bfly %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : f32 -> f32
// CHECK: arith.maxnumf
// CHECK: nvvm.shfl.sync bfly
// CHECK: arith.addf
// CHECK-NOT: nvvm.shfl
// CHECK: return
func.func @reduce(%m: !tile.matrix<16x8xf32, accumulator>, %a: !tile.per_row<16xf32>)
    -> (!tile.per_row<16xf32>, !tile.per_row<16xf32>) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %max = tile.reduce max %m init %a : !tile.matrix<16x8xf32, accumulator>, !tile.per_row<16xf32>
  %sum = tile.reduce add %m init %a partial : !tile.matrix<16x8xf32, accumulator>, !tile.per_row<16xf32>
  return %max, %sum : !tile.per_row<16xf32>, !tile.per_row<16xf32>
}

// -----

// The region once for each of the lane's 4 elements, with its row and column.
// CHECK-LABEL: func.func @map(
// CHECK-SAME: %[[E0:.*]]: f32, %[[E1:.*]]: f32, %[[E2:.*]]: f32, %[[E3:.*]]: f32, %[[M0:.*]]: f32, %[[M1:.*]]: f32,
// CHECK-COUNT-2: arith.subf %{{.*}}, %[[M0]] : f32
// CHECK-COUNT-2: arith.subf %{{.*}}, %[[M1]] : f32
// CHECK-NOT: arith.subf
func.func @map(%m: !tile.matrix<16x8xf32, accumulator>, %a: !tile.per_row<16xf32>, %q0: index, %k0: index)
    -> !tile.matrix<16x8xf32, accumulator> attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  %r = tile.map (%m, %a) at [%q0, %k0] : !tile.matrix<16x8xf32, accumulator>, !tile.per_row<16xf32>
      -> !tile.matrix<16x8xf32, accumulator> {
  ^bb0(%e: f32, %c: f32, %i: index, %j: index):
    %d = arith.subf %e, %c : f32
    %keep = arith.cmpi sge, %i, %j : index
    %s = arith.select %keep, %d, %e : f32
    tile.yield %s : f32
  }
  return %r : !tile.matrix<16x8xf32, accumulator>
}

// -----

// CHECK-LABEL: func.func @functions(
func.func @functions(%x: f32) -> (f32, f32, f32) attributes {tile.kernel, tile.approximate_math} {
  // CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"
  %a = math.exp2 %x : f32
  // CHECK: llvm.call_intrinsic "llvm.nvvm.lg2.approx.f"
  %b = math.log2 %x : f32
  // CHECK: llvm.intr.tanh(%{{.*}}) {fastmathFlags = #llvm.fastmath<afn>}
  %c = math.tanh %x : f32
  return %a, %b, %c : f32, f32, f32
}

// -----

// CHECK-LABEL: func.func @store(
// 64 columns: two groups of four blocks, transposed within a quad, 16 bytes each.
// CHECK-COUNT-4: nvvm.shfl.sync bfly {{.*}} : i32 -> i32
// CHECK: scf.if
// CHECK-COUNT-2: llvm.store %{{.*}}, %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>
// CHECK-NOT: alignment = 4
// CHECK: return
func.func @store(%m: !tile.matrix<16x64xf32, accumulator>, %o: memref<2x8x?x64xbf16>, %q0: index, %n: index) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 16, warps = 1>} {
  tile.store %m to %o[%q0, %q0, %q0] limit %n : !tile.matrix<16x64xf32, accumulator>, memref<2x8x?x64xbf16>
  return
}
