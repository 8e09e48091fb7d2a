// A long row: what each key tile's rescaling gets wrong comes back with the number of tiles. An unchanged maximum's factor must be 1 to the last bit.
// RUN: kgen-compile %s --target=cpu -o %t.cpu.kgen --schedule='#attention.schedule<tile_q = 16, tile_kv = 32, warps = 1, producer = none>'
// RUN: kgen-verify %t.cpu.kgen --device=cpu --repeats=1 --no-neighbours --sizes=B=1,Sq=64,Skv=8192 | FileCheck %s
// RUN: %if emulator %{ kgen-compile %s --target=emulated:sm_80 -o %t.sm80.kgen && kgen-verify %t.sm80.kgen --device=emulated:sm_80 --families=extremes --repeats=1 --no-neighbours --sizes=B=1,Sq=64,Skv=8192 | FileCheck %s %}
// CHECK: accepted
func.func @long(%q: tensor<?x1x?x64xf32>, %k: tensor<?x1x?x64xf32>, %v: tensor<?x1x?x64xf32>) -> (tensor<?x1x?x64xf32>, tensor<?x1x?xf32>) {
  %o:2 = attention.forward %q, %k, %v
      : (tensor<?x1x?x64xf32>, tensor<?x1x?x64xf32>, tensor<?x1x?x64xf32>) -> (tensor<?x1x?x64xf32>, tensor<?x1x?xf32>)
  return %o#0, %o#1 : tensor<?x1x?x64xf32>, tensor<?x1x?xf32>
}
