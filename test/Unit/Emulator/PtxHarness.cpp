//===- PtxHarness.cpp - Runs small PTX kernels
//-----------------------------===//

#include "PtxHarness.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace kgen::emulator {

std::string PtxKernel::text() const {
  return ".version 8.0\n.target " + target + "\n.address_size 64\n" + globals +
         "\n.visible .entry k(.param .u64 p_in, .param .u64 p_out) " +
         directives + R"(
{
  .reg .pred %p<9>;
  .reg .b16 %h<40>;
  .reg .b32 %r<80>, %tid;
  .reg .b64 %x<40>, %in, %out, %at;
  ld.param.u64 %in, [p_in];
  ld.param.u64 %out, [p_out];
  mov.u32 %tid, %tid.x;
  mul.wide.u32 %at, %tid, 8;
)" + body +
         "\n  ret;\n}\n";
}

Expected<void> PtxKernel::run(const void *in, size_t inBytes, void *out,
                              size_t outBytes, Counts *counts) const {
  Expected<const Architecture *> arch = findArchitecture(target);
  if (!arch)
    return arch.error();
  Expected<std::unique_ptr<Program>> program = loadPtx(text(), "k", **arch);
  if (!program)
    return program.error();
  GlobalMemory memory;
  memory.adopt(const_cast<void *>(in), inBytes);
  memory.adopt(out, outBytes);
  uint64_t pointers[2] = {reinterpret_cast<uint64_t>(in),
                          reinterpret_cast<uint64_t>(out)};
  void *arguments[2] = {&pointers[0], &pointers[1]};
  Launch launch;
  launch.grid = grid;
  launch.threads = threads;
  launch.dynamicSharedBytes = dynamicSharedBytes;
  launch.arguments = arguments;
  launch.seed = seed;
  launch.instructionLimit = instructionLimit;
  Counts unused;
  return (*program)->launch(launch, memory, counts ? *counts : unused);
}

std::string PtxKernel::failure() const {
  // With a gap between the two, so that an overrun meets nothing.
  alignas(256) static uint8_t memory[3 * 4096];
  Expected<void> result = run(memory, 4096, memory + 8192, 4096);
  return result ? "no error" : result.error().message();
}

static std::string registerOf(uint32_t width, std::string_view name) {
  return ".reg .b" + std::to_string(width) + " " + std::string(name) + ";\n";
}

std::vector<uint64_t>
evaluate(const Evaluation &evaluation,
         const std::vector<std::vector<uint64_t>> &values) {
  size_t threads = values[0].size();
  std::vector<uint64_t> in(values.size() * 1024), out(threads);
  std::string body = registerOf(evaluation.result, "%d");
  static constexpr const char *kNames[] = {"%a", "%b", "%c", "%e"};
  body += "add.s64 %in, %in, %at;\nadd.s64 %out, %out, %at;\n";
  for (size_t k = 0; k < evaluation.operands.size(); ++k) {
    std::string width = std::to_string(evaluation.operands[k]);
    body += registerOf(evaluation.operands[k], kNames[k]) + "ld.global.b" +
            width + " " + kNames[k] + ", [%in+" + std::to_string(8192 * k) +
            "];\n";
    std::copy(values[k].begin(), values[k].end(), in.begin() + 1024 * k);
  }
  body += std::string(evaluation.statements) + "\nst.global.b" +
          std::to_string(evaluation.result) + " [%out], %d;\n";
  PtxKernel kernel{body};
  kernel.threads = uint32_t(threads);
  Expected<void> result =
      kernel.run(in.data(), 8 * in.size(), out.data(), 8 * out.size());
  EXPECT_TRUE(bool(result)) << (result ? "" : result.error().message());
  return out;
}

std::vector<std::vector<uint64_t>>
pairsOf(const std::vector<uint64_t> &values) {
  std::vector<std::vector<uint64_t>> pairs(2);
  for (uint64_t a : values)
    for (uint64_t b : values) {
      pairs[0].push_back(a);
      pairs[1].push_back(b);
    }
  EXPECT_LE(pairs[0].size(), 1024u);
  return pairs;
}

std::vector<std::vector<uint64_t>>
triplesOf(const std::vector<uint64_t> &values) {
  std::vector<std::vector<uint64_t>> triples(3);
  for (uint64_t a : values)
    for (uint64_t b : values)
      for (uint64_t c : values) {
        triples[0].push_back(a);
        triples[1].push_back(b);
        triples[2].push_back(c);
      }
  EXPECT_LE(triples[0].size(), 1024u);
  return triples;
}

std::vector<uint64_t> interesting32() {
  return {0,          1,          2,          3,          5,
          7,          31,         32,         33,         100,
          0xFF,       0x100,      0x7FFF,     0x8000,     0xFFFF,
          0x10000,    0x12345678, 0x7FFFFFFF, 0x80000000, 0x80000001,
          0xDEADBEEF, 0xFFFFFFFE, 0xFFFFFFFF, 0xAAAAAAAA, 1u << 20};
}

std::vector<uint64_t> interesting64() {
  std::vector<uint64_t> values = interesting32();
  for (uint64_t more :
       {0x100000000ull, 0x7FFFFFFFFFFFFFFFull, 0x8000000000000000ull,
        0xFFFFFFFFFFFFFFFFull, 0x0123456789ABCDEFull, 0xFFFFFFFF00000000ull})
    values.push_back(more);
  return values;
}

std::vector<uint64_t> interesting16() {
  return {0,     1,      2,      3,      15,     16,     17,     0xFF,
          0x100, 0x1234, 0x7FFF, 0x8000, 0x8001, 0xFFFE, 0xFFFF, 0xAAAA};
}

std::vector<uint64_t> interestingFloats() {
  return {0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF,
          0x00800000, 0x80800000, 0x33800000, 0x3F000000, 0x3F7FFFFF,
          0x3F800000, 0xBF800000, 0x3F800001, 0x40490FDB, 0xC2C80000,
          0x4B000001, 0x4B800000, 0x5F000000, 0x7F7FFFFF, 0xFF7FFFFF,
          0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00001, 0x7F800001,
          0x3DCCCCCD, 0xC0A00000, 0x3EAAAAAB};
}

} // namespace kgen::emulator
