//===- Outline.cpp - A kernel function for each attention.forward ----------===//

#include "kgen/Analysis/ProblemReader.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Dialect/Attention/Passes.h"
#include "kgen/Transforms/KernelFunction.h"
#include "kgen/Transforms/Passes.h"

#include "mlir/IR/SymbolTable.h"

using namespace mlir;

namespace kgen {

#define GEN_PASS_DEF_ATTENTIONOUTLINEPASS
#include "kgen/Transforms/Passes.h.inc"

namespace {

struct AttentionOutlinePass
    : impl::AttentionOutlinePassBase<AttentionOutlinePass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    SmallVector<attention::ForwardOp> ops;
    getOperation()->walk([&](attention::ForwardOp op) { ops.push_back(op); });
    for (attention::ForwardOp op : ops)
      if (failed(outline(op, symbols)))
        return signalPassFailure();
  }

  LogicalResult outline(attention::ForwardOp op, SymbolTable &symbols) {
    if (op.isTensorForm())
      return op.emitOpError() << "[KG3006] expected the memref form; bufferize "
                                 "first, or use --attention-lower";
    IRRewriter rewriter(op);
    if (failed(attention::expandMods(rewriter, op)))
      return failure();
    auto parent = op->getParentOfType<func::FuncOp>();
    std::string name =
        (parent ? parent.getName().str() : std::string("kernel")) +
        "_attention_0";
    OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
    FailureOr<func::FuncOp> function = buildKernelFunction(builder, op, name);
    if (failed(function))
      return failure();
    symbols.insert(*function); // makes the name unique
    SmallVector<Value> operands = {op.getQ(), op.getK(), op.getV()};
    llvm::append_range(operands, analysis::kernelCaptures(op));
    llvm::append_range(operands, op.getOuts());
    rewriter.setInsertionPoint(op);
    func::CallOp::create(rewriter, op.getLoc(), *function, operands);
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace
} // namespace kgen
