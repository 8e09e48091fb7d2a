#!/usr/bin/env python3
"""Times kgen's forward kernels against cuDNN, FlashAttention-2 and FlexAttention, interleaved on the same tensors.

    bench/hopper_forward.py --tools BIN --out results.json [--budget 540] [--resume] [--variants causal,alibi] ...

Full and causal run against all three, the other variants against FlexAttention, with kgen's own full or causal kernel beside those that
should keep its speed. One kernel a variant, dtype and head dimension serves every length. Each is first given to kgen-verify, in a process of
its own. Before it is timed, its output is compared with a float64 reference on two heads and with a peer's output on all of them, and again
bitwise with itself after the timing.
Within the rounds each contender follows each other one equally often (bench/interleaving.py). Ratios are medians of per-round ratios, above 1
where kgen is faster. The bars are those of the project's issue on Hopper.

With a budget the run stops in time and --resume goes on where OUT ends. `--device cpu` tries the program without a GPU.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import forward_cases as cases  # noqa: E402
from interleaving import time_all  # noqa: E402


def names(text):
    return [name for name in text.split(",") if name]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", help="folder of kgen-compile and kgen-verify")
    parser.add_argument("--runtime", help="libkgen_runtime.so (default: TOOLS/../lib)")
    parser.add_argument("--target", default="auto", help="of kgen-compile: auto, h100, sm_90a, ...")
    parser.add_argument("--device", default="cuda:0", help="of the runtime; cpu tries the program without a GPU")
    parser.add_argument("--schedules", help='JSON: {"128": [S, ...], "128/causal": ..., "f16/128/causal": ...}; the last that fits counts, '
                        'its first schedule for the bars; "" is the default schedule')
    parser.add_argument("--ptxas", help="of kgen-compile")
    parser.add_argument("--static-sizes", action="store_true", help="compile each length on its own")
    parser.add_argument("--verify", default="normal", help="input families of kgen-verify, all, or none to skip it")
    parser.add_argument("--dtypes", type=names, default=["bf16"])
    parser.add_argument("--head-dims", type=names, default=["64", "128", "256"])
    parser.add_argument("--variants", type=names, default=list(cases.VARIANTS))
    parser.add_argument("--lengths", type=names, default=[str(length) for length in cases.LENGTHS])
    parser.add_argument("--peers", type=names, default=["cuDNN", "FlashAttention-2", "FlexAttention"])
    parser.add_argument("--tokens", type=int, default=16384, help="B * S")
    parser.add_argument("--width", type=int, default=2048, help="H * D")
    parser.add_argument("--rounds", type=int, default=10, help="at least; rounded up to whole designs of bench/interleaving.py")
    parser.add_argument("--burst-ms", type=float, default=8.0)
    parser.add_argument("--budget", type=float, default=540.0, help="seconds; no setting starts that may not end in time")
    parser.add_argument("--jobs", type=int, default=min(8, os.cpu_count() or 1), help="compilations at once")
    parser.add_argument("--out", help="results as JSON, written after each setting")
    parser.add_argument("--resume", action="store_true", help="keep the settings that OUT has")
    parser.add_argument("--report", help="print the bars of this JSON and stop")
    parser.add_argument("--list", action="store_true", help="print the settings and stop")
    options = parser.parse_args()
    unknown = [name for name in options.variants if name not in cases.VARIANTS]
    if unknown:
        parser.error(f"unknown variants {unknown}; known are {', '.join(cases.VARIANTS)}")
    if not (options.list or options.report) and not options.tools:
        parser.error("--tools is needed")
    return options


def settings_of(options):
    """Long sequences first: their bars are the hardest, and a budget may end the run early."""
    return [
        cases.Setting(dtype, int(dim), variant, int(length), options.tokens, options.width)
        for dtype in options.dtypes
        for variant in options.variants
        for dim in options.head_dims
        for length in sorted(options.lengths, key=int, reverse=True)
    ]


class Kernels:
    """Compiles kernels once, several at a time, and loads them when they are first needed."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.table = {}
        if options.schedules:
            with open(options.schedules) as file:
                self.table = json.load(file)
        self.pool = concurrent.futures.ThreadPoolExecutor(max_workers=options.jobs)
        self.built, self.loaded = {}, {}

    def schedules(self, setting):
        """The schedules of the most specific key that fits; the first counts for the bars."""
        keys = [str(setting.head_dim), f"{setting.head_dim}/{setting.variant}"]
        keys.append(f"{setting.dtype}/{keys[-1]}")
        chosen = [""]
        for key in keys:
            chosen = self.table.get(key, chosen)
        return chosen if isinstance(chosen, list) else [chosen]

    def start(self, setting, schedule):
        """Begins to compile; returns the future of {"path", "schedule", "seconds", ...} or {"refused"}."""
        suffix = f"_{setting.length}" if self.options.static_sizes else ""
        key = (setting.kernel + suffix, schedule)
        if key not in self.built:
            name = f"{key[0]}_{sum(1 for kernel, _ in self.built if kernel == key[0])}"
            self.built[key] = self.pool.submit(self.build, setting, schedule, name)
        return self.built[key]

    def build(self, setting, schedule, name):
        path = os.path.join(self.folder, name)
        with open(path + ".mlir", "w") as file:
            file.write(cases.source(setting, self.options.static_sizes))
        command = [f"{self.options.tools}/kgen-compile", path + ".mlir", f"--target={self.options.target}", "-o", path + ".kgen"]
        if schedule:
            is_full = schedule.lstrip().startswith(("{", "#"))
            command.append("--schedule=" + (schedule if is_full else f"#attention.schedule<{schedule}>"))
        if self.options.ptxas:
            command.append(f"--ptxas={self.options.ptxas}")
        start = time.monotonic()
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            return {"refused": " ".join(result.stderr.split())[:400]}
        lines = result.stderr.strip().splitlines() or [""]
        built = {"path": path + ".kgen", "compile_seconds": time.monotonic() - start, "said": lines[-1].split(": ", 1)[-1]}
        if len(lines) > 1:
            built["warnings"] = lines[:-1][:20]
        return built if self.options.verify == "none" else self.verify(built)

    def verify(self, built):
        command = [f"{self.options.tools}/kgen-verify", built["path"], f"--device={self.options.device}"]
        if self.options.verify != "all":
            command.append(f"--families={self.options.verify}")
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            return {"refused": "kgen-verify: " + " ".join((result.stdout + result.stderr).split())[:400]}
        return dict(built, verified=self.options.verify)

    def close(self):
        self.pool.shutdown(wait=True, cancel_futures=True)


