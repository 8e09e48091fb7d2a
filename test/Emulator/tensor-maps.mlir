// REQUIRES: emulator
// Tensor maps from the compiler through the artefact and the runtime to the emulator, which encodes them: whole tiles, rows and keys that
// end within one, and other sizes in the same process.
// RUN: kgen-compile %s --target=sm_90a --ptxas=none -o %t.kgen 2>&1 | FileCheck %s --check-prefix=COMPILE
// RUN: kgen-verify %t.kgen --device=emulated:sm_90a --sizes=B=2,Sq=200,Skv=333 --families=normal --repeats=2 | FileCheck %s
// COMPILE: "producer":"tma"
// CHECK: cross_bf16 on NVIDIA H100 SXM5, emulated (sm_90a
// CHECK: accepted: {{[2-9]|[1-9][0-9]+}} cases
// CHECK: 0 wrong
func.func @cross_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>, %v: tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
