//===- DecoderOperands.cpp - Operands become rows
//--------------------------===//

#include "Decoder.h"

#include <bit>

namespace kgen::emulator::ptx {

Decoder::Decoder(const Kernel &kernel, RegisterLayout &layout)
    : kernel(kernel), layout(layout) {
  for (const Register &reg : kernel.registers) {
    if (reg.type == Type::Pred) {
      layout.place.push_back(layout.predicates++);
      layout.predicateNames.push_back(reg.name);
    } else {
      // A 128-bit register would need four rows; decode functions refuse it
      // where it is used, because no instruction's type is as large.
      layout.place.push_back(newRow(bytesOf(reg.type) >= 8, reg.name));
    }
  }
}

uint32_t Decoder::newRow(bool is64, std::string name) {
  uint32_t row = layout.rows;
  layout.rows += is64 ? 2 : 1;
  layout.rowNames.push_back(std::move(name));
  layout.wide.push_back(is64);
  if (is64) {
    layout.rowNames.emplace_back();
    layout.wide.push_back(false);
  }
  return row;
}

void Decoder::touch(uint32_t row, bool isPredicate, bool isWritten) {
  building->touches.push_back({row, isPredicate, isWritten});
}

uint32_t Decoder::constant(uint64_t bits, bool is64) {
  auto [it, isNew] = constantRows.try_emplace({bits, is64}, 0);
  if (isNew) {
    it->second = newRow(is64, {});
    layout.constants.push_back({it->second, is64, bits});
  }
  return it->second;
}

uint32_t Decoder::special(Special special, bool is64) {
  auto [it, isNew] = specialRows.try_emplace({special, is64}, 0);
  if (isNew) {
    it->second = newRow(is64, {});
    layout.specials.push_back({it->second, is64, special});
  }
  return it->second;
}

uint32_t Decoder::registerRow(const Operand &operand, Type type, bool relaxed,
                              bool isWritten) {
  const Register &reg = kernel.registers[operand.index];
  uint32_t have = bytesOf(reg.type), want = bytesOf(type);
  if (reg.type == Type::Pred || want == 0) {
    malformed(reg.name + " is not a register of ." +
              std::string(spelling(type)));
    return constant(0, true);
  }
  if (have > 8) {
    unsupported("128-bit registers");
    return constant(0, true);
  }
  if (relaxed ? have < want : have != want) {
    malformed(reg.name + " has " + std::to_string(have * 8) + " bits, not " +
              std::to_string(want * 8));
    return constant(0, true);
  }
  if (operand.negated)
    unsupported("a negated register");
  touch(layout.place[operand.index], false, isWritten);
  return layout.place[operand.index];
}

/// An immediate's bits as a value of `type`.
static uint64_t bitsAs(const Operand &operand, Type type) {
  uint64_t bits = operand.bits;
  if (operand.isFloat && operand.isF64Bits && bytesOf(type) == 4)
    return std::bit_cast<uint32_t>(float(std::bit_cast<double>(bits)));
  if (operand.isFloat && !operand.isF64Bits && bytesOf(type) == 8)
    return std::bit_cast<uint64_t>(
        double(std::bit_cast<float>(uint32_t(bits))));
  switch (bytesOf(type)) {
  case 1:
    return bits & 0xFF;
  case 2:
    return bits & 0xFFFF;
  case 4:
    return bits & 0xFFFFFFFF;
  default:
    return bits;
  }
}

uint32_t Decoder::source(size_t i, Type type, bool relaxed) {
  return source(operand(i), type, relaxed);
}

uint32_t Decoder::source(const Operand &operand, Type type, bool relaxed) {
  bool is64 = bytesOf(type) == 8;
  switch (operand.kind) {
  case OperandKind::Register:
    return registerRow(operand, type, relaxed, false);
  case OperandKind::Immediate:
    return constant(bitsAs(operand, type), is64);
  case OperandKind::Symbol: {
    const Symbol &symbol = kernel.symbols[operand.index];
    if (symbol.space == Space::Global) {
      unsupported("variables in global memory");
      return constant(0, is64);
    }
    return constant(symbolAddress(kernel, symbol) + uint64_t(operand.offset),
                    is64);
  }
  case OperandKind::Special:
    if (auto known = parseSpecial(kernel.specials[operand.index]))
      return special(*known, is64);
    unsupported(kernel.specials[operand.index]);
    return constant(0, is64);
  default:
    malformed("an operand is not a value");
    return constant(0, is64);
  }
}

uint32_t Decoder::destination(size_t i, Type type, bool relaxed) {
  return destination(operand(i), type, relaxed);
}

uint32_t Decoder::destination(const Operand &operand, Type type, bool relaxed) {
  if (operand.kind == OperandKind::Register)
    return registerRow(operand, type, relaxed, true);
  if (operand.kind != OperandKind::Sink)
    malformed("the destination is not a register");
  bool is64 = bytesOf(type) == 8;
  std::optional<uint32_t> &sink = sinkRows[is64];
  if (!sink)
    sink = newRow(is64, "_");
  return *sink;
}

uint32_t Decoder::predicateSource(const Operand &operand, bool *negated) {
  if (operand.kind != OperandKind::Register ||
      kernel.registers[operand.index].type != Type::Pred) {
    malformed("an operand is not a predicate");
    return 0;
  }
  if (negated)
    *negated = operand.negated;
  else if (operand.negated)
    unsupported("a negated predicate");
  touch(layout.place[operand.index], true, false);
  return layout.place[operand.index];
}

uint32_t Decoder::predicateDestination(const Operand &operand) {
  if (operand.kind == OperandKind::Sink) {
    if (!sinkPredicate) {
      sinkPredicate = layout.predicates++;
      layout.predicateNames.emplace_back("_");
    }
    return *sinkPredicate;
  }
  if (operand.kind != OperandKind::Register ||
      kernel.registers[operand.index].type != Type::Pred) {
    malformed("the destination is not a predicate");
    return 0;
  }
  touch(layout.place[operand.index], true, true);
  return layout.place[operand.index];
}

std::vector<uint32_t> Decoder::sources(const Operand &operand, Type type,
                                       bool relaxed) {
  if (operand.kind != OperandKind::Vector)
    return {source(operand, type, relaxed)};
  std::vector<uint32_t> rows;
  for (const Operand &element : operand.elements)
    rows.push_back(source(element, type, relaxed));
  return rows;
}

std::vector<uint32_t> Decoder::destinations(const Operand &operand, Type type,
                                            bool relaxed) {
  if (operand.kind != OperandKind::Vector)
    return {destination(operand, type, relaxed)};
  std::vector<uint32_t> rows;
  for (const Operand &element : operand.elements)
    rows.push_back(destination(element, type, relaxed));
  return rows;
}

Decoder::Address Decoder::address(size_t i) { return address(operand(i)); }

Decoder::Address Decoder::address(const Operand &operand) {
  Address result;
  result.offset = operand.offset;
  if (operand.kind != OperandKind::Address || operand.elements.size() > 1) {
    malformed("an operand is not an address");
    result.row = constant(0, true);
    return result;
  }
  if (operand.elements.empty()) {
    result.row = constant(0, true);
    result.is64 = true;
    return result;
  }
  const Operand &base = operand.elements[0];
  Type type = Type::B64;
  if (base.kind == OperandKind::Symbol)
    result.symbol = &kernel.symbols[base.index];
  else if (isRegister(base, &type) && bytesOf(type) == 4)
    type = Type::B32;
  else
    type = Type::B64;
  result.is64 = type == Type::B64;
  result.row = source(base, type);
  return result;
}

std::optional<int64_t> Decoder::immediate(const Operand &operand) const {
  if (operand.kind != OperandKind::Immediate || operand.isFloat)
    return std::nullopt;
  return int64_t(operand.bits);
}

bool Decoder::isRegister(const Operand &operand, Type *type) const {
  if (operand.kind != OperandKind::Register)
    return false;
  if (type)
    *type = kernel.registers[operand.index].type;
  return true;
}

uint32_t Decoder::label(size_t i) {
  const Operand &target = operand(i);
  if (target.kind == OperandKind::Label &&
      target.index <= kernel.statements.size())
    return target.index;
  malformed("an operand is not a label");
  return 0;
}

uint64_t symbolAddress(const Kernel &, const Symbol &symbol) {
  return symbol.offset;
}

} // namespace kgen::emulator::ptx
