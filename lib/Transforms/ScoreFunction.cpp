//===- ScoreFunction.cpp - Score and mask functions of a tile -------------===//

#include "ScoreFunction.h"

#include "kgen/Analysis/TableRead.h"
#include "kgen/Dialect/Tile/IR/MathHints.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <limits>

using namespace mlir;

namespace kgen {

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

/// Whether an index of a table is computed from the position.
static bool readsTablesAt(BlockArgument position) {
  SetVector<Operation *> users;
  getForwardSlice(position, &users);
  return llvm::any_of(users, llvm::IsaPred<memref::LoadOp>);
}

/// Copies a region's body, without its terminator, with (leading..., b, h,
/// q_idx, kv_idx) for its arguments, but not of what `mapping` has already.
void ScoreFunction::inlineRegion(Region &region, OpBuilder &builder,
                                 ValueRange leading, Value row, Value col,
                                 Pairs pairs, IRMapping &mapping) {
  // Padding rows and columns are computed and dropped; a table must not be read
  // there.
  unsigned first = static_cast<unsigned>(leading.size());
  auto keepInside = [&](Value position, Value size) -> Value {
    Value last = emit.sub(size, emit.index(1));
    return builder.createOrFold<arith::MinSIOp>(emit.loc, position, last);
  };
  if (readsTablesAt(region.getArgument(first + 2)))
    row = keepInside(row, place.seqQ);
  if (pairs == Pairs::Tile && readsTablesAt(region.getArgument(first + 3)))
    col = keepInside(col, place.seqKV);
  SmallVector<Value> arguments(leading);
  arguments.append({place.batch, place.head, row, col});
  mapping.map(region.getArguments(), arguments);
  // A table of positions is taken to have all, unless it is known to be short.
  auto isInside = [&](Value index, int64_t size) {
    if (index != row && index != col)
      return index == place.batch || index == place.head;
    Value tensor = index == row ? op.getQ() : op.getK();
    int64_t length = cast<ShapedType>(tensor.getType()).getDimSize(2);
    return ShapedType::isDynamic(size) ||
           (!ShapedType::isDynamic(length) && length <= size);
  };
  // The score of a pair that the mask drops is computed, too.
  bool mayBeDropped = pairs != Pairs::Kept && op.hasMask() && !leading.empty();
  for (Operation &inner : region.front().without_terminator()) {
    if (matchIsKnown && &inner == place.match->comparison) {
      mapping.map(inner.getResult(0), isInRange(builder, col));
      continue;
    }
    if (mapping.contains(inner.getResult(0)))
      continue;
    Operation *copy = builder.clone(inner, mapping);
    if (auto load = dyn_cast<memref::LoadOp>(copy); load && mayBeDropped)
      analysis::keepReadInside(load, isInside);
  }
}

/// What the region yields for these arguments, and these values of it.
Value ScoreFunction::resultOf(Region &region, OpBuilder &builder,
                              ValueRange leading, Value row, Value col,
                              Pairs pairs, IRMapping mapping) {
  inlineRegion(region, builder, leading, row, col, pairs, mapping);
  return mapping.lookupOrDefault(region.front().getTerminator()->getOperand(0));
}

Value ScoreFunction::scoreOf(OpBuilder &builder, Value score, Value row,
                             Value col, ValueRange zeros) {
  IRMapping mapping;
  for (Value value : zeros)
    mapping.map(value, emit.f32(0));
  return resultOf(op.getScore(), builder, score, row, col, Pairs::Row, mapping);
}

SmallVector<Value> ScoreFunction::valuesAtKey(OpBuilder &builder,
                                              ValueRange values, Value col,
                                              bool masked) {
  IRMapping mapping;
  // Neither the score nor the row enters: what is made of them is dead.
  inlineRegion(op.getScore(), builder, emit.f32(0), place.firstRow, col,
               masked ? Pairs::Tile : Pairs::Kept, mapping);
  SmallVector<Value> results;
  for (Value value : values)
    results.push_back(mapping.lookup(value));
  return results;
}

/// The keys of a row, where the mask keeps a range of them: the row's two ends are
/// computed once, and not the mask once an element.
std::optional<analysis::KeyRange> ScoreFunction::keysOf(OpBuilder &builder,
                                                        Value row) {
  auto known = [&](const analysis::TableMatch &tables) {
    bool isKnown = tables.comparison == place.match->comparison;
    Value all = arith::ConstantIntOp::create(builder, emit.loc, isKnown, 1);
    return analysis::MatchedKeys{
        isKnown ? place.match->keys.range : tables.candidates, all};
  };
  return analysis::deriveRowKeys(
      builder, emit.loc, op.getMask(),
      {place.batch, place.head, row, row, place.seqKV}, IRMapping(),
      matchIsKnown ? analysis::MatchEmitter(known) : analysis::MatchEmitter());
}

/// Whether the pair takes part, an i1.
Value ScoreFunction::keep(OpBuilder &builder, Value row, Value col) {
  auto compare = [&](arith::CmpIPredicate predicate, Value bound) -> Value {
    auto result =
        arith::CmpIOp::create(builder, emit.loc, predicate, col, bound);
    result->setAttr(tile::kComparesPositions, builder.getUnitAttr());
    return result;
  };
  if (std::optional<analysis::KeyRange> keys = keysOf(builder, row)) {
    Value before = compare(arith::CmpIPredicate::slt, keys->end);
    if (getConstantIntValue(keys->begin) == 0)
      return before;
    Value from = compare(arith::CmpIPredicate::sge, keys->begin);
    return arith::AndIOp::create(builder, emit.loc, from, before);
  }
  Value kept = resultOf(op.getMask(), builder, {}, row, col, Pairs::Tile);
  return arith::AndIOp::create(
      builder, emit.loc, compare(arith::CmpIPredicate::slt, place.seqKV), kept);
}

/// The value of the match's comparison where all entries match.
Value ScoreFunction::isInRange(OpBuilder &builder, Value col) {
  const Match &match = *place.match;
  auto compare = [&](arith::CmpIPredicate predicate, Value bound) -> Value {
    return arith::CmpIOp::create(builder, emit.loc, predicate, col, bound);
  };
  bool equal = cast<arith::CmpIOp>(match.comparison).getPredicate() ==
               arith::CmpIPredicate::eq;
  const analysis::KeyRange &range = match.keys.range;
  if (!equal)
    return arith::OrIOp::create(
        builder, emit.loc, compare(arith::CmpIPredicate::slt, range.begin),
        compare(arith::CmpIPredicate::sge, range.end));
  return arith::AndIOp::create(
      builder, emit.loc, compare(arith::CmpIPredicate::sge, range.begin),
      compare(arith::CmpIPredicate::slt, range.end));
}

/// Where all rows and all keys of the range have one entry, positions say what
/// matches, and no table is read.
Value ScoreFunction::mapBoth(Value product, Value firstKey, bool scored) {
  auto branch = scf::IfOp::create(emit.builder, emit.loc, product.getType(),
                                  place.match->keys.allMatch,
                                  /*withElseRegion=*/true);
  for (bool known : {true, false}) {
    OpBuilder::InsertionGuard guard(emit.builder);
    emit.builder.setInsertionPointToStart(known ? branch.thenBlock()
                                                : branch.elseBlock());
    matchIsKnown = known;
    Value result = mapOnce(product, firstKey, scored, /*masked=*/true);
    scf::YieldOp::create(emit.builder, emit.loc, result);
  }
  matchIsKnown = false;
  return branch.getResult(0);
}

Value ScoreFunction::map(Value product, Value firstKey, bool scored,
                         bool masked) {
  if (!scored && !masked)
    return product;
  if (masked && place.match)
    return mapBoth(product, firstKey, scored);
  return mapOnce(product, firstKey, scored, masked);
}

Value ScoreFunction::mapOnce(Value product, Value firstKey, bool scored,
                             bool masked) {
  return emit.map(product, place.firstRow, firstKey,
                  [&](OpBuilder &builder, ValueRange arguments) -> Value {
                    Value score = arguments[0], row = arguments[1],
                          col = arguments[2];
                    if (scored)
                      score = resultOf(op.getScore(), builder, score, row, col,
                                       masked ? Pairs::Tile : Pairs::Kept);
                    if (!masked)
                      return score;
                    Value kept = keep(builder, row, col);
                    return arith::SelectOp::create(builder, emit.loc, kept,
                                                   score,
                                                   emit.f32(kMinusInfinity));
                  });
}

Value ScoreFunction::apply(Value product, Value firstKey, bool masked) {
  return map(product, firstKey, op.hasScore(), masked);
}

Value ScoreFunction::mask(Value product, Value firstKey, bool masked) {
  return map(product, firstKey, /*scored=*/false, masked);
}

} // namespace kgen
