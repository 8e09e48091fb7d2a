// REQUIRES: emulator
// Compile, emulate, verify: one artefact through the tools, on no GPU at all.
// RUN: kgen-compile %s --target=emulated:sm_80 -o %t.kgen
// RUN: kgen-emulate %t.kgen --sizes=B=1,Sq=40,Skv=70 --seeds=3 | FileCheck %s --check-prefix=EMULATE
// RUN: kgen-emulate %t.kgen --arch=sm_90a --sizes=B=1,Sq=40,Skv=70 --seed=9 | FileCheck %s --check-prefix=NEWER
// RUN: kgen-verify %t.kgen --device=emulated:sm_80 --sizes=B=1,Sq=40,Skv=70 --families=normal,needle --time | FileCheck %s --check-prefix=VERIFY
// RUN: kgen-emulate %t.kgen --static | FileCheck %s --check-prefix=STATIC
// RUN: kgen-emulate --list | FileCheck %s --check-prefix=LIST
// RUN: kgen-verify --list-devices | FileCheck %s --check-prefix=LIST
// EMULATE: causal on emulated:sm_80 (NVIDIA A100, emulated), B=1 Sq=40 Skv=70, interleavings a family: 3
// EMULATE: accepted: 1 cases, 3 runs
// EMULATE: counts, not seconds, of one emulated launch:
// EMULATE: launches 1
// EMULATE: tensor {{[1-9]}}
// EMULATE: issue cycles, one processor {{[1-9]}}
// STATIC: instructions of the program {{[1-9]}}
// STATIC: tensor {{[1-9]}}
// STATIC: static shared memory
// NEWER: on emulated:sm_90a,seed=9
// NEWER: accepted
// VERIFY: accepted: 12 cases
// VERIFY: counts, not seconds
// VERIFY-NOT: {{ ms}}
// LIST: emulated:sm_80  sm_80
// LIST: emulated:gfx942  gfx942
func.func @causal(%q: tensor<?x2x?x64xf16>, %k: tensor<?x1x?x64xf16>) -> tensor<?x2x?x64xf16> {
  %o = attention.forward %q, %k, %k mods [#attention.causal] : (tensor<?x2x?x64xf16>, tensor<?x1x?x64xf16>, tensor<?x1x?x64xf16>) -> tensor<?x2x?x64xf16>
  return %o : tensor<?x2x?x64xf16>
}
