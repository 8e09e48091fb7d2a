#!/bin/bash
# Everything that a CUDA machine can say about this build, in one go:
#   bench/gpu_check.sh TOOLS LIBRARY OUT
# TOOLS holds kgen-opt and kgen-verify, LIBRARY is libkgen_runtime.so, OUT a folder for results.
#   1. every variant of test/Variants in the verifier, on the GPU
#      and one whose PTX the driver assembles
#   2. a search on the GPU, its history and report
#   3. compute-sanitizer memcheck over a masked, ragged kernel (if it is installed)
#   4. kgen against PyTorch, interleaved (if PyTorch is installed)
set -uo pipefail
tools=$1 library=$2 out=$3
export tools
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here" || exit 2
mkdir -p "$out"
nvidia-smi --query-gpu=name,driver_version --format=csv,noheader | tee "$out/device.txt"
failures=0

verify_one() {
  log=$(mktemp)
  if timeout 300 "$tools/kgen-opt" "$1" --attention-verify=target=gpu -o /dev/null >"$log" 2>&1; then
    grep -h -o 'accepted on .*' "$log" | sed "s|^|ok   $(basename "$1"): |"
  else
    grep -h -m3 -E 'error|note' "$log" | sed "s|^|FAIL $(basename "$1"): |"
  fi
  rm -f "$log"
}
export -f verify_one
ls test/Variants/*.mlir | xargs -P 4 -I{} bash -c 'verify_one {}' | sort -k2 | tee "$out/variants.txt"
"$tools/kgen-opt" test/Variants/causal.mlir --attention-verify='target=gpu ptxas=none' -o /dev/null 2>&1 |
  grep -o -E 'accepted on .*|error: .*' | sed 's|^|PTX to the driver, causal.mlir: |' | tee -a "$out/variants.txt"
grep -q -E '^FAIL|error: ' "$out/variants.txt" && failures=1

rm -f "$out/search.jsonl"
"$tools/kgen-opt" test/Variants/Inputs/relative_position_bf16.mlir -o "$out/winner.mlir" \
  --attention-search="target=gpu budget=60s candidates=24 sizes=batch=4,seq_q=4096,seq_kv=4096 \
history=$out/search.jsonl report=$out/search" 2>&1 | tee "$out/search.log" || failures=1

if command -v compute-sanitizer >/dev/null; then
  "$tools/kgen-opt" test/Variants/Inputs/relative_position_bf16.mlir -o /dev/null \
    --attention-lower="target=gpu artifact=$out/memcheck.kgen" &&
    compute-sanitizer --tool memcheck --target-processes all "$tools/kgen-verify" "$out/memcheck.kgen" \
      --device=cuda:0 --families=normal --repeats=1 --sizes=B=1,Sq=200,Skv=333 2>&1 | tail -4 | tee "$out/memcheck.txt"
  rm -f "$out/memcheck.kgen"
fi

if python3 -c 'import torch' 2>/dev/null; then
  python3 bench/vs_pytorch.py --tools "$tools" --runtime "$library" --out "$out/vs_pytorch.json" \
    --schedules bench/schedules_sm80.json 2>&1 | tee "$out/vs_pytorch.txt" || failures=1
fi
exit $failures
