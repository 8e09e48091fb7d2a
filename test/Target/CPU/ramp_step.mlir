// A step of the matrix unit that adds a ramp: there is no such unit.
// RUN: kgen-opt %s --convert-tile-to-cpu --verify-diagnostics

func.func @ramp(%a: memref<1x1x16x16xbf16>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %b = tile.alloc : !tile.buffer<1x16x16xbf16>
  %v = tile.slot %b[%c0] : !tile.buffer<1x16x16xbf16>
  %c = tile.alloc : !tile.buffer<1x16x16xbf16>
  %w = tile.slot %c[%c0] : !tile.buffer<1x16x16xbf16>
  %z = tile.splat %zero : !tile.matrix<16x16xf32, accumulator>
  %slopes = tile.pack %z : !tile.matrix<16x16xf32, accumulator> -> !tile.matrix<16x16xbf16, operand>
  // expected-error @below {{[KG4060] 'tile.dot' cannot be lowered to the CPU: a ramp is added by tile.ramp}}
  %s = tile.dot %w, %v ramp %slopes from -8 transpose_rhs : !tile.view<16x16xbf16>, !tile.view<16x16xbf16> -> !tile.matrix<16x16xf32, accumulator>
  return
}
