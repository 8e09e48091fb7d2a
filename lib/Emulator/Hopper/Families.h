//===- Families.h - The tables of Hopper's instructions -------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_FAMILIES_H
#define KGEN_LIB_EMULATOR_HOPPER_FAMILIES_H

#include "../PTX/Decoder.h"

namespace kgen::emulator::ptx {

std::span<const InstructionForm> wgmmaForms();
std::span<const InstructionForm> mbarrierForms();
std::span<const InstructionForm> bulkCopyForms();
std::span<const InstructionForm> tensorCopyForms();
std::span<const InstructionForm> clusterForms();
/// Fences, elections, registers and hints.
std::span<const InstructionForm> hopperControlForms();

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_FAMILIES_H
