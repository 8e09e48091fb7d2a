#!/usr/bin/env python3
"""Hardware counters of kgen's forward kernels and of cuDNN's, each launched on the same tensors under Nsight Compute.

    bench/profile_forward.py --tools BIN --out counters.json --settings bf16/128/full/4096,bf16/64/causal/4096

Starts itself under `ncu`, with clocks left alone: times of profiled kernels are not speeds. Counters are per kernel; see COUNTERS
for what each says. Settings are dtype/head dimension/variant/length as bench/hopper_forward.py lists them, with 16384 tokens and 2048 columns.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import forward_cases as cases  # noqa: E402

# Nsight Compute's names, and ours with units. Peaks are the profiler's, at the clock of the moment.
COUNTERS = {
    "gpu__time_duration.sum": "time",
    "sm__cycles_elapsed.max": "cycles",
    "sm__cycles_elapsed.avg.per_second": "clock",
    "sm__pipe_tensor_op_hmma_type_hmma_hgmma_qgmma_cycles_active.avg.pct_of_peak_sustained_elapsed": "tensor pipe active, % of cycles",
    "sm__inst_executed_pipe_xu.avg.pct_of_peak_sustained_active": "special functions, % of peak",
    "sm__inst_issued.avg.pct_of_peak_sustained_active": "issue slots, % of peak",
    "sm__inst_executed.sum": "instructions",
    "dram__throughput.avg.pct_of_peak_sustained_elapsed": "device memory, % of peak",
    "dram__bytes_read.sum": "device memory read",
    "dram__bytes_write.sum": "device memory written",
    "lts__t_bytes.sum": "L2 bytes",
    "lts__t_sector_hit_rate.pct": "L2 hits, %",
    "l1tex__data_bank_reads.avg.pct_of_peak_sustained_elapsed": "shared memory reads, % of peak",
}
KERNELS = "regex:^(bf16|f16)_d|cudnn|sdpa"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", required=True, help="folder of kgen-compile")
    parser.add_argument("--runtime", help="libkgen_runtime.so (default: TOOLS/../lib)")
    parser.add_argument("--target", default="sm_90a")
    parser.add_argument("--ncu", default="ncu", help="Nsight Compute's program")
    parser.add_argument("--settings", required=True)
    parser.add_argument("--schedules", help="semicolon-separated schedule texts to profile instead of the default one")
    parser.add_argument("--out", help="counters as JSON")
    parser.add_argument("--launch", help=argparse.SUPPRESS)  # the inner process: folder of the kernels
    return parser.parse_args()


def setting_of(text):
    dtype, dim, variant, length = text.split("/")
    return cases.Setting(dtype, int(dim), variant, int(length), 16384, 2048)


def kernels_of(options, folder):
    """(setting, path of the artefact) of each kernel to launch; compiles those that are not there."""
    found = []
    for text in options.settings.split(","):
        for number, schedule in enumerate((options.schedules or "").split(";")):
            path = os.path.join(folder, f"{text.replace('/', '_')}_{number}")
            if not os.path.exists(path + ".kgen"):
                with open(path + ".mlir", "w") as file:
                    file.write(cases.source(setting_of(text), static_sizes=True))
                command = [f"{options.tools}/kgen-compile", path + ".mlir", f"--target={options.target}", "-o", path + ".kgen"]
                if schedule:
                    command.append(f"--schedule=#attention.schedule<{schedule}>")
                subprocess.run(command, check=True)
            found.append((setting_of(text), path + ".kgen"))
    return found


def launch_all(options):
    """The profiled process: each kernel once, cuDNN's twice (it is tried first) before the first kernel of a plain setting."""
    import torch

    import forward_peers as peers
    from kgen_runtime import Runtime

    device = torch.device("cuda:0")
    library = options.runtime or os.path.join(options.tools, "..", "lib", "libkgen_runtime.so")
    stream = torch.cuda.Stream()
    torch.cuda.set_stream(stream)
    runtime = Runtime(library, "cuda:0", stream.cuda_stream)
    before = None
    for setting, path in kernels_of(options, options.launch):
        q, k, v, captured = inputs = peers.make_inputs(setting, device)
        if setting.key != before and setting.variant in cases.PLAIN:
            peers.peer("cuDNN", setting, inputs, None)()
        before = setting.key
        runtime.bind(runtime.load(path), [q, k, v, *captured.values(), torch.empty_like(q)])()
        torch.cuda.synchronize()


def profile(options, folder):
    command = [options.ncu, "--clock-control", "none", "--csv", "--page", "raw", "--kernel-name", KERNELS, "--metrics", ",".join(COUNTERS)]
    command += [sys.executable, os.path.abspath(__file__)]
    command += [f"--{name}={value}" for name in ("tools", "runtime", "target", "settings", "schedules") if (value := getattr(options, name))]
    try:
        result = subprocess.run(command + [f"--launch={folder}"], capture_output=True, text=True)
    except OSError as error:
        sys.exit(f"profile_forward.py: cannot start {options.ncu} (Nsight Compute): {error.strerror}; name it by --ncu")
    lines = [line for line in result.stdout.splitlines() if line.startswith('"')]
    if result.returncode or not lines:
        sys.exit(f"ncu gave no counters ({result.returncode}):\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    rows = list(csv.DictReader(lines))
    units, rows = rows[0], rows[1:]
    return [
        {"kernel": row["Kernel Name"][:80], **{ours: f"{row[name]} {units[name]}".strip() for name, ours in COUNTERS.items() if row.get(name)}}
        for row in rows
    ]


def main():
    options = parse_arguments()
    if options.launch:
        return launch_all(options)
    with tempfile.TemporaryDirectory() as folder:
        kernels_of(options, folder)
        counters = profile(options, folder)
    for row in counters:
        print(json.dumps(row))
    if options.out:
        with open(options.out, "w") as file:
            json.dump({"command": " ".join(sys.argv), "kernels": counters}, file, indent=1)


if __name__ == "__main__":
    main()
