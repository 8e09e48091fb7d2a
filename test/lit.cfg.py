# Configuration of kgen's lit suites. The build writes lit.site.cfg.py, which sets the
# config.kgen_* values and then loads this file.
import ctypes
import glob
import os
import shutil
import sys

import lit.formats

config.name = "kgen"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "Lit", "CMakeLists.txt"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.kgen_binary_dir, "test")

# The tools of this build first, then LLVM's FileCheck, not, split-file, mlir-opt, ...
config.environment["PATH"] = os.pathsep.join(
    [config.kgen_tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")]
)
for name in ("HOME", "TMPDIR", "CUDA_HOME", "LD_LIBRARY_PATH"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%kgen-src", config.kgen_source_dir))
config.substitutions.append(("%kgen-lib", config.kgen_lib_dir))
config.substitutions.append(("%kgen-bin", config.kgen_tools_dir))
config.substitutions.append(("%llvm-prefix", config.llvm_prefix))
config.substitutions.append(("%python", '"%s"' % sys.executable))


def find_ptxas():
    """Where ptxas is: in PATH, or where the toolkit installs it."""
    found = shutil.which("ptxas")
    if found:
        return found
    candidates = [os.path.join(os.environ.get("CUDA_HOME", "/usr/local/cuda"), "bin", "ptxas")]
    candidates += sorted(glob.glob("/usr/local/cuda-*/bin/ptxas"))
    return next((path for path in candidates if os.access(path, os.X_OK)), None)


def has_nvidia_gpu():
    """A driver that starts and sees a device; the device file alone is no proof."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    return cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def has_hopper_gpu():
    """Whether the first device runs code for sm_90a: compute capability 9.0."""
    if not has_nvidia_gpu():
        return False
    cuda = ctypes.CDLL("libcuda.so.1")
    number = ctypes.c_int(0)
    capability = []
    for attribute in (75, 76):  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MINOR
        cuda.cuDeviceGetAttribute(ctypes.byref(number), attribute, 0)
        capability.append(number.value)
    return capability == [9, 0]


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as info:
            line = next((l for l in info if l.startswith("flags")), "")
        return set(line.split())
    except OSError:
        return set()


# Features for REQUIRES: lines.
ptxas = find_ptxas()
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))
if has_nvidia_gpu():
    config.available_features.add("nvidia-gpu")
if has_hopper_gpu():
    config.available_features.add("hopper-gpu")
for feature, flag in (("avx2", "avx2"), ("avx512", "avx512f")):
    if flag in cpu_flags():
        config.available_features.add(feature)
# Devices "emulated:ARCH": the programs of this build find the library beside them.
if os.path.exists(os.path.join(config.kgen_lib_dir, "libkgen_emulator.so")):
    config.available_features.add("emulator")
for tool in os.listdir(config.kgen_tools_dir) if os.path.isdir(config.kgen_tools_dir) else []:
    if tool.startswith("kgen-"):
        config.available_features.add(tool)
