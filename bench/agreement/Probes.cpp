//===- Probes.cpp - Single instructions to compare
//---------------------------===//

#include "Probes.h"

#include "artifact_builder.h"

#include <bit>
#include <cmath>
#include <random>

namespace kgen::agreement {

const std::vector<Probe> &probes() {
  static const std::vector<Probe> table = {
#define KGEN_PROBE(name, inputs, outputs, values, comparison, body)            \
  {#name, inputs, outputs, Values::values, Comparison::comparison, body},
#include "probes.def"
  };
  return table;
}

static std::string number(uint32_t n) { return std::to_string(n); }

/// The whole kernel: thread i loads its words, runs the body, stores its words.
static std::string probePtx(const Probe &probe) {
  std::string text = R"(.version 7.0
.target sm_80
.address_size 64
.visible .entry probe(.param .u64 probe_in, .param .u64 probe_out)
.reqntid )" + number(kBlock) +
                     R"(
{
  .reg .pred %p<4>;
  .reg .b16 %h<4>;
  .reg .b32 %x<16>, %y<16>, %t<4>, %i<3>;
  .reg .b64 %w<4>, %a<4>;
  ld.param.u64 %a0, [probe_in];
  ld.param.u64 %a1, [probe_out];
  cvta.to.global.u64 %a0, %a0;
  cvta.to.global.u64 %a1, %a1;
  mov.u32 %i0, %ctaid.x;
  mov.u32 %i1, %tid.x;
  mad.lo.u32 %i0, %i0, )" +
                     number(kBlock) + ", %i1;\n";
  text += "  mul.wide.u32 %a2, %i0, " + number(4 * probe.inputs) +
          ";\n  add.s64 %a0, %a0, %a2;\n  mul.wide.u32 %a2, %i0, " +
          number(4 * probe.outputs) + ";\n  add.s64 %a1, %a1, %a2;\n";
  for (uint32_t i = 0; i < probe.inputs; ++i)
    text +=
        "  ld.global.b32 %x" + number(i) + ", [%a0+" + number(4 * i) + "];\n";
  text += "  " + std::string(probe.body) + "\n";
  for (uint32_t i = 0; i < probe.outputs; ++i)
    text +=
        "  st.global.b32 [%a1+" + number(4 * i) + "], %y" + number(i) + ";\n";
  return text + "  ret;\n}\n";
}

std::string probeArtifact(const Probe &probe) {
  runtime_test::ArtifactBuilder builder;
  builder.header.target = KGEN_TARGET_CUDA;
  builder.header.code_format = KGEN_CODE_PTX;
  builder.header.threads_per_block = kBlock;
  builder.header.scratch_bytes = 0;
  builder.setArch("sm_80");
  builder.setKernelName("probe");
  builder.parameters.clear();
  builder.addTensor("in", KGEN_ROLE_INPUT, KGEN_I32, {kThreads, probe.inputs});
  builder.addTensor("out", KGEN_ROLE_OUTPUT, KGEN_I32,
                    {kThreads, probe.outputs});
  builder.header.symbol_count = 0;
  builder.header.grid[0] = {KGEN_GRID_CONSTANT, 0, kThreads / kBlock, 1};
  builder.header.grid[1] =
      builder.header.grid[2] = {KGEN_GRID_CONSTANT, 0, 1, 1};
  builder.code = probePtx(probe);
  return builder.build();
}

/// A float's bits as bf16 (round to nearest even) or f16; both of normal size.
static uint32_t half(float value, bool bf16) {
  if (bf16) {
    uint32_t bits = std::bit_cast<uint32_t>(value);
    return (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  }
  return std::bit_cast<uint16_t>(static_cast<_Float16>(value));
}

std::vector<uint32_t> probeInputs(const Probe &probe, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> unit(-4, 4);
  std::vector<uint32_t> words(size_t(kThreads) * probe.inputs);
  for (size_t i = 0; i < words.size(); ++i) {
    uint64_t bits = engine();
    float scaled = std::ldexp(normal(engine), int(bits % 17) - 8);
    bool product = probe.comparison == Comparison::Product;
    // A, B: halves; C (from the seventh register on): f32.
    bool accumulator = product && i % probe.inputs >= 6;
    bool bf16 = probe.values == Values::HalvesBf16;
    switch (accumulator ? Values::Real : probe.values) {
    case Values::Bits:
      words[i] = uint32_t(bits >> 32);
      break;
    case Values::Real:
      words[i] = std::bit_cast<uint32_t>(scaled);
      break;
    case Values::Unit:
      words[i] = std::bit_cast<uint32_t>(unit(engine));
      break;
    case Values::Positive:
      words[i] = std::bit_cast<uint32_t>(std::fabs(scaled));
      break;
    case Values::Halves:
    case Values::HalvesBf16:
      words[i] = half(normal(engine), bf16) | half(normal(engine), bf16) << 16;
      break;
    }
  }
  return words;
}

static float asFloat(uint32_t bits) { return std::bit_cast<float>(bits); }

static bool sameOrNaN(uint32_t a, uint32_t b) {
  return a == b || (std::isnan(asFloat(a)) && std::isnan(asFloat(b)));
}

/// Floats between the two; they are finite.
static double ulps(uint32_t a, uint32_t b) {
  auto ordered = [](uint32_t bits) {
    return bits >> 31 ? -int64_t(bits & 0x7FFFFFFF) : int64_t(bits);
  };
  return double(std::llabs(ordered(a) - ordered(b)));
}

static float halfValue(uint32_t word, bool high, bool bf16) {
  uint32_t bits = high ? word >> 16 : word & 0xFFFF;
  return bf16 ? asFloat(bits << 16)
              : float(std::bit_cast<_Float16>(uint16_t(bits)));
}

/// |c| + sum |a b| of one element of D, by the fragment layout of m16n8k16 (PTX
/// ISA, "Matrix Fragments for mma.m16n8k16"): lane l holds rows l/4 (and + 8),
/// of A the columns 2(l%4) + {0,1} (and + 8), of B the rows likewise.
static double magnitude(const Probe &probe, const std::vector<uint32_t> &inputs,
                        size_t thread, uint32_t output) {
  bool bf16 = probe.values == Values::HalvesBf16;
  size_t warp = thread / 32 * 32, lane = thread % 32;
  auto word = [&](size_t l, uint32_t i) {
    return inputs[(warp + l) * probe.inputs + i];
  };
  uint32_t row = uint32_t(lane / 4) + 8 * (output / 2);
  uint32_t column = uint32_t(2 * (lane % 4)) + output % 2;
  double sum = std::fabs(asFloat(word(lane, 6 + output)));
  for (uint32_t k = 0; k < 16; ++k) {
    uint32_t quarter = (k % 8) / 2, upper = k / 8;
    float a = halfValue(word((row % 8) * 4 + quarter, row / 8 + 2 * upper),
                        k % 2, bf16);
    float b = halfValue(word(column * 4 + quarter, 4 + upper), k % 2, bf16);
    sum += std::fabs(double(a) * b);
  }
  return sum;
}

Agreement compare(const Probe &probe, const std::vector<uint32_t> &inputs,
                  const std::vector<uint32_t> &real,
                  const std::vector<uint32_t> &emulated) {
  Agreement result;
  result.words = real.size();
  for (size_t i = 0; i < real.size(); ++i) {
    if (real[i] == emulated[i] || (sameOrNaN(real[i], emulated[i])))
      continue;
    ++result.different;
    double a = asFloat(real[i]), b = asFloat(emulated[i]);
    double error = 1, limit = 0;
    switch (probe.comparison) {
    case Comparison::Exact:
      break;
    case Comparison::Ulp1:
    case Comparison::Ulp2:
      // The ISA bounds each side's distance from the exact value.
      error = ulps(real[i], emulated[i]);
      limit = probe.comparison == Comparison::Ulp1 ? 1 : 2;
      break;
    case Comparison::Relative20:
      error = std::fabs(a - b) / std::fabs(a), limit = std::ldexp(1, -20);
      break;
    case Comparison::Relative11:
      error = std::fabs(a - b) / std::fabs(a), limit = std::exp2(-10.98);
      break;
    case Comparison::Absolute20:
      error = std::fabs(a - b), limit = std::exp2(-20.5);
      break;
    case Comparison::Logarithm:
      error = std::fabs(a - b) / std::max(1.0, std::fabs(a));
      limit = std::ldexp(1, -21);
      break;
    case Comparison::Product:
      error = std::fabs(a - b) / magnitude(probe, inputs, i / probe.outputs,
                                           uint32_t(i % probe.outputs));
      limit = std::ldexp(1, -20);
      break;
    }
    result.worst = std::max(result.worst, error);
    if (!(error <= limit) && result.outside++ == 0)
      result.firstOutside = i;
  }
  return result;
}

} // namespace kgen::agreement
