//===- TiledFlash.h - Attention kernels in tiled form, as text -------------===//
#ifndef KGEN_TEST_UNIT_TARGETCPU_TILEDFLASH_H
#define KGEN_TEST_UNIT_TARGETCPU_TILEDFLASH_H

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace kgen::test {

/// What is added to the plain kernel.
enum class Variant : uint8_t {
  Plain,
  Causal,
  Bias,     ///< score + bias[i, j], read in rows
  Relative, ///< score + table[j - i + 64], out of range for padding
  Document, ///< mask document[i] == document[j], a gather by lanes
  Softcap   ///< 20 tanh(score / 20)
};

struct FlashCase {
  int64_t tileQ = 64, tileKV = 64, d = 64, dv = 64;
  std::string element = "f32";
  int64_t heads = 2, kvHeads = 1, batch = 1;
  int64_t seqQ = 100, seqKV = 77;
  int64_t stages = 1;
  bool loadQ = true; ///< else the product reads Q's slot
  Variant variant = Variant::Plain;
};
void PrintTo(const FlashCase &flash, std::ostream *stream);

/// Name of the function: @flash. Arguments: Q, K, V, the variant's table if it
/// has one, O, LSE; batch and sequence lengths are dynamic.
std::string tiledFlash(const FlashCase &flash);

/// Inputs rounded to the element type, and what the kernel gives for them on
/// this machine beside the same in double.
struct FlashResult {
  std::vector<double> output, lse;
};
FlashResult referenceFlash(const FlashCase &flash);
/// Empty output: the compiler's diagnostics are printed as a test failure.
FlashResult runFlash(const FlashCase &flash, const std::string &arch);

} // namespace kgen::test

#endif // KGEN_TEST_UNIT_TARGETCPU_TILEDFLASH_H
