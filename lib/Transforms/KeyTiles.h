//===- KeyTiles.h - Which key tiles are walked over ------------------------===//
//
// The mask's ranges of keys (KvRange.h) in tiles, for the rows of a workgroup
// and for those of one of its warpgroups.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_KEYTILES_H
#define KGEN_TRANSFORMS_KEYTILES_H

#include "ScoreFunction.h"
#include "TileEmitter.h"

#include "kgen/Analysis/KvRange.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/Schedule.h"

namespace kgen {

/// Tiles of keys that rows see, and the part of them that needs no mask. Index
/// values, in kernels with roles i32.
struct KeyTiles {
  mlir::Value visibleBegin, visibleEnd, fullBegin, fullEnd;
};

/// Where in its workgroup's walk a warpgroup computes, and where without a mask.
struct Walk {
  mlir::Value begin, plainBegin, plainEnd, end;
};

class KeyTileFinder {
public:
  KeyTileFinder(attention::ForwardOp op, const Schedule &schedule,
                TileEmitter &emit)
      : op(op), schedule(schedule), emit(emit) {}

  /// Emits the tiles that a workgroup walks over at a query tile: in kernels with
  /// roles one at least, be it a hidden one. Sets the match of `place` to what the
  /// scan of the mask's only comparison of tables found.
  KeyTiles placeAt(ScoreFunction::Place &place);
  /// Emits this warpgroup's part of those tiles, at the same query tile, in places
  /// of the workgroup's walk, which starts at either end.
  Walk walkOfGroup(const KeyTiles &seen);
  /// Whether place 0 of the walk is the tile with the last keys. Without a mask
  /// that is the one tile that needs one, and the first step is a step of its
  /// own. But maxima of integers need the greatest scores first, and have a loop
  /// with a mask.
  bool startsAtLastKeys() const;
  /// Whether warpgroups may see different keys, and care.
  bool walksByGroup() const;

private:
  using Value = mlir::Value;
  Value lastRowOf(Value first, int64_t rows);
  KeyTiles tilesOf(const analysis::KvRanges &ranges);
  KeyTiles tilesOfGroup(const KeyTiles &seen);
  bool hasRoles() const { return schedule.producer == ProducerKind::Tma; }

  attention::ForwardOp op;
  const Schedule &schedule;
  TileEmitter &emit;
  ScoreFunction::Place place;
  bool scansTables = false;
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_KEYTILES_H
