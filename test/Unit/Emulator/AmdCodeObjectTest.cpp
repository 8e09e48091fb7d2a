//===- AmdCodeObjectTest.cpp - Reading code objects
//------------------------===//

#include "AmdAttention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace kgen::emulator::amd::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string load(std::span<const char> code, std::string_view kernel = "",
                 std::string_view arch = "gfx942") {
  auto program = loadCodeObject(code, kernel, **findArchitecture(arch));
  if (program)
    return "no error";
  return std::string(errorName(program.error().code())) + ": " +
         program.error().detail();
}

TEST(AmdCodeObject, FactsComeFromDescriptorAndMetadata) {
  KernelFacts facts = attentionListing().facts;
  EXPECT_THAT(facts.name, HasSubstr("attention"));
  EXPECT_EQ(facts.argumentBytes, 96u);
  EXPECT_EQ(facts.arguments.size(), 12u);
  EXPECT_EQ(facts.arguments[3].offset, 24u);
  EXPECT_EQ(facts.ldsBytes, 17920u);
  EXPECT_EQ(facts.privateBytes, 0u);
  EXPECT_EQ(facts.vectorRegisters, 128u);      // ACCUM_OFFSET
  EXPECT_EQ(facts.accumulationRegisters, 48u); // of 176 in steps of eight
  EXPECT_EQ(facts.userRegisters, 2u);
  EXPECT_TRUE(facts.argumentPointer);
  EXPECT_EQ(facts.workgroupId, (std::array<bool, 3>{true, true, true}));
  EXPECT_EQ(facts.maxThreads, 128u);
  EXPECT_EQ(facts.denormMode32, 3u);
}

TEST(AmdCodeObject, TheShippedBytesRun) {
  Attention attention(100, 90);
  Outcome outcome = attention.runCode(attentionCode());
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_LT(attention.error(), 2e-3);
  EXPECT_GT(outcome.counts.tensorFlops, 0u);
  EXPECT_GT(outcome.counts.issueCycles, 0.0);
}

TEST(AmdCodeObject, StaticCountsShowInstructionsAndResources) {
  std::vector<char> code = attentionCode();
  auto program = loadCodeObject(code, "", **findArchitecture("gfx942"));
  ASSERT_TRUE(bool(program));
  StaticCounts counts = (*program)->staticCounts();
  EXPECT_EQ(counts.staticSharedBytes, 17920u);
  EXPECT_EQ(counts.instructions[size_t(InstructionClass::Tensor)], 32u);
  EXPECT_GT(counts.vectorRegisters, 64u);
  EXPECT_LE(counts.vectorRegisters, 128u);
}

TEST(AmdCodeObject, WhatIsNoCodeObjectForTheTargetIsRefused) {
  std::vector<char> code = attentionCode();
  ASSERT_FALSE(code.empty());
  EXPECT_THAT(load(code, "", "gfx90a"),
              AllOf(HasSubstr("EmulatorCodeObject"), HasSubstr("gfx942")));
  EXPECT_THAT(load(std::string_view("not an ELF file")),
              HasSubstr("EmulatorCodeObject"));
  EXPECT_THAT(load(std::span(code).first(600)),
              HasSubstr("EmulatorCodeObject"));
  EXPECT_THAT(load({}), HasSubstr("EmulatorCodeObject"));
}

TEST(AmdCodeObject, AnotherKernelsNameIsRefused) {
  EXPECT_THAT(load(attentionCode(), "nobody"),
              HasSubstr("EmulatorKernelMissing"));
}

TEST(AmdCodeObject, BytesThatAreNoInstructionAreNamedWithTheirAddress) {
  std::vector<char> code = attentionCode();
  const char barrier[] = {'\x00', '\x00', '\x8a', '\xbf'}; // s_barrier
  auto at = std::search(code.begin(), code.end(), barrier, barrier + 4);
  ASSERT_NE(at, code.end());
  std::fill(at, at + 4, '\xFF');
  EXPECT_THAT(load(code), AllOf(HasSubstr("EmulatorCodeObject"),
                                HasSubstr("at address 0x18a8")));
}

TEST(AmdCodeObject, MutatedBytesAreRefusedOrLoadedButNeverCrash) {
  std::vector<char> code = attentionCode();
  std::mt19937 random(3);
  for (uint32_t n = 0; n != 400; ++n) {
    std::vector<char> mutated = code;
    for (uint32_t edits = 1 + random() % 4; edits != 0; --edits)
      mutated[random() % mutated.size()] = char(random());
    if (random() % 4 == 0)
      mutated.resize(random() % mutated.size());
    EXPECT_FALSE(load(mutated).empty());
  }
}

} // namespace
} // namespace kgen::emulator::amd::test
