// REQUIRES: emulator
// An AMD code object through the whole loop on no GPU: verified, counted, searched.
// RUN: kgen-opt %s --attention-verify='target=emulated:gfx942 sizes=batch=1,seq_q=33,seq_kv=70' -o /dev/null 2>&1 | FileCheck %s --check-prefix=VERIFY
// RUN: kgen-compile %s --target=gfx942 -o %t.kgen
// RUN: kgen-emulate %t.kgen --sizes=B=1,Sq=33,Skv=70 --seeds=2 | FileCheck %s --check-prefix=EMULATE
// RUN: kgen-opt %s --attention-search='target=emulated:gfx942 budget=20s candidates=2 sizes=batch=1,seq_q=33,seq_kv=70' 2>&1 | FileCheck %s --check-prefix=SEARCH
// VERIFY: accepted on emulated:gfx942 (gfx942)
// EMULATE: accepted: 1 cases, 2 runs
// EMULATE: scalar {{[1-9]}}
// SEARCH: counts, not seconds
// SEARCH: schedule(#attention.schedule<
func.func @causal(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %k mods [#attention.causal] : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
