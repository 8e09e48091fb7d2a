#!/usr/bin/env python3
"""Times kgen against PyTorch's attention, interleaved on the same tensors in one run.

    bench/vs_pytorch.py --tools BIN --out results.json [--cases d64_full,d128_causal] [--schedules FILE]

For each case (head dim, mask) every schedule is compiled by kgen-opt and checked by kgen-verify; only
accepted kernels are timed. Then all of them, FlashAttention-2 and cuDNN run in bursts, in balanced orders
(bench/interleaving.py), on the same random tensors; the result is the median over the bursts, and ratios are medians of per-round ratios
(above 1: kgen is faster). Only benchmarks may use Python: nothing here is needed to run a kernel.
"""
import argparse
import concurrent.futures
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from interleaving import balanced_orders  # noqa: E402
from kgen_runtime import Runtime  # noqa: E402

def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", required=True, help="folder of kgen-opt and kgen-verify")
    parser.add_argument("--runtime", help="libkgen_runtime.so (default: TOOLS/../lib)")
    parser.add_argument("--out", help="write the results as JSON")
    parser.add_argument("--cases", default="d64_full,d64_causal,d128_full,d128_causal")
    parser.add_argument("--schedules", help="JSON {head dim: [schedule, ...]}; \"\" is the stored default")
    parser.add_argument("--families", help="input families that kgen-verify checks (default: all)")
    parser.add_argument("--sequence", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=15, help="at least; rounded up to whole designs")
    parser.add_argument("--launches", type=int, default=10)
    return parser.parse_args()


def variant(head_dim, causal, sequence, schedule):
    """The MLIR of one case: B*S = 16384 tokens, H*D = 2048."""
    batch, heads = 16384 // sequence, 2048 // head_dim
    tensor = f"tensor<{batch}x{heads}x{sequence}x{head_dim}xbf16>"
    mods = " mods [#attention.causal]" if causal else ""
    chosen = f" schedule(#attention.schedule<{schedule}>)" if schedule else ""
    return (
        f"func.func @d{head_dim}(%q: {tensor}, %k: {tensor}, %v: {tensor}) -> {tensor} {{\n"
        f"  %o = attention.forward %q, %k, %v{mods}{chosen} : ({tensor}, {tensor}, {tensor}) -> {tensor}\n"
        f"  return %o : {tensor}\n}}\n"
    )


def build(options, text, folder, name):
    """Compiles and verifies; returns (artefact path, None) or (None, why not)."""
    tools = options.tools
    source, artifact = os.path.join(folder, name + ".mlir"), os.path.join(folder, name + ".kgen")
    with open(source, "w") as file:
        file.write(text)
    lower = [f"{tools}/kgen-opt", source, f"--attention-lower=target=gpu artifact={artifact}", "-o", "/dev/null"]
    result = subprocess.run(lower, capture_output=True, text=True)
    if result.returncode:
        return None, result.stderr.strip().splitlines()[0]
    verify = [f"{tools}/kgen-verify", artifact, "--device=cuda:0"]
    if options.families:
        verify.append(f"--families={options.families}")
    result = subprocess.run(verify, capture_output=True, text=True)
    if result.returncode:
        return None, " ".join(result.stdout.split())[:300]
    return artifact, None


def burst(function, launches):
    start, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    function()
    start.record()
    for _ in range(launches):
        function()
    stop.record()
    torch.cuda.synchronize()
    return start.elapsed_time(stop) / launches


def peer(backend, q, k, v, causal):
    def run():
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(q, k, v, is_causal=causal)

    return run


def worst_row_error(output, q, k, v, causal):
    """Worst relative L2 error over the rows of a few heads, against float64."""
    worst = 0.0
    for head in {0, q.shape[1] - 1}:
        Q, K, V = (t[0, head].double() for t in (q, k, v))
        scores = Q @ K.T / math.sqrt(q.shape[-1])
        if causal:
            scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), -math.inf)
        wanted = torch.softmax(scores, -1) @ V
        rows = (output[0, head].double() - wanted).norm(dim=-1) / wanted.norm(dim=-1)
        worst = max(worst, float(rows.max()))
    return worst


