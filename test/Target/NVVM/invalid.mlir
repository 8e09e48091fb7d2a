// RUN: kgen-opt %s --convert-tile-to-nvvm --nvvm-lower-math --split-input-file --verify-diagnostics

func.func @rows(%v: f32) attributes {tile.kernel} {
  // expected-error @below {{[KG4004] convert-tile-to-nvvm cannot distribute '!tile.matrix<48x64xf32, accumulator>' over 4 warps}}
  %m = tile.splat %v : !tile.matrix<48x64xf32, accumulator>
  return
}

// -----

func.func @rows_of_memory() attributes {tile.kernel} {
  %b = tile.alloc : !tile.buffer<1x64x24xbf16>
  %c0 = arith.constant 0 : index
  // expected-error @below {{[KG4004]}}
  %v = tile.slot %b[%c0] : !tile.buffer<1x64x24xbf16>
  return
}

// -----

// expected-error @below {{[KG4006] convert-tile-to-nvvm does not serve producer = tma}}
func.func @producer() attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma>} {
  return
}

// -----

func.func @doubles(%x: f64) -> f64 attributes {tile.kernel} {
  // expected-error @below {{[KG4002] the NVVM target has no 'math.tanh' on 'f64'}}
  %y = math.tanh %x : f64
  return %y : f64
}
