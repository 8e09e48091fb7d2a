//===- AttentionToTile.cpp - Lower attention to online softmax -------------===//

#include "OnlineSoftmax.h"

#include "kgen/Analysis/ProblemReader.h"
#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Schedule/Legality.h"
#include "kgen/Transforms/KernelFunction.h"
#include "kgen/Transforms/Passes.h"

using namespace mlir;

namespace kgen {

#define GEN_PASS_DEF_ATTENTIONTOTILEPASS
#include "kgen/Transforms/Passes.h.inc"

namespace {

struct AttentionToTilePass
    : impl::AttentionToTilePassBase<AttentionToTilePass> {
  using AttentionToTilePassBase::AttentionToTilePassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.getOps<attention::ForwardOp>().empty())
      return; // host code
    attention::ForwardOp op = findKernelOp(function);
    if (!op || failed(lower(function, op)))
      signalPassFailure();
  }

  LogicalResult lower(func::FuncOp function, attention::ForwardOp op) {
    if (op.isTensorForm())
      return op.emitOpError() << "[KG3006] expected the memref form; bufferize "
                                 "first, or use --attention-lower";
    FailureOr<Problem> problem = analysis::readProblem(op);
    if (failed(problem))
      return failure();
    Expected<HardwareModel> machine = findHardware(hardware);
    if (!machine)
      return op.emitOpError() << machine.error().message();
    Expected<Schedule> schedule =
        op.getSchedule() ? Expected<Schedule>(op.getSchedule()->getSchedule())
                         : defaultSchedule(*problem, *machine);
    if (!schedule)
      return op.emitOpError() << schedule.error().message();
    for (const Violation &violation :
         checkLegality(*problem, *schedule, *machine))
      return op.emitOpError() << toString(violation);
    bool approximate = op.getAllowApproxMath();
    lowerToOnlineSoftmax(op, *schedule);
    OpBuilder builder(function);
    function->setAttr(tile::TileDialect::kKernelAttr, builder.getUnitAttr());
    function->setAttr("attention.schedule", attention::ScheduleAttr::get(
                                                &getContext(), *schedule));
    if (approximate)
      function->setAttr(tile::TileDialect::kApproximateMathAttr,
                        builder.getUnitAttr());
    return success();
  }
};

} // namespace
} // namespace kgen
