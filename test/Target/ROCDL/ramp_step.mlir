// A step of the matrix unit that adds a ramp is not served.
// RUN: kgen-opt %s --convert-tile-to-rocdl --verify-diagnostics

func.func @ramp() attributes {tile.kernel, attention.schedule = #attention.schedule<tile_q = 32, tile_kv = 32, warps = 1, producer = none>} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %b = tile.alloc : !tile.buffer<1x32x32xbf16>
  %v = tile.slot %b[%c0] : !tile.buffer<1x32x32xbf16>
  %z = tile.splat %zero : !tile.matrix<32x32xf32, accumulator>
  %a = tile.pack %z : !tile.matrix<32x32xf32, accumulator> -> !tile.matrix<32x32xbf16, operand>
  %c = tile.alloc : !tile.buffer<1x32x16xbf16>
  %w = tile.slot %c[%c0] : !tile.buffer<1x32x16xbf16>
  %g = tile.load %w : !tile.view<32x16xbf16>
  // expected-error @below {{[KG4006] has a ramp or columns, which tile.ramp and tile.map add here}}
  %s = tile.dot %a, %v ramp %g from -16 transpose_rhs : !tile.matrix<32x32xbf16, operand>, !tile.view<32x32xbf16> -> !tile.matrix<32x32xf32, accumulator>
  return
}
