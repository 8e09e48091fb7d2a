// RUN: kgen-opt %s --convert-tile-to-rocdl | FileCheck %s
// RUN: kgen-opt %s --lower-tile-to-rocdl | mlir-translate --mlir-to-llvmir | opt -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx942 | llc -O3 -mtriple=amdgcn-amd-amdhsa -mcpu=gfx942 | FileCheck %s --check-prefix=ASM

// A wave's lanes read neighbouring entries and exchange what they found; what the
// first lane has is uniform.
// CHECK-LABEL: llvm.func @scan(
// CHECK:         rocdl.workitem.id.x
// CHECK:         scf.for
// CHECK-COUNT-4:   llvm.load {{.+}} invariant : !llvm.ptr<1> -> i8
// CHECK:           scf.yield
// Six exchanges of two values, then of three.
// CHECK-COUNT-12: rocdl.ds_bpermute
// CHECK-COUNT-2: rocdl.readfirstlane
// CHECK:         scf.for
// CHECK-COUNT-4:   llvm.load {{.+}} invariant : !llvm.ptr<1> -> i8
// CHECK:           scf.yield
// CHECK-COUNT-18: rocdl.ds_bpermute
// CHECK-COUNT-3: rocdl.readfirstlane
// CHECK-NOT:     rocdl.s.barrier
// ASM-LABEL: scan:
// ASM-COUNT-4: global_load_sbyte
// ASM: ds_bpermute_b32
// ASM: v_readfirstlane_b32
func.func @scan(%ids: memref<?xi8>, %out: memref<1x1x?xf32>, %first: index, %last: index, %n: index) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %r:3 = tile.match_range rows %first to %last of %ids[] keys %c0 to %n of %ids[] : memref<?xi8>, memref<?xi8>
  %x = arith.select %r#2, %r#0, %r#1 : index
  %i = arith.index_cast %x : index to i32
  %f = arith.sitofp %i : i32 to f32
  %row = tile.splat %f : !tile.per_row<32xf32>
  tile.store_rows %row to %out[%c0, %c0, %c0] limit %n : !tile.per_row<32xf32>, memref<1x1x?xf32>
  return
}
