//===- InFlight.cpp - Registers that a wgmma is using ---------------------===//

#include "InFlight.h"

namespace kgen::emulator::hopper {

using Kind = RegisterHazard::Kind;

std::optional<RegisterHazard> InFlight::touch(uint32_t instruction,
                                              uint32_t row, bool isWritten) {
  Register &r = registers[row];
  if (r.accumulator > done)
    return RegisterHazard{Kind::AccumulatorTouched, row,
                          instructionOf(r.accumulator)};
  if (isWritten && r.operand > done)
    return RegisterHazard{Kind::OperandWritten, row, instructionOf(r.operand)};
  r.touchedFences = fences;
  r.toucher = instruction;
  if (isWritten) {
    r.writtenFences = fences;
    r.writer = instruction;
  }
  return std::nullopt;
}

std::optional<RegisterHazard>
InFlight::checkAccumulator(uint32_t row, const Product &product) const {
  const Register &r = registers[row];
  if (r.operand > done)
    return RegisterHazard{Kind::OperandAsAccumulator, row,
                          instructionOf(r.operand)};
  if (r.accumulator > done) {
    const Product &other = products[r.accumulator - 1];
    if (other.columns != product.columns || other.depth != product.depth ||
        other.halfAccumulator != product.halfAccumulator)
      return RegisterHazard{Kind::AccumulatorReshaped, row, other.instruction};
  }
  if (r.touchedFences == fences)
    return RegisterHazard{Kind::NoFence, row, r.toucher};
  return std::nullopt;
}

std::optional<RegisterHazard> InFlight::checkOperand(uint32_t row) const {
  const Register &r = registers[row];
  if (r.accumulator > done)
    return RegisterHazard{Kind::AccumulatorAsOperand, row,
                          instructionOf(r.accumulator)};
  if (r.writtenFences == fences)
    return RegisterHazard{Kind::NoFence, row, r.writer};
  return std::nullopt;
}

std::optional<RegisterHazard>
InFlight::issue(uint32_t instruction, const WgmmaShape &shape,
                std::span<const uint32_t> accumulators,
                std::span<const uint32_t> operands) {
  if (!fences)
    return RegisterHazard{Kind::NoFence, accumulators[0],
                          RegisterHazard::kNever};
  Product product{instruction, shape.columns, shape.depth,
                  shape.halfAccumulator};
  for (uint32_t row : accumulators)
    if (auto hazard = checkAccumulator(row, product))
      return hazard;
  for (uint32_t row : operands)
    if (auto hazard = checkOperand(row))
      return hazard;
  products.push_back(product);
  for (uint32_t row : accumulators)
    registers[row].accumulator = issued();
  for (uint32_t row : operands)
    registers[row].operand = issued();
  return std::nullopt;
}

void InFlight::commit() { groups.push_back(issued()); }

uint32_t InFlight::lastToWaitFor(uint32_t pending) const {
  return groups.size() > pending ? groups[groups.size() - pending - 1] : 0;
}

void InFlight::complete(uint32_t product) {
  done = product > done ? product : done;
  while (!groups.empty() && groups.front() <= done)
    groups.pop_front();
}

} // namespace kgen::emulator::hopper
