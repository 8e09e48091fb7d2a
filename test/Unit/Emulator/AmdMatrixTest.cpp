//===- AmdMatrixTest.cpp - MFMA against the published lane maps
//------------===//
//
// The table below is a transcription of what AMD's matrix instruction
// calculator prints (github.com/ROCm/amd_matrix_instruction_calculator, commit
// 2ef91896: --architecture cdna2 / cdna3 --detail-instruction), for gfx950's
// shapes of the CDNA4 ISA guide, "Dense Matrix Operations": for element A[i][k]
// of a block the lane and the number of the element in that lane's registers,
// for D[i][j] the lane and the register. B[k][j] lies as A[j][k]. It shares
// nothing with the emulator.
//
//===----------------------------------------------------------------------===//

#include "AMD/FloatFormats.h"
#include "AmdHarness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace kgen::emulator::amd::test {
namespace {

using Map = uint32_t (*)(uint32_t row, uint32_t column, uint32_t block);

struct Shape {
  const char *arch;
  const char *name;
  char type; ///< 'f' f32, 'h' f16, 'b' bf16
  uint32_t m, n, k, blocks;
  Map aLane, aElement, dLane, dRegister;
};

uint32_t zero(uint32_t, uint32_t, uint32_t) { return 0; }
uint32_t column(uint32_t, uint32_t k, uint32_t) { return k; }
// A[i][k].block lane
uint32_t lane32k(uint32_t i, uint32_t k, uint32_t) { return 32 * k + i; }
uint32_t lane16k(uint32_t i, uint32_t k, uint32_t) { return 16 * k + i; }
uint32_t lane32k2(uint32_t i, uint32_t k, uint32_t) { return 32 * (k / 2) + i; }
uint32_t lane16k2(uint32_t i, uint32_t k, uint32_t) { return 16 * (k / 2) + i; }
uint32_t lane32k4(uint32_t i, uint32_t k, uint32_t) { return 32 * (k / 4) + i; }
uint32_t lane16k4(uint32_t i, uint32_t k, uint32_t) { return 16 * (k / 4) + i; }
uint32_t lane32k8(uint32_t i, uint32_t k, uint32_t) { return 32 * (k / 8) + i; }
uint32_t lane16k8(uint32_t i, uint32_t k, uint32_t) { return 16 * (k / 8) + i; }
uint32_t lane32b(uint32_t i, uint32_t, uint32_t b) { return 32 * b + i; }
uint32_t lane16b(uint32_t i, uint32_t, uint32_t b) { return 16 * b + i; }
uint32_t lane4b(uint32_t i, uint32_t, uint32_t b) { return 4 * b + i; }
uint32_t mod2(uint32_t, uint32_t k, uint32_t) { return k % 2; }
uint32_t mod4(uint32_t, uint32_t k, uint32_t) { return k % 4; }
uint32_t mod8(uint32_t, uint32_t k, uint32_t) { return k % 8; }
// D[i][j].block lane and register
uint32_t d32Lane(uint32_t i, uint32_t j, uint32_t) {
  return 32 * (i / 4) % 64 + j;
}
uint32_t d32Register(uint32_t i, uint32_t, uint32_t b) {
  return 16 * b + 4 * (i / 8) + i % 4;
}
uint32_t d16Lane(uint32_t i, uint32_t j, uint32_t) { return 16 * (i / 4) + j; }
uint32_t d16Register(uint32_t i, uint32_t, uint32_t b) { return 4 * b + i % 4; }
uint32_t d4Lane(uint32_t, uint32_t j, uint32_t b) { return 4 * b + j; }
uint32_t d4Register(uint32_t i, uint32_t, uint32_t) { return i; }

#define D32 d32Lane, d32Register
#define D16 d16Lane, d16Register
#define D4 d4Lane, d4Register
const Shape kShapes[] = {
    {"gfx90a", "32x32x1f32", 'f', 32, 32, 1, 2, lane32b, zero, D32},
    {"gfx90a", "16x16x1f32", 'f', 16, 16, 1, 4, lane16b, zero, D16},
    {"gfx90a", "4x4x1f32", 'f', 4, 4, 1, 16, lane4b, zero, D4},
    {"gfx90a", "32x32x2f32", 'f', 32, 32, 2, 1, lane32k, zero, D32},
    {"gfx90a", "16x16x4f32", 'f', 16, 16, 4, 1, lane16k, zero, D16},
    {"gfx90a", "32x32x4f16", 'h', 32, 32, 4, 2, lane32b, column, D32},
    {"gfx90a", "16x16x4f16", 'h', 16, 16, 4, 4, lane16b, column, D16},
    {"gfx90a", "4x4x4f16", 'h', 4, 4, 4, 16, lane4b, column, D4},
    {"gfx90a", "32x32x8f16", 'h', 32, 32, 8, 1, lane32k4, mod4, D32},
    {"gfx90a", "16x16x16f16", 'h', 16, 16, 16, 1, lane16k4, mod4, D16},
    {"gfx90a", "32x32x4bf16_1k", 'b', 32, 32, 4, 2, lane32b, column, D32},
    {"gfx90a", "16x16x4bf16_1k", 'b', 16, 16, 4, 4, lane16b, column, D16},
    {"gfx90a", "4x4x4bf16_1k", 'b', 4, 4, 4, 16, lane4b, column, D4},
    {"gfx90a", "32x32x8bf16_1k", 'b', 32, 32, 8, 1, lane32k4, mod4, D32},
    {"gfx90a", "16x16x16bf16_1k", 'b', 16, 16, 16, 1, lane16k4, mod4, D16},
    {"gfx90a", "32x32x2bf16", 'b', 32, 32, 2, 2, lane32b, column, D32},
    {"gfx90a", "16x16x2bf16", 'b', 16, 16, 2, 4, lane16b, column, D16},
    {"gfx90a", "4x4x2bf16", 'b', 4, 4, 2, 16, lane4b, column, D4},
    {"gfx90a", "32x32x4bf16", 'b', 32, 32, 4, 1, lane32k2, mod2, D32},
    {"gfx90a", "16x16x8bf16", 'b', 16, 16, 8, 1, lane16k2, mod2, D16},
    {"gfx942", "32x32x1_2b_f32", 'f', 32, 32, 1, 2, lane32b, zero, D32},
    {"gfx942", "16x16x1_4b_f32", 'f', 16, 16, 1, 4, lane16b, zero, D16},
    {"gfx942", "4x4x1_16b_f32", 'f', 4, 4, 1, 16, lane4b, zero, D4},
    {"gfx942", "32x32x2_f32", 'f', 32, 32, 2, 1, lane32k, zero, D32},
    {"gfx942", "16x16x4_f32", 'f', 16, 16, 4, 1, lane16k, zero, D16},
    {"gfx942", "32x32x4_2b_f16", 'h', 32, 32, 4, 2, lane32b, column, D32},
    {"gfx942", "16x16x4_4b_f16", 'h', 16, 16, 4, 4, lane16b, column, D16},
    {"gfx942", "4x4x4_16b_f16", 'h', 4, 4, 4, 16, lane4b, column, D4},
    {"gfx942", "32x32x8_f16", 'h', 32, 32, 8, 1, lane32k4, mod4, D32},
    {"gfx942", "16x16x16_f16", 'h', 16, 16, 16, 1, lane16k4, mod4, D16},
    {"gfx942", "32x32x4_2b_bf16", 'b', 32, 32, 4, 2, lane32b, column, D32},
    {"gfx942", "16x16x4_4b_bf16", 'b', 16, 16, 4, 4, lane16b, column, D16},
    {"gfx942", "4x4x4_16b_bf16", 'b', 4, 4, 4, 16, lane4b, column, D4},
    {"gfx942", "32x32x8_bf16", 'b', 32, 32, 8, 1, lane32k4, mod4, D32},
    {"gfx942", "16x16x16_bf16", 'b', 16, 16, 16, 1, lane16k4, mod4, D16},
    {"gfx950", "32x32x16_f16", 'h', 32, 32, 16, 1, lane32k8, mod8, D32},
    {"gfx950", "16x16x32_f16", 'h', 16, 16, 32, 1, lane16k8, mod8, D16},
    {"gfx950", "32x32x16_bf16", 'b', 32, 32, 16, 1, lane32k8, mod8, D32},
    {"gfx950", "16x16x32_bf16", 'b', 16, 16, 32, 1, lane16k8, mod8, D16},
    {"gfx950", "32x32x8_f16", 'h', 32, 32, 8, 1, lane32k4, mod4, D32},
};

/// Registers of 64 lanes as they lie in memory: [register][lane].
using File = std::vector<std::array<uint32_t, 64>>;

class MatrixRun {
public:
  explicit MatrixRun(const Shape &shape)
      : shape(shape), elements(shape.k * shape.blocks * shape.m / 64) {
    operandRegisters = shape.type == 'f' ? elements : (elements + 1) / 2;
    resultRegisters = std::max(4u, shape.m * shape.n * shape.blocks / 64);
    a.resize(operandRegisters), b.resize(operandRegisters);
    c.resize(resultRegisters), d.resize(resultRegisters);
  }

