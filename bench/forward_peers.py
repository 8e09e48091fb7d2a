"""The contenders of bench/hopper_forward.py on one device: what runs, what is right, how long it takes."""
import math
import statistics
import time

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

import forward_cases as cases

DTYPES = {"bf16": torch.bfloat16, "f16": torch.float16}
# Greatest relative L2 error of an output row. Outputs and probabilities are rounded to the dtype, and softcap may use tanh.approx (2^-11 of
# its cap in a score); a wrong tile or mask is far beyond.
ROW_LIMIT = {"bf16": 2e-2, "f16": 1e-2}
CHUNK = 1024  # query rows of the reference at a time


def make_inputs(setting, device):
    """Q, K, V and the captured tensors by name; the same values in every run."""
    torch.manual_seed(0)
    shape = (setting.batch, setting.heads, setting.length, setting.head_dim)
    q, k, v = (torch.randn(shape, dtype=torch.float32, device=device).to(DTYPES[setting.dtype]) for _ in range(3))
    return q, k, v, cases.captured_tensors(setting, torch, device)


def reference_rows(setting, inputs, entry, head):
    """One head in float64, straight from the definition."""
    q, k, v, captured = inputs
    score, mask = cases.score_function(setting, torch, captured), cases.mask_function(setting, torch, captured)
    Q, K, V = (tensor[entry, head].double() for tensor in (q, k, v))
    columns = torch.arange(setting.length, device=q.device)[None]
    rows = []
    for start in range(0, setting.length, CHUNK):
        at = torch.arange(start, min(setting.length, start + CHUNK), device=q.device)[:, None]
        scores = Q[at[:, 0]] @ K.T / math.sqrt(setting.head_dim)
        if score:
            scores = score(scores, entry, head, at, columns)
        if mask:
            scores = scores.masked_fill(~mask(entry, head, at, columns), -math.inf)
        rows.append(torch.softmax(scores, -1) @ V)
    return torch.cat(rows)


def worst_row(output, wanted):
    """Greatest relative L2 error over the rows; NaN if an element is."""
    error = (output.double() - wanted.double()).norm(dim=-1) / wanted.double().norm(dim=-1).clamp_min(1e-30)
    return float(error.max()) if bool(torch.isfinite(error).all()) else math.nan


def check_output(setting, inputs, output, peer_output):
    """(worst error against float64 on two heads, worst against a peer on all); raises ValueError if one is too large."""
    picks = {(0, 0), (setting.batch - 1, setting.heads - 1)}
    exact = [worst_row(output[b, h], reference_rows(setting, inputs, b, h)) for b, h in sorted(picks)]
    worst = math.nan if any(map(math.isnan, exact)) else max(exact)
    against_peer = None
    if peer_output is not None:
        by_entry = [worst_row(output[b], peer_output[b]) for b in range(setting.batch)]
        against_peer = math.nan if any(map(math.isnan, by_entry)) else max(by_entry)
    for what, error in (("float64", worst), ("the peer", against_peer)):
        if error is not None and not error <= ROW_LIMIT[setting.dtype]:
            raise ValueError(f"a row is off by {error:.2e} against {what}, limit {ROW_LIMIT[setting.dtype]:.0e}")
    return worst, against_peer


def sdpa(backend, setting, inputs):
    q, k, v, _ = inputs
    causal = setting.variant == "causal"

    def run():
        with sdpa_kernel(backend):
            return F.scaled_dot_product_attention(q, k, v, is_causal=causal)

    return run


def flex(setting, inputs, compiled):
    """FlexAttention with the variant's mods, its block mask made beforehand."""
    q, k, v, captured = inputs
    score, mask = cases.score_function(setting, torch, captured), cases.mask_function(setting, torch, captured)
    per_entry = cases.VARIANTS[setting.variant].mask in ("prefix", "document")
    block_mask = None
    if mask:
        batch = setting.batch if per_entry else None
        block_mask = create_block_mask(mask, batch, None, setting.length, setting.length, device=q.device)

    def run():
        return compiled(q, k, v, score_mod=score, block_mask=block_mask)

    return run


def compile_flex(device):
    """The compiled FlexAttention; without a GPU the eager one, which is there to try the benchmark."""
    if device.type != "cuda":
        return flex_attention
    # Each setting is a specialisation of its own: none may fall back to a slower general form.
    torch._dynamo.config.recompile_limit = 10000
    torch._dynamo.config.accumulated_recompile_limit = 100000
    return torch.compile(flex_attention, dynamic=False)


def peer(name, setting, inputs, compiled):
    """A function that runs the peer and returns its output; raises if the peer cannot."""
    if name == "FlexAttention":
        run = flex(setting, inputs, compiled)
    else:
        backend = {"cuDNN": SDPBackend.CUDNN_ATTENTION, "FlashAttention-2": SDPBackend.FLASH_ATTENTION}[name]
        run = sdpa(backend, setting, inputs)
    run()
    return run


class CudaTimer:
    """Times bursts of launches with events. Each burst is one CUDA graph, so that no host's overhead counts."""

    def __init__(self, stream):
        self.stream = stream

    def synchronize(self):
        torch.cuda.synchronize()

    def estimate(self, function):
        """Milliseconds of one call, roughly."""
        function()
        return self.measure(function, 3)

    def measure(self, burst, launches):
        start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record(self.stream)
        for _ in range(launches):
            burst()
        stop.record(self.stream)
        torch.cuda.synchronize()
        return start.elapsed_time(stop) / launches

    def capture(self, function, launches):
        """(a function that runs `launches` calls, whether it is a graph)."""

        def plain():
            for _ in range(launches):
                function()

        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=self.stream):
                plain()
        except RuntimeError:
            torch.cuda.synchronize()
            return plain, False
        return graph.replay, True


class HostTimer:
    """The same by the wall clock, for devices that finish a call before they return."""

    def synchronize(self):
        pass

    def estimate(self, function):
        return self.measure(function, 1)

    def measure(self, burst, launches):
        start = time.perf_counter()
        for _ in range(launches):
            burst()
        return (time.perf_counter() - start) * 1e3 / launches

    def capture(self, function, launches):
        def plain():
            for _ in range(launches):
                function()

        return plain, False


def summary(values):
    """Median with spread."""
    ordered = sorted(values)
    quartile = len(ordered) // 4
    return {
        "median": statistics.median(ordered),
        "quartiles": [ordered[quartile], ordered[-1 - quartile]],
        "range": [ordered[0], ordered[-1]],
    }
