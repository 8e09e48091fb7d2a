// RUN: kgen-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{[KG1013] unknown knob 'tile_k'; known knobs: tile_q, tile_kv, warps,}}
#s = #attention.schedule<tile_k = 64>

// -----

// expected-error @+1 {{[KG1013] knob 'tile_q' is given twice}}
#s = #attention.schedule<tile_q = 64, tile_q = 64>

// -----

// expected-error @+1 {{[KG1014] knob 'producer' takes one of: none, cp_async, tma}}
#s = #attention.schedule<producer = dma>

// -----

// expected-error @+1 {{[KG1014] knob 'tile_q' takes an integer}}
#s = #attention.schedule<tile_q = large>

// -----

// expected-error @+1 {{[KG1014] knob 'pack_gqa' takes true or false}}
#s = #attention.schedule<pack_gqa = 1>

// -----

// Limits of every machine: which knob, what it has and the limit.
// expected-error @+1 {{tile_q}}
#s = #attention.schedule<tile_q = -5>
