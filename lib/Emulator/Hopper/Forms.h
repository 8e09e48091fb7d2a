//===- Forms.h - The instructions that Hopper added
//------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_FORMS_H
#define KGEN_LIB_EMULATOR_HOPPER_FORMS_H

#include "../PTX/Decoder.h"

namespace kgen::emulator::ptx {

/// wgmma, bulk and tensor copies, mbarriers, clusters and what belongs to them.
std::span<const InstructionForm> hopperForms();

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_HOPPER_FORMS_H