class Bench:
    """One device with its stream and timer, and everything that runs on it."""

    def __init__(self, options, kernels):
        import torch

        import forward_peers as peers
        from kgen_runtime import Runtime

        self.options, self.kernels, self.torch, self.peers = options, kernels, torch, peers
        self.is_cuda = options.device.startswith("cuda")
        self.device = torch.device(options.device if self.is_cuda else "cpu")
        library = options.runtime or os.path.join(options.tools, "..", "lib", "libkgen_runtime.so")
        if self.is_cuda:
            torch.cuda.set_device(self.device)
            self.stream = torch.cuda.Stream()
            torch.cuda.set_stream(self.stream)
            self.timer = peers.CudaTimer(self.stream)
            self.runtime = Runtime(library, options.device, self.stream.cuda_stream)
        else:
            self.timer = peers.HostTimer()
            self.runtime = Runtime(library, options.device, None)
        self.flex = peers.compile_flex(self.device)
        self.loaded = {}

    def describe(self):
        """The machine and the libraries, with the clocks and the power of this moment."""
        result = {"device": "cpu", "pytorch": self.torch.__version__, "cudnn": self.torch.backends.cudnn.version()}
        if self.is_cuda:
            result["device"] = self.torch.cuda.get_device_name(self.device)
            query = "driver_version,clocks.sm,clocks.mem,power.draw,temperature.gpu"
            asked = ["nvidia-smi", f"--id={self.device.index}", f"--query-gpu={query}", "--format=csv,noheader"]
            answer = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
            result.update(zip(query.split(","), answer.split(", ")))
        return result

    def bind(self, built, inputs, output):
        """A launch of a compiled kernel on these tensors."""
        q, k, v, captured = inputs
        if built["path"] not in self.loaded:
            self.loaded[built["path"]] = self.runtime.load(built["path"])
        return self.runtime.bind(self.loaded[built["path"]], [q, k, v, *captured.values(), output])

    def peer_functions(self, setting, inputs, row):
        """{name: function} of the peers that can run this setting; why the others cannot goes into the row."""
        functions = {}
        for name in self.options.peers:
            if name != "FlexAttention" and setting.variant not in cases.PLAIN:
                continue
            try:
                functions[name] = self.peers.peer(name, setting, inputs, self.flex)
            except Exception as error:  # a peer may fail in any way: it then has no time
                row.setdefault("peers_without_time", {})[name] = " ".join(str(error).split())[:200]
        return functions

    def kgen_functions(self, setting, inputs, peer_output, row):
        """The kernels that are right: {label: (launch, output)}; each is told of in row["kgen"]."""
        functions = {}
        for number, schedule in enumerate(self.kernels.schedules(setting)):
            built = dict(self.kernels.start(setting, schedule).result())
            built["asked"] = schedule or "default"
            row["kgen"].append(built)
            if "refused" in built:
                continue
            output = self.torch.full_like(inputs[0], float("nan"))
            try:
                launch = self.bind(built, inputs, output)
                launch()
                self.timer.synchronize()
                built["error_float64"], built["error_peer"] = self.peers.check_output(setting, inputs, output, peer_output)
            except (RuntimeError, ValueError) as error:
                built["refused"] = " ".join(str(error).split())[:400]
                continue
            functions[f"kgen {number}" if number else "kgen"] = (launch, output)
        return functions

    def own_function(self, setting, inputs):
        """kgen's plain kernel on the same tensors, with its label; nothing if there is none."""
        own = cases.VARIANTS[setting.variant].own
        if not own:
            return {}
        plain = cases.Setting(setting.dtype, setting.head_dim, own, setting.length, setting.tokens, setting.width)
        built = self.kernels.start(plain, self.kernels.schedules(plain)[0]).result()
        if "refused" in built:
            return {}
        q, k, v, _ = inputs
        output = self.torch.full_like(q, float("nan"))
        launch = self.bind(built, (q, k, v, {}), output)
        launch()
        self.timer.synchronize()
        self.peers.check_output(plain, (q, k, v, {}), output, None)
        return {f"own {own}": launch}

    def run(self, setting):
        """The row of one setting."""
        start = time.monotonic()
        row = empty_row(setting)
        inputs = self.peers.make_inputs(setting, self.device)
        rivals = self.peer_functions(setting, inputs, row)
        peer_output = next(iter(rivals.values()))() if rivals else None
        kgens = self.kgen_functions(setting, inputs, peer_output, row)
        del peer_output
        before = {label: output.clone() for label, (_, output) in kgens.items()}
        functions = {label: launch for label, (launch, _) in kgens.items()}
        rivals.update(self.own_function(setting, inputs))
        functions.update(rivals)
        row["times"] = time_all(self.timer, functions, self.options.rounds, self.options.burst_ms)
        for label, (launch, output) in kgens.items():
            output.fill_(float("nan"))
            launch()
            self.timer.synchronize()
            if not self.torch.equal(output.view(self.torch.int16), before[label].view(self.torch.int16)):
                row["times"].pop(label)
                row.setdefault("changed_while_timed", []).append(label)
        self.conclude(setting, row, rivals)
        row["seconds"] = time.monotonic() - start
        return row

    def conclude(self, setting, row, rivals):
        """TFLOP/s over kept pairs, and the speed of kgen over each rival's, round by round."""
        work = cases.flops(setting)
        for times in row["times"].values():
            times.update(self.peers.summary(times["ms"]))
            times["tflops"] = work / times["median"] / 1e9
        for label in [label for label in row["times"] if label.startswith("kgen")]:
            ours = row["times"][label]["ms"]
            for rival in rivals:
                ratio = self.peers.summary([b / a for a, b in zip(ours, row["times"][rival]["ms"])])
                row["ratios"][rival if label == "kgen" else f"{label}: {rival}"] = ratio


