//===- Warpgroup.h - Four warps that feed one tensor instruction ----------===//
//
// wgmma instructions are collective: the four warps of a warpgroup execute the
// same sequence, and a product is done only when all four have issued it. Its
// operand reads are seen, all four parts, by whichever warp has waited: they
// happen in a component of the warpgroup's own, product n at epoch n.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_WARPGROUP_H
#define KGEN_LIB_EMULATOR_HOPPER_WARPGROUP_H

#include "../Core/Clock.h"
#include "../Core/SharedMemory.h"
#include "WgmmaShape.h"

#include <algorithm>
#include <array>
#include <deque>

namespace kgen::emulator::hopper {

/// One instruction of the common sequence.
struct CollectiveStep {
  uint32_t instruction = 0;
  /// A product's descriptors (a: 0 if A is in registers) and scale-d.
  uint64_t a = 0, b = 0;
  bool accumulate = false;
  bool isProduct = false;
  OperationId operation = 0; ///< of a product; set by the first warp
  bool sameAs(const CollectiveStep &other) const {
    return instruction == other.instruction && a == other.a && b == other.b &&
           accumulate == other.accumulate;
  }
};

class Warpgroup {
public:
  explicit Warpgroup(Component tensorCore) : tensorCore(tensorCore) {}

  /// Warp `rank` (0..3) executes `step`. Returns the step as the first warp
  /// executed it; the two differ if the warps do not execute the same sequence.
  CollectiveStep &advance(uint32_t rank, const CollectiveStep &step) {
    prune();
    uint64_t at = position[rank]++;
    products[rank] += step.isProduct;
    if (at - dropped == steps.size())
      steps.push_back(step);
    CollectiveStep &first = steps[at - dropped];
    return first;
  }
  /// Products that this warp has issued, and all four.
  uint32_t issued(uint32_t rank) const { return products[rank]; }
  uint32_t issuedByAll() const {
    return *std::min_element(products.begin(), products.end());
  }
  /// The first step that a warp has not executed though another has; or null.
  const CollectiveStep *missing() {
    prune();
    return steps.empty() ? nullptr : &steps.front();
  }

  const Component tensorCore;

private:
  /// Forgets what all four have executed.
  void prune() {
    uint64_t least = *std::min_element(position.begin(), position.end());
    for (; dropped < least; ++dropped)
      steps.pop_front();
  }

  std::deque<CollectiveStep> steps; ///< not executed by all yet
  uint64_t dropped = 0;
  std::array<uint64_t, kWarpgroupWarps> position{};
  std::array<uint32_t, kWarpgroupWarps> products{};
};

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_WARPGROUP_H
