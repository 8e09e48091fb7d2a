//===- CopyPlan.h - Which way each copied tile takes ------------*- C++ -*-===//
//
// gfx90a and gfx942 have no asynchronous copy into LDS that suits padded or
// transposed tiles, so a copy is in flight in registers: tile.copy issues the
// loads, its token carries what they return, and tile.wait stores that to LDS.
// The backend waits for the loads (vmcnt) just before those stores, so global
// memory is read while products run.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_TARGET_ROCDL_COPYPLAN_H
#define KGEN_LIB_TARGET_ROCDL_COPYPLAN_H

#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/ROCDL/MfmaLayout.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace kgen::rocdl {

class LdsPlan;

/// Tiles that go from global memory straight into the fragments of a tile.load
/// and need no LDS: one slot, one copy, read by tile.load alone (Q).
class DirectLoads {
public:
  explicit DirectLoads(mlir::func::FuncOp kernel);

  bool isDirect(kgen::tile::AllocOp alloc) const {
    return allocs.contains(alloc);
  }
  bool isDirect(kgen::tile::CopyOp copy) const { return copies.contains(copy); }
  /// The copy whose rows the load gives; null if the load reads LDS.
  mlir::Operation *copyOf(kgen::tile::LoadOp load) const {
    return loads.lookup(load);
  }

private:
  void examine(kgen::tile::AllocOp alloc);

  llvm::DenseSet<mlir::Operation *> allocs, copies;
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> loads;
};

/// What the token of each copy carries.
///
/// A copy whose token nobody takes travels with the next one in its block whose
/// token is taken: a wait covers all earlier copies. Tokens that a loop joins
/// carry the same; what only some of them would carry arrives at once.
class CopyPlan {
public:
  /// Made before anything is rewritten. Emits a coded error for tokens whose
  /// copies are not known at compile time or do not agree, and for waits that
  /// skip an earlier copy.
  mlir::LogicalResult build(mlir::func::FuncOp kernel,
                            const DirectLoads &direct, const LdsPlan &lds,
                            int64_t threads);

  /// Whether the tile is stored to LDS where its copy stands.
  bool arrivesAtOnce(kgen::tile::CopyOp copy) const {
    return atOnce.contains(copy);
  }
  /// The copies that the token of this one carries, itself last; empty if its
  /// tile travels with another's or arrives at once.
  llvm::ArrayRef<mlir::Operation *> carriedBy(kgen::tile::CopyOp copy) const;
  /// The layouts of the tiles that a wait stores, in the order of carriedBy().
  llvm::ArrayRef<Slot> arrivals(kgen::tile::WaitOp wait) const;

  /// Of any token of the kernel: every token has the same type, hence the same
  /// registers. Unused ones are poison and cost nothing.
  int64_t mostTiles() const { return tilesOfToken; }
  int64_t mostVectors() const { return vectorsOfToken; }

private:
  class Builder;

  llvm::DenseSet<mlir::Operation *> atOnce;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Operation *, 2>>
      carried;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<Slot, 2>> arriving;
  int64_t tilesOfToken = 0;
  int64_t vectorsOfToken = 0;
};

/// 16-byte vectors that each of `threads` threads holds of a tile in flight.
int64_t vectorsInFlight(const Slot &slot, int64_t threads);

} // namespace kgen::rocdl

#endif // KGEN_LIB_TARGET_ROCDL_COPYPLAN_H
