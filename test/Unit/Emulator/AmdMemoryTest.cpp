//===- AmdMemoryTest.cpp - Loads and stores of all kinds
//-------------------===//

#include "AmdHarness.h"

#include <gtest/gtest.h>

namespace kgen::emulator::amd::test {
namespace {

std::array<Lanes, 3> randomInputs() {
  return {randomBits(1), randomBits(2), randomBits(3)};
}

uint8_t byteOf(const std::array<Lanes, 3> &in, uint32_t at) {
  return reinterpret_cast<const uint8_t *>(in.data())[at];
}
uint32_t wordOf(const std::array<Lanes, 3> &in, uint32_t at) {
  uint32_t word = 0;
  for (uint32_t b = 0; b != 4; ++b)
    word |= uint32_t(byteOf(in, at + b)) << 8 * b;
  return word;
}

TEST(AmdMemory, NarrowLoadsExtendOrKeepTheOtherHalf) {
  std::array<Lanes, 3> in = randomInputs();
  struct Narrow {
    const char *name;
    uint32_t (*expected)(uint32_t word);
  };
  const Narrow loads[] = {
      {"ubyte", [](uint32_t w) { return w & 0xFF; }},
      {"sbyte", [](uint32_t w) { return uint32_t(int32_t(int8_t(w))); }},
      {"ushort", [](uint32_t w) { return w & 0xFFFF; }},
      {"sshort", [](uint32_t w) { return uint32_t(int32_t(int16_t(w))); }},
      {"short_d16", [](uint32_t w) { return 0x77770000 | (w & 0xFFFF); }},
      {"short_d16_hi", [](uint32_t w) { return w << 16 | 0x7777; }},
      {"ubyte_d16_hi", [](uint32_t w) { return (w & 0xFF) << 16 | 0x7777; }},
  };
  for (const Narrow &load : loads)
    for (std::string form :
         {"global_load_" + std::string(load.name) + " v20, v1, s[8:9]",
          "buffer_load_" + std::string(load.name) +
              " v20, v1, s[12:15], 0 offen"}) {
      Outcome outcome = runBody("gfx942",
                                "s_mov_b64 s[12:13], s[8:9]\n"
                                "s_and_b32 s13, s13, 0xffff\n"
                                "s_movk_i32 s14, 0x600\n"
                                "s_mov_b32 s15, 0x27000\n"
                                "v_mov_b32_e32 v20, 0x77777777\n" +
                                    form,
                                in);
      ASSERT_EQ(codeOf(outcome), "no error") << form;
      for (uint32_t lane = 0; lane != 64; ++lane)
        EXPECT_EQ(outcome.result[lane], load.expected(wordOf(in, 8 * lane)))
            << form;
    }
}

TEST(AmdMemory, WideLoadsTakeConsecutiveRegisters) {
  std::array<Lanes, 3> in = randomInputs();
  Outcome outcome = runBody("gfx942",
                            "global_load_dwordx4 v[24:27], v1, s[8:9] "
                            "offset:16\ns_waitcnt vmcnt(0)\n"
                            "v_mov_b32_e32 v20, v25\nv_mov_b32_e32 v21, v27",
                            in);
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane) {
    EXPECT_EQ(uint32_t(outcome.result[lane]), wordOf(in, 8 * lane + 20));
    EXPECT_EQ(outcome.result[lane] >> 32, wordOf(in, 8 * lane + 28));
  }
}

/// s[12:15] is a buffer over the first 256 bytes of the input.
const std::string kBuffer = "s_mov_b64 s[12:13], s[8:9]\n"
                            "s_and_b32 s13, s13, 0xffff\n"
                            "s_movk_i32 s14, 0x100\n"
                            "s_mov_b32 s15, 0x27000\n"
                            "v_mov_b32_e32 v20, 5\nv_mov_b32_e32 v21, 5\n";

TEST(AmdMemory, BufferLoadsBeyondNumRecordsGiveZeroWordByWord) {
  std::array<Lanes, 3> in = randomInputs();
  Outcome outcome =
      runBody("gfx942",
              kBuffer + "buffer_load_dwordx2 v[20:21], v1, s[12:15], 0 offen "
                        "offset:4",
              in);
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane) {
    uint32_t at = 8 * lane + 4;
    uint64_t low = at + 4 <= 256 ? wordOf(in, at) : 0;
    uint64_t high = at + 8 <= 256 ? wordOf(in, at + 4) : 0;
    EXPECT_EQ(outcome.result[lane], high << 32 | low) << lane;
  }
}