  /// Small integers: every sum is exact in any order.
  void fill() {
    std::mt19937 random(7);
    auto number = [&] { return float(int(random() % 17) - 8); };
    for (uint32_t block = 0; block != shape.blocks; ++block)
      for (uint32_t i = 0; i != shape.m; ++i) {
        for (uint32_t k = 0; k != shape.k; ++k) {
          put(a, i, k, block, left[{block, i, k}] = number());
          put(b, i, k, block, right[{block, k, i}] = number());
        }
        for (uint32_t j = 0; j != shape.n; ++j) {
          float value = start[{block, i, j}] = number();
          c[shape.dRegister(i, j, block)][shape.dLane(i, j, block)] =
              bitsOf(value);
        }
      }
  }

  std::string listing() const {
    auto range = [](char file, uint32_t first, uint32_t count) {
      if (count == 1)
        return file + std::to_string(first);
      return std::string(1, file) + "[" + std::to_string(first) + ":" +
             std::to_string(first + count - 1) + "]";
    };
    std::string text = "s_load_dwordx4 s[8:11], s[0:1], 0x0\n"
                       "v_lshlrev_b32_e32 v1, 2, v0\n"
                       "v_add_u32_e32 v3, 0x4000, v1\n"
                       "s_waitcnt lgkmcnt(0)\n";
    for (uint32_t r = 0; r != operandRegisters; ++r) {
      text += "v_add_u32_e32 v2, " + std::to_string(r * 256) + ", v1\n";
      text += "global_load_dword v" + std::to_string(10 + r) +
              ", v2, s[8:9]\nv_add_u32_e32 v2, 0x2000, v2\n";
      text += "global_load_dword v" + std::to_string(20 + r) + ", v2, s[8:9]\n";
    }
    for (uint32_t r = 0; r != resultRegisters; ++r)
      text += "v_add_u32_e32 v2, " + std::to_string(r * 256) +
              ", v3\nglobal_load_dword a" + std::to_string(r) +
              ", v2, s[8:9]\n";
    text += "s_waitcnt vmcnt(0)\ns_nop 7\nv_mfma_f32_" +
            std::string(shape.name) + " " + range('a', 0, resultRegisters) +
            ", " + range('v', 10, operandRegisters) + ", " +
            range('v', 20, operandRegisters) + ", " +
            range('a', 0, resultRegisters) + "\ns_nop 15\ns_nop 7\n";
    for (uint32_t r = 0; r != resultRegisters; ++r)
      text += "v_add_u32_e32 v2, " + std::to_string(r * 256) +
              ", v1\nglobal_store_dword v2, a" + std::to_string(r) +
              ", s[10:11]\n";
    return text + "s_endpgm\n";
  }

