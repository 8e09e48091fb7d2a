//===- PtxMatrixTest.cpp - mma.sync, ldmatrix, stmatrix
//--------------------===//
//
// Fragments are laid out here with the formulas of the PTX ISA, element by
// element: "groupID = %laneid >> 2; threadID_in_group = %laneid % 4; row =
// ...".
//
//===----------------------------------------------------------------------===//

#include "PtxHarness.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>

using namespace kgen::emulator;

namespace {

/// A small number that every format holds, so that sums are exact.
double entry(int row, int col, int salt) {
  return ((row * 7 + col * 13 + salt * 5) % 17 - 8) * 0.25;
}

struct Place {
  int row, col;
};
using Layout = std::function<Place(int lane, int element)>;

Place layoutA16(int lane, int i) {
  int group = lane >> 2, thread = lane % 4;
  int row = (i < 2 || (i >= 4 && i < 6)) ? group : group + 8;
  int col = i < 4 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8;
  return {row, col};
}
Place layoutB16(int lane, int i) {
  int group = lane >> 2, thread = lane % 4;
  int row = i < 2 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8;
  return {row, group};
}
Place layoutA8(int lane, int i) {
  return {i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)};
}
Place layoutB8(int lane, int i) { return {lane % 4 * 2 + i, lane >> 2}; }
Place layoutATf32(int lane, int i) {
  return {i == 0 || i == 2 ? lane >> 2 : (lane >> 2) + 8,
          i < 2 ? lane % 4 : lane % 4 + 4};
}
Place layoutBTf32(int lane, int i) {
  return {i == 0 ? lane % 4 : lane % 4 + 4, lane >> 2};
}
Place layoutC(int lane, int i) {
  return {i < 2 ? lane >> 2 : (lane >> 2) + 8, lane % 4 * 2 + (i & 1)};
}

enum class Format { F16, BF16, F32 };

uint32_t encode(double value, Format format) {
  if (format == Format::F16)
    return std::bit_cast<uint16_t>(_Float16(value));
  uint32_t bits = std::bit_cast<uint32_t>(float(value));
  return format == Format::BF16 ? bits >> 16 : bits;
}
double decode(uint32_t bits, Format format) {
  if (format == Format::F16)
    return double(std::bit_cast<_Float16>(uint16_t(bits)));
  return std::bit_cast<float>(format == Format::BF16 ? bits << 16 : bits);
}

/// Appends the registers of one operand, 32 words each.
void appendFragment(std::vector<uint32_t> &words, int elements, Format format,
                    const Layout &layout, int salt) {
  int perRegister = format == Format::F32 ? 1 : 2;
  for (int r = 0; r < elements / perRegister; ++r)
    for (int lane = 0; lane < 32; ++lane) {
      uint32_t word = 0;
      for (int e = 0; e < perRegister; ++e) {
        Place place = layout(lane, r * perRegister + e);
        word |= encode(entry(place.row, place.col, salt), format) << (16 * e);
      }
      words.push_back(word);
    }
}

std::string registers(int first, int count) {
  std::string text = "{";
  for (int r = 0; r < count; ++r)
    text += (r ? ", %r" : "%r") + std::to_string(first + r);
  return text + "}";
}

struct Mma {
  const char *mnemonic;
  int k;
  Format operands, accumulator;
  Layout a, b;
};

void expectMma(const Mma &mma) {
  int perOperand = mma.operands == Format::F32 ? 1 : 2;
  int perSum = mma.accumulator == Format::F32 ? 1 : 2;
  int countA = 16 * mma.k / 32, countB = 8 * mma.k / 32;
  std::vector<uint32_t> in;
  appendFragment(in, countA, mma.operands, mma.a, 1);
  appendFragment(in, countB, mma.operands, mma.b, 2);
  appendFragment(in, 4, mma.accumulator, layoutC, 3);
  int a = countA / perOperand, b = countB / perOperand, c = 4 / perSum;
  std::string body = "shl.b32 %r79, %tid, 2;\ncvt.u64.u32 %x1, %r79;\n"
                     "add.s64 %in, %in, %x1;\nadd.s64 %out, %out, %x1;\n";
  for (int r = 0; r < a + b + c; ++r)
    body += "ld.global.b32 %r" + std::to_string(r) + ", [%in+" +
            std::to_string(128 * r) + "];\n";
  body += std::string(mma.mnemonic) + " " + registers(20, c) + ", " +
          registers(0, a) + ", " + registers(a, b) + ", " +
          registers(a + b, c) + ";\n";
  for (int r = 0; r < c; ++r)
    body += "st.global.b32 [%out+" + std::to_string(128 * r) + "], %r" +
            std::to_string(20 + r) + ";\n";
  std::vector<uint32_t> out(32 * size_t(c));
  Counts counts;
  auto result = PtxKernel{body}.run(in.data(), 4 * in.size(), out.data(),
                                    4 * out.size(), &counts);
  ASSERT_TRUE(bool(result)) << result.error().message();
  EXPECT_EQ(counts.tensorFlops, uint64_t(2 * 16 * 8 * mma.k));
  EXPECT_EQ(counts.of(InstructionClass::Tensor), 1u);
  for (int lane = 0; lane < 32; ++lane)
    for (int e = 0; e < 4; ++e) {
      Place place = layoutC(lane, e);
      double sum = entry(place.row, place.col, 3);
      for (int k = 0; k < mma.k; ++k)
        sum += entry(place.row, k, 1) * entry(k, place.col, 2);
      uint32_t word = out[size_t(e / perSum * 32 + lane)];
      if (perSum == 2)
        word = word >> (16 * (e % 2)) & 0xFFFF;
      EXPECT_EQ(decode(word, mma.accumulator), sum)
          << mma.mnemonic << " row " << place.row << " col " << place.col;
    }
}

} // namespace

