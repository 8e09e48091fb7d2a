//===- WgmmaDecode.h - A wgmma.mma_async, decoded -------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_WGMMADECODE_H
#define KGEN_LIB_EMULATOR_HOPPER_WGMMADECODE_H

#include "../PTX/Decoder.h"
#include "WgmmaDescriptor.h"

namespace kgen::emulator::ptx {

struct WgmmaPayload : Payload {
  hopper::WgmmaShape shape;
  std::vector<uint32_t> accumulators; ///< rows
  std::vector<uint32_t> operands;     ///< rows of A; empty: by descriptor
  uint32_t aDescriptor = 0, bDescriptor = 0; ///< rows of 64 bits
  hopper::Major aMajor = hopper::Major::K, bMajor = hopper::Major::K;
  bool negateA = false, negateB = false;
  /// scale-d: a predicate, or else a constant.
  bool hasScalePredicate = false, scaleNegated = false, scale = true;
  uint32_t scalePredicate = 0;
};

void decodeWgmmaProduct(Decoder &d, Instruction &i);
/// Carries out the product (Wgmma.cpp).
void executeWgmmaProduct(Warp &w, const Instruction &i);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_WGMMADECODE_H
