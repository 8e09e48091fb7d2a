//===- KernelCheck.cpp - Whether fragments can hold a kernel's tiles ------===//

#include "KernelCheck.h"

#include "FloatProduct.h"
#include "Hopper.h"
#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Support/Error.h"

using namespace mlir;

namespace kgen::nvvm {

static InFlightDiagnostic emitCoded(Operation *op, ErrorCode code) {
  return op->emitError() << "[" << formatCode(code) << "] ";
}

constexpr int64_t kMostBoxRows = 256; // of a TMA box
constexpr uint64_t kMostCluster = 8;  // workgroups, on every device

/// Knobs that the lowering itself implements; the tiled form carries the rest.
static LogicalResult checkSchedule(func::FuncOp kernel,
                                   const Schedule &schedule) {
  auto refuse = [&](std::string_view knob, std::string_view value) {
    return emitCoded(kernel, ErrorCode::ScheduleUnsupportedByTarget)
           << "convert-tile-to-nvvm does not serve " << StringRef(knob) << " = "
           << StringRef(value) << ": "
           << StringRef(errorSentence(ErrorCode::ScheduleUnsupportedByTarget));
  };
  bool roles = schedule.producer == ProducerKind::Tma;
  if (roles ? schedule.consumerWarpgroups < 1 ||
                  schedule.warps != kGroupWarps * schedule.consumerWarpgroups
            : schedule.consumerWarpgroups != 0)
    return refuse("consumer_warpgroups",
                  std::to_string(schedule.consumerWarpgroups));
  // The polynomial is as exact as 16-bit weights are (FunctionUnits.cpp).
  bool exactWeights = kernel
                          .walk([](tile::PackOp op) {
                            Type type =
                                op.getResult().getType().getElementType();
                            return type.isF32() ? WalkResult::interrupt()
                                                : WalkResult::advance();
                          })
                          .wasInterrupted();
  if (exactWeights && schedule.exp2 != Exp2Unit::Native)
    return refuse("exp2", spelling(schedule.exp2));
  if (schedule.warps < 1 || schedule.warps > 32)
    return refuse("warps", std::to_string(schedule.warps));
  return success();
}

/// Rows fill whole 16-row blocks of every warp, rows of memory whole chunks.
static LogicalResult checkType(Operation *op, Type type,
                               const KernelShape &shape) {
  auto refuse = [&]() {
    return emitCoded(op, ErrorCode::TileShapeUnsupported)
           << "convert-tile-to-nvvm cannot distribute " << type << " over "
           << shape.warps << " warps: rows must be a multiple of "
           << shape.warps * kBlockRows
           << ", columns of 16 (f32: 8), and memory rows of 16 bytes";
  };
  int64_t rowsStep = shape.warps * kBlockRows;
  if (auto matrix = dyn_cast<tile::MatrixType>(type)) {
    bool pairs = matrix.getKind() == tile::MatrixKind::Operand &&
                 !matrix.getElementType().isF32();
    int64_t colsStep = pairs ? kDepth : kBlockCols;
    if (matrix.getRows() % rowsStep || matrix.getCols() % colsStep)
      return refuse();
  } else if (auto row = dyn_cast<tile::PerRowType>(type)) {
    if (row.getRows() % rowsStep || !row.getElementType().isF32())
      return refuse();
  } else if (auto view = dyn_cast<tile::ViewType>(type)) {
    bool isColumns = view.getElementType().isF32() && view.getCols() == 1;
    int64_t colsStep = isColumns                       ? 1
                       : view.getElementType().isF32() ? 4
                                                       : kDepth;
    if (view.getRows() % kBlockCols || view.getCols() % colsStep)
      return refuse();
  }
  return success();
}

/// What wgmma and TMA ask for, beyond the above.
static LogicalResult checkRoles(Operation *op, const KernelShape &shape) {
  auto refuse = [&](const Twine &why) {
    return emitCoded(op, ErrorCode::TileShapeUnsupported)
           << "convert-tile-to-nvvm cannot serve a kernel with producer = tma: "
           << why;
  };
  auto slot = dyn_cast<tile::SlotOp>(op);
  auto buffer = slot ? slot.getBuffer().getDefiningOp<tile::AllocOp>() : nullptr;
  if (isa<tile::CopyOp, tile::WaitOp>(op) || (slot && !(buffer && isStaged(buffer))))
    return refuse("tiles are moved by tile.send and tile.receive");
  if (auto alloc = dyn_cast<tile::AllocOp>(op)) {
    tile::BufferType ring = alloc.getBuffer().getType();
    if (holdsNumbers(ring) || holdsColumns(ring))
      return success();
    if (ring.getElementType().isF32() || ring.getRows() % kBlockCols ||
        ring.getRows() > kMostBoxRows)
      return refuse("rings hold 16-bit tiles of at most 256 rows, a multiple "
                    "of 8");
    if (alloc.getCluster() > kMostCluster ||
        ring.getRows() / alloc.getCluster() % kBlockCols)
      return refuse("clusters have at most 8 workgroups, each of which sends a "
                    "multiple of 8 rows of a tile");
  }
  if (isa<tile::AtLeastOp>(op) &&
      firstVoteBarrier(shape) + shape.groups() > kNamedBarriers)
    return refuse(
        "at most 5 warpgroups have barriers to ask all of their rows");
  if (isa<tile::LoadOp, tile::StageOp, tile::StoreStagedOp>(op)) {
    // The only operand that is a view.
    auto view = *llvm::find_if(op->getOperandTypes(), llvm::IsaPred<tile::ViewType>);
    return shape.rowBlocks(cast<tile::ViewType>(view).getRows()) == 1
               ? success()
               : refuse("each warpgroup reads and writes 64 rows");
  }
  auto dot = dyn_cast<tile::DotOp>(op);
  if (!dot)
    return success();
  tile::MatrixType result = dot.getResult().getType();
  if (shape.rowBlocks(result.getRows()) != 1)
    return refuse("each warpgroup multiplies 64 rows");
  if (result.getCols() > kMostWgmmaCols)
    return refuse("a product has at most 256 columns");
  return success();
}

static LogicalResult checkProduct(tile::DotOp op, const KernelShape &shape) {
  if ((op.getRamp() || op.getColumns()) && !shape.roles)
    return emitCoded(op, ErrorCode::TileShapeUnsupported)
           << "convert-tile-to-nvvm adds ramps and columns by steps of "
              "warpgroups only: use producer = tma, or affine = fma";
  tile::ViewType rhs = op.getRhs().getType();
  auto refuse = [&](const Twine &why) {
    return emitCoded(op, ErrorCode::TileShapeUnsupported)
           << "convert-tile-to-nvvm cannot multiply by " << rhs << ": " << why;
  };
  if (rhs.getElementType().isF32()) {
    if (!isServedFloatProduct(op))
      return refuse("f32 products take a view times a transposed view, or "
                    "registers times a view");
    if (rhs.getCols() % kBlockCols)
      return refuse("its columns must be a multiple of 8");
    return success();
  }
  if (rhs.getRows() % kDepth)
    return refuse("its rows must be a multiple of 16");
  auto lhs = dyn_cast<tile::ViewType>(op.getLhs().getType());
  if (lhs && lhs.getRows() % (shape.warps * kBlockRows))
    return refuse("the left view's rows must be a multiple of 16 a warp");
  return success();
}

FailureOr<KernelShape> checkKernel(func::FuncOp kernel) {
  KernelShape shape;
  if (auto attribute =
          kernel->getAttrOfType<attention::ScheduleAttr>("attention.schedule")) {
    if (failed(checkSchedule(kernel, attribute.getSchedule())))
      return failure();
    shape.warps = attribute.getSchedule().warps;
    shape.roles = attribute.getSchedule().producer == ProducerKind::Tma;
    shape.producerRegisters = attribute.getSchedule().producerRegisters;
    shape.maxRegisters = attribute.getSchedule().maxRegisters;
  }
  WalkResult result = kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (failed(checkType(op, type, shape)))
        return WalkResult::interrupt();
    if (shape.roles && failed(checkRoles(op, shape)))
      return WalkResult::interrupt();
    if (isa<tile::StageOp, tile::StageColumnsOp, tile::PublishColumnsOp,
            tile::StoreStagedOp, tile::AwaitStoresOp>(op) &&
        !shape.roles) {
      emitCoded(op, ErrorCode::TileShapeUnsupported)
          << "convert-tile-to-nvvm stages tiles for warpgroups only: use "
             "producer = tma, or registers (p_operand = registers, epilogue = "
             "direct)";
      return WalkResult::interrupt();
    }
    if (isa<tile::WarpgroupOp, tile::DiffersOp, tile::AtLeastOp>(op) &&
        !shape.roles) {
      emitCoded(op, ErrorCode::TileShapeUnsupported)
          << "convert-tile-to-nvvm knows warpgroups only where roles part: use "
             "producer = tma, or kv_range = workgroup, rescale = always and "
             "row_maximum = float";
      return WalkResult::interrupt();
    }
    if (auto dot = dyn_cast<tile::DotOp>(op); dot && failed(checkProduct(dot, shape)))
      return WalkResult::interrupt();
    if (auto load = dyn_cast<tile::LoadOp>(op);
        load && load.getView().getType().getElementType().isF32()) {
      emitCoded(op, ErrorCode::TileShapeUnsupported)
          << "convert-tile-to-nvvm reads f32 left operands from memory: use "
             "the view in tile.dot (q_operand = shared)";
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  return shape;
}

int64_t planSharedMemory(func::FuncOp kernel) {
  // The swizzle repeats every 8 bank groups, so slots start at multiples of 128.
  constexpr int64_t kAlignment = kBankGroups * kChunkBytes;
  int64_t total = 0;
  Builder builder(kernel.getContext());
  kernel.walk([&](tile::AllocOp op) {
    op->setAttr(kOffsetAttr, builder.getI64IntegerAttr(total));
    tile::BufferType type = op.getBuffer().getType();
    int64_t bytes = type.getSlots() * type.getRows() * type.getCols() *
                    byteWidth(type.getElementType());
    total += llvm::alignTo(bytes, kAlignment);
  });
  return total;
}

} // namespace kgen::nvvm
