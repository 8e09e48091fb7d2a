//===- LdsPlan.cpp - Where each buffer lies in LDS -------------------------===//

#include "LdsPlan.h"

#include "kgen/Support/Error.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

/// Whether this use reads the view as V: keys are contracted, so they must be
/// contiguous in LDS.
static bool readsTransposed(OpOperand &use) {
  auto dot = dyn_cast<tile::DotOp>(use.getOwner());
  return dot && use.getOperandNumber() == dot.getRhsMutable().getOperandNumber() &&
         !dot.getTransposeRhs();
}

LogicalResult LdsPlan::addBuffer(tile::AllocOp alloc, bool inLds) {
  SmallVector<OpOperand *> reads, uses;
  for (Operation *user : alloc->getUsers()) {
    auto slot = dyn_cast<tile::SlotOp>(user);
    if (!slot)
      return user->emitOpError()
             << '[' << formatCode(ErrorCode::RocdlBufferUse)
             << "] takes a buffer that only tile.slot may take";
    for (OpOperand &use : slot->getUses()) {
      uses.push_back(&use);
      if (!isa<tile::CopyOp>(use.getOwner()))
        reads.push_back(&use);
    }
  }
  bool transposed = llvm::any_of(
      reads, [](OpOperand *use) { return readsTransposed(*use); });
  for (OpOperand *use : reads)
    if (readsTransposed(*use) != transposed)
      return use->getOwner()->emitOpError()
             << '[' << formatCode(ErrorCode::RocdlBufferUse)
             << "] reads rows of a buffer that another tile.dot reads as "
                "columns";

  tile::BufferType type = alloc.getBuffer().getType();
  Slot slot{type.getRows(), type.getCols(), transposed};
  buffers[alloc] = {slot, totalBytes};
  if (inLds)
    totalBytes += type.getSlots() * slot.elements() * kElementBytes;
  for (Operation *user : alloc->getUsers())
    views[{user, 0u}] = slot;
  for (OpOperand *use : uses)
    views[{use->getOwner(), use->getOperandNumber()}] = slot;
  return success();
}

/// Views are known at compile time: results of tile.slot, never loop-carried.
static LogicalResult checkViews(func::FuncOp kernel) {
  WalkResult result = kernel.walk([](Operation *op) {
    for (Value operand : op->getOperands()) {
      bool known = true;
      if (isa<tile::ViewType>(operand.getType()))
        known = operand.getDefiningOp<tile::SlotOp>() &&
                isa<tile::CopyOp, tile::DotOp, tile::LoadOp>(op);
      else if (isa<tile::BufferType>(operand.getType()))
        known = operand.getDefiningOp<tile::AllocOp>() != nullptr;
      if (!known) {
        op->emitOpError() << '[' << formatCode(ErrorCode::RocdlBufferUse)
                          << "] takes a view or buffer whose tile.alloc is not "
                             "known at compile time";
        return WalkResult::interrupt();
      }
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult LdsPlan::build(func::FuncOp kernel, const DirectLoads &direct,
                             int64_t limit) {
  if (failed(checkViews(kernel)))
    return failure();
  WalkResult result = kernel.walk([&](tile::AllocOp alloc) {
    return WalkResult(addBuffer(alloc, !direct.isDirect(alloc)));
  });
  if (result.wasInterrupted())
    return failure();
  if (totalBytes > limit)
    return kernel.emitOpError()
           << '[' << formatCode(ErrorCode::SharedMemoryExceeded) << "] needs "
           << totalBytes << " bytes of LDS, limit " << limit << ": "
           << errorSentence(ErrorCode::SharedMemoryExceeded);
  return success();
}
