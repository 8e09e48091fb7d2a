// REQUIRES: emulator
// The closed loop without a GPU: an emulated device verifies what target=sm_80 ships, as PTX.
// RUN: kgen-opt %s --attention-verify='target=emulated:sm_80 sizes=batch=1,seq_q=33,seq_kv=70' -o /dev/null 2>&1 | FileCheck %s --check-prefix=VERIFY
// VERIFY: accepted on emulated:sm_80 (sm_80)
// device= alone is enough, and names another interleaving.
// RUN: kgen-opt %s --attention-verify='device=emulated:sm_80,seed=5 sizes=batch=1,seq_q=33,seq_kv=70' -o /dev/null 2>&1 | FileCheck %s --check-prefix=DEVICE
// DEVICE: accepted on emulated:sm_80,seed=5 (sm_80)
// A search ranks by counts, which are never shown as times, and remembers them.
// RUN: rm -f %t.jsonl
// RUN: kgen-opt %s --attention-search='target=emulated:sm_80 budget=20s candidates=2 sizes=batch=1,seq_q=33,seq_kv=70 history=%t.jsonl report=%t.report' -o /dev/null 2>&1 | FileCheck %s --check-prefixes=SEARCH
// RUN: kgen-opt %s --attention-search='target=emulated:sm_80 budget=20s candidates=2 sizes=batch=1,seq_q=33,seq_kv=70 history=%t.jsonl' 2>&1 | FileCheck %s --check-prefixes=AGAIN
// RUN: FileCheck %s --check-prefix=REPORT --input-file=%t.report.txt
// SEARCH: ranked by issue cycles, which are counts, not seconds
// SEARCH: accepted {{[0-9.]+ [kM]?cycles}}
// SEARCH-NOT: {{[0-9] (ms|us) }}
// SEARCH: best {{[0-9.]+}} {{[kM]?}}cycles
// AGAIN: nothing compiled
// AGAIN: schedule(#attention.schedule<
// REPORT: Numbers issue cycles of an emulated device: counts, not seconds
// REPORT: Best: {{[0-9.]+}} {{[kM]?}}cycles
// What was counted chooses for the emulated device and never for hardware.
// RUN: rm -f %t.counted.jsonl
// RUN: echo '{"version":1,"tile_q":32,"tile_kv":32,"warps":2}' > %t.schedules
// RUN: kgen-opt %s --attention-search='target=emulated:sm_80 candidates=1 proposer=replay replay=%t.schedules sizes=batch=1,seq_q=33,seq_kv=70 history=%t.counted.jsonl' -o /dev/null
// RUN: kgen-compile %s --target=emulated:sm_80 --history=%t.counted.jsonl -o %t.emulated.kgen 2>&1 | FileCheck %s --check-prefix=COUNTED
// RUN: kgen-compile %s --target=sm_80 --ptxas=none --history=%t.counted.jsonl -o %t.hardware.kgen 2>&1 | FileCheck %s --check-prefix=HARDWARE
// COUNTED: "tile_q":32,"tile_kv":32,
// HARDWARE: schedule {"version":1,
// HARDWARE-NOT: "tile_q":32,"tile_kv":32,
func.func @causal(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %k mods [#attention.causal] : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
