//===- WalkColumns.cpp - Columns that products start from, along a walk -===//

#include "WalkColumns.h"

using namespace mlir;

namespace kgen {

void WalkColumns::allocate() {
  if (exist())
    softmax.allocateColumns();
}

void WalkColumns::placeAt(const KvRings::Passed &passed, Value lastPlace) {
  if (!exist())
    return;
  before = emit.add(passed.keys, passed.queries);
  last = lastPlace;
}

Value WalkColumns::numberOf(Value place) {
  return exist() ? emit.wide(emit.add(before, place)) : Value();
}

void WalkColumns::stage(Value place) {
  softmax.stageColumns(numberOf(place), firstKeyAt(emit.min(place, last)));
}

void WalkColumns::stageFirst(Value place) {
  if (!exist())
    return;
  softmax.awaitColumnsBefore(numberOf(place));
  stage(place);
  softmax.publishColumns(numberOf(place));
}

void WalkColumns::stageAfter(Value place) {
  if (exist())
    stage(next(place));
}

void WalkColumns::publishAfter(Value place) {
  if (exist())
    softmax.publishColumns(numberOf(next(place)));
}

void WalkColumns::pass(Value place, Value ahead) {
  if (!exist())
    return;
  Value number = numberOf(emit.add(place, ahead));
  softmax.awaitColumnsBefore(number);
  softmax.publishColumns(number);
}

} // namespace kgen
