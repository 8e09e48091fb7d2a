"""What bench/hopper_forward.py times: the settings, each variant for kgen (MLIR) and for PyTorch, and the bars.

B * S = 16384 tokens and H * D = 2048 columns in every setting, as in the tables of the papers. Nothing here imports PyTorch: functions that
need it take the module as an argument.

The variants softcap_approx and softcap_causal_approx let kgen use tanh.approx (`allow_approx_math`, verified against a bound of its own). Their
rival is the same as that of softcap and softcap_causal: FlexAttention compiles torch.tanh, which is the exact one.
"""
import dataclasses
import math
import random

LENGTHS = [512, 1024, 2048, 4096, 8192, 16384]
LONG = [4096, 8192, 16384]
SHORT = [512, 1024, 2048]
WINDOW = 1024
CAP = 20.0
DOCUMENTS = 8


@dataclasses.dataclass(frozen=True)
class Variant:
    """One attention variant. Captured tensors follow Q, K and V in the order of `captures`."""

    name: str
    mods: str  # of attention.forward; "" for none
    captures: tuple = ()  # names: slopes, biases, lengths, ids
    score: str = ""  # key of SCORES
    mask: str = "full"  # key of MASKS
    own: str = ""  # the plain variant whose speed it should keep
    approximate: bool = False  # kgen may use approximate math
    region: str = ""  # body of the op's score region, which captures instead of `mods`; {biases}: a type


KEY_BIAS = """
    %bias = tensor.extract %biases[%j] : {biases}
    %r = arith.addf %s, %bias : f32
    attention.yield %r : f32"""

VARIANTS = {
    it.name: it
    for it in [
        Variant("full", ""),
        Variant("causal", "#attention.causal", mask="causal"),
        Variant("relative_position", "#attention.relative_position", score="relative", own="full"),
        Variant("alibi", "#attention.alibi", ("slopes",), score="alibi", own="full"),
        Variant(
            "alibi_causal", "#attention.causal, #attention.alibi", ("slopes",), score="alibi", mask="causal", own="causal"
        ),
        Variant("key_bias", "", ("biases",), score="key_bias", own="full", region=KEY_BIAS),
        Variant("softcap", f"#attention.softcap<cap = {CAP}>", score="softcap"),
        Variant("softcap_causal", f"#attention.causal, #attention.softcap<cap = {CAP}>", score="softcap", mask="causal"),
        Variant("softcap_approx", f"#attention.softcap<cap = {CAP}>", score="softcap", approximate=True),
        Variant(
            "softcap_causal_approx",
            f"#attention.causal, #attention.softcap<cap = {CAP}>",
            score="softcap",
            mask="causal",
            approximate=True,
        ),
        Variant("sliding_window", f"#attention.sliding_window<window = {WINDOW}>", mask="window"),
        Variant("prefix_lm", "#attention.prefix_lm", ("lengths",), mask="prefix"),
        Variant("document", "#attention.document, #attention.causal", ("ids",), mask="document"),
    ]
}
PLAIN = ["full", "causal"]  # what cuDNN and FlashAttention-2 can do


