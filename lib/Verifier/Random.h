//===- Random.h - Random numbers by position -------------------------------===//
//
// A value depends on (seed, stream, index) alone, so inputs can be filled from
// any number of threads, in any order, and a failing case can be rebuilt.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_RANDOM_H
#define KGEN_LIB_VERIFIER_RANDOM_H

#include <cmath>
#include <cstdint>

namespace kgen {

class RandomStream {
public:
  RandomStream(uint64_t seed, uint64_t stream)
      : key(mix(seed * 0x9e3779b97f4a7c15u + mix(stream + 1))) {}

  uint64_t bits(uint64_t index) const {
    return mix(key + index * 0x9e3779b97f4a7c15u);
  }
  /// In (0, 1).
  double uniform(uint64_t index) const {
    return (static_cast<double>(bits(index) >> 11) + 0.5) * 0x1p-53;
  }
  /// N(0, 1), Box-Muller: even and odd indices share a radius.
  double normal(uint64_t index) const {
    uint64_t pair = index & ~uint64_t(1);
    double radius = std::sqrt(-2.0 * std::log(uniform(pair)));
    double angle = 6.283185307179586 * uniform(pair | 1);
    return radius * ((index & 1) ? std::sin(angle) : std::cos(angle));
  }
  /// In [0, count).
  int64_t below(uint64_t index, int64_t count) const {
    return static_cast<int64_t>(bits(index) % static_cast<uint64_t>(count));
  }

private:
  // The finaliser of splitmix64 (Steele, Lea, Flood 2014).
  static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  uint64_t key;
};

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_RANDOM_H
