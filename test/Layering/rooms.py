"""Who may include whom: the table of docs/Architecture.md, as the layering test reads it.

A room is a folder below include/kgen and lib (or a folder at the top). `rooms`: kgen headers of
which other rooms; `outside`: prefixes of headers that are not kgen's (the C and C++ standard
libraries and POSIX are free to all).
"""

MLIR = ("mlir/", "llvm/", "mlir-c/", "llvm-c/")
# A header that names a vendor or machine code: only below lib/Target and above.
VENDOR = r"mlir/Dialect/(GPU|NVGPU|AMDGPU|X86Vector|LLVMIR)/|mlir/Target/|mlir/Conversion/.*(LLVM|NVVM|ROCDL|GPU)"

PLAIN = {"Support", "Schedule"}
DIALECTS = {"Dialect/Attention", "Dialect/Tile"}
TARGETS = {"Target/Common", "Target/CPU", "Target/NVVM", "Target/ROCDL"}

ROOMS = {
    "Support": dict(rooms=set(), outside=("xxhash.h",)),
    "Schedule": dict(rooms={"Support"}, outside=("nlohmann/",)),
    "Dialect/Attention": dict(rooms=PLAIN, outside=MLIR, forbidden=VENDOR),
    "Dialect/Tile": dict(rooms=PLAIN, outside=MLIR, forbidden=VENDOR),
    "Analysis": dict(rooms=PLAIN | DIALECTS, outside=MLIR, forbidden=VENDOR),
    "Transforms": dict(rooms=PLAIN | DIALECTS | {"Analysis"}, outside=MLIR, forbidden=VENDOR),
    "Target/Common": dict(rooms=PLAIN | {"Dialect/Tile"}, outside=MLIR + ("lld/", "nlohmann/", "kgen_artifact.h")),
    "Target/CPU": dict(rooms=PLAIN | {"Dialect/Tile", "Target/Common"}, outside=MLIR),
    "Target/NVVM": dict(rooms=PLAIN | DIALECTS | {"Target/Common"}, outside=MLIR),
    "Target/ROCDL": dict(rooms=PLAIN | DIALECTS | {"Target/Common"}, outside=MLIR),
    "Compiler": dict(rooms=PLAIN | DIALECTS | TARGETS | {"Analysis", "Transforms", "Search"}, outside=MLIR),
    "Search": dict(rooms=PLAIN, outside=("nlohmann/", "curl/")),
    "Emulator": dict(rooms={"Support"}, outside=("llvm/", "kgen_artifact.h", "kgen_emulator.h", "kgen_runtime.h")),
    "Verifier": dict(rooms=PLAIN, outside=("nlohmann/", "kgen_runtime.h")),
    "Autotune": dict(rooms=PLAIN | DIALECTS | {"Analysis", "Compiler", "Search", "Verifier"}, outside=MLIR),
    "tools": dict(rooms=PLAIN | DIALECTS | {"Autotune", "Compiler", "Search", "Verifier"}, outside=MLIR + ("nlohmann/",)),
    "python-free-runtime": dict(rooms=set(), outside=("kgen_runtime.h", "kgen_artifact.h", "kgen_emulator.h", "xxhash.h")),
}

# Rules for single headers: (header pattern, where it may be included, why).
ONLY_IN = [
    (r"curl/", r"lib/Search/Llm/Curl\w+\.(cpp|h)$", "one client talks to the network"),
    (r"nlohmann/", r"^lib/.*\.(cpp|h)$|^tools/.*\.cpp$", "public headers do not make users parse a JSON library"),
    (r"kgen/Search/(?!CompileService\.h)", r"^(lib/Search|include/kgen/Search|lib/Autotune|include/kgen/Autotune|tools)/",
     "the compiler implements the search's interface and knows nothing else of it"),
]

# Lines a file may have; a tool's main is wiring only.
MAX_LINES = 700
MAX_MAIN_LINES = 200