@dataclasses.dataclass(frozen=True)
class Setting:
    """One row of the result."""

    dtype: str  # bf16 or f16
    head_dim: int
    variant: str
    length: int
    tokens: int = 16384
    width: int = 2048

    @property
    def batch(self):
        return max(1, self.tokens // self.length)

    @property
    def heads(self):
        return max(1, self.width // self.head_dim)

    @property
    def key(self):
        return f"{self.dtype}/{self.head_dim}/{self.variant}/{self.length}"

    @property
    def kernel(self):
        """One binary serves every length."""
        return f"{self.dtype}_d{self.head_dim}_{self.variant}"


def document_starts(setting, entry):
    """First positions of the documents of one batch entry: uneven, the same in every run."""
    cuts = random.Random(1000 * setting.length + entry).sample(range(1, setting.length), DOCUMENTS - 1)
    return [0] + sorted(cuts)


def kept_pairs(setting):
    """Unmasked (query, key) pairs of one head, summed over the batch: what FLOP/s count."""
    length, mask = setting.length, VARIANTS[setting.variant].mask
    if mask == "document":
        total = 0
        for entry in range(setting.batch):
            starts = document_starts(setting, entry) + [length]
            total += sum((b - a) * (b - a + 1) // 2 for a, b in zip(starts, starts[1:]))
        return total
    keys = {
        "full": lambda q: length,
        "causal": lambda q: q + 1,
        "window": lambda q: min(q + 1, WINDOW),
        "prefix": lambda q: max(q + 1, length // 4),
    }[mask]
    return setting.batch * sum(keys(q) for q in range(length))


def flops(setting):
    return 4 * setting.heads * setting.head_dim * kept_pairs(setting)


def source(setting, static_sizes=False):
    """The MLIR of a setting's kernel: one for all lengths, or with every size written out."""
    batch, length = (setting.batch, setting.length) if static_sizes else ("?", "?")
    heads, dim, variant = setting.heads, setting.head_dim, VARIANTS[setting.variant]
    tensor = f"tensor<{batch}x{heads}x{length}x{dim}x{setting.dtype}>"
    types = {
        "slopes": f"tensor<{heads}xf32>",
        "biases": f"tensor<{length}xf32>",
        "lengths": f"tensor<{batch}xi32>",
        "ids": f"tensor<{batch}x{length}xi32>",
    }
    captured = ", ".join(f"%{name} : {types[name]}" for name in variant.captures)
    parameters = "".join(f", %{name}: {types[name]}" for name in variant.captures)
    allowance = " allow_approx_math" if variant.approximate else ""
    mods = f" mods [{variant.mods}]" if variant.mods else ""
    operands = f" ({captured})" if captured else ""
    if variant.region:
        arguments = "%s: f32, %b: index, %h: index, %i: index, %j: index"
        operands = f" score {{\n  ^bb0({arguments}):{variant.region.format(**types)}\n  }}"
    return (
        f"func.func @{setting.kernel}(%q: {tensor}, %k: {tensor}, %v: {tensor}{parameters}) -> {tensor} {{\n"
        f"  %o = attention.forward %q, %k, %v{allowance}{mods}{operands}\n"
        f"      : ({tensor}, {tensor}, {tensor}) -> {tensor}\n"
        f"  return %o : {tensor}\n}}\n"
    )


def captured_tensors(setting, torch, device):
    """The captured tensors by name."""
    tensors = {}
    for name in VARIANTS[setting.variant].captures:
        if name == "slopes":
            values = [2.0 ** (-8.0 * (head + 1) / setting.heads) for head in range(setting.heads)]
            tensors[name] = torch.tensor(values, dtype=torch.float32, device=device)
        elif name == "biases":
            tensors[name] = torch.randn(setting.length, dtype=torch.float32, device=device)
        elif name == "lengths":
            tensors[name] = torch.full((setting.batch,), setting.length // 4, dtype=torch.int32, device=device)
        else:
            ids = torch.zeros(setting.batch, setting.length, dtype=torch.int32)
            for entry in range(setting.batch):
                for number, start in enumerate(document_starts(setting, entry)):
                    ids[entry, start:] = number
            tensors[name] = ids.to(device)
    return tensors


def score_function(setting, torch, captured):
    """FlexAttention's score_mod, None for none. Works on scalars of a trace and on tensors that broadcast."""
    slopes, biases = captured.get("slopes"), captured.get("biases")
    return {
        "": None,
        "relative": lambda s, b, h, q, kv: s + (q - kv),
        "alibi": lambda s, b, h, q, kv: s + slopes[h] * (kv - q),
        "key_bias": lambda s, b, h, q, kv: s + biases[kv],
        "softcap": lambda s, b, h, q, kv: CAP * torch.tanh(s / CAP),
    }[VARIANTS[setting.variant].score]


def mask_function(setting, torch, captured):
    """FlexAttention's mask_mod, None where every pair takes part."""
    lengths, ids = captured.get("lengths"), captured.get("ids")
    return {
        "full": None,
        "causal": lambda b, h, q, kv: q >= kv,
        "window": lambda b, h, q, kv: (q >= kv) & (q - kv < WINDOW),
        "prefix": lambda b, h, q, kv: (kv < lengths[b]) | (q >= kv),
        "document": lambda b, h, q, kv: (ids[b, q] == ids[b, kv]) & (q >= kv),
    }[VARIANTS[setting.variant].mask]


@dataclasses.dataclass(frozen=True)
class Bar:
    """A goal for the geometric mean over lengths of a speed ratio (above 1: kgen is faster)."""

    name: str
    variant: str
    head_dims: tuple
    lengths: tuple
    rival: str
    must: float
    aim: float


def bars():
    """The table of the issue, one bar a mean."""
    result = []
    long_bars = {128: ((1.08, 1.12), (1.18, 1.28)), 64: ((1.10, 1.20), (1.15, 1.30)), 256: ((1.06, 1.12), (1.16, 1.28))}
    for dim, both in long_bars.items():
        for variant, (must, aim) in zip(PLAIN, both):
            result.append(Bar(f"D{dim} {variant}, 4k-16k", variant, (dim,), tuple(LONG), "cuDNN", must, aim))
    for dim in (64, 128, 256):
        for variant in PLAIN:
            for length in SHORT:
                result.append(Bar(f"D{dim} {variant}, {length}", variant, (dim,), (length,), "cuDNN", 1.0, 1.1))
    flex = [(("relative_position", "alibi"), 1.35, 1.5)]
    flex.append((("alibi_causal", "sliding_window", "prefix_lm", "document"), 1.45, 1.7))
    flex.append((("softcap", "softcap_causal", "softcap_approx", "softcap_causal_approx"), 2.2, 2.7))
    for variants, must, aim in flex:
        for variant in variants:
            for dim in (128,) if variant.startswith("softcap") else (64, 128, 256):
                result.append(Bar(f"D{dim} {variant}", variant, (dim,), tuple(LENGTHS), "FlexAttention", must, aim))
    for variant in ("relative_position", "alibi", "alibi_causal"):
        own = VARIANTS[variant].own
        for dim in (64, 128, 256):
            name = f"D{dim} {variant} / own {own}"
            result.append(Bar(name, variant, (dim,), tuple(LENGTHS), f"own {own}", 0.94, 0.98))
    return result


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def judge(rows, dtype):
    """(bar, ratios that were measured, their geometric mean or None, verdict) for each bar."""
    judged = []
    for bar in bars():
        ratios = [
            row["ratios"][bar.rival]["median"]
            for row in rows
            if row["dtype"] == dtype
            and row["variant"] == bar.variant
            and row["head_dim"] in bar.head_dims
            and row["length"] in bar.lengths
            and bar.rival in row.get("ratios", {})
        ]
        if not ratios:
            judged.append((bar, ratios, None, "not measured"))
            continue
        mean = geometric_mean(ratios)
        verdict = "aim" if mean >= bar.aim else "must" if mean >= bar.must else "MISSED"
        judged.append((bar, ratios, mean, verdict))
    return judged