TEST(AmdMemory, BufferStoresBeyondNumRecordsAreDropped) {
  Outcome outcome = runBody("gfx942",
                            "s_mov_b64 s[12:13], s[10:11]\n"
                            "s_and_b32 s13, s13, 0xffff\n"
                            "s_movk_i32 s14, 0x80\ns_mov_b32 s15, 0x27000\n"
                            "v_mov_b32_e32 v2, 9\n"
                            "buffer_store_dword v2, v1, s[12:15], 0 offen "
                            "offset:4\ns_waitcnt vmcnt(0)\n"
                            "global_load_dwordx2 v[20:21], v1, s[10:11]",
                            {});
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane)
    EXPECT_EQ(outcome.result[lane], lane < 16 ? 9ull << 32 : 0) << lane;
}

TEST(AmdMemory, StructuredBuffersCheckTheRecordNumber) {
  std::array<Lanes, 3> in = randomInputs();
  Outcome outcome = runBody("gfx942",
                            "s_mov_b64 s[12:13], s[8:9]\n"
                            "s_and_b32 s13, s13, 0xffff\n"
                            "s_or_b32 s13, s13, 0x100000\n" // stride 16
                            "s_movk_i32 s14, 40\ns_mov_b32 s15, 0x27000\n"
                            "buffer_load_dword v20, v0, s[12:15], 0 idxen "
                            "offset:8",
                            in);
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane)
    EXPECT_EQ(outcome.result[lane], lane < 40 ? wordOf(in, 16 * lane + 8) : 0)
        << lane;
}

TEST(AmdMemory, ScalarLoadsReadArgumentsAndMemory) {
  std::array<Lanes, 3> in = randomInputs();
  Outcome outcome = runBody("gfx942",
                            "s_load_dwordx2 s[20:21], s[8:9], 0x18\n"
                            "s_movk_i32 s22, 0x40\n"
                            "s_load_dword s23, s[8:9], s22\n"
                            "s_waitcnt lgkmcnt(0)\n"
                            "v_mov_b32_e32 v20, s21\nv_mov_b32_e32 v21, s23",
                            in);
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_EQ(outcome.result[0],
            uint64_t(wordOf(in, 0x40)) << 32 | wordOf(in, 0x1C));
}

TEST(AmdMemory, LdsKeepsWhatIsWrittenInEveryWidth) {
  std::array<Lanes, 3> in = randomInputs();
  struct Width {
    const char *write, *read;
    uint64_t mask;
  };
  const Width widths[] = {
      {"ds_write_b8 v2, v10 offset:3", "ds_read_u8 v20, v2 offset:3", 0xFF},
      {"ds_write_b16 v2, v10 offset:2", "ds_read_u16 v20, v2 offset:2", 0xFFFF},
      {"ds_write_b32 v2, v10", "ds_read_b32 v20, v2", 0xFFFFFFFF},
      {"ds_write_b64 v2, v[10:11]", "ds_read_b64 v[20:21], v2", ~0ull},
      {"ds_write_b128 v2, v[10:13]", "ds_read_b128 v[20:23], v2", ~0ull},
      {"ds_write2_b32 v2, v10, v11 offset0:2 offset1:3",
       "ds_read2_b32 v[20:21], v2 offset0:2 offset1:3", ~0ull},
      {"ds_write2_b64 v2, v[12:13], v[10:11] offset1:1",
       "ds_read2_b64 v[18:21], v2 offset1:1", ~0ull},
      {"ds_write2st64_b32 v1, v10, v11 offset0:1 offset1:3",
       "ds_read2st64_b32 v[20:21], v1 offset0:1 offset1:3", ~0ull},
  };
  for (const Width &width : widths) {
    Outcome outcome = runBody("gfx942",
                              "v_lshlrev_b32_e32 v2, 4, v0\n" +
                                  std::string(width.write) + "\n" + width.read,
                              in, 4096);
    ASSERT_EQ(codeOf(outcome), "no error") << width.read;
    for (uint32_t lane = 0; lane != 64; ++lane)
      EXPECT_EQ(outcome.result[lane], in[0][lane] & width.mask) << width.read;
  }
}