  Outcome run() {
    std::vector<uint32_t> input(0x8000 / 4);
    auto copy = [&](const File &file, uint32_t bytes) {
      for (size_t r = 0; r != file.size(); ++r)
        for (uint32_t lane = 0; lane != 64; ++lane)
          input[bytes / 4 + r * 64 + lane] = file[r][lane];
    };
    copy(a, 0), copy(b, 0x2000), copy(c, 0x4000);
    GlobalMemory memory;
    memory.adopt(input.data(), input.size() * 4);
    memory.adopt(d.data(), d.size() * sizeof d[0]);
    void *in = input.data(), *out = d.data();
    void *arguments[] = {&in, &out};
    return launchListing(shape.arch, {plainFacts(), listing()}, arguments,
                         memory);
  }

  void expectProduct() const {
    for (uint32_t block = 0; block != shape.blocks; ++block)
      for (uint32_t i = 0; i != shape.m; ++i)
        for (uint32_t j = 0; j != shape.n; ++j) {
          float want = start.at({block, i, j});
          for (uint32_t k = 0; k != shape.k; ++k)
            want += left.at({block, i, k}) * right.at({block, k, j});
          float got = floatOf(
              d[shape.dRegister(i, j, block)][shape.dLane(i, j, block)]);
          ASSERT_EQ(got, want) << shape.arch << " " << shape.name << " block "
                               << block << " [" << i << "][" << j << "]";
        }
  }

private:
  using Index = std::array<uint32_t, 3>;
  void put(File &file, uint32_t i, uint32_t k, uint32_t block, float value) {
    uint32_t lane = shape.aLane(i, k, block);
    uint32_t element = shape.aElement(i, k, block);
    if (shape.type == 'f') {
      file[element][lane] = bitsOf(value);
      return;
    }
    uint32_t bits = shape.type == 'h' ? toHalf(value) : toBf16(value);
    file[element / 2][lane] |= bits << 16 * (element % 2);
  }

