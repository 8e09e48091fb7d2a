// Scores that are linear in the key's position: the products start from a ramp,
// no element's position is converted, and the row's part goes into the LSE.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100 --canonicalize --cse | FileCheck %s
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s --check-prefix=ROLES

// 0.125 log2(e) is applied in the exponent; the ramp is in units of it.
// CHECK-LABEL: func.func @relative_position
// CHECK-DAG:     %[[SLOPE:.+]] = arith.constant -8.000000e+00 : f32
// CHECK-DAG:     %[[FACTOR:.+]] = arith.constant 0.180336878 : f32
// CHECK:         scf.for
// CHECK:           %[[START:.+]] = tile.ramp %[[SLOPE]] from -
// CHECK:           %[[S:.+]] = tile.dot {{.+}} acc %[[START]] transpose_rhs
// CHECK:           %[[D:.+]] = arith.sitofp
// CHECK-NEXT:      %[[MIDDLE:.+]] = arith.mulf %[[D]], %[[SLOPE]]
// CHECK-NEXT:      %[[BEFORE:.+]] = tile.map_rows(%[[M:.+]]) at
// CHECK:             arith.subf %{{.+}}, %[[MIDDLE]]
// CHECK:           %[[HERE:.+]] = tile.reduce max %[[S]] init %[[BEFORE]]
// What did not grow stays what it was.
// CHECK:           tile.map_rows(%[[HERE]], %[[BEFORE]], %[[M]])
// CHECK:             arith.cmpf oeq
// CHECK-NEXT:        arith.addf %{{.+}}, %[[MIDDLE]]
// CHECK-NEXT:        arith.select
// CHECK:           %[[NEGATED:.+]] = tile.map_rows(%[[HERE]])
// CHECK:           tile.map(%[[S]], %[[NEGATED]])
// CHECK-NEXT:      ^bb0
// CHECK-NEXT:        math.fma %{{.+}}, %[[FACTOR]], %{{.+}}
// CHECK-NEXT:        math.exp2
// CHECK-NEXT:        tile.yield
// CHECK:           scf.yield
// The LSE has i - (first row of the tile).
// CHECK:         tile.combine
// CHECK:         math.log2
// CHECK:         tile.store_rows
//
// With roles the default is a step of the product (affine_tensor.mlir).
// ROLES-LABEL: func.func @relative_position
// ROLES:         } consumers {
// ROLES:         scf.for
// ROLES-NOT:       tile.ramp
// ROLES:           tile.dot {{.+}} ramp %{{.+}} from -32 transpose_rhs async
// ROLES:           tile.await
// ROLES-NOT:       tile.map {{.*}}arith.sitofp
// ROLES:           tile.store
func.func @relative_position(%q: memref<1x2x1024x64xbf16>, %o: memref<1x2x1024x64xbf16>, %lse: memref<1x2x1024xf32>) {
  attention.forward %q, %q, %q scale 1.25e-01 mods [#attention.relative_position] outs(%o, %lse : memref<1x2x1024x64xbf16>, memref<1x2x1024xf32>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}

// A slope of the head is read once, before the loops; the masked loop selects
// products, and converts nothing either.
// CHECK-LABEL: func.func @alibi_causal
// CHECK:         %[[READ:.+]] = memref.load %arg1
// CHECK:         %[[SLOPE:.+]] = arith.addf
// CHECK:         scf.for
// CHECK:           tile.ramp %[[SLOPE]]
// CHECK-NOT:       memref.load
// CHECK:           scf.yield
// CHECK:         scf.for
// CHECK:           tile.ramp %[[SLOPE]]
// CHECK:           tile.map(%{{.+}})
// CHECK-NEXT:      ^bb0
// CHECK:             arith.cmpi slt
// CHECK-NOT:         arith.sitofp
// CHECK:             tile.yield
// CHECK:           scf.yield
// CHECK:         tile.store
func.func @alibi_causal(%q: memref<1x2x1024x64xbf16>, %slopes: memref<2xf32>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q mods [#attention.causal, #attention.alibi] (%slopes : memref<2xf32>) outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}

// The products would lose what f32 promises.
// CHECK-LABEL: func.func @relative_position_f32
// CHECK-NOT:     tile.ramp
// CHECK:         tile.store
func.func @relative_position_f32(%q: memref<1x2x1024x64xf32>, %o: memref<1x2x1024x64xf32>) {
  attention.forward %q, %q, %q scale 1.25e-01 mods [#attention.relative_position] outs(%o : memref<1x2x1024x64xf32>)
      : (memref<1x2x1024x64xf32>, memref<1x2x1024x64xf32>, memref<1x2x1024x64xf32>) -> ()
  return
}

// What depends on the row alone enters no loop.
// CHECK-LABEL: func.func @row_bias
// CHECK:         scf.for
// CHECK-NOT:       memref.load
// CHECK:           scf.yield
// CHECK:         tile.combine
// CHECK:         memref.load %arg1
// CHECK:         tile.store
func.func @row_bias(%q: memref<1x2x1024x64xbf16>, %bias: memref<1024xf32>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = memref.load %bias[%i] : memref<1024xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } outs(%o : memref<1x2x1024x64xbf16>) : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}
