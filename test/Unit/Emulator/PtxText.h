//===- PtxText.h - Reading PTX in tests
//------------------------------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_PTXTEXT_H
#define KGEN_TEST_UNIT_EMULATOR_PTXTEXT_H

#include "PTX/Module.h"

#include <gtest/gtest.h>

namespace kgen::emulator::ptx {

inline constexpr std::string_view kPtxHeader =
    ".version 8.6\n.target sm_90a\n.address_size 64\n";

/// A module with one kernel `k` whose parameters are `out` (u64) and `n` (u32),
/// some declared registers, and `body`, which begins in line 7.
inline std::string withBody(std::string_view body) {
  return std::string(kPtxHeader) +
         ".visible .entry k(.param .u64 out, .param .u32 n) {\n"
         ".reg .pred %p<4>; .reg .b32 %r<20>;\n"
         ".reg .b64 %rd<10>;\n" +
         std::string(body) + "\n}\n";
}

/// The module; a failed test and null if it cannot be read.
inline std::unique_ptr<Module> read(std::string text) {
  auto module = parseModule(std::move(text));
  if (!module) {
    ADD_FAILURE() << module.error().message();
    return nullptr;
  }
  return std::move(*module);
}

/// "KG9001 line 7: found ..." of a text that must be refused.
inline std::string refusal(std::string text) {
  const auto module = parseModule(std::move(text));
  if (module)
    return "it was read";
  return formatCode(module.error().code()) + " " + module.error().detail();
}

} // namespace kgen::emulator::ptx

#endif // KGEN_TEST_UNIT_EMULATOR_PTXTEXT_H
