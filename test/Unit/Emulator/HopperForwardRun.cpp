//===- HopperForwardRun.cpp - Runs HopperForward on the emulator ----------===//

#include "HopperForwardRun.h"
#include "Hopper/TensorMap.h"
#include "PTX/HalfFloat.h"

#include <chrono>
#include <cmath>
#include <random>
#include <vector>

namespace kgen::emulator::test {

namespace {

using hopper::TensorMapParameters;
using hopper::TensorType;

struct alignas(64) Map {
  uint8_t bytes[hopper::kTensorMapBytes];
};

/// [heads][length][headDim], 16-bit elements, on the emulated device.
class Tensor {
public:
  Tensor(GlobalMemory &memory, const HopperForward &f, const ForwardSetup &s)
      : f(f), s(s), count(size_t(s.heads) * s.length * f.headDim),
        data(static_cast<uint16_t *>(*memory.allocate(count * 2))) {}

  void fill(uint32_t seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (size_t i = 0; i != count; ++i)
      data[i] = f.bfloat ? ptx::floatToBrain(normal(random))
                         : ptx::floatToHalf(normal(random));
  }
  /// All elements, widened.
  std::vector<double> values() const {
    std::vector<double> result(count);
    for (size_t i = 0; i != count; ++i)
      result[i] =
          f.bfloat ? ptx::brainToFloat(data[i]) : ptx::halfToFloat(data[i]);
    return result;
  }

  Map map(uint32_t boxRows, uint64_t rows, bool swizzle) const {
    uint64_t dims[] = {f.headDim, rows, s.heads};
    uint64_t strides[] = {f.headDim * 2, uint64_t(s.length) * f.headDim * 2};
    uint32_t box[] = {64, boxRows, 1}, steps[] = {1, 1, 1};
    TensorMapParameters p;
    p.type = uint32_t(f.bfloat ? TensorType::BF16 : TensorType::F16);
    p.rank = 3;
    p.address = reinterpret_cast<uint64_t>(data);
    p.dims = dims;
    p.strides = strides;
    p.box = box;
    p.elementStrides = steps;
    p.swizzle =
        uint32_t(swizzle ? hopper::Swizzle::Bytes128 : hopper::Swizzle::None);
    Map map;
    if (auto encoded = hopper::encodeTensorMap(&map, p); !encoded)
      throw std::runtime_error(encoded.error().message());
    return map;
  }
  Map map(uint32_t boxRows) const { return map(boxRows, s.length, true); }

private:
  const HopperForward &f;
  const ForwardSetup &s;
  size_t count;
  uint16_t *data;
};

/// One row of attention in f64. `q` is the row; k and v are the head's.
std::vector<double> reference(const double *q, const double *k, const double *v,
                              uint32_t keys, uint32_t dim) {
  std::vector<double> weights(keys), result(dim);
  double largest = -INFINITY, sum = 0;
  for (uint32_t key = 0; key != keys; ++key) {
    for (uint32_t d = 0; d != dim; ++d)
      weights[key] += q[d] * k[key * dim + d];
    weights[key] /= std::sqrt(double(dim));
    largest = std::max(largest, weights[key]);
  }
  for (double &weight : weights)
    sum += weight = std::exp(weight - largest);
  for (uint32_t key = 0; key != keys; ++key)
    for (uint32_t d = 0; d != dim; ++d)
      result[d] += weights[key] / sum * v[key * dim + d];
  return result;
}

double worstRow(const HopperForward &f, const ForwardSetup &s,
                const std::vector<double> &q, const std::vector<double> &k,
                const std::vector<double> &v, const std::vector<double> &o) {
  double worst = 0;
  for (uint32_t head = 0; head != s.heads; ++head)
    for (uint32_t row = 0; row != s.length; ++row) {
      size_t first = size_t(head) * s.length * f.headDim;
      size_t at = first + size_t(row) * f.headDim;
      std::vector<double> expected =
          reference(&q[at], &k[first], &v[first], f.causal ? row + 1 : s.length,
                    f.headDim);
      double difference = 0, norm = 0;
      for (uint32_t d = 0; d != f.headDim; ++d) {
        difference += (o[at + d] - expected[d]) * (o[at + d] - expected[d]);
        norm += expected[d] * expected[d];
      }
      double error = std::sqrt(difference / norm);
      // A NaN is the worst of all.
      worst = error <= worst ? worst : error;
    }
  return worst;
}

} // namespace

ForwardOutcome runForward(const HopperForward &f, const ForwardSetup &s) {
  ForwardOutcome outcome;
  const Architecture *arch = *findArchitecture("sm_90a");
  auto program = loadPtx(s.text.empty() ? f.text() : s.text, "forward", *arch);
  if (!program) {
    outcome.error = program.error();
    return outcome;
  }
  GlobalMemory memory;
  Tensor q(memory, f, s), k(memory, f, s), v(memory, f, s), o(memory, f, s);
  q.fill(1);
  k.fill(2);
  v.fill(3);
  Map maps[] = {q.map(HopperForward::kTileQ),
                k.map(f.kvBoxRows(), s.length + (s.mapTooLarge ? 4096 : 0),
                      !s.mapWithoutSwizzle),
                v.map(f.kvBoxRows()), o.map(64)};
  if (s.mapOverwritten)
    maps[2].bytes[20] ^= 1;
  float scale = float(1.4426950408889634 / std::sqrt(double(f.headDim)));
  uint32_t length = s.mapTooLarge ? s.length + 4096 : s.length;
  void *arguments[] = {&maps[0], &maps[1], &maps[2], &maps[3], &scale, &length};
  Launch launch;
  launch.grid = {(s.length + HopperForward::kTileQ - 1) / HopperForward::kTileQ,
                 s.heads, 1};
  launch.threads = HopperForward::kThreads;
  launch.cluster = {f.cluster ? 2u : 1u, 1, 1};
  launch.dynamicSharedBytes = f.sharedBytes();
  launch.arguments = arguments;
  launch.seed = s.seed;
  launch.instructionLimit = s.instructionLimit;
  auto begin = std::chrono::steady_clock::now();
  Expected<void> done = (*program)->launch(launch, memory, outcome.counts);
  outcome.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  if (!done)
    outcome.error = done.error();
  else if (s.text.empty())
    outcome.worstRow =
        worstRow(f, s, q.values(), k.values(), v.values(), o.values());
  return outcome;
}

} // namespace kgen::emulator::test
