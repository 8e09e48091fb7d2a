//===- TiledFlash.cpp - Runs tiled attention and its reference -------------===//

#include "TiledFlash.h"

#include "KernelRunner.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::test;

void test::PrintTo(const FlashCase &c, std::ostream *stream) {
  *stream << c.element << " d" << c.d << " dv" << c.dv << " q" << c.seqQ << "/"
          << c.tileQ << " kv" << c.seqKV << "/" << c.tileKV << " heads "
          << c.heads << "/" << c.kvHeads << " stages " << c.stages << " variant "
          << int(c.variant);
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

namespace {

const llvm::fltSemantics &semantics(const std::string &element) {
  if (element == "f16")
    return llvm::APFloat::IEEEhalf();
  if (element == "bf16")
    return llvm::APFloat::BFloat();
  return llvm::APFloat::IEEEsingle();
}

int64_t bytesOf(const std::string &element) { return element == "f32" ? 4 : 2; }

/// A tensor in the element type, and its exact values.
struct Array {
  std::vector<char> bytes;
  std::vector<double> values;
};

Array makeArray(const std::string &element, int64_t count, uint32_t seed) {
  Array array;
  uint32_t state = seed;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    llvm::APFloat value(double(state >> 8) / (1 << 23) - 1.0);
    bool inexact;
    value.convert(semantics(element), llvm::APFloat::rmNearestTiesToEven,
                  &inexact);
    uint64_t bits = value.bitcastToAPInt().getZExtValue();
    const char *start = reinterpret_cast<const char *>(&bits);
    array.bytes.insert(array.bytes.end(), start, start + bytesOf(element));
    array.values.push_back(value.convertToDouble());
  }
  return array;
}

std::vector<double> decode(const std::string &element,
                           const std::vector<char> &bytes) {
  std::vector<double> values;
  int64_t size = bytesOf(element);
  for (size_t i = 0; i < bytes.size(); i += size) {
    uint64_t bits = 0;
    std::copy(&bytes[i], &bytes[i] + size, reinterpret_cast<char *>(&bits));
    llvm::APFloat value(semantics(element), llvm::APInt(size * 8, bits));
    values.push_back(value.convertToDouble());
  }
  return values;
}

struct Inputs {
  explicit Inputs(const FlashCase &c)
      : q(makeArray(c.element, c.batch * c.heads * c.seqQ * c.d, 1)),
        k(makeArray(c.element, c.batch * c.kvHeads * c.seqKV * c.d, 2)),
        v(makeArray(c.element, c.batch * c.kvHeads * c.seqKV * c.dv, 3)),
        bias(makeArray("f32", std::max<int64_t>(600, c.seqQ * c.seqKV), 4)) {
    for (int64_t i = 0; i < std::max(c.seqQ, c.seqKV); ++i)
      documents.push_back(int32_t(i / 40));
  }
  Array q, k, v, bias;
  std::vector<int32_t> documents;
};

/// Score and mask of one pair in double; -inf if masked.
double scoreOf(const FlashCase &c, const Inputs &in, double s, int64_t i,
               int64_t j) {
  const double masked = -std::numeric_limits<double>::infinity();
  switch (c.variant) {
  case Variant::Plain:
    return s;
  case Variant::Causal:
    return i >= j ? s : masked;
  case Variant::Bias:
    return s + in.bias.values[i * c.seqKV + j];
  case Variant::Relative:
    return s + in.bias.values[j - i + 300];
  case Variant::Document:
    return in.documents[i] == in.documents[j / 2] ? s : masked;
  case Variant::Softcap:
    return 20 * std::tanh(s / 20);
  }
  return s;
}

} // namespace

FlashResult test::referenceFlash(const FlashCase &c) {
  Inputs in(c);
  FlashResult result;
  std::vector<double> scores(c.seqKV), row(c.dv);
  double scale = std::stod(std::to_string(1.0 / std::sqrt(double(c.d))));
  for (int64_t bh = 0; bh < c.batch * c.heads; ++bh)
    for (int64_t i = 0; i < c.seqQ; ++i) {
      int64_t kv = bh / (c.heads / c.kvHeads);
      const double *q = &in.q.values[(bh * c.seqQ + i) * c.d];
      double most = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t j = 0; j < c.seqKV; ++j) {
        double s = 0;
        for (int64_t d = 0; d < c.d; ++d)
          s += q[d] * in.k.values[(kv * c.seqKV + j) * c.d + d];
        scores[j] = scoreOf(c, in, s * scale, i, j);
        most = std::max(most, scores[j]);
      }
      std::fill(row.begin(), row.end(), 0.0);
      for (int64_t j = 0; j < c.seqKV && !std::isinf(most); ++j) {
        double p = std::exp(scores[j] - most);
        sum += p;
        for (int64_t d = 0; d < c.dv; ++d)
          row[d] += p * in.v.values[(kv * c.seqKV + j) * c.dv + d];
      }
      for (double value : row)
        result.output.push_back(sum ? value / sum : 0.0);
      result.lse.push_back(most + std::log(sum));
    }
  return result;
}

FlashResult test::runFlash(const FlashCase &c, const std::string &arch) {
  Compiled compiled = compileForCpu(tiledFlash(c), arch);
  EXPECT_EQ(compiled.diagnostics, "");
  if (compiled.code.bytes.empty())
    return {};
  LoadedKernel kernel(compiled.code);
  EXPECT_TRUE(bool(kernel));
  if (!kernel)
    return {};
  Inputs in(c);
  std::vector<char> output(c.batch * c.heads * c.seqQ * c.dv *
                           bytesOf(c.element));
  std::vector<char> lse(c.batch * c.heads * c.seqQ * 4);
  std::fill(output.begin(), output.end(), char(0xff));
  std::fill(lse.begin(), lse.end(), char(0xff));
  Arguments arguments;
  arguments.tensor(in.q.bytes.data(), {c.batch, c.seqQ});
  arguments.tensor(in.k.bytes.data(), {c.batch, c.seqKV});
  arguments.tensor(in.v.bytes.data(), {c.batch, c.seqKV});
  if (c.variant == Variant::Bias)
    arguments.tensor(in.bias.bytes.data(), {c.seqQ, c.seqKV});
  if (c.variant == Variant::Relative)
    arguments.tensor(in.bias.bytes.data(), {});
  if (c.variant == Variant::Document)
    arguments.tensor(in.documents.data(), {int64_t(in.documents.size())});
  arguments.tensor(output.data(), {c.batch, c.seqQ});
  arguments.tensor(lse.data(), {c.batch, c.seqQ});
  kernel.run(arguments.pointers(),
             {(c.seqQ + c.tileQ - 1) / c.tileQ, c.heads, c.batch});
  return {decode(c.element, output), decode("f32", lse)};
}
