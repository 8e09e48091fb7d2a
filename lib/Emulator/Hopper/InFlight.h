//===- InFlight.h - Registers that a wgmma is using -----------------------===//
//
// PTX ISA, wgmma.mma_async: until wgmma.wait_group, accumulators may not be
// touched but by products of the same shape, and A registers not be written.
// wgmma.fence: orders earlier accesses of a register before a product that uses
// it (writes only, for A); a product of the same shape needs none for its
// accumulators.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_INFLIGHT_H
#define KGEN_LIB_EMULATOR_HOPPER_INFLIGHT_H

#include "WgmmaShape.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace kgen::emulator::hopper {

/// What a register was used for by whom, when a rule is broken.
struct RegisterHazard {
  enum class Kind : uint8_t {
    AccumulatorTouched,   ///< by an ordinary instruction, in flight
    OperandWritten,       ///< A register, in flight
    AccumulatorReshaped,  ///< by a product of another shape, in flight
    AccumulatorAsOperand, ///< A of a product, in flight as D of another
    OperandAsAccumulator, ///< the other way round
    NoFence,              ///< touched since the last wgmma.fence
  };
  Kind kind = Kind::NoFence;
  uint32_t row = 0;
  uint32_t earlier = 0; ///< instruction; kNever: there was none
  static constexpr uint32_t kNever = ~0u;
};

/// The registers of one warp. Rows are those of the register file.
class InFlight {
public:
  explicit InFlight(uint32_t rows) : registers(rows) {}

  /// wgmma.fence
  void fence() { ++fences; }
  bool hasFenced() const { return fences != 0; }

  /// An ordinary instruction is about to touch a register.
  std::optional<RegisterHazard> touch(uint32_t instruction, uint32_t row,
                                      bool isWritten);
  /// A product is about to be issued.
  std::optional<RegisterHazard> issue(uint32_t instruction,
                                      const WgmmaShape &shape,
                                      std::span<const uint32_t> accumulators,
                                      std::span<const uint32_t> operands);
  /// wgmma.commit_group
  void commit();
  /// The number of the last product (from 1) that a wait_group for all but
  /// `pending` groups waits for; 0: none.
  uint32_t lastToWaitFor(uint32_t pending) const;
  /// All products up to `product` are complete.
  void complete(uint32_t product);

  uint32_t issued() const { return uint32_t(products.size()); }
  uint32_t completed() const { return done; }
  /// The instruction of product n (from 1).
  uint32_t instructionOf(uint32_t product) const {
    return products[product - 1].instruction;
  }

private:
  struct Register {
    uint32_t accumulator = 0;     ///< last product with it as D
    uint32_t operand = 0;         ///< last product with it as A
    uint32_t touchedFences = ~0u; ///< fences before the last touch
    uint32_t writtenFences = ~0u;
    uint32_t toucher = 0, writer = 0; ///< instructions
  };
  struct Product {
    uint32_t instruction = 0;
    uint32_t columns = 0, depth = 0;
    bool halfAccumulator = false;
  };
  std::optional<RegisterHazard> checkAccumulator(uint32_t row,
                                                 const Product &product) const;
  std::optional<RegisterHazard> checkOperand(uint32_t row) const;

  std::vector<Register> registers;
  std::vector<Product> products;
  std::deque<uint32_t> groups; ///< last product of each committed group
  uint32_t fences = 0;
  uint32_t done = 0; ///< products that were waited for
};

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_INFLIGHT_H
