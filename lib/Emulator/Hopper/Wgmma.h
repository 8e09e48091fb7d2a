//===- Wgmma.h - Warpgroup-level matrix products --------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_WGMMA_H
#define KGEN_LIB_EMULATOR_HOPPER_WGMMA_H

#include "../PTX/Decoder.h"
#include "InFlight.h"

namespace kgen::emulator::ptx {

bool isWgmmaProduct(const Instruction &instruction);

/// FindingInFlight: the register, the instruction and the product involved.
void raiseHazard(Warp &warp, const Instruction &i,
                 const hopper::RegisterHazard &hazard);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_WGMMA_H