TEST(PtxMma, SixteenByEightBySixteen) {
  for (Format format : {Format::F16, Format::BF16}) {
    const char *mnemonic =
        format == Format::F16
            ? "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32"
            : "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32";
    expectMma({mnemonic, 16, format, Format::F32, layoutA16, layoutB16});
  }
}

TEST(PtxMma, SixteenByEightByEight) {
  expectMma({"mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32", 8, Format::F16,
             Format::F32, layoutA8, layoutB8});
  expectMma({"mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32", 8,
             Format::BF16, Format::F32, layoutA8, layoutB8});
}

TEST(PtxMma, HalfAccumulatorsArePacked) {
  expectMma({"mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16", 16,
             Format::F16, Format::F16, layoutA16, layoutB16});
}

TEST(PtxMma, Tf32HasOneElementARegister) {
  expectMma({"mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 8,
             Format::F32, Format::F32, layoutATf32, layoutBTf32});
  expectMma({"mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32", 4,
             Format::F32, Format::F32, layoutATf32, layoutBTf32});
}

TEST(PtxMma, TheSumIsRoundedOnce) {
  // 2^24 + 16 products of 1: in f32, one by one, none of them would count.
  PtxKernel kernel{R"(
    mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32
        {%r1, %r2, %r3, %r4}, {%r5, %r5, %r5, %r5}, {%r5, %r5},
        {%r6, %r6, %r6, %r6};
    st.global.b32 [%out], %r1;)"};
  kernel.body =
      "mov.b32 %r5, 0x3C003C00;\nmov.f32 %r6, 16777216.0;\n" + kernel.body;
  float in = 0, out = 0;
  ASSERT_TRUE(bool(kernel.run(&in, 4, &out, 4)));
  EXPECT_EQ(out, 16777232.0f);
}

// ---- ldmatrix, stmatrix ----------------------------------------------------

namespace {

/// Copies 512 bytes to shared memory (rows of 16), loads them with `load`
/// (matrices in %r1..), and stores the fragments.
std::vector<uint32_t> loadMatrices(const std::string &load, int matrices) {
  std::string body = R"(
    shl.b32 %r9, %tid, 4;
    cvt.u64.u32 %x1, %r9;
    add.s64 %x2, %in, %x1;
    ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%x2];
    st.shared.v4.b32 [%r9], {%r1, %r2, %r3, %r4};
    shl.b32 %r8, %tid, 2;
    cvt.u64.u32 %x3, %r8;
    add.s64 %out, %out, %x3;
    )" + load + "\n";
  for (int m = 0; m < matrices; ++m)
    body += "st.global.b32 [%out+" + std::to_string(128 * m) + "], %r" +
            std::to_string(m + 1) + ";\n";
  std::vector<uint16_t> in(256);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = uint16_t(i);
  std::vector<uint32_t> out(32 * size_t(matrices));
  PtxKernel kernel{body};
  kernel.dynamicSharedBytes = 512;
  Counts counts;
  auto result = kernel.run(in.data(), 512, out.data(), 4 * out.size(), &counts);
  EXPECT_TRUE(bool(result)) << result.error().message();
  EXPECT_EQ(counts.bankConflictCycles, 0u);
  return out;
}

} // namespace

TEST(PtxMatrixLoad, LanesHoldTwoElementsOfARow) {
  auto out = loadMatrices(
      "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r1, %r2, %r3, %r4}, [%r9];",
      4);
  for (uint32_t m = 0; m < 4; ++m)
    for (uint32_t lane = 0; lane < 32; ++lane) {
      uint32_t first = m * 64 + lane / 4 * 8 + lane % 4 * 2;
      EXPECT_EQ(out[m * 32 + lane], first | (first + 1) << 16);
    }
}

TEST(PtxMatrixLoad, TransposedLanesHoldTwoElementsOfAColumn) {
  auto out = loadMatrices(
      "ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%r1, %r2}, [%r9];", 2);
  for (uint32_t m = 0; m < 2; ++m)
    for (uint32_t lane = 0; lane < 32; ++lane) {
      uint32_t first = m * 64 + lane % 4 * 2 * 8 + lane / 4;
      EXPECT_EQ(out[m * 32 + lane], first | (first + 8) << 16);
    }
}

TEST(PtxMatrixLoad, OnlyTheAddressesOfItsMatricesCount) {
  // Lanes 8 and above point nowhere.
  auto out = loadMatrices(R"(
    setp.lt.u32 %p1, %tid, 8;
    selp.b32 %r7, %r9, 100000, %p1;
    ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r1}, [%r7];)",
                          1);
  EXPECT_EQ(out[31], 62u | 63u << 16);
}

TEST(PtxMatrixLoad, StoringIsTheInverse) {
  for (std::string trans : {"", ".trans"}) {
    auto out = loadMatrices("ldmatrix.sync.aligned.m8n8.x4" + trans +
                                ".shared.b16 {%r1, %r2, %r3, %r4}, [%r9];\n"
                                "stmatrix.sync.aligned.m8n8.x4" +
                                trans +
                                ".shared.b16 [%r9], {%r1, %r2, %r3, %r4};\n"
                                "ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%r9];",
                            4);
    for (uint32_t lane = 0; lane < 32; ++lane)
      for (uint32_t r = 0; r < 4; ++r) {
        uint32_t first = lane * 8 + 2 * r;
        EXPECT_EQ(out[r * 32 + lane], first | (first + 1) << 16);
      }
  }
}
