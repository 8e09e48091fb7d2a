//===- HopperWgmmaTest.cpp - Each form of wgmma against plain sums --------===//

#include "Hopper/NarrowFloat.h"
#include "Hopper/WgmmaDescriptor.h"
#include "HopperSnippet.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::emulator;
using namespace kgen::emulator::test;
using namespace kgen::emulator::hopper;

namespace {

/// One product m64n16kK of matrices that lie in core matrices of 8 x 16 bytes.
struct Form {
  const char *name;
  OperandType type = OperandType::F16;
  const char *word = "f16";
  uint32_t depth = 16;
  Major aMajor = Major::K, bMajor = Major::K;
  bool halfAccumulator = false;
  bool aInRegisters = false;
  bool negateA = false;
  bool accumulate = false; ///< D starts at 1
};
void PrintTo(const Form &form, std::ostream *stream) { *stream << form.name; }

constexpr uint32_t kColumns = 16;
constexpr uint32_t kB = 8192; ///< of B in the input and in shared memory

/// Small integers are exact in every format.
float elementOfA(uint32_t m, uint32_t k) { return float((m + 2 * k) % 5) - 2; }
float elementOfB(uint32_t k, uint32_t n) { return float((3 * k + n) % 4) - 1; }

void put(const Form &form, uint8_t *at, float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint16_t half = form.type == OperandType::BF16 ? ptx::floatToBrain(value)
                                                 : ptx::floatToHalf(value);
  // e4m3 of 0, 1 and 2, with a sign.
  uint8_t byte =
      uint8_t((value < 0 ? 0x80 : 0) | (value == 0             ? 0
                                        : std::abs(value) == 1 ? 0x38
                                                               : 0x40));
  switch (bytesOf(form.type)) {
  case 4:
    std::memcpy(at, &bits, 4);
    return;
  case 2:
    std::memcpy(at, &half, 2);
    return;
  default:
    *at = byte;
  }
}

/// Descriptors of operands whose core matrices follow each other: K-major, the
/// two of a row 128 bytes apart and rows of them 256.
WgmmaDescriptor descriptorOf(uint32_t start) {
  return {start, 128, 256, 0, Swizzle::None};
}

std::string body(const Form &form) {
  auto bits = [](uint32_t start) {
    return std::to_string(descriptorOf(start).encode());
  };
  uint32_t registers = kColumns / (form.halfAccumulator ? 4 : 2);
  std::string d, one = form.halfAccumulator ? "0x3C003C00" : "0x3F800000";
  // Copy the input to shared memory, 128 threads at a time.
  std::string text = "shl.b32 %r20, %tid, 2;\n"
                     "copy: cvt.u64.u32 %d0, %r20;\nadd.u64 %d0, %d0, %in;\n"
                     "ld.global.u32 %r21, [%d0];\nadd.u32 %r22, %r20, %smem;\n"
                     "st.shared.u32 [%r22], %r21;\nadd.u32 %r20, %r20, 512;\n"
                     "setp.lt.u32 %p0, %r20, 12288;\n@%p0 bra copy;\n"
                     "fence.proxy.async;\nbar.sync 0;\n";
  for (uint32_t i = 0; i < registers; ++i) {
    d += (i ? ", %r" : "%r") + std::to_string(i);
    if (form.accumulate)
      text += "mov.b32 %r" + std::to_string(i) + ", " + one + ";\n";
  }
  std::string a = "%d1";
  if (form.aInRegisters) {
    // The fragment: rows lane / 4 (+ 8), columns 2 (lane % 4) (+ 8).
    a = "{%r24, %r25, %r26, %r27}";
    text += "shr.u32 %r20, %lane, 2;\nshl.b32 %r20, %r20, 4;\n"
            "and.b32 %r21, %lane, 3;\nshl.b32 %r21, %r21, 2;\n"
            "add.u32 %r20, %r20, %r21;\nshl.b32 %r21, %warp, 9;\n"
            "add.u32 %r20, %r20, %r21;\nadd.u32 %r20, %r20, %smem;\n"
            "ld.shared.u32 %r24, [%r20];\nld.shared.u32 %r25, [%r20+256];\n"
            "ld.shared.u32 %r26, [%r20+128];\n"
            "ld.shared.u32 %r27, [%r20+384];\n";
  }
  text += "mov.u64 %d1, " + bits(0) + ";\nmov.u64 %d2, " + bits(kB) +
          ";\nsetp.ne.u32 %p1, " + (form.accumulate ? "1" : "0") +
          ", 0;\nwgmma.fence.sync.aligned;\n"
          "wgmma.mma_async.sync.aligned.m64n16k" +
          std::to_string(form.depth) + "." +
          (form.halfAccumulator ? "f16." : "f32.") + form.word + "." +
          form.word + " {" + d + "}, " + a + ", %d2, %p1, " +
          (form.negateA ? "-1" : "1") + ", 1";
  if (bytesOf(form.type) == 2) {
    if (!form.aInRegisters)
      text += form.aMajor == Major::MN ? ", 1" : ", 0";
    text += form.bMajor == Major::MN ? ", 1" : ", 0";
  }
  text += ";\nwgmma.commit_group.sync.aligned;\n"
          "wgmma.wait_group.sync.aligned 0;\n"
          "mul.wide.u32 %d3, %tid, 32;\nadd.u64 %d3, %d3, %out;\n";
  for (uint32_t i = 0; i < registers; ++i)
    text += "st.global.u32 [%d3+" + std::to_string(4 * i) + "], %r" +
            std::to_string(i) + ";\n";
  return text;
}

class HopperWgmmaForm : public testing::TestWithParam<Form> {};

} // namespace

