"""The C runtime through ctypes, for benchmarks that share tensors with PyTorch."""
import ctypes
import os

DTYPES = {"torch.float32": 1, "torch.float16": 2, "torch.bfloat16": 3, "torch.int32": 7, "torch.int64": 8}
MAX_RANK = 8


class Argument(ctypes.Structure):
    """kgen_argument_t of kgen_runtime.h."""

    _fields_ = [
        ("kind", ctypes.c_int),
        ("element_type", ctypes.c_int),
        ("rank", ctypes.c_int32),
        ("sizes", ctypes.c_int64 * MAX_RANK),
        ("data", ctypes.c_void_p),
        ("value", ctypes.c_uint64),
    ]


class Runtime:
    """One device and stream of libkgen_runtime.so. Raises RuntimeError with the runtime's text."""

    def __init__(self, library, device, native_stream):
        self.lib = ctypes.CDLL(os.path.abspath(library))
        self.lib.kgen_last_error.restype = ctypes.c_char_p
        self.device = ctypes.c_void_p()
        self.check(self.lib.kgen_device_open(device.encode(), None, ctypes.byref(self.device)))
        self.stream = ctypes.c_void_p()
        self.check(
            self.lib.kgen_stream_adopt(self.device, ctypes.c_void_p(native_stream), ctypes.byref(self.stream))
        )

    def check(self, status):
        if status != 0:
            raise RuntimeError(self.lib.kgen_last_error().decode())

    def load(self, path):
        """Loads an artefact file; the kernel lives as long as the process."""
        artifact, kernel = ctypes.c_void_p(), ctypes.c_void_p()
        self.check(self.lib.kgen_artifact_load_file(path.encode(), ctypes.byref(artifact)))
        self.check(self.lib.kgen_kernel_load(self.device, artifact, ctypes.byref(kernel)))
        return kernel

    def bind(self, kernel, tensors):
        """A function without arguments that launches the kernel on these contiguous tensors."""
        arguments = (Argument * len(tensors))()
        for argument, tensor in zip(arguments, tensors):
            assert tensor.is_contiguous()
            argument.kind = 1
            argument.element_type = DTYPES[str(tensor.dtype)]
            argument.rank = tensor.dim()
            for d, size in enumerate(tensor.shape):
                argument.sizes[d] = size
            argument.data = tensor.data_ptr()
        count = ctypes.c_size_t(len(tensors))

        def launch():
            self.check(self.lib.kgen_launch(kernel, arguments, count, self.stream))

        launch.keep = tensors
        return launch
