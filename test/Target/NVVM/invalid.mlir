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

// expected-error @below {{[KG4006] convert-tile-to-nvvm does not serve consumer_warpgroups = 0}}
func.func @producer() attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma>} {
  return
}

// -----

func.func @copies_in_roles(%k: memref<1x1x64x64xbf16>) attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma, warps = 4, consumer_warpgroups = 1>} {
  %c0 = arith.constant 0 : index
  %b = tile.alloc : !tile.buffer<1x64x64xbf16>
  %v = tile.slot %b[%c0] : !tile.buffer<1x64x64xbf16>
  // expected-error @below {{[KG4004] convert-tile-to-nvvm cannot serve a kernel with producer = tma: tiles are moved by tile.send}}
  %t = tile.copy %k[%c0, %c0, %c0] limit %c0 to %v : memref<1x1x64x64xbf16>, !tile.view<64x64xbf16>
  return
}

// -----

func.func @slots_of_rings() attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma, warps = 4, consumer_warpgroups = 1>} {
  %c0 = arith.constant 0 : index
  %b = tile.alloc : !tile.buffer<1x64x64xbf16>
  tile.roles producer {
  } consumers {
    %v = tile.receive %b at %c0 : !tile.buffer<1x64x64xbf16>
    // expected-error @below {{[KG4004] convert-tile-to-nvvm cannot serve a kernel with producer = tma: tiles are moved by tile.send}}
    %w = tile.slot %b[%c0] : !tile.buffer<1x64x64xbf16>
  }
  return
}

// -----

func.func @staged_without_warpgroups(%m: !tile.matrix<64x64xbf16, operand>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %b = tile.alloc : !tile.buffer<1x64x64xbf16>
  %v = tile.slot %b[%c0] : !tile.buffer<1x64x64xbf16>
  // expected-error @below {{[KG4004] convert-tile-to-nvvm stages tiles for warpgroups only}}
  tile.stage %m to %v : !tile.view<64x64xbf16>
  return
}

// -----

func.func @stored_without_warpgroups() attributes {tile.kernel} {
  // expected-error @below {{[KG4004] convert-tile-to-nvvm stages tiles for warpgroups only}}
  tile.await_stores
  return
}

// -----

func.func @number_without_warpgroups() attributes {tile.kernel} {
  // expected-error @below {{[KG4004] convert-tile-to-nvvm knows warpgroups only where roles part}}
  %g = tile.warpgroup
  return
}

// -----

func.func @differs_without_warpgroups(%m: !tile.per_row<64xf32>) attributes {tile.kernel} {
  // expected-error @below {{[KG4004] convert-tile-to-nvvm knows warpgroups only where roles part}}
  %c = tile.differs %m from 1.0 : !tile.per_row<64xf32>
  return
}

// -----

func.func @at_least_without_warpgroups(%m: !tile.per_row<64xf32>) attributes {tile.kernel} {
  // expected-error @below {{[KG4004] convert-tile-to-nvvm knows warpgroups only where roles part: use producer = tma, or kv_range = workgroup, rescale = always and row_maximum = float}}
  %c = tile.at_least %m from 0.0 : !tile.per_row<64xf32>
  return
}

// -----

func.func @at_least_of_many_warpgroups(%m: !tile.per_row<384xf32>) attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma, warps = 24, consumer_warpgroups = 6>} {
  tile.roles producer {
  } consumers {
    // expected-error @below {{[KG4004] convert-tile-to-nvvm cannot serve a kernel with producer = tma: at most 5 warpgroups have barriers}}
    %c = tile.at_least %m from 0.0 : !tile.per_row<384xf32>
  }
  return
}

// -----

func.func @loads_of_a_warpgroup() attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma, warps = 4, consumer_warpgroups = 1>} {
  %c0 = arith.constant 0 : index
  %q = tile.alloc : !tile.buffer<1x128x64xbf16>
  tile.roles producer {
  } consumers {
    %a = tile.receive %q at %c0 : !tile.buffer<1x128x64xbf16>
    // expected-error @below {{each warpgroup reads and writes 64 rows}}
    %s = tile.load %a : !tile.view<128x64xbf16>
  }
  return
}

// -----

func.func @floats_in_rings() attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma, warps = 4, consumer_warpgroups = 1>} {
  // expected-error @below {{rings hold 16-bit tiles of at most 256 rows}}
  %b = tile.alloc : !tile.buffer<1x64x64xf32>
  return
}

// -----

func.func @swizzles_in_clusters() attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma, warps = 4, consumer_warpgroups = 1>} {
  // expected-error @below {{clusters have at most 8 workgroups, each of which sends a multiple of 8 rows}}
  %b = tile.alloc cluster 2 : !tile.buffer<1x24x64xbf16>
  return
}

// -----

func.func @ramp_without_warpgroups(%a: !tile.matrix<64x64xbf16, operand>, %slopes: !tile.matrix<64x16xbf16, operand>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %b = tile.alloc : !tile.buffer<1x64x64xbf16>
  %v = tile.slot %b[%c0] : !tile.buffer<1x64x64xbf16>
  // expected-error @below {{[KG4004] convert-tile-to-nvvm adds ramps and columns by steps of warpgroups only}}
  %s = tile.dot %a, %v ramp %slopes from -32 transpose_rhs : !tile.matrix<64x64xbf16, operand>, !tile.view<64x64xbf16> -> !tile.matrix<64x64xf32, accumulator>
  return
}

// -----

func.func @columns_without_warpgroups(%n: index, %x: f32) attributes {tile.kernel} {
  %ring = tile.alloc : !tile.buffer<2x32x1xf32>
  // expected-error @below {{[KG4004] convert-tile-to-nvvm stages tiles for warpgroups only}}
  tile.stage_columns %ring at %n from %n : !tile.buffer<2x32x1xf32> {
  ^bb0(%j: index):
    tile.yield %x : f32
  }
  return
}

// -----

func.func @rows_of_a_warpgroup() attributes {
    tile.kernel, attention.schedule = #attention.schedule<producer = tma, warps = 4, consumer_warpgroups = 1>} {
  %c0 = arith.constant 0 : index
  %q = tile.alloc : !tile.buffer<1x128x64xbf16>
  %k = tile.alloc : !tile.buffer<1x64x64xbf16>
  tile.roles producer {
  } consumers {
    %a = tile.receive %q at %c0 : !tile.buffer<1x128x64xbf16>
    %b = tile.receive %k at %c0 : !tile.buffer<1x64x64xbf16>
    // expected-error @below {{each warpgroup multiplies 64 rows}}
    %s = tile.dot %a, %b transpose_rhs : !tile.view<128x64xbf16>, !tile.view<64x64xbf16> -> !tile.matrix<128x64xf32, accumulator>
  }
  return
}

// -----

func.func @doubles(%x: f64) -> f64 attributes {tile.kernel} {
  // expected-error @below {{[KG4002] the NVVM target has no 'math.tanh' on 'f64'}}
  %y = math.tanh %x : f64
  return %y : f64
}
