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

// What a score has beside s and the key is computed once a row, also for rows that see nothing. A table that may be shorter than the sequence is
// read inside by its positions, too; one that is as long needs nothing.
// CHECK-LABEL: func.func @row_table
// CHECK:         tile.map_rows
// CHECK:           %[[F:.+]] = arith.subi
// CHECK:           %[[LEAST:.+]] = arith.maxsi %{{.+}}, %c0
// CHECK:           %[[PLACE:.+]] = arith.minsi %[[LEAST]], %c63
// CHECK-NEXT:      memref.load %{{.+}}[%[[PLACE]]] : memref<64xf32>
// CHECK-NEXT:      memref.load %{{.+}}[%{{.+}}] : memref<256xf32>
// CHECK:           %[[SHORT:.+]] = arith.minsi %{{.+}}, %c31
// CHECK-NEXT:      memref.load %{{.+}}[%[[SHORT]]] : memref<32xf32>
func.func @row_table(%q: memref<1x2x256x64xbf16>, %late: memref<64xf32>, %all: memref<256xf32>, %short: memref<32xf32>, %o: memref<1x2x256x64xbf16>) {
  attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c192 = arith.constant 192 : index
    %d = arith.subi %i, %c192 : index
    %x = memref.load %late[%d] : memref<64xf32>
    %y = memref.load %all[%i] : memref<256xf32>
    %z = memref.load %short[%i] : memref<32xf32>
    %xy = arith.addf %x, %y : f32
    %xyz = arith.addf %xy, %z : f32
    %r = arith.addf %s, %xyz : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %c192 = arith.constant 192 : index
    %c32 = arith.constant 32 : index
    %is_late = arith.cmpi sge, %i, %c192 : index
    %is_first = arith.cmpi slt, %i, %c32 : index
    %keep = arith.andi %is_late, %is_first : i1
    attention.yield %keep : i1
  } outs(%o : memref<1x2x256x64xbf16>) : (memref<1x2x256x64xbf16>, memref<1x2x256x64xbf16>, memref<1x2x256x64xbf16>) -> ()
  return
}

// A slope is computed for heads that see nothing.
// CHECK-LABEL: func.func @slope_table
// CHECK:         %[[HEAD:.+]] = arith.minsi %{{.+}}, %c0
// CHECK-NEXT:    memref.load %{{.+}}[%[[HEAD]]] : memref<1xf32>
func.func @slope_table(%q: memref<1x2x256x64xbf16>, %slopes: memref<1xf32>, %o: memref<1x2x256x64xbf16>) {
  attention.forward %q, %q, %q score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c1 = arith.constant 1 : index
    %n = arith.subi %h, %c1 : index
    %slope = memref.load %slopes[%n] : memref<1xf32>
    %j32 = arith.index_cast %j : index to i32
    %f = arith.sitofp %j32 : i32 to f32
    %bias = arith.mulf %f, %slope : f32
    %r = arith.addf %s, %bias : f32
    attention.yield %r : f32
  } mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %c1 = arith.constant 1 : index
    %keep = arith.cmpi sge, %h, %c1 : index
    attention.yield %keep : i1
  } outs(%o : memref<1x2x256x64xbf16>) : (memref<1x2x256x64xbf16>, memref<1x2x256x64xbf16>, memref<1x2x256x64xbf16>) -> ()
  return
}
