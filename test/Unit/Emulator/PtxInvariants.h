//===- PtxInvariants.h - What holds of every module that was read ---------===//
//
// Used by the unit tests' mutations and by the fuzzer (test/Fuzz), which both
// feed text that nobody looked at.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_PTXINVARIANTS_H
#define KGEN_TEST_UNIT_EMULATOR_PTXINVARIANTS_H

#include "PTX/Module.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

namespace kgen::emulator::ptx {

/// The number after "line " that an error's detail begins with; 0 if it does
/// not begin so.
inline uint64_t lineOf(const Error &error) {
  const std::string &detail = error.detail();
  return detail.starts_with("line ") ? strtoull(detail.c_str() + 5, nullptr, 10)
                                     : 0;
}

/// Whether the error has one of the reader's codes, a line of the text, and
/// says what was found and expected.
inline bool isGoodError(const Error &error, std::string_view text) {
  const auto lines = uint64_t(1 + std::ranges::count(text, '\n'));
  const uint64_t line = lineOf(error);
  return (error.code() == ErrorCode::EmulatorSyntax ||
          error.code() == ErrorCode::EmulatorUnsupported) &&
         line >= 1 && line <= lines &&
         error.detail().find(": found ") != std::string::npos &&
         error.detail().find(", expected ") != std::string::npos;
}

inline bool isGoodOperand(const Kernel &kernel, const Operand &operand) {
  const bool isGroup = operand.kind == OperandKind::Address ||
                       operand.kind == OperandKind::Vector ||
                       operand.kind == OperandKind::Pair;
  if (!isGroup && !operand.elements.empty())
    return false;
  switch (operand.kind) {
  case OperandKind::Register:
    return operand.index < kernel.registers.size();
  case OperandKind::Symbol:
    return operand.index < kernel.symbols.size();
  case OperandKind::Special:
    return operand.index < kernel.specials.size();
  case OperandKind::Label:
    return operand.index <= kernel.statements.size();
  case OperandKind::Pair:
    if (operand.elements.size() != 2)
      return false;
    break;
  case OperandKind::Vector:
    if (operand.elements.empty())
      return false;
    break;
  case OperandKind::Immediate:
  case OperandKind::Address:
  case OperandKind::Sink:
    break;
  }
  return std::ranges::all_of(operand.elements, [&](const Operand &element) {
    return isGoodOperand(kernel, element);
  });
}

inline bool isGoodStatement(const Kernel &kernel, const Statement &statement) {
  const auto guard = size_t(statement.guard + 1);
  if (guard > kernel.registers.size() ||
      (guard > 0 && kernel.registers[guard - 1].type != Type::Pred))
    return false;
  return statement.line > 0 && !statement.parts.empty() &&
         statement.text.starts_with(statement.parts.front()) &&
         statement.text.find('\n') == std::string_view::npos &&
         std::ranges::all_of(statement.operands, [&](const Operand &operand) {
           return isGoodOperand(kernel, operand);
         });
}

inline bool isGoodKernel(const Kernel &kernel) {
  std::set<std::string> names;
  for (const Register &reg : kernel.registers)
    if (reg.type == Type::None || !names.insert(reg.name).second)
      return false;
  for (const Symbol &symbol : kernel.symbols) {
    if (symbol.alignment == 0 || symbol.offset % symbol.alignment != 0 ||
        symbol.initial.size() > symbol.bytes)
      return false;
    const uint64_t end = symbol.offset + symbol.bytes;
    if ((symbol.space == Space::Param && end > kernel.parameterBytes) ||
        (symbol.space == Space::Local && end > kernel.localBytes) ||
        (symbol.space == Space::Shared && !symbol.isExtern &&
         end > kernel.staticSharedBytes))
      return false;
  }
  return kernel.parameterCount <= kernel.symbols.size() &&
         std::ranges::is_sorted(
             kernel.labels, {},
             [](const auto &label) { return label.first; }) &&
         std::ranges::all_of(kernel.statements,
                             [&](const Statement &statement) {
                               return isGoodStatement(kernel, statement);
                             });
}

inline bool isGoodModule(const Module &module) {
  return !module.target.empty() &&
         std::ranges::all_of(module.kernels, isGoodKernel);
}

} // namespace kgen::emulator::ptx

#endif // KGEN_TEST_UNIT_EMULATOR_PTXINVARIANTS_H
