//===- AmdAttention.cpp - A real kernel, and what it shall compute
//---------===//

#include "AmdAttention.h"

#include "AMD/FloatFormats.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <random>

namespace kgen::emulator::amd::test {

std::vector<char> attentionCode() {
  std::ifstream file(KGEN_EMULATOR_INPUTS "/attention-gfx942.elf",
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Listing attentionListing() {
  std::vector<char> code = attentionCode();
  Expected<Listing> listing =
      disassemble(code, "", **findArchitecture("gfx942"));
  return listing ? *listing : Listing{};
}

Attention::Attention(int64_t queries, int64_t keys)
    : queries(queries), keys(keys), q(queries * kDim), k(keys * kDim),
      v(keys * kDim), o(queries * kDim, 0x7E00) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  for (std::vector<uint16_t> *tensor : {&q, &k, &v})
    for (uint16_t &element : *tensor)
      element = toHalf(normal(random));
  size_t n = 0;
  for (std::vector<uint16_t> *tensor : {&q, &k, &v, &o}) {
    pointers[n++] = tensor->data();
    memory.adopt(tensor->data(), tensor->size() * 2);
  }
}

/// Each tensor: its pointer, batch size and length.
std::vector<void *> Attention::arguments() {
  std::vector<void *> places;
  for (uint32_t n = 0; n != 4; ++n) {
    places.push_back(&pointers[n]);
    places.push_back(&batch);
    places.push_back(n == 1 || n == 2 ? &keys : &queries);
  }
  return places;
}

Outcome Attention::run(const Listing &listing, uint64_t seed) {
  places = arguments();
  return launchListing("gfx942", listing, places, memory, 128, seed,
                       (queries + 63) / 64);
}

Outcome Attention::runCode(const std::vector<char> &code) {
  Outcome outcome;
  auto program = loadCodeObject(code, "", **findArchitecture("gfx942"));
  if (!program) {
    outcome.error = program.error();
    return outcome;
  }
  places = arguments();
  Launch launch;
  launch.grid = {(queries + 63) / 64, 1, 1};
  launch.threads = 128;
  launch.arguments = places;
  Expected<void> done = (*program)->launch(launch, memory, outcome.counts);
  if (!done)
    outcome.error = done.error();
  return outcome;
}

double Attention::error() const {
  double worst = 0;
  std::vector<double> weights(keys);
  for (int64_t i = 0; i != queries; ++i) {
    double sum = 0;
    for (int64_t j = 0; j != keys; ++j) {
      double score = 0;
      for (int64_t d = 0; d != kDim; ++d)
        score +=
            double(halfToFloat(q[i * kDim + d])) * halfToFloat(k[j * kDim + d]);
      sum += weights[j] = std::exp(score / 8.0);
    }
    for (int64_t d = 0; d != kDim; ++d) {
      double want = 0;
      for (int64_t j = 0; j != keys; ++j)
        want += weights[j] / sum * halfToFloat(v[j * kDim + d]);
      double got = halfToFloat(o[i * kDim + d]);
      if (std::isnan(got))
        return HUGE_VAL;
      worst = std::max(worst, std::fabs(got - want));
    }
  }
  return worst;
}

} // namespace kgen::emulator::amd::test
