//===- TileLowering.cpp - Operations on tiles -----------------------------===//

#include "KernelLowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

template <typename OpT>
TensorRows KernelLowering::rowsOf(OpT op, Value tensor) {
  return {tensors.find(tensor)->second, scalar(op.getBatch()),
          scalar(op.getHead()), scalar(op.getRow()), scalar(op.getLimit())};
}

LogicalResult KernelLowering::lowerTileOp(Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tile::AllocOp>([&](auto op) { return lowerAlloc(op); })
      .Case<tile::LoadOp>([&](auto op) { return lowerLoad(op); })
      .Case<tile::DotOp>([&](auto op) { return lowerDot(op); })
      .Case<tile::MapOp>([&](auto op) { return lowerMap(op); })
      .Case<tile::MapRowsOp>([&](auto op) { return lowerMapRows(op); })
      // Copies are done when their operation is: nothing to wait for.
      .Case<tile::WaitOp, tile::BarrierOp>([&](auto) { return success(); })
      .Case<tile::SlotOp>([&](tile::SlotOp op) {
        const Buffer &buffer = buffers.find(op.getBuffer())->second;
        tile::ViewType type = op.getView().getType();
        views[op.getView()] = {b.slotPointer(buffer.offset,
                                             scalar(op.getIndex()),
                                             buffer.slotBytes),
                               type.getRows(), type.getCols(), buffer.layout};
        return success();
      })
      .Case<tile::CopyOp>([&](tile::CopyOp op) {
        if (!tensors.contains(op.getSource()) || !views.contains(op.getView()))
          return refuse(op, "it copies from an argument to a slot");
        emitCopy(b, rowsOf(op, op.getSource()), views.lookup(op.getView()));
        return success();
      })
      .Case<tile::StoreOp, tile::StoreRowsOp>([&](auto op) -> LogicalResult {
        if (!tensors.contains(op.getDestination()))
          return refuse(op, "it stores to an argument");
        TensorRows to = rowsOf(op, op.getDestination());
        TileStorage from = tiles.lookup(op->getOperand(0));
        if constexpr (std::is_same_v<decltype(op), tile::StoreOp>)
          emitStore(b, from, to);
        else
          emitStoreRows(b, from, to);
        return success();
      })
      .Case<tile::SplatOp>([&](tile::SplatOp op) {
        tiles[op.getResult()] = allocate(op.getResult().getType());
        emitFill(b, tiles.lookup(op.getResult()), scalar(op.getValue()));
        return success();
      })
      .Case<tile::RampOp>([&](tile::RampOp op) {
        tiles[op.getResult()] = allocate(op.getResult().getType());
        emitRamp(b, tiles.lookup(op.getResult()), scalar(op.getSlope()),
                 static_cast<int64_t>(op.getFirst()));
        return success();
      })
      .Case<tile::ReduceOp>([&](auto op) { return lowerReduce(op), success(); })
      .Case<tile::PackOp>([&](auto op) { return lowerPack(op), success(); })
      .Case<tile::CombineOp>([&](tile::CombineOp op) {
        // Partial reductions are whole ones here; the value is handed on.
        TileStorage place =
            placeFor(op, op.getInput(), op.getResult().getType());
        emitTileCopy(b, tiles.lookup(op.getInput()), place);
        tiles[op.getResult()] = place;
        return success();
      })
      .Default([&](Operation *op) {
        return refuse(op, "the CPU target does not know it");
      });
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

/// How an operation reads the view; Unused for a copy into it.
static SlotLayout layoutFor(OpOperand &use) {
  if (isa<tile::LoadOp>(use.getOwner()))
    return SlotLayout::Rows;
  auto dot = dyn_cast<tile::DotOp>(use.getOwner());
  if (!dot)
    return SlotLayout::Unused;
  if (use.getOperandNumber() == 0) // The left operand.
    return SlotLayout::Rows;
  return dot.getTransposeRhs() ? SlotLayout::TransposedPanels
                               : SlotLayout::Panels;
}

LogicalResult KernelLowering::lowerAlloc(tile::AllocOp op) {
  Buffer buffer;
  for (Operation *slot : op.getBuffer().getUsers()) {
    for (OpOperand &use : slot->getResult(0).getUses()) {
      SlotLayout layout = layoutFor(use);
      if (layout == SlotLayout::Unused || layout == buffer.layout)
        continue;
      if (buffer.layout != SlotLayout::Unused)
        return op->emitError()
               << "[KG4061] a buffer is read in two roles, one of them by '"
               << use.getOwner()->getName() << "'";
      buffer.layout = layout;
    }
  }
  tile::BufferType type = op.getBuffer().getType();
  buffer.slotBytes =
      slotBytes(b.unit, type.getRows(), type.getCols(), buffer.layout);
  buffer.offset = allocateBytes(buffer.slotBytes * type.getSlots());
  buffers[op.getBuffer()] = buffer;
  return success();
}

/// A loaded operand is the slot itself when the slot is written once.
LogicalResult KernelLowering::lowerLoad(tile::LoadOp op) {
  auto slot = op.getView().getDefiningOp<tile::SlotOp>();
  if (!slot)
    return refuse(op, "a view comes from tile.slot");
  APInt position;
  Value buffer = slot.getBuffer();
  unsigned copies = 0;
  bool inLoop = false;
  for (Operation *other : buffer.getUsers())
    for (Operation *user : other->getResult(0).getUsers())
      if (isa<tile::CopyOp>(user)) {
        ++copies;
        inLoop |= user->getParentOfType<LoopLikeOpInterface>() != nullptr;
      }
  TileStorage place = shapeOf(op.getMatrix().getType());
  bool isFixed = buffer.getType() && buffers.lookup(buffer).slotBytes > 0 &&
                 cast<tile::BufferType>(buffer.getType()).getSlots() == 1;
  if (copies == 1 && !inLoop && isFixed) {
    place.offset = buffers.lookup(buffer).offset;
    shared.insert(op.getMatrix());
  } else {
    place = allocate(op.getMatrix().getType());
    Value from = views.lookup(op.getView()).pointer;
    forEachVector(b, place, [&](Value offset) {
      Value start = b.pointer(from, offset, b.getF32Type());
      b.storeVector(b.load(b.f32Vector(), start), place, offset);
    });
  }
  tiles[op.getMatrix()] = place;
  return success();
}

//===----------------------------------------------------------------------===//
// dot, reduce, pack
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::lowerDot(tile::DotOp op) {
  if (op.getRamp() || op.getColumns())
    return refuse(op, "a ramp is added by tile.ramp, and columns by tile.map "
                      "(affine = fma)");
  auto rhs = views.find(op.getRhs());
  if (rhs == views.end() || !(views.contains(op.getLhs()) ||
                              tiles.contains(op.getLhs())))
    return refuse(op, "a view comes from tile.slot");
  tile::MatrixType type = op.getResult().getType();
  Product product;
  product.m = type.getRows();
  product.n = type.getCols();
  product.panels = rhs->second.pointer;
  product.k = op.getTransposeRhs() ? rhs->second.cols : rhs->second.rows;
  product.accumulate = op.getAcc() != nullptr;
  product.lhsStride = b.unit.padded(product.k);
  if (auto view = views.find(op.getLhs()); view != views.end())
    product.lhs = view->second.pointer;
  else
    product.lhs = b.pointer(tiles.lookup(op.getLhs()), b.index(0));
  TileStorage result;
  if (op.getAcc()) {
    result = placeFor(op, op.getAcc(), type);
    emitTileCopy(b, tiles.lookup(op.getAcc()), result);
  } else {
    result = allocate(type);
  }
  emitProduct(b, product, result);
  tiles[op.getResult()] = result;
  return success();
}

void KernelLowering::lowerReduce(tile::ReduceOp op) {
  TileStorage partial;
  if (auto found = absorbed.find(op); found != absorbed.end()) {
    partial = found->second;
  } else {
    partial = allocate(op.getResult().getType());
    emitReduceRows(b, op.getKind(), tiles.lookup(op.getMatrix()), partial);
  }
  TileStorage place = placeFor(op, op.getInit(), op.getResult().getType());
  emitCombine(b, op.getKind(), tiles.lookup(op.getInit()), partial, place);
  tiles[op.getResult()] = place;
}

void KernelLowering::lowerPack(tile::PackOp op) {
  if (auto found = absorbed.find(op); found != absorbed.end()) {
    tiles[op.getResult()] = found->second;
    return;
  }
  tile::MatrixType type = op.getResult().getType();
  TileStorage place = placeFor(op, op.getInput(), type);
  emitRound(b, tiles.lookup(op.getInput()), place, type.getElementType());
  tiles[op.getResult()] = place;
}

//===----------------------------------------------------------------------===//
// Maps
//===----------------------------------------------------------------------===//

/// Decides which users of the result the map's own loop computes: reductions of
/// it, and then a pack if nothing else reads the unrounded values.
void KernelLowering::absorbUsers(tile::MapOp op) {
  tile::PackOp pack;
  bool onlyOnePack = true;
  for (Operation *user : op.getResult().getUsers()) {
    auto reduce = dyn_cast<tile::ReduceOp>(user);
    if (reduce && user->getBlock() == op->getBlock()) {
      absorbed[user] = allocate(reduce.getResult().getType());
      continue;
    }
    auto other = dyn_cast<tile::PackOp>(user);
    onlyOnePack &= other && !pack && user->getBlock() == op->getBlock();
    pack = other;
  }
  if (pack && onlyOnePack)
    absorbed[pack] = TileStorage(); // The place is that of the map's result.
}

LogicalResult KernelLowering::lowerMap(tile::MapOp op) {
  tile::MatrixType type = op.getResult().getType();
  absorbUsers(op);
  TileStorage out = placeFor(op, op.getInputs(), type);
  for (Operation *user : op.getResult().getUsers())
    if (isa<tile::PackOp>(user) && absorbed.contains(user))
      absorbed[user] = out;
  LogicalResult result = success();
  b.loop(0, type.getRows(), 1, [&](Value row) {
    RegionVectorizer body(b, op.getBody().front(), ranges, tensors,
                          [&](Value value) { return scalar(value); });
    result = lowerMapRow(op, body, out, row);
  });
  tiles[op.getResult()] = out;
  return result;
}

LogicalResult KernelLowering::lowerMapRow(tile::MapOp op,
                                          RegionVectorizer &body,
                                          const TileStorage &out, Value row) {
  Block &block = op.getBody().front();
  unsigned inputs = op.getInputs().size();
  Value columnArgument = block.getArgument(inputs + 1);
  SmallVector<Value> varying = {columnArgument};
  SmallVector<std::pair<Value, TileStorage>> matrices;
  for (auto [input, argument] :
       llvm::zip(op.getInputs(), block.getArguments())) {
    TileStorage from = tiles.lookup(input);
    if (isa<tile::MatrixType>(input.getType())) {
      varying.push_back(argument);
      matrices.push_back({argument, from});
    } else {
      body.bindUniform(argument, b.load(b.getF32Type(), b.pointer(from, row)));
    }
  }
  body.bindUniform(block.getArgument(inputs), b.add(scalar(op.getRow()), row));
  if (failed(body.emitUniform(varying)))
    return failure();

  SmallVector<tile::ReduceOp> reductions;
  Type rounding;
  SmallVector<Value> start;
  for (Operation *user : op.getResult().getUsers()) {
    if (!absorbed.contains(user))
      continue;
    if (auto reduce = dyn_cast<tile::ReduceOp>(user)) {
      reductions.push_back(reduce);
      start.push_back(b.neutral(reduce.getKind(), b.f32Vector()));
    } else {
      rounding = cast<tile::PackOp>(user).getResult().getType().getElementType();
    }
  }
  Value rowStart = b.mul(row, out.stride);
  LogicalResult result = success();
  auto vectorAt = [&](Value column, int64_t left, SmallVector<Value> &sums) {
    Value offset = b.add(rowStart, column);
    for (auto &[argument, from] : matrices)
      body.bindVector(argument, b.loadVector(from, offset));
    body.bindPositions(columnArgument, b.add(scalar(op.getCol()), column));
    FailureOr<Value> value = body.emitVarying();
    if (failed(value)) {
      result = failure();
      return;
    }
    for (auto [reduce, sum] : llvm::zip(reductions, sums))
      sum = b.combine(reduce.getKind(), sum,
                      maskTail(b, reduce.getKind(), *value, left));
    Value stored = rounding ? roundThrough(b, *value, rounding) : *value;
    b.storeVector(stored, out, offset);
  };
  int64_t n = b.lanes(), whole = out.cols / n;
  // Independent vectors in one iteration hide the latency of the arithmetic.
  int64_t unroll = whole % 4 == 0 ? 4 : whole % 2 == 0 ? 2 : 1;
  SmallVector<Value> sums = b.loop(
      0, whole * n, unroll * n, start, [&](Value column, ValueRange carried) {
        SmallVector<Value> next(carried);
        for (int64_t u = 0; u < unroll; ++u)
          vectorAt(b.add(column, u * n), n, next);
        return next;
      });
  if (whole * n < out.cols)
    vectorAt(b.index(whole * n), out.cols - whole * n, sums);
  for (auto [reduce, sum] : llvm::zip(reductions, sums))
    b.store(b.reduceLanes(reduce.getKind(), sum),
            b.pointer(absorbed.lookup(reduce), row));
  return result;
}

LogicalResult KernelLowering::lowerMapRows(tile::MapRowsOp op) {
  TileStorage out = placeFor(op, op.getInputs(), op.getResult().getType());
  Block &block = op.getBody().front();
  LogicalResult result = success();
  forEachVector(b, out, [&](Value offset) {
    RegionVectorizer body(b, block, ranges, tensors,
                          [&](Value value) { return scalar(value); });
    if (failed(result = body.emitUniform(
                   SmallVector<Value>(block.getArguments()))))
      return;
    for (auto [input, argument] :
         llvm::zip(op.getInputs(), block.getArguments()))
      body.bindVector(argument, b.loadVector(tiles.lookup(input), offset));
    body.bindPositions(block.getArguments().back(),
                       b.add(scalar(op.getRow()), offset));
    FailureOr<Value> value = body.emitVarying();
    if (failed(value))
      result = failure();
    else
      b.storeVector(*value, out, offset);
  });
  tiles[op.getResult()] = out;
  return result;
}
