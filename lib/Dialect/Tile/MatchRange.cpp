//===- MatchRange.cpp - Invariants of tile.match_range ---------------------===//

#include "kgen/Dialect/Tile/IR/Tile.h"

using namespace mlir;
using namespace kgen::tile;

/// An index for each dimension but the last, which rows or keys count.
static LogicalResult verifyTable(Operation *op, MemRefType table,
                                 size_t leading) {
  if (table.getRank() != static_cast<int64_t>(leading) + 1)
    return op->emitOpError() << "[KG1103] expected " << table.getRank() - 1
                             << " leading indices of " << table << ", got "
                             << leading;
  if (!table.getElementType().isIntOrIndex())
    return op->emitOpError()
           << "[KG1103] expected a table of integers, got " << table;
  return success();
}

LogicalResult MatchRangeOp::verify() {
  auto queries = cast<MemRefType>(getQueryTable().getType());
  auto keys = cast<MemRefType>(getKeyTable().getType());
  if (queries.getElementType() != keys.getElementType())
    return emitOpError() << "[KG1103] cannot match " << queries << " with "
                         << keys;
  if ((*this)->getParentOfType<RolesOp>())
    return emitOpError() << "[KG1104] stands inside of tile.roles, where "
                            "threads have parted";
  if (failed(verifyTable(*this, queries, getQueryIndices().size())))
    return failure();
  return verifyTable(*this, keys, getKeyIndices().size());
}
