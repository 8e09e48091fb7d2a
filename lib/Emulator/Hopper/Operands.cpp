//===- Operands.cpp - Operands that Hopper's families share ---------------===//

#include "Operands.h"

namespace kgen::emulator::ptx {

MemoryOperand decodeMemory(Decoder &d, const Operand &operand, bool isGeneric) {
  // Tensor coordinates, if any, are the family's own matter.
  Operand base = operand;
  if (base.elements.size() > 1)
    base.elements.resize(1);
  Decoder::Address address = d.address(base);
  return {address.row, address.is64, address.offset, isGeneric};
}

uint64_t addressOf(Warp &w, const MemoryOperand &operand, uint32_t lane) {
  if (operand.is64)
    return w.wide(operand.row)[lane] + uint64_t(operand.offset);
  return uint32_t(w.row(operand.row)[lane] + uint32_t(operand.offset));
}

Warp::SharedPlace sharedPlace(Warp &w, const Instruction &i,
                              const MemoryOperand &operand, uint32_t lane,
                              uint64_t bytes) {
  uint64_t address = addressOf(w, operand, lane);
  if (operand.isGeneric) {
    if ((address & kWindowMask) != kSharedWindow) {
      w.raise(i, ErrorCode::FindingOutOfBounds,
              "the generic address is not one of shared memory");
      return {};
    }
    address &= ~kWindowMask;
  }
  return w.shared(i, address, bytes);
}

const uint8_t *readable(Warp &w, const Instruction &i, uint64_t address,
                        uint64_t bytes) {
  LaunchContext &context = w.context();
  uint64_t window = address & kWindowMask, offset = address & ~kWindowMask;
  const std::vector<uint8_t> *block =
      window == kParamWindow   ? &context.parameters
      : window == kConstWindow ? &context.constants
                               : nullptr;
  if (block) {
    if (offset <= block->size() && bytes <= block->size() - offset)
      return block->data() + offset;
  } else if (const uint8_t *found = context.memory.find(address, bytes)) {
    return found;
  }
  w.raise(i, ErrorCode::FindingOutOfBounds,
          block ? "past the end of the parameters or constants"
                : context.memory.describe(address, bytes));
  return nullptr;
}

std::optional<uint64_t> uniformValue(Warp &w, const Instruction &i,
                                     uint32_t row, bool is64,
                                     const char *what) {
  if (!w.requireDefined(i, row, what))
    return std::nullopt;
  auto valueOf = [&](uint32_t lane) {
    return is64 ? w.wide(row)[lane] : w.row(row)[lane];
  };
  uint64_t value = valueOf(uint32_t(std::countr_zero(w.lanes())));
  bool same = true;
  for (uint32_t lanes = w.lanes(); lanes; lanes &= lanes - 1)
    same = same && valueOf(uint32_t(std::countr_zero(lanes))) == value;
  if (same)
    return value;
  w.raise(i, ErrorCode::FindingOperand,
          std::string(what) + " differs between the lanes of a warp");
  return std::nullopt;
}

} // namespace kgen::emulator::ptx
