//===- KvRings.cpp - K and V tiles sent by a producer ---------------------===//

#include "KvPipeline.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace kgen {

KvRings::KvRings(TileEmitter &emit, const Schedule &schedule,
                 attention::ForwardOp op)
    : emit(emit), op(op), tileKV(schedule.tileKV) {
  Type element = op.getElementType();
  queries = emit.allocate(1, schedule.tileQ, op.getHeadDimQK(), element);
  keys = emit.allocate(schedule.stagesK, tileKV, op.getHeadDimQK(), element,
                       schedule.clusterSize);
  values = emit.allocate(schedule.stagesV, tileKV, op.getHeadDimV(), element,
                         schedule.clusterSize);
}

void KvRings::sendTile(Value source, Value ring, const Walk &walk, Value place,
                       Value before) {
  Value row = emit.mul(walk.tileAt(place), emit.i32(tileKV));
  tile::SendOp::create(emit.builder, emit.loc, source, walk.batch, walk.headKV,
                       emit.wide(row), ring, emit.wide(emit.add(before, place)));
}

void KvRings::send(const Walk &walk, Passed before) {
  Value one = emit.i32(1), last = emit.sub(walk.count, one);
  sendTile(op.getK(), keys, walk, emit.i32(0), before.keys);
  tile::SendOp::create(emit.builder, emit.loc, op.getQ(), walk.batch, walk.head,
                       walk.firstRow, queries, emit.wide(before.queries));
  auto loop = scf::ForOp::create(emit.builder, emit.loc, emit.i32(0), last, one);
  {
    OpBuilder::InsertionGuard guard(emit.builder);
    emit.builder.setInsertionPointToStart(loop.getBody());
    Value place = loop.getInductionVar();
    sendTile(op.getK(), keys, walk, emit.add(place, one), before.keys);
    sendTile(op.getV(), values, walk, place, before.keys);
  }
  if (walk.beforeLast)
    walk.beforeLast();
  sendTile(op.getV(), values, walk, last, before.keys);
}

Value KvRings::receiveQueries(Passed before) {
  passed = before;
  return tile::ReceiveOp::create(emit.builder, emit.loc, queries,
                                 emit.wide(passed.queries));
}

void KvRings::queriesDone() {
  tile::ReleaseOp::create(emit.builder, emit.loc, queries, emit.wide(passed.queries));
}

Value KvRings::keysReady(Value place, Tokens &) {
  return tile::ReceiveOp::create(emit.builder, emit.loc, keys,
                                 emit.wide(emit.add(passed.keys, place)));
}

Value KvRings::valuesReady(Value place, Tokens &) {
  return tile::ReceiveOp::create(emit.builder, emit.loc, values,
                                 emit.wide(emit.add(passed.keys, place)));
}

void KvRings::keysDone(Value place) {
  tile::ReleaseOp::create(emit.builder, emit.loc, keys,
                          emit.wide(emit.add(passed.keys, place)));
}

void KvRings::valuesDone(Value place) {
  tile::ReleaseOp::create(emit.builder, emit.loc, values,
                          emit.wide(emit.add(passed.keys, place)));
}

} // namespace kgen