  const Shape &shape;
  uint32_t elements, operandRegisters, resultRegisters;
  File a, b, c, d;
  std::map<Index, float> left, right, start;
};

TEST(AmdMatrix, EveryInstructionMultipliesMatricesLaidOutAsPublished) {
  for (const Shape &shape : kShapes) {
    MatrixRun run(shape);
    run.fill();
    Outcome outcome = run.run();
    ASSERT_EQ(codeOf(outcome), "no error") << shape.name;
    run.expectProduct();
    EXPECT_EQ(outcome.counts.tensorFlops,
              2ull * shape.m * shape.n * shape.k * shape.blocks);
  }
}

TEST(AmdMatrix, SubnormalHalvesAreFlushedOnMi200AndKeptOnMi300) {
  auto product = [](const char *arch, const char *name) {
    std::string body = "s_mov_b32 s20, 0x200\ns_mov_b32 s21, 0x3c00\n";
    body += "v_mov_b32_e32 v2, 0\nv_mov_b32_e32 v3, 0\n"
            "v_mov_b32_e32 v4, 0\nv_mov_b32_e32 v5, 0\n"
            "v_writelane_b32 v2, s20, 0\nv_writelane_b32 v4, s21, 0\n"
            "s_nop 4\nv_mfma_f32_" +
            std::string(name) +
            " v[32:47], v[2:3], v[4:5], 0\ns_nop 15\ns_nop 7\n"
            "v_mov_b32_e32 v20, v32";
    Outcome outcome = runBody(arch, body, {});
    EXPECT_EQ(codeOf(outcome), "no error");
    return floatOf(uint32_t(outcome.result[0]));
  };
  EXPECT_EQ(product("gfx90a", "32x32x8f16"), 0.0f);
  EXPECT_EQ(product("gfx942", "32x32x8_f16"), 0x1p-15f);
}

TEST(AmdMatrix, ShapesOfOtherTargetsAreRefused) {
  Outcome outcome = runBody(
      "gfx942", "v_mfma_f32_32x32x16_f16 a[0:15], v[10:13], v[20:23], 0", {});
  EXPECT_THAT(codeOf(outcome), testing::HasSubstr("EmulatorUnsupported"));
}

} // namespace
} // namespace kgen::emulator::amd::test