def run_case(options, runtime, name, folder, schedules):
    head_dim, causal = int(name.split("_")[0][1:]), name.endswith("causal")
    sequence = options.sequence
    batch, heads = 16384 // sequence, 2048 // head_dim
    torch.manual_seed(0)
    q, k, v = (torch.randn(batch, heads, sequence, head_dim, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    contenders, rows = {}, []
    # Nothing is timed yet, so compiling and verifying may share the machine.
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        built = pool.map(
            lambda item: build(options, variant(head_dim, causal, sequence, item[1]), folder, f"{name}{item[0]}"),
            list(enumerate(schedules[head_dim])),
        )
    for number, (schedule, (artifact, why)) in enumerate(zip(schedules[head_dim], built)):
        row = {"schedule": schedule or "default"}
        rows.append(row)
        if not artifact:
            row["refused"] = why
            continue
        output = torch.full_like(q, math.nan)
        launch = runtime.bind(runtime.load(artifact), [q, k, v, output])
        launch()
        torch.cuda.synchronize()
        row["worst_row_error"] = worst_row_error(output, q, k, v, causal)
        contenders[f"kgen {number}"] = (launch, row)
    for label, backend in (("FlashAttention-2", SDPBackend.FLASH_ATTENTION), ("cuDNN", SDPBackend.CUDNN_ATTENTION)):
        row = {"peer": label}
        rows.append(row)
        contenders[label] = (peer(backend, q, k, v, causal), row)
    times = {label: [] for label in contenders}
    for function, _ in contenders.values():  # warms the clocks
        burst(function, options.launches)
    for order in balanced_orders(contenders, options.rounds):
        burst(contenders[order[0]][0], options.launches)  # as in interleaving.time_all
        for label in order:
            times[label].append(burst(contenders[label][0], options.launches))
    flops = 4 * batch * heads * sequence * sequence * head_dim / (2 if causal else 1)
    for label, (_, row) in contenders.items():
        row["median_ms"] = statistics.median(times[label])
        row["spread_ms"] = [min(times[label]), max(times[label])]
        row["tflops"] = flops / row["median_ms"] / 1e9
        for rival in ("FlashAttention-2", "cuDNN"):
            ratios = [b / a for a, b in zip(times[label], times[rival])]
            row[f"ratio_to_{rival}"] = statistics.median(ratios)
    print(f"\n{name}  B={batch} H={heads} S={sequence} bf16")
    for row in rows:
        if "refused" in row:
            print(f"  {row['schedule']:88s} refused: {row['refused'][:120]}")
            continue
        print(
            f"  {row.get('schedule', row.get('peer')):88s} {row['median_ms']:8.4f} ms {row['tflops']:6.1f} TFLOP/s"
            f"  FA2/x {row['ratio_to_FlashAttention-2']:.3f}  cuDNN/x {row['ratio_to_cuDNN']:.3f}"
            + (f"  err {row['worst_row_error']:.1e}" if "worst_row_error" in row else "")
        )
    sys.stdout.flush()
    return {"case": name, "batch": batch, "heads": heads, "sequence": sequence, "rows": rows}


def main():
    options = parse_arguments()
    library = options.runtime or os.path.join(options.tools, "..", "lib", "libkgen_runtime.so")
    schedules = {64: [""], 128: [""], 256: [""]}
    if options.schedules:
        with open(options.schedules) as file:
            schedules = {int(key): value for key, value in json.load(file).items()}
    torch.zeros(1, device="cuda")
    runtime = Runtime(library, "cuda:0", torch.cuda.current_stream().cuda_stream)
    results = {
        "command": " ".join(sys.argv),
        "device": torch.cuda.get_device_name(0),
        "pytorch": torch.__version__,
        "cases": [],
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in options.cases.split(","):
            results["cases"].append(run_case(options, runtime, name, folder, schedules))
            if options.out:
                with open(options.out, "w") as file:
                    json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