/// A 4 x 16 tile for each row of 16 lanes: element (r, c) has the value
/// 256 * row + 16 r + c; lane l of a row gets column l.
TEST(AmdMemory, TransposingReadsOfGfx950GiveEachLaneAColumn) {
  std::array<Lanes, 3> in{};
  for (uint32_t lane = 0; lane != 64; ++lane)
    for (uint32_t e = 0; e != 4; ++e) {
      uint64_t value = 256 * (lane / 16) + lane % 16 * 4 + e;
      in[0][lane] |= value << 16 * e;
    }
  Outcome outcome = runBody("gfx950",
                            "ds_write_b64 v1, v[10:11]\n"
                            "ds_read_b64_tr_b16 v[20:21], v1",
                            in, 512);
  ASSERT_EQ(codeOf(outcome), "no error");
  for (uint32_t lane = 0; lane != 64; ++lane)
    for (uint64_t r = 0; r != 4; ++r)
      EXPECT_EQ(outcome.result[lane] >> 16 * r & 0xFFFF,
                256 * (lane / 16) + 16 * r + lane % 16)
          << lane;
}

TEST(AmdMemory, LoadsIntoLdsPutLanesBehindM0) {
  std::array<Lanes, 3> in = randomInputs();
  struct Form {
    const char *arch, *text;
    uint32_t bytes;
  };
  const Form forms[] = {
      {"gfx942", "buffer_load_dword v1, s[12:15], 0 offen lds", 4},
      {"gfx942", "global_load_lds_dword v1, s[8:9]", 4},
      {"gfx950", "buffer_load_dwordx4 v1, s[12:15], 0 offen lds", 16},
      {"gfx950", "global_load_lds_dwordx4 v1, s[8:9]", 16},
  };
  for (const Form &form : forms) {
    Outcome outcome =
        runBody(form.arch,
                "s_mov_b64 s[12:13], s[8:9]\ns_and_b32 s13, s13, 0xffff\n"
                "s_movk_i32 s14, 0x600\ns_mov_b32 s15, 0x27000\n"
                "s_movk_i32 m0, 0x100\ns_nop 0\n" +
                    std::string(form.text) + "\ns_waitcnt vmcnt(0)\n" +
                    "v_mul_u32_u24_e32 v2, " + std::to_string(form.bytes) +
                    ", v0\nds_read_b32 v20, v2 offset:256",
                in, 2048);
    ASSERT_EQ(codeOf(outcome), "no error") << form.text;
    for (uint32_t lane = 0; lane != 64; ++lane)
      EXPECT_EQ(outcome.result[lane], wordOf(in, 8 * lane)) << form.text;
  }
}

