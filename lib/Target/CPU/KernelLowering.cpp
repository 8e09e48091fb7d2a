//===- KernelLowering.cpp - Arguments and control flow of a kernel ---------===//

#include "KernelLowering.h"

#include "kgen/Target/CPU/Passes.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::cpu;

static bool isTile(Type type) {
  return isa<tile::MatrixType, tile::PerRowType>(type);
}
static bool isScalar(Type type) { return type.isIntOrIndexOrFloat(); }

KernelLowering::KernelLowering(func::FuncOp kernel, VectorUnit unit)
    : kernel(kernel), b(kernel.getLoc(), unit) {}

LogicalResult KernelLowering::refuse(Operation *op, StringRef why) {
  return op->emitError() << "[KG4060] '" << op->getName()
                         << "' cannot be lowered to the CPU: " << why;
}

//===----------------------------------------------------------------------===//
// The function and its arguments
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::run() {
  if (kernel.getNumResults() || !llvm::hasSingleElement(kernel.getBody()))
    return refuse(kernel, "a kernel has one block and no results");
  b.setInsertionPoint(kernel);
  Type pointer = b.pointerType();
  auto lowered = func::FuncOp::create(
      b, kernel.getName(),
      FunctionType::get(b.getContext(), {pointer, pointer, pointer}, {}));
  // Scratch belongs to the calling thread alone.
  lowered.setArgAttr(2, "llvm.noalias", b.getUnitAttr());
  lowered.setArgAttr(2, "llvm.align", b.getI64IntegerAttr(64));
  Block *entry = lowered.addEntryBlock();
  b.setInsertionPointToStart(entry);
  block = entry->getArgument(1);
  b.scratch = entry->getArgument(2);
  bindArguments(entry->getArgument(0));
  if (failed(lowerBlock(kernel.getBody().front()))) {
    lowered.erase();
    return failure();
  }
  func::ReturnOp::create(b);
  lowered->setAttr(kScratchBytesAttr, b.getI64IntegerAttr(peak));
  kernel.erase();
  return success();
}

Value KernelLowering::scalarArgument(Value place, Type type) {
  if (type.isInteger(1)) {
    Value byte = b.load(b.getI8Type(), place);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, byte,
                                 b.intConstant(b.getI8Type(), 0));
  }
  if (type.isIndex())
    return arith::IndexCastOp::create(b, type, b.load(b.getI64Type(), place));
  return b.load(type, place);
}

/// `arguments[i]` points at the value of argument i: a tensor is its pointer
/// and then one i64 for each dynamic size.
void KernelLowering::bindArguments(Value arguments) {
  int64_t next = 0;
  auto place = [&] {
    Value entry = b.pointer(arguments, b.index(next++), b.pointerType());
    return b.load(b.pointerType(), entry);
  };
  for (BlockArgument argument : kernel.getArguments()) {
    auto memref = dyn_cast<MemRefType>(argument.getType());
    if (!memref) {
      scalars.map(argument, scalarArgument(place(), argument.getType()));
      continue;
    }
    Tensor tensor;
    tensor.elementType = memref.getElementType();
    tensor.pointer = b.load(b.pointerType(), place());
    for (int64_t size : memref.getShape())
      tensor.sizes.push_back(ShapedType::isDynamic(size)
                                 ? scalarArgument(place(), b.getIndexType())
                                 : b.index(size));
    tensors[argument] = std::move(tensor);
  }
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult KernelLowering::lowerBlock(Block &block) {
  for (Operation &op : block.without_terminator()) {
    b.setLoc(op.getLoc());
    if (failed(lowerOp(&op)))
      return failure();
  }
  return success();
}

LogicalResult KernelLowering::lowerOp(Operation *op) {
  if (auto id = dyn_cast<tile::ProgramIdOp>(op)) {
    lowerProgramId(id);
    return success();
  }
  if (isa<tile::TileDialect>(op->getDialect()))
    return lowerTileOp(op);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return lowerFor(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return lowerIf(branch);
  return lowerScalar(op);
}

void KernelLowering::lowerProgramId(tile::ProgramIdOp op) {
  for (auto [dimension, result] : llvm::enumerate(op.getResults())) {
    Value place = b.pointer(block, b.index(dimension), b.getI64Type());
    scalars.map(result, scalarArgument(place, b.getIndexType()));
  }
}

LogicalResult KernelLowering::lowerScalar(Operation *op) {
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    std::optional<int64_t> position = dim.getConstantIndex();
    auto tensor = tensors.find(dim.getSource());
    if (!position || tensor == tensors.end())
      return refuse(op, "the dimension must be a constant one of an argument");
    scalars.map(dim.getResult(), tensor->second.sizes[*position]);
    return success();
  }
  SmallVector<Value> operands;
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    auto tensor = tensors.find(load.getMemRef());
    if (tensor == tensors.end())
      return refuse(op, "only arguments of the kernel can be read");
    for (Value index : load.getIndices())
      operands.push_back(scalar(index));
    scalars.map(load.getResult(), loadClamped(b, tensor->second, operands));
    return success();
  }
  if (op->getNumRegions() ||
      !llvm::all_of(op->getOperands(), [&](Value v) { return scalar(v); }) ||
      !llvm::all_of(op->getResultTypes(), isScalar))
    return refuse(op, "outside of maps, code is scalar arithmetic, scf.for, "
                      "scf.if and reads of arguments");
  b.clone(*op, scalars);
  return success();
}

