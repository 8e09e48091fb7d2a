//===- Forms.cpp - The instructions that Hopper added ----------------------===//

#include "Forms.h"

namespace kgen::emulator::ptx {

std::span<const InstructionForm> hopperForms() { return {}; }

} // namespace kgen::emulator::ptx