TEST(AmdMemory, SpillsGoToTheLanesPrivateSegment) {
  Listing listing{plainFacts(),
                  "s_load_dwordx4 s[8:11], s[0:1], 0x0\n"
                  "v_lshlrev_b32_e32 v1, 2, v0\n"
                  "scratch_store_dword off, v1, off offset:4\n"
                  "scratch_load_dword v2, off, off offset:4\n"
                  "s_waitcnt vmcnt(0) lgkmcnt(0)\n"
                  "global_store_dword v1, v2, s[10:11]\ns_endpgm\n"};
  listing.facts.privateBytes = 8;
  std::array<uint32_t, 64> out{};
  GlobalMemory memory;
  memory.adopt(out.data(), sizeof out);
  void *in = nullptr, *pointer = out.data();
  void *arguments[] = {&in, &pointer};
  Outcome outcome = launchListing("gfx942", listing, arguments, memory);
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_EQ(out[63], 252u);
  // gfx90a's kernels reach it through a buffer resource in s[0:3].
  listing.text = "s_load_dwordx4 s[8:11], s[4:5], 0x0\n"
                 "v_lshlrev_b32_e32 v1, 2, v0\n"
                 "s_add_u32 s0, s0, s9\n"
                 "buffer_store_dword v1, off, s[0:3], 0 offset:4\n"
                 "buffer_load_dword v2, off, s[0:3], 0 offset:4\n"
                 "s_waitcnt vmcnt(0) lgkmcnt(0)\n"
                 "global_store_dword v1, v2, s[10:11]\ns_endpgm\n";
  listing.text.replace(listing.text.find("s_add_u32 s0, s0, s9\n"), 21, "");
  listing.facts.privateSegmentBuffer = true;
  listing.facts.userRegisters = 6;
  out.fill(0);
  outcome = launchListing("gfx90a", listing, arguments, memory);
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_EQ(out[63], 252u);
}

TEST(AmdMemory, BankConflictsAreCountedByTheModel) {
  auto conflicts = [](const char *arch, const char *text) {
    Outcome outcome = runBody(arch, text, {}, 32768);
    EXPECT_EQ(codeOf(outcome), "no error") << text;
    return outcome.counts.bankConflictCycles;
  };
  // Consecutive words: none. All lanes in one bank: 31 more in each half wave.
  EXPECT_EQ(
      conflicts("gfx942", "v_lshlrev_b32_e32 v2, 2, v0\nds_write_b32 v2, v0"),
      0u);
  EXPECT_EQ(
      conflicts("gfx942", "v_lshlrev_b32_e32 v2, 7, v0\nds_write_b32 v2, v0"),
      62u);
  // The same word in all lanes is one access.
  EXPECT_EQ(conflicts("gfx942", "v_mov_b32_e32 v2, 0\n"
                                "ds_write_b32 v2, v0\nds_read_b32 v20, v2"),
            0u);
  // Eight bytes a lane, 16 lanes a cycle: a stride of 16 bytes meets twice.
  EXPECT_EQ(conflicts("gfx942",
                      "v_lshlrev_b32_e32 v2, 4, v0\nds_write_b64 v2, v[0:1]"),
            4u);
  // gfx950 has 64 banks: 128 bytes apart lanes share two of them.
  EXPECT_EQ(
      conflicts("gfx950", "v_lshlrev_b32_e32 v2, 7, v0\nds_write_b32 v2, v0"),
      31u);
}

TEST(AmdMemory, BytesAndClassesAreCounted) {
  Outcome outcome = runBody("gfx942",
                            "ds_write_b64 v1, v[10:11]\n"
                            "ds_read_b64 v[20:21], v1\n"
                            "v_exp_f32_e32 v22, v10\n",
                            randomInputs(), 512);
  ASSERT_EQ(codeOf(outcome), "no error");
  EXPECT_EQ(outcome.counts.globalLoadBytes, 3u * 512 + 16);
  EXPECT_EQ(outcome.counts.globalStoreBytes, 512u);
  EXPECT_EQ(outcome.counts.sharedLoadBytes, 512u);
  EXPECT_EQ(outcome.counts.sharedStoreBytes, 512u);
  EXPECT_EQ(outcome.counts.of(InstructionClass::Transcendental), 1u);
  EXPECT_EQ(outcome.counts.of(InstructionClass::SharedMemory), 2u);
  EXPECT_EQ(outcome.counts.of(InstructionClass::GlobalMemory), 4u);
  EXPECT_EQ(outcome.counts.launches, 1u);
}

} // namespace
} // namespace kgen::emulator::amd::test
