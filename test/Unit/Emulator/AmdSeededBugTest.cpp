//===- AmdSeededBugTest.cpp - Bugs put into a real kernel are found
//--------===//
//
// Each bug edits the listing of Inputs/attention-gfx942.elf at one address
// and must be found by the check that is meant for it; those that break no rule
// of the machine must show in the numbers.
//
//===----------------------------------------------------------------------===//

#include "AmdAttention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kgen::emulator::amd::test {
namespace {

constexpr double kTolerance = 2e-3;
/// No finding, but a wrong result.
constexpr const char *kNumeric = "numeric";

struct Seed {
  const char *name;
  const char *address; ///< of the line, as in its comment
  const char *was;     ///< what must stand there
  const char *becomes; ///< instead; empty: deleted
  const char *found;   ///< pattern (a regular expression) of the finding
};
void PrintTo(const Seed &seed, std::ostream *stream) { *stream << seed.name; }

const Seed kSeeds[] = {
    {"NoWaitForArguments", "0x1720", "s_waitcnt lgkmcnt(0)", "",
     "FindingMissingWait.*lgkmcnt"},
    {"NoBarrierBeforeReadingLds", "0x1b0c", "s_barrier", "",
     "FindingRace|FindingUninitialised"},
    {"NoLdsWaitBeforeTheBarrier", "0x1b08", "s_waitcnt lgkmcnt(0)", "",
     "FindingMissingWait.*was not waited for"},
    {"NoWaitForLoadedK", "0x1f5c", "s_waitcnt vmcnt(5)", "",
     "FindingMissingWait.*v72.*vmcnt"},
    {"TooWeakWaitForLoadedV", "0x1f94", "s_waitcnt vmcnt(0)",
     "s_waitcnt vmcnt(1)", "FindingMissingWait.*v6[4-7].*vmcnt"},
    {"NoWaitForOperandsFromLds", "0x1b6c", "s_waitcnt lgkmcnt(1)", "",
     "FindingMissingWait.*v11[2-5].*lgkmcnt"},
    {"TooWeakWaitForOperandsFromLds", "0x1bc0", "s_waitcnt lgkmcnt(0)",
     "s_waitcnt lgkmcnt(1)", "FindingMissingWait.*v11[6-9].*lgkmcnt"},
    {"NoWaitForThePermute", "0x1c70", "s_waitcnt lgkmcnt(0)", "",
     "FindingMissingWait.*v112.*lgkmcnt"},
    {"ResultOfMfmaReadTooEarly", "0x1c20", "s_nop 7", "",
     "FindingMissingWait.*wait states"},
    {"MaskReadTooEarly", "0x1c8c", "s_nop 1", "",
     "FindingMissingWait.*needs 2 wait states"},
    {"OperandOfMfmaWrittenTooLate", "0x1ef8", "s_nop 0", "",
     "FindingMissingWait.*wait states"},
    {"WrongLdsOffset", "0x1f60", "offset1:1", "offset1:2",
     "FindingUninitialised.*nobody wrote"},
    {"PartOfVNotStored", "0x1fb8", "ds_write2_b64", "",
     "FindingUninitialised.*nobody wrote"},
    {"LdsOffsetBeyondTheEnd", "0x1b58", "v_add_u32_e32 v90, s4, v92",
     "v_add_u32_e32 v90, 0x4600, v92", "FindingOutOfBounds.*LDS"},
    {"MisalignedLdsAddress", "0x1b58", "v_add_u32_e32 v90, s4, v92",
     "v_or_b32_e32 v90, 4, v92", "FindingMisaligned"},
    {"StageReusedTooEarly", "0x1ad0", "s_and_b32 s3, s36, 1", "s_mov_b32 s3, 0",
     "FindingRace.*no barrier orders"},
    {"ExecMaskNotRestored", "0x1ac4", "s_or_b64 exec, exec, s[4:5]", "",
     "FindingUninitialised"},
    {"RaggedEndOfKIgnored", "0x1af8", "s_lshl_b32 s6, s4, 7",
     "s_movk_i32 s6, 0x7fff", "FindingOutOfBounds.*loads"},
    {"SwappedOperandsOfMfma", "0x1bc4", "v[116:117], v[100:101]",
     "v[100:101], v[116:117]", kNumeric},
    {"WrongOperandOfMfma", "0x1bc4", "v[116:117], v[100:101]",
     "v[118:119], v[100:101]", kNumeric},
    {"WrongStageRead", "0x1b2c", "s_and_b32 s2, s2, 1", "s_mov_b32 s2, 0",
     "FindingRace.*no barrier orders"},
    {"WrongLaneOfThePermute", "0x1a08", "0x80", "0x40", kNumeric},
    {"WrongScaleOfOneColumn", "0x1c98", "0x3e38aa3b", "0x3f38aa3b", kNumeric},
};

void replace(std::string &text, const Seed &seed, bool &applied) {
  size_t comment = text.find("// " + std::string(seed.address) + "\n");
  ASSERT_NE(comment, std::string::npos) << seed.name;
  size_t begin = text.rfind('\n', comment) + 1;
  std::string line = text.substr(begin, comment - begin);
  size_t at = line.find(seed.was);
  ASSERT_NE(at, std::string::npos) << seed.name << ": " << line;
  if (*seed.becomes)
    line.replace(at, std::string(seed.was).size(), seed.becomes);
  else
    line.clear();
  text.replace(begin, comment - begin, line);
  applied = true;
}

class AmdSeededBug : public testing::TestWithParam<Seed> {};

TEST_P(AmdSeededBug, IsFoundByItsCheck) {
  const Seed &seed = GetParam();
  Listing listing = attentionListing();
  bool applied = false;
  replace(listing.text, seed, applied);
  ASSERT_TRUE(applied);
  Attention attention(100, 90);
  Outcome outcome = attention.run(listing);
  if (seed.found == kNumeric) {
    ASSERT_EQ(codeOf(outcome), "no error");
    EXPECT_GT(attention.error(), kTolerance);
    return;
  }
  std::string found = codeOf(outcome);
  for (char &c : found) // the pattern's dot matches no line end
    c = c == '\n' ? ' ' : c;
  EXPECT_THAT(found, testing::ContainsRegex(seed.found));
}

INSTANTIATE_TEST_SUITE_P(Listing, AmdSeededBug, testing::ValuesIn(kSeeds),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

TEST(AmdAttention, TheUneditedKernelIsRightForAnySeedAndSize) {
  Listing listing = attentionListing();
  for (auto [queries, keys] :
       {std::pair{64, 32}, std::pair{100, 90}, std::pair{1, 1},
        std::pair{65, 127}, std::pair{130, 200}})
    for (uint64_t seed : {0u, 1u, 2u, 3u}) {
      Attention attention(queries, keys);
      ASSERT_EQ(codeOf(attention.run(listing, seed)), "no error");
      EXPECT_LT(attention.error(), kTolerance) << queries << " " << keys;
    }
}

} // namespace
} // namespace kgen::emulator::amd::test
