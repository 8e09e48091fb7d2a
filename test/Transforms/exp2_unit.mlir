// The exp2 knob marks the exponentials of weights for the target.
// RUN: kgen-opt %s --attention-expand-mods --attention-to-tile=hardware=h100 --canonicalize --cse | FileCheck %s

// The knob marks the exponentials of weights, and no others; in a plain loop
// bounded scores also say that nothing is below the polynomial's range.
// CHECK-LABEL: func.func @marked(
// CHECK:         scf.for
// CHECK:           math.exp2 %{{.+}} {exp2_in_range, exp2_unit = "mixed"} : f32
// CHECK-LABEL: func.func @marked_causal(
// CHECK:         tile.map_rows
// CHECK:           math.exp2 %{{.+}} : f32
// CHECK:         tile.map(
// CHECK:           math.exp2 %{{.+}} {exp2_unit = "polynomial"} : f32
func.func @marked(%q: memref<1x2x1024x64xbf16>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 allow_approx_math mods [#attention.softcap<cap = 20.0>]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, exp2 = mixed>) outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}
func.func @marked_causal(%q: memref<1x2x1024x64xbf16>, %o: memref<1x2x1024x64xbf16>) {
  attention.forward %q, %q, %q scale 1.25e-01 mods [#attention.causal]
      schedule(#attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, exp2 = polynomial>) outs(%o : memref<1x2x1024x64xbf16>)
      : (memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>, memref<1x2x1024x64xbf16>) -> ()
  return
}