def empty_row(setting):
    return {
        "key": setting.key,
        "dtype": setting.dtype,
        "head_dim": setting.head_dim,
        "variant": setting.variant,
        "length": setting.length,
        "batch": setting.batch,
        "heads": setting.heads,
        "kgen": [],
        "times": {},
        "ratios": {},
        "seconds": 0.0,
    }


def print_row(row):
    print(f"{row['dtype']} D{row['head_dim']} {row['variant']} S{row['length']} (B{row['batch']} H{row['heads']})", end="")
    for label, times in row["times"].items():
        graph = "" if times["graph"] else "*"
        print(f"  {label}{graph} {times['median']:.4f} ms {times['tflops']:.0f}", end="")
    for rival, ratio in row["ratios"].items():
        low, high = ratio["quartiles"]
        print(f"  | {rival} {ratio['median']:.3f} [{low:.3f}, {high:.3f}]", end="")
    errors = [built["error_float64"] for built in row["kgen"] if "error_float64" in built]
    print(f"  err {max(errors):.1e}" if errors else "", f" [{row['seconds']:.1f} s]")
    for built in row["kgen"]:
        if "refused" in built:
            print(f"    REFUSED {built['asked']}: {built['refused'][:200]}")
    for name, why in row.get("peers_without_time", {}).items():
        print(f"    no {name}: {why[:160]}")
    for label in row.get("changed_while_timed", []):
        print(f"    CHANGED WHILE TIMED: {label}")
    if "failed" in row:
        print(f"    FAILED: {row['failed'][:300]}")
    sys.stdout.flush()


