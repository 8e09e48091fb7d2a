//===- KvRange.h - Which keys a tile of queries can see -------------------===//
//
// For the query rows [q_begin, q_end) of one tile and one (batch, head), two
// half-open ranges of keys are derived from the mask region:
//
//   visible   outside it, the mask is false for every row of the tile
//   full      inside it, the mask is true for every row of the tile
//
// so a kernel skips the keys outside `visible`, and needs no mask inside
// `full`. Both are sound for every mask: what the analysis does not understand
// makes `visible` everything and `full` empty.
//
// What it understands: and, or, and comparisons `j <op> f(i)` or `c*i + d*j
// <op> e` with d = +-1, where f is built of sums, differences, products with
// constants, min, max and floordiv, and of values that are the same for the
// whole tile (constants, sizes, captured scalars, tables read at b and h).
// Intervals are propagated: f over [q_begin, q_end) lies in [low, high], so
// j >= f(i) is possible for j >= low and certain for j >= high. Arithmetic
// wraps in the region as it does in MLIR; where that could happen at launch, a
// guard in the emitted code gives up the range. Positions are taken to be below
// 2^24.
//
// Tables are data, so what `a[.., i] == c[.., j]` keeps (documents packed into
// one sequence: both tables are the document ids) is found by reading them when
// the kernel runs, as far as the rest of the mask leaves keys to look at. Key j
// is visible if c[j] lies between the least and the greatest a[i] of the tile;
// if these are equal, and all keys from the first to the last match are
// matches, the whole range is full. The caller emits the read (MatchEmitter).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_ANALYSIS_KVRANGE_H
#define KGEN_ANALYSIS_KVRANGE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Region.h"

#include <optional>

namespace kgen::analysis {

/// Half-open [begin, end) of key indices, as index values; empty if end <= begin.
struct KeyRange {
  mlir::Value begin;
  mlir::Value end;
};

struct KvRanges {
  KeyRange visible;
  KeyRange full;
};

/// What one workgroup works on, as index values.
struct QueryTile {
  mlir::Value batch;
  mlir::Value head;
  mlir::Value firstRow; ///< q_begin
  mlir::Value lastRow;  ///< q_end - 1, at least firstRow
  mlir::Value seqKV;
};

/// For which keys j of `candidates` does `keyTable[keyIndices, j]` equal
/// `queryTable[queryIndices, i]` for rows i of the tile? Tables are memrefs of
/// one element type, integers or index; indices are index values.
struct TableMatch {
  mlir::Value queryTable, keyTable;
  llvm::SmallVector<mlir::Value> queryIndices, keyIndices;
  mlir::Value firstRow, lastRow; ///< of the tile, both inclusive
  KeyRange candidates;           ///< inside [0, seqKV)
  /// The comparison (arith.cmpi eq or ne) that asks, if nothing else in the mask
  /// uses it: with `allMatch`, the mask is the same when entries are taken to be
  /// equal for the keys of the range and for no others. Null if used elsewhere.
  mlir::Operation *comparison = nullptr;
};

/// What tile.match_range gives: outside `range` nothing matches any row; where
/// `allMatch` (i1), all of it matches every row.
struct MatchedKeys {
  KeyRange range;
  mlir::Value allMatch;
};

/// Emits the read of the tables at the builder's insertion point.
using MatchEmitter = llvm::function_ref<MatchedKeys(const TableMatch &)>;

/// Derives the ranges from `mask`, a region with arguments (b, h, q_idx,
/// kv_idx), or from an empty region (everything visible and full). Index
/// arithmetic is emitted at the builder's insertion point. `mapping` translates
/// values that the region uses from above into values valid there. Ranges are
/// clipped to [0, seqKV). Without `emitMatch` (tables cannot be read there),
/// comparisons of tables hide no key.
KvRanges deriveKvRanges(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::Region &mask, const QueryTile &tile,
                        const mlir::IRMapping &mapping,
                        MatchEmitter emitMatch = {});

/// The keys that the mask keeps for one row (`row`, whose first and last row
/// are one value), where they are known to be a range: inside a tile, two
/// comparisons then stand for the mask. Empty where the mask may keep other
/// sets of keys, or is not understood; what was emitted until then is dead.
/// Parameters are those of deriveKvRanges(); of a match, a constant true
/// `allMatch` says that its range is what matches.
std::optional<KeyRange> deriveRowKeys(mlir::OpBuilder &builder,
                                      mlir::Location loc, mlir::Region &mask,
                                      const QueryTile &row,
                                      const mlir::IRMapping &mapping,
                                      MatchEmitter emitMatch = {});

} // namespace kgen::analysis

#endif // KGEN_ANALYSIS_KVRANGE_H
