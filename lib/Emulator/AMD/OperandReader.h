//===- OperandReader.h - Operands and modifiers of a listing's line
//--------===//
#ifndef KGEN_LIB_EMULATOR_AMD_OPERANDREADER_H
#define KGEN_LIB_EMULATOR_AMD_OPERANDREADER_H

#include "Instruction.h"

#include <optional>
#include <string_view>

namespace kgen::emulator::amd {

/// "v[2:5]", "-|s4|", "vcc", "0x80", "1.0", "off", "hwreg(HW_REG_MODE, 4, 2)".
std::optional<Operand> readOperand(std::string_view text);
/// Gives a constant the bits that it means as an operand of `type`. False: it
/// has no meaning there.
bool resolveConstant(Operand &operand, Type type);
/// Reads "offset:16" and the like. False: unknown.
bool readModifier(std::string_view text, Modifiers &modifiers);
/// Decimal, hexadecimal, signed; the whole text.
std::optional<int64_t> readInteger(std::string_view text);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_OPERANDREADER_H
