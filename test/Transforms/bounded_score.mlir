// Scores that a function bounds, where approximate math is allowed: no row maximum, nothing is rescaled, and a
// weight is one product (before tanh), one FMA and one power.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100 --canonicalize --cse | FileCheck %s
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100a --canonicalize --cse | FileCheck %s --check-prefix=ROLES

// Weights are 2^(20 log2(e) (tanh(...) - 1)): from 2^-57.7 to 1.
// CHECK-LABEL: func.func @softcap(
// CHECK-DAG:     %[[BEFORE:.+]] = arith.constant 6.250000e-03 : f32
// CHECK-DAG:     %[[AFTER:.+]] = arith.constant 2.885390e+01 : f32
// CHECK-DAG:     %[[MOST:.+]] = arith.constant -28.854{{[0-9]*}} : f32
// CHECK:         scf.for
// CHECK:           %[[S:.+]] = tile.dot {{.+}} transpose_rhs
// CHECK-NOT:       tile.reduce max
// CHECK:           %[[T:.+]] = tile.map(%[[S]])
// CHECK:             arith.mulf %{{.+}}, %[[BEFORE]]
// CHECK-NEXT:        math.tanh
// CHECK-NEXT:        tile.yield
// CHECK:           %[[P:.+]] = tile.map(%[[T]])
// CHECK:             math.fma %{{.+}}, %[[AFTER]], %[[MOST]]
// CHECK-NEXT:        math.exp2
// CHECK-NEXT:        tile.yield
// CHECK:           tile.reduce add %[[P]]
// CHECK-NEXT:      tile.pack
// CHECK-NEXT:      tile.dot
// CHECK:           scf.yield
// CHECK:         tile.store
//
// ROLES-LABEL: func.func @softcap(
// ROLES:         } consumers {
// ROLES:           scf.for
// ROLES-NOT:         tile.pin
// ROLES-NOT:         tile.reduce max
// ROLES:             tile.await
// ROLES-NOT:         tile.reduce max
// ROLES:             tile.reduce add
// ROLES:           tile.store
func.func @softcap(%q: memref<1x2x1024x64xbf16>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 allow_approx_math mods [#attention.softcap<cap = 20.0>] outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}

// f16 holds 30 octaves, and a row may lie at the lower end of the bound.
// CHECK-LABEL: func.func @softcap_f16(
// CHECK:         scf.for
// CHECK:           tile.reduce max
// CHECK:           scf.yield
// CHECK-LABEL: func.func @small_cap_f16(
// CHECK-DAG:     %[[MOST:.+]] = arith.constant 0.57290{{[0-9]*}} : f32
// CHECK:         scf.for
// CHECK-NOT:       tile.reduce max
// CHECK:           math.fma %{{.+}}, %{{.+}}, %[[MOST]]
// CHECK:           scf.yield
func.func @softcap_f16(%q: memref<1x2x1024x64xf16>, %o: memref<1x2x1024x64xf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 allow_approx_math mods [#attention.softcap<cap = 20.0>] outs(%o : memref<1x2x1024x64xf16>)
      : (memref<1x2x1024x64xf16>, memref<1x2x1024x64xf16>, memref<1x2x1024x64xf16>) -> ()
  return
}
func.func @small_cap_f16(%q: memref<1x2x1024x64xf16>, %o: memref<1x2x1024x64xf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 allow_approx_math mods [#attention.softcap<cap = 10.0>] outs(%o : memref<1x2x1024x64xf16>)
      : (memref<1x2x1024x64xf16>, memref<1x2x1024x64xf16>, memref<1x2x1024x64xf16>) -> ()
  return
}

// 2 * 50 log2(e) octaves are too many.
// CHECK-LABEL: func.func @large_cap(
// CHECK:         scf.for
// CHECK:           tile.reduce max
// CHECK:           scf.yield
func.func @large_cap(%q: memref<1x2x1024x64xbf16>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 allow_approx_math mods [#attention.softcap<cap = 50.0>] outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}

// One key may have all of a row's weight: it is 1 against the row's maximum.
// CHECK-LABEL: func.func @exact(
// CHECK:         scf.for
// CHECK:           tile.reduce max
// CHECK:           math.fma
// CHECK:           scf.yield
func.func @exact(%q: memref<1x2x1024x64xbf16>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 mods [#attention.softcap<cap = 20.0>] outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}