def print_bars(rows):
    """The issue's table; returns how many bars were missed."""
    missed = 0
    for dtype in sorted({row["dtype"] for row in rows}):
        print(f"\n{dtype}: geometric means over the lengths measured (speed of kgen / speed of the rival)")
        for bar, ratios, mean, verdict in cases.judge(rows, dtype):
            if mean is None:
                continue
            missed += verdict == "MISSED"
            complete = "" if len(ratios) == len(bar.lengths) else f" (of {len(ratios)} of {len(bar.lengths)} lengths)"
            print(f"  {bar.name:34s} vs {bar.rival:16s} {mean:6.3f}  must {bar.must:.2f} aim {bar.aim:.2f}  {verdict}{complete}")
    print(f"\nbars missed: {missed}")
    return missed


def load_rows(options):
    if not (options.resume and options.out and os.path.exists(options.out)):
        return []
    with open(options.out) as file:
        return json.load(file)["rows"]


def save(options, description, rows):
    if not options.out:
        return
    with open(options.out + ".part", "w") as file:
        json.dump(dict(description, command=" ".join(sys.argv), rows=rows), file, indent=1)
    os.replace(options.out + ".part", options.out)


def run_one(bench, setting):
    """The row of a setting, and whether the device still works. A fault of the device loses its context."""
    try:
        return bench.run(setting), True
    except (RuntimeError, ValueError) as error:
        row = empty_row(setting)
        row["failed"] = " ".join(str(error).split())[:400]
    try:
        if bench.is_cuda:
            bench.torch.cuda.synchronize()
        return row, True
    except RuntimeError:
        return row, False


def run_all(options, bench, rows, settings, deadline):
    """Appends to `rows`; returns the settings that no time was left for."""
    description, left, longest, works = bench.describe(), [], 0.0, True
    for setting in settings:
        if not works or time.monotonic() + 1.2 * longest > deadline:
            left.append(setting)
            continue
        row, works = run_one(bench, setting)
        rows.append(row)
        longest = max(longest, row["seconds"])
        print_row(row)
        save(options, description, rows)
        if bench.is_cuda and works:
            bench.torch.cuda.empty_cache()
    return left


def main():
    options = parse_arguments()
    deadline = time.monotonic() + options.budget
    if options.report:
        with open(options.report) as file:
            return 1 if print_bars(json.load(file)["rows"]) else 0
    rows = load_rows(options)
    done = {row["key"] for row in rows}
    settings = [setting for setting in settings_of(options) if setting.key not in done]
    if options.list:
        print("\n".join(setting.key for setting in settings))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        kernels = Kernels(options, folder)
        try:
            # Nothing is timed yet, so compiling may share the machine.
            pending = [kernels.start(setting, schedule) for setting in settings for schedule in kernels.schedules(setting)]
            concurrent.futures.wait(pending)
            left = run_all(options, Bench(options, kernels), rows, settings, deadline)
        finally:
            kernels.close()
    missed = print_bars(rows)
    if left:
        print(f"no time for {len(left)} settings, from {left[0].key} on: run again with --resume")
    refused = [row["key"] for row in rows if not any(label.startswith("kgen") for label in row["times"])]
    if refused:
        print(f"no kernel of kgen was timed for {len(refused)} settings: {', '.join(refused[:6])}")
    return 1 if missed or refused else 0


if __name__ == "__main__":
    sys.exit(main())
