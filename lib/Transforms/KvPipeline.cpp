//===- KvPipeline.cpp - K and V tiles on their way into the chip -----------===//

#include "KvPipeline.h"

using namespace mlir;

namespace kgen {

KvCopies::KvCopies(TileEmitter &emit, const Schedule &schedule,
                   attention::ForwardOp op, Place place)
    : emit(emit), op(op), place(place), stages(schedule.stagesK),
      tileKV(schedule.tileKV) {
  keys = emit.allocate(stages, tileKV, op.getHeadDimQK(), op.getElementType());
  values = emit.allocate(stages, tileKV, op.getHeadDimV(), op.getElementType());
}

Value KvCopies::view(Value buffer, Value tile) {
  Value slot = emit.remainder(emit.sub(tile, place.firstTile), stages);
  return tile::SlotOp::create(emit.builder, emit.loc, buffer, slot);
}

Value KvCopies::copy(Value source, Value buffer, Value tile) {
  Value row = emit.mul(tile, emit.index(tileKV));
  return emit.copy(source, place.batch, place.head, row, place.limit,
                   view(buffer, tile));
}

void KvCopies::waitFor(Value token, int64_t pending) {
  tile::WaitOp::create(emit.builder, emit.loc, token, pending);
  tile::BarrierOp::create(emit.builder, emit.loc);
}

KvPipeline::Tokens KvCopies::start() {
  if (stages == 1)
    return {copy(op.getK(), keys, place.firstTile)};
  // One token a tile, that of V: copies are waited for in order, so it stands
  // for K, too.
  Tokens tokens;
  for (int64_t ahead = 0; ahead < stages - 1; ++ahead) {
    Value tile = emit.add(place.firstTile, emit.index(ahead));
    copy(op.getK(), keys, tile);
    tokens.push_back(copy(op.getV(), values, tile));
  }
  return tokens;
}

Value KvCopies::keysReady(Value tile, Tokens &tokens) {
  if (stages == 1) {
    waitFor(tokens.front(), /*pending=*/0);
    tokens = {copy(op.getV(), values, tile)};
    return view(keys, tile);
  }
  waitFor(tokens.front(), /*pending=*/2 * (stages - 2));
  tokens.erase(tokens.begin());
  Value next = emit.add(tile, emit.index(stages - 1));
  copy(op.getK(), keys, next);
  tokens.push_back(copy(op.getV(), values, next));
  return view(keys, tile);
}

Value KvCopies::valuesReady(Value tile, Tokens &tokens) {
  if (stages == 1) {
    waitFor(tokens.front(), /*pending=*/0);
    tokens = {copy(op.getK(), keys, emit.add(tile, emit.index(1)))};
  }
  return view(values, tile);
}

void KvCopies::drain(const Tokens &tokens) {
  tile::WaitOp::create(emit.builder, emit.loc, tokens.back(), 0);
}

} // namespace kgen
