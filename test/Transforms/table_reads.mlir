// Where the mask may drop a pair, a computed index into a table is kept inside;
// positions, and pairs that are all kept, need nothing.
// RUN: kgen-opt %s --attention-to-tile=hardware=h100 --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @relative_table
// CHECK:         scf.for
// CHECK:           %[[D:.+]] = arith.subi
// CHECK-NEXT:      memref.load %{{.+}}[%{{.+}}, %[[D]]]
// CHECK:           scf.yield
// CHECK:         scf.for
// CHECK:           %[[E:.+]] = arith.subi
// CHECK-NEXT:      %[[LOW:.+]] = arith.maxsi %[[E]], %c0
// CHECK-NEXT:      %[[IN:.+]] = arith.minsi %[[LOW]], %c255
// CHECK-NEXT:      memref.load %{{.+}}[%{{.+}}, %[[IN]]]
func.func @relative_table(%q: memref<1x2x256x64xbf16>, %rel: memref<2x256xf32>, %o: memref<1x2x256x64xbf16>) {
  attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %d = arith.subi %i, %j : index
    %m = memref.load %rel[%h, %d] : memref<2x256xf32>
    %r = arith.addf %s, %m : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %keep = arith.cmpi sge, %i, %j : index
    attention.yield %keep : i1
  } outs(%o : memref<1x2x256x64xbf16>) : (memref<1x2x256x64xbf16>, memref<1x2x256x64xbf16>, memref<1x2x256x64xbf16>) -> ()
  return
}
