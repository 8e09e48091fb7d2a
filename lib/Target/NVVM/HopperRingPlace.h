//===- HopperRingPlace.h - Slot and barriers of one tile of a ring --------===//
#ifndef KGEN_TARGET_NVVM_HOPPERRINGPLACE_H
#define KGEN_TARGET_NVVM_HOPPERRINGPLACE_H

#include "Hopper.h"

#include "kgen/Target/Common/KernelSignature.h"

namespace kgen::nvvm {

/// Slot, parity and barriers of the tile with a number, from the notes of
/// takeRoles on the operation that names it.
class RingPlace {
public:
  RingPlace(mlir::ImplicitLocOpBuilder &builder, const KernelShape &shape,
            mlir::Operation *op, tile::BufferType type, mlir::Value index)
      : b(builder), type(type),
        first(op->getAttrOfType<mlir::IntegerAttr>(kBarrierAttr).getInt()),
        cluster(
            op->getAttrOfType<mlir::IntegerAttr>(kRingClusterAttr).getInt()),
        number(b, toI32(b, b.getLoc(), index)), ownSlots(b, 0) {
    if (holdsColumns(type) && shape.groups() > 1)
      ownSlots = groupIndex(b, shape) * type.getSlots();
  }

  LaneExpr slot() { return number % type.getSlots(); }
  LaneExpr parity() { return (number / type.getSlots()) & 1; }
  mlir::Value full() { return barrier(first); }
  mlir::Value empty() {
    return barrier(first + type.getSlots() * kBarrierBytes);
  }
  /// Workgroups that fill the ring together.
  int64_t workgroups() const { return cluster; }
  mlir::Value data(mlir::Value ring) {
    return offsetPointer(b, ring,
                         ((slot() + ownSlots) * slotBytes(type)).value());
  }
  void wait(mlir::Value barrier, LaneExpr parity) {
    waitForBarrier(b, barrier, parity.value());
  }

private:
  mlir::Value barrier(int64_t place) {
    return offsetPointer(b, sharedPointer(b, place),
                         ((slot() + ownSlots) * kBarrierBytes).value());
  }

  mlir::ImplicitLocOpBuilder &b;
  tile::BufferType type;
  int64_t first, cluster;
  LaneExpr number;
  LaneExpr ownSlots; ///< slots of the warpgroups before this one
};

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_HOPPERRINGPLACE_H
