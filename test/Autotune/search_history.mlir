// A tiny search: the winner's schedule stands on the op, and a second run with the
// history compiles nothing and says so.
// RUN: rm -f %t.jsonl
// RUN: kgen-opt %s --attention-search='target=cpu budget=60s candidates=2 history=%t.jsonl' 2>&1 | FileCheck %s --check-prefixes=CHECK,FIRST
// RUN: kgen-opt %s --attention-search='target=cpu budget=60s candidates=2 history=%t.jsonl' 2>&1 | FileCheck %s --check-prefixes=CHECK,SECOND
// Without a network, or a server, the llm proposer does not end a search.
// RUN: kgen-opt %s --attention-search='target=cpu budget=60s candidates=1 proposer=llm llm-endpoint=http://127.0.0.1:9 llm-model=none' 2>&1 | FileCheck %s --check-prefixes=LLM,CHECK
// FIRST: 2 candidates, 0 from history, 2 compiled
// SECOND: nothing compiled: 2 of 2 candidates from history
// LLM: warning: [KG5041]
// CHECK: schedule(#attention.schedule<
func.func @full(%q: tensor<1x2x64x64xf32>) -> tensor<1x2x64x64xf32> {
  %o = attention.forward %q, %q, %q : (tensor<1x2x64x64xf32>, tensor<1x2x64x64xf32>, tensor<1x2x64x64xf32>) -> tensor<1x2x64x64xf32>
  return %o : tensor<1x2x64x64xf32>
}