//===----------------------------------------------------------------------===//
// Loops and branches
//===----------------------------------------------------------------------===//

void KernelLowering::moveTiles(ValueRange from, ArrayRef<Value> to) {
  SmallVector<std::pair<TileStorage, TileStorage>> moves;
  for (auto [source, destination] : llvm::zip(from, to))
    if (isTile(source.getType()) &&
        !(tiles.lookup(source) == tiles.lookup(destination)))
      moves.push_back({tiles.lookup(source), tiles.lookup(destination)});
  // A source that another move overwrites is saved first.
  for (auto &[source, destination] : moves) {
    bool overwritten = llvm::any_of(moves, [&](auto &other) {
      return &other.second != &destination && other.second == source;
    });
    if (!overwritten)
      continue;
    TileStorage saved = source;
    saved.offset = allocateBytes(source.rows * source.stride * 4);
    emitTileCopy(b, source, saved);
    source = saved;
  }
  for (auto &[source, destination] : moves)
    emitTileCopy(b, source, destination);
}

LogicalResult KernelLowering::lowerFor(scf::ForOp op) {
  SmallVector<Value> starts;
  SmallVector<Value> inits(op.getInitArgs());
  SmallVector<TileStorage> taken;
  for (auto [index, init] : llvm::enumerate(inits)) {
    Value argument = op.getRegionIterArg(index), result = op.getResult(index);
    if (isScalar(init.getType()))
      starts.push_back(scalar(init));
    if (!isTile(init.getType()))
      continue;
    // The start value's place becomes the loop's if nothing reads it again.
    TileStorage place = tiles.lookup(init);
    bool readInLoop = llvm::any_of(init.getUsers(), [&](Operation *user) {
      return op->isProperAncestor(user);
    });
    if (shared.contains(init) || readInLoop || isUsedAfter(init, op) ||
        llvm::is_contained(taken, place)) {
      place = allocate(init.getType());
      emitTileCopy(b, tiles.lookup(init), place);
    }
    taken.push_back(place);
    tiles[argument] = tiles[result] = place;
  }
  int64_t mark = top;
  auto loop = scf::ForOp::create(
      b, scalar(op.getLowerBound()), scalar(op.getUpperBound()),
      scalar(op.getStep()), starts, nullptr, op.getUnsignedCmp());
  scalars.map(op.getInductionVar(), loop.getInductionVar());
  unsigned position = 0;
  for (auto [index, init] : llvm::enumerate(inits)) {
    if (!isScalar(init.getType()))
      continue;
    scalars.map(op.getRegionIterArg(index), loop.getRegionIterArg(position));
    scalars.map(op.getResult(index), loop.getResult(position++));
  }
  OpBuilder::InsertionGuard guard(b);
  if (!loop.getBody()->empty())
    loop.getBody()->getTerminator()->erase();
  b.setInsertionPointToEnd(loop.getBody());
  if (failed(lowerBranch(*op.getBody(),
                         SmallVector<Value>(op.getRegionIterArgs()))))
    return failure();
  top = mark;
  return success();
}

/// The body of a loop or branch and its yield.
LogicalResult KernelLowering::lowerBranch(Block &body,
                                          ArrayRef<Value> results) {
  if (failed(lowerBlock(body)))
    return failure();
  Operation *yield = body.getTerminator();
  moveTiles(yield->getOperands(), results);
  SmallVector<Value> yielded;
  for (Value operand : yield->getOperands())
    if (isScalar(operand.getType()))
      yielded.push_back(scalar(operand));
  scf::YieldOp::create(b, yielded);
  return success();
}

LogicalResult KernelLowering::lowerIf(scf::IfOp op) {
  SmallVector<Type> types;
  SmallVector<Value> results(op.getResults());
  SmallVector<TileStorage> taken;
  for (auto [index, result] : llvm::enumerate(results)) {
    if (isScalar(result.getType()))
      types.push_back(result.getType());
    if (!isTile(result.getType()))
      continue;
    // A branch that hands on a tile from outside gives the result its place.
    SmallVector<Value> candidates;
    for (Block *branch : {op.thenBlock(), op.elseBlock()})
      if (Value v = branch->getTerminator()->getOperand(index);
          tiles.contains(v) && !llvm::is_contained(taken, tiles.lookup(v)))
        candidates.push_back(v);
    tiles[result] = placeFor(op, candidates, result.getType());
    taken.push_back(tiles.lookup(result));
  }
  auto branch = scf::IfOp::create(b, types, scalar(op.getCondition()),
                                  /*withElseRegion=*/op.elseBlock() != nullptr);
  unsigned position = 0;
  for (Value result : results)
    if (isScalar(result.getType()))
      scalars.map(result, branch.getResult(position++));
  int64_t mark = top;
  for (auto [from, to] :
       {std::pair{op.thenBlock(), branch.thenBlock()},
        std::pair{op.elseBlock(), branch.elseBlock()}}) {
    if (!from)
      continue;
    OpBuilder::InsertionGuard guard(b);
    if (!to->empty())
      to->back().erase();
    b.setInsertionPointToEnd(to);
    if (failed(lowerBranch(*from, results)))
      return failure();
    top = mark;
  }
  return success();
}
