#!/usr/bin/env python3
"""The layer check must be able to fail: each rule on an include that breaks it."""
import pathlib
import unittest

from check_layers import include_problem, room_of_file, size_problem


def problem(path, header):
    path = pathlib.Path(path)
    return include_problem(path, room_of_file(path), header)


class Includes(unittest.TestCase):
    def test_what_each_room_may_use(self):
        for path, header in [
            ("lib/Schedule/Problem.cpp", "kgen/Support/Error.h"),
            ("lib/Schedule/Problem.cpp", "vector"),
            ("lib/Target/CPU/Copy.cpp", "mlir/Dialect/LLVMIR/LLVMDialect.h"),
            ("lib/Search/Llm/CurlChatClient.cpp", "curl/curl.h"),
            ("lib/Compiler/CompileService.cpp", "kgen/Search/CompileService.h"),
        ]:
            self.assertIsNone(problem(path, header), (path, header))

    def test_what_each_room_may_not_use(self):
        for path, header in [
            ("lib/Support/Hash.cpp", "kgen/Schedule/Problem.h"),
            ("lib/Support/Hash.cpp", "llvm/ADT/StringRef.h"),
            ("lib/Schedule/Problem.cpp", "mlir/IR/Types.h"),
            ("include/kgen/Schedule/Json.h", "nlohmann/json.hpp"),
            ("lib/Dialect/Attention/ForwardOp.cpp", "mlir/Dialect/GPU/IR/GPUDialect.h"),
            ("lib/Transforms/Outline.cpp", "mlir/Dialect/LLVMIR/NVVMDialect.h"),
            ("lib/Transforms/Outline.cpp", "kgen/Target/CPU/Passes.h"),
            ("lib/Target/CPU/Copy.cpp", "kgen/Target/NVVM/Passes.h"),
            ("lib/Target/CPU/Copy.cpp", "kgen/Search/Search.h"),
            ("lib/Compiler/Pipelines.cpp", "kgen/Search/History.h"),
            ("lib/Search/Loop.cpp", "curl/curl.h"),
            ("lib/Search/Loop.cpp", "mlir/IR/Types.h"),
            ("lib/Search/Loop.cpp", "kgen_runtime.h"),
            ("lib/Verifier/Oracle.cpp", "kgen/Analysis/KvRange.h"),
            ("lib/Verifier/Oracle.cpp", "kgen/Search/Search.h"),
            ("python-free-runtime/src/kernel.c", "kgen/Support/Error.h"),
            ("tools/kgen-opt/main.cpp", "kgen/Target/CPU/Passes.h"),
        ]:
            self.assertIsNotNone(problem(path, header), (path, header))


class Sizes(unittest.TestCase):
    def test_limits(self):
        long, longer = "x\n" * 201, "x\n" * 701
        self.assertIsNone(size_problem(pathlib.Path("lib/Search/Loop.cpp"), long))
        self.assertIsNotNone(size_problem(pathlib.Path("lib/Search/Loop.cpp"), longer))
        self.assertIsNotNone(size_problem(pathlib.Path("tools/kgen-opt/main.cpp"), long))


if __name__ == "__main__":
    unittest.main()
