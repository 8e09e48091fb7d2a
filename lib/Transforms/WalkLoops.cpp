//===- WalkLoops.cpp - The loops of a walk over key tiles -----------------===//

#include "WalkLoops.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <tuple>

using namespace mlir;

namespace kgen {

using State = WalkLoops::State;

/// Whether a stretch surely has no tiles.
static bool isEmpty(Value begin, Value end) {
  std::optional<int64_t> first = getConstantIntValue(begin);
  return begin == end || (first && first == getConstantIntValue(end));
}

State WalkLoops::forEach(Value first, Value end, ValueRange state, Step step) {
  auto loop = scf::ForOp::create(
      emit.builder, emit.loc, first, end, emit.like(first, 1), state,
      [&](OpBuilder &, Location loc, Value place, ValueRange carried) {
        OpBuilder::InsertionGuard guard(emit.builder);
        emit.builder.setInsertionPointToEnd(place.getParentBlock());
        State next = step(place, carried);
        scf::YieldOp::create(emit.builder, loc, next);
      });
  return State(loop.getResults());
}

State WalkLoops::walk(const Walk &walk, ValueRange initial, MaskedStep step,
                      Condition mayBePlain) {
  bool startsMasked = !isEmpty(walk.begin, walk.plainBegin);
  bool endsMasked = !isEmpty(walk.plainEnd, walk.end);
  if (!mayBePlain && startsMasked && endsMasked)
    return walkInRounds(walk, initial, step);
  Value place = walk.begin, plainEnd = walk.plainEnd;
  State state(initial);
  auto stepsTo = [&](Value end, bool masked) {
    if (!isEmpty(place, end))
      state = forEach(place, end, state, [&](Value at, ValueRange carried) {
        return step(at, masked, carried);
      });
    place = end;
  };
  if (mayBePlain && !endsMasked) {
    std::tie(place, state) = maskedUntilReady(walk, state, step, mayBePlain);
  } else {
    stepsTo(walk.plainBegin, /*masked=*/true);
    // The last masked steps are there in any case: they take these tiles, too.
    if (mayBePlain)
      plainEnd = arith::SelectOp::create(emit.builder, emit.loc,
                                         mayBePlain(place, state), plainEnd,
                                         walk.plainBegin);
  }
  stepsTo(plainEnd, /*masked=*/false);
  stepsTo(walk.end, /*masked=*/true);
  return state;
}

/// Two rounds of one pair of loops, the second with masked steps only: a third
/// copy of a step would be as long as each of these, and ptxas takes its time.
State WalkLoops::walkInRounds(const Walk &walk, ValueRange state,
                              MaskedStep step) {
  State carried = {walk.begin};
  llvm::append_range(carried, state);
  auto loop = scf::WhileOp::create(
      emit.builder, emit.loc, ValueRange(carried).getTypes(), carried,
      [&](OpBuilder &b, Location loc, ValueRange values) {
        Value hasTile = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                              values.front(), walk.end);
        scf::ConditionOp::create(b, loc, hasTile, values);
      },
      [&](OpBuilder &b, Location loc, ValueRange values) {
        auto steps = [&](bool masked) {
          return [&step, masked](Value place, ValueRange of) {
            return step(place, masked, of);
          };
        };
        Value isFirst = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                              values.front(), walk.plainEnd);
        Value plainBegin =
            arith::SelectOp::create(b, loc, isFirst, walk.plainBegin, walk.end);
        State done = forEach(values.front(), plainBegin, values.drop_front(),
                             steps(/*masked=*/true));
        Value plainEnd = emit.max(walk.plainEnd, plainBegin);
        State next = {plainEnd};
        llvm::append_range(
            next, forEach(plainBegin, plainEnd, done, steps(/*masked=*/false)));
        scf::YieldOp::create(b, loc, next);
      });
  return State(loop.getResults().drop_front());
}

/// Masked steps until tiles need none and may go without; where that is.
std::pair<Value, State> WalkLoops::maskedUntilReady(const Walk &walk,
                                                    ValueRange state,
                                                    MaskedStep step,
                                                    Condition mayBePlain) {
  State carried = {walk.begin};
  llvm::append_range(carried, state);
  auto loop = scf::WhileOp::create(
      emit.builder, emit.loc, ValueRange(carried).getTypes(), carried,
      [&](OpBuilder &, Location loc, ValueRange values) {
        Value goesOn =
            needsMask(walk, values.front(), values.drop_front(), mayBePlain);
        scf::ConditionOp::create(emit.builder, loc, goesOn, values);
      },
      [&](OpBuilder &, Location loc, ValueRange values) {
        Value place = values.front();
        State next = {emit.add(place, emit.like(place, 1))};
        llvm::append_range(next,
                           step(place, /*masked=*/true, values.drop_front()));
        scf::YieldOp::create(emit.builder, loc, next);
      });
  return {loop.getResult(0), State(loop.getResults().drop_front())};
}

/// Whether a place has a tile, and that a masked step to take.
Value WalkLoops::needsMask(const Walk &walk, Value place, ValueRange state,
                           Condition mayBePlain) {
  auto compare = [&](arith::CmpIPredicate predicate, Value bound) -> Value {
    return arith::CmpIOp::create(emit.builder, emit.loc, predicate, place,
                                 bound);
  };
  Value hasTile = compare(arith::CmpIPredicate::slt, walk.end);
  // Asked only where the answer counts: it takes the whole warpgroup.
  Value asks = arith::AndIOp::create(
      emit.builder, emit.loc, hasTile,
      compare(arith::CmpIPredicate::sge, walk.plainBegin));
  auto branch = scf::IfOp::create(
      emit.builder, emit.loc, asks,
      [&](OpBuilder &b, Location loc) {
        Value yes = arith::ConstantIntOp::create(b, loc, b.getI1Type(), 1);
        Value needs =
            arith::XOrIOp::create(b, loc, mayBePlain(place, state), yes);
        scf::YieldOp::create(b, loc, needs);
      },
      [&](OpBuilder &b, Location loc) {
        scf::YieldOp::create(b, loc, hasTile);
      });
  return branch.getResult(0);
}

} // namespace kgen