TEST_P(HopperWgmmaForm, MultipliesAndAccumulates) {
  const Form &form = GetParam();
  Snippet snippet(body(form));
  uint32_t size = bytesOf(form.type);
  for (uint32_t k = 0; k < form.depth; ++k) {
    for (uint32_t m = 0; m < 64; ++m)
      put(form,
          snippet.in.data() +
              operandAddress(descriptorOf(0), form.aMajor, size, m, k),
          elementOfA(m, k));
    for (uint32_t n = 0; n < kColumns; ++n)
      put(form,
          snippet.in.data() +
              operandAddress(descriptorOf(kB), form.bMajor, size, n, k),
          elementOfB(k, n));
  }
  ASSERT_EQ(snippet.threads(128).finding(), 0u) << snippet.last->message();
  for (uint32_t thread = 0; thread < 128; ++thread)
    for (uint32_t i = 0; i < kColumns / 2; ++i) {
      Element e = accumulatorElement(thread % 32, i);
      float expected = form.accumulate;
      for (uint32_t k = 0; k < form.depth; ++k)
        expected += (form.negateA ? -1 : 1) *
                    elementOfA(thread / 32 * 16 + e.row, k) *
                    elementOfB(k, e.column);
      float got =
          form.halfAccumulator
              ? ptx::halfToFloat(snippet.output<uint16_t>(thread * 16 + i))
              : snippet.output<float>(thread * 8 + i);
      ASSERT_EQ(got, expected) << "thread " << thread << " element " << i;
    }
  EXPECT_EQ(snippet.counts.tensorFlops, 2ull * 64 * kColumns * form.depth);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, HopperWgmmaForm,
    testing::Values(
        Form{.name = "F16"}, Form{.name = "F16Accumulate", .accumulate = true},
        Form{.name = "BF16", .type = OperandType::BF16, .word = "bf16"},
        Form{.name = "TF32",
             .type = OperandType::TF32,
             .word = "tf32",
             .depth = 8},
        Form{.name = "E4M3",
             .type = OperandType::E4M3,
             .word = "e4m3",
             .depth = 32},
        Form{.name = "TransposedA", .aMajor = Major::MN},
        Form{.name = "TransposedB", .bMajor = Major::MN},
        Form{.name = "TransposedBoth",
             .type = OperandType::BF16,
             .word = "bf16",
             .aMajor = Major::MN,
             .bMajor = Major::MN},
        Form{.name = "HalfAccumulator", .halfAccumulator = true},
        Form{.name = "HalfAccumulatorAdds",
             .halfAccumulator = true,
             .accumulate = true},
        Form{.name = "AInRegisters", .aInRegisters = true},
        Form{.name = "AInRegistersTransposedB",
             .bMajor = Major::MN,
             .aInRegisters = true,
             .accumulate = true},
        Form{.name = "NegatedA", .negateA = true, .accumulate = true}),
    [](const auto &info) { return info.param.name; });

TEST(HopperWgmma, NeedsWholeWarpgroups) {
  Snippet snippet(body({.name = "F16"}));
  EXPECT_EQ(snippet.threads(96).finding(),
            uint32_t(ErrorCode::FindingDivergentBarrier));
}

TEST(HopperWgmma, ReadsOperandsThroughAProxyFence) {
  std::string text = body({.name = "F16"});
  text.erase(text.find("fence.proxy.async;\n"), 19);
  Snippet snippet(text);
  EXPECT_EQ(snippet.threads(128).finding(),
            uint32_t(ErrorCode::FindingProxyRace));
}

TEST(HopperWgmma, DescriptorsPastSharedMemoryAreOutOfBounds) {
  std::string text = body({.name = "F16"});
  std::string good = std::to_string(descriptorOf(kB).encode());
  text.replace(text.find(good), good.size(),
               std::to_string(descriptorOf(65536).encode()));
  Snippet snippet(text);
  EXPECT_EQ(snippet.threads(128).finding(),
            uint32_t(ErrorCode::FindingOutOfBounds));
}

TEST(HopperWgmma, ABaseOffsetIsRefused) {
  std::string text = body({.name = "F16"});
  std::string good = std::to_string(descriptorOf(kB).encode());
  WgmmaDescriptor moved = descriptorOf(kB);
  moved.baseOffset = 1;
  text.replace(text.find(good), good.size(), std::to_string(moved.encode()));
  Snippet snippet(text);
  EXPECT_EQ(snippet.threads(128).finding(),
            uint32_t(ErrorCode::EmulatorUnsupported));
}

TEST(HopperWgmma, DescriptorsAreTheSameInAllLanes) {
  std::string text = body({.name = "F16"});
  text.insert(text.find("wgmma.fence"), "setp.eq.u32 %p2, %lane, 3;\n"
                                        "@%p2 add.u64 %d2, %d2, 1;\n");
  Snippet snippet(text);
  EXPECT_EQ(snippet.threads(128).finding(),
            uint32_t(ErrorCode::FindingOperand));
}
