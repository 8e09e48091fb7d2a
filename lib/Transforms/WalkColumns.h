//===- WalkColumns.h - Columns that products start from, along a walk ---===//
//
// A walk stages the columns of its next place once the product of this one was
// awaited, and publishes them behind this one's softmax (tile.stage_columns).
// Its first place has none before it, and stages its own.
//
// Numbers of columns follow each other without a gap: a walk stages one place
// more than it has, its last tile's again, and tiles that a warpgroup lets pass
// are published as they are. So a query tile takes one number more than it has
// key tiles, and each number is a sum of what was passed before.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TRANSFORMS_WALKCOLUMNS_H
#define KGEN_TRANSFORMS_WALKCOLUMNS_H

#include "KvPipeline.h"
#include "TileSoftmax.h"

#include <functional>

namespace kgen {

class WalkColumns {
  using Value = mlir::Value;

public:
  /// Emits the first key of a place.
  using KeyAt = std::function<Value(Value place)>;

  WalkColumns(TileEmitter &emit, TileSoftmax &softmax, KeyAt firstKeyAt)
      : emit(emit), softmax(softmax), firstKeyAt(std::move(firstKeyAt)) {}

  /// Emits the ring, at the kernel's start. Without columns this and all that
  /// follows emits nothing.
  void allocate();
  /// The query tile that the rest speaks of: what was passed before it, and its
  /// last place. Emits nothing.
  void placeAt(const KvRings::Passed &before, Value lastPlace);
  /// The number of a place's columns; null if there are none.
  Value numberOf(Value place);
  void stageFirst(Value place);
  void stageAfter(Value place);
  void publishAfter(Value place);
  /// Of a tile that is let pass, `ahead` places before the one that is
  /// published.
  void pass(Value place, Value ahead);

private:
  bool exist() const { return softmax.stagesColumns(); }
  Value next(Value place) { return emit.add(place, emit.i32(1)); }
  void stage(Value place);

  TileEmitter &emit;
  TileSoftmax &softmax;
  KeyAt firstKeyAt;
  Value before, last;
};

} // namespace kgen

#endif // KGEN_TRANSFORMS_WALKCOLUMNS_H
