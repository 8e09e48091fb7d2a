//===- TileEmitter.cpp - Short names for emitting tiled form --------------===//

#include "TileEmitter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace kgen {

Value TileEmitter::index(int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}
Value TileEmitter::i32(int64_t value) {
  return arith::ConstantIntOp::create(builder, loc, builder.getI32Type(), value);
}
Value TileEmitter::like(Value other, int64_t value) {
  return other.getType().isIndex() ? index(value) : i32(value);
}
Value TileEmitter::narrow(Value value) {
  if (value.getType().isInteger(32))
    return value;
  return builder.createOrFold<arith::IndexCastOp>(loc, builder.getI32Type(),
                                                  value);
}
Value TileEmitter::wide(Value value) {
  if (value.getType().isIndex())
    return value;
  return builder.createOrFold<arith::IndexCastOp>(loc, builder.getIndexType(),
                                                  value);
}
Value TileEmitter::add(Value a, Value b) {
  return builder.createOrFold<arith::AddIOp>(loc, a, b);
}
Value TileEmitter::sub(Value a, Value b) {
  return builder.createOrFold<arith::SubIOp>(loc, a, b);
}
Value TileEmitter::mul(Value a, Value b) {
  return builder.createOrFold<arith::MulIOp>(loc, a, b);
}
Value TileEmitter::min(Value a, Value b) {
  return builder.createOrFold<arith::MinSIOp>(loc, a, b);
}
Value TileEmitter::max(Value a, Value b) {
  return builder.createOrFold<arith::MaxSIOp>(loc, a, b);
}
Value TileEmitter::floorDiv(Value a, int64_t b) {
  return b == 1 ? a
                : builder.createOrFold<arith::DivUIOp>(loc, a, like(a, b));
}
Value TileEmitter::div(Value a, Value b) {
  return builder.createOrFold<arith::DivUIOp>(loc, a, b);
}
Value TileEmitter::ceilDiv(Value a, int64_t b) {
  return floorDiv(add(a, like(a, b - 1)), b);
}
Value TileEmitter::remainder(Value a, int64_t b) {
  return b == 1 ? like(a, 0)
                : builder.createOrFold<arith::RemUIOp>(loc, a, like(a, b));
}

Value TileEmitter::dim(Value memref, int64_t dimension) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dimension))
    return index(type.getDimSize(dimension));
  return memref::DimOp::create(builder, loc, memref, index(dimension));
}

Value TileEmitter::f32(double value) {
  return arith::ConstantOp::create(
      builder, loc,
      builder.getFloatAttr(builder.getF32Type(), static_cast<float>(value)));
}

tile::MatrixType TileEmitter::accumulator(int64_t rows, int64_t cols) {
  return tile::MatrixType::get(builder.getContext(), rows, cols,
                               builder.getF32Type(),
                               tile::MatrixKind::Accumulator);
}

tile::PerRowType TileEmitter::perRow(int64_t rows) {
  return tile::PerRowType::get(builder.getContext(), rows,
                               builder.getF32Type());
}

Value TileEmitter::splat(double value, Type type) {
  return tile::SplatOp::create(builder, loc, type, f32(value));
}

Value TileEmitter::allocate(int64_t slots, int64_t rows, int64_t cols,
                            Type elementType, int64_t cluster) {
  return tile::AllocOp::create(builder, loc,
                               tile::BufferType::get(builder.getContext(),
                                                     slots, rows, cols,
                                                     elementType),
                               cluster);
}

Value TileEmitter::copy(Value source, Value batch, Value head, Value row,
                        Value limit, Value view) {
  return tile::CopyOp::create(builder, loc,
                              tile::TokenType::get(builder.getContext()),
                              source, batch, head, row, limit, view);
}

/// Fills the region of a map: one f32 argument an input, then the indices.
static void buildBody(TileEmitter &emit, Region &region, size_t inputs,
                      size_t indices, TileEmitter::Body body) {
  OpBuilder::InsertionGuard guard(emit.builder);
  SmallVector<Type> types(inputs, emit.builder.getF32Type());
  types.append(indices, emit.builder.getIndexType());
  SmallVector<Location> locations(types.size(), emit.loc);
  Block *block = emit.builder.createBlock(&region, {}, types, locations);
  Value result = body(emit.builder, block->getArguments());
  tile::YieldOp::create(emit.builder, emit.loc, result);
}

Value TileEmitter::map(ValueRange inputs, Value row, Value col, Body body) {
  auto type = cast<tile::MatrixType>(inputs.front().getType());
  auto op = tile::MapOp::create(builder, loc, type, inputs, row, col);
  buildBody(*this, op.getBody(), inputs.size(), 2, body);
  return op;
}

Value TileEmitter::mapRows(ValueRange inputs, Value row, Body body) {
  auto op = tile::MapRowsOp::create(builder, loc, inputs.front().getType(),
                                    inputs, row);
  buildBody(*this, op.getBody(), inputs.size(), 1, body);
  return op;
}

void TileEmitter::stageColumns(Value ring, Value number, Value col, Body body) {
  auto op = tile::StageColumnsOp::create(builder, loc, ring, number, col);
  buildBody(*this, op.getBody(), 0, 1, body);
}

Value TileEmitter::reduce(tile::ReductionKind kind, Value matrix, Value init,
                          bool partial) {
  return tile::ReduceOp::create(builder, loc, init.getType(), kind, matrix,
                                init, partial);
}

analysis::MatchedKeys
TileEmitter::matchRange(const analysis::TableMatch &tables) {
  auto op = tile::MatchRangeOp::create(
      builder, loc, builder.getIndexType(), builder.getIndexType(),
      builder.getI1Type(), tables.queryTable, tables.queryIndices,
      tables.firstRow, tables.lastRow, tables.keyTable, tables.keyIndices,
      tables.candidates.begin, tables.candidates.end);
  return {{op.getBegin(), op.getEnd()}, op.getAllMatch()};
}

} // namespace kgen
