//===- ProblemReader.cpp - From attention.forward to a Problem -------------===//

#include "kgen/Analysis/ProblemReader.h"

#include "kgen/Schedule/MaskDensity.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace kgen::analysis {

SmallVector<Value> kernelCaptures(attention::ForwardOp op) {
  SmallVector<Value> captures = op.getCaptures();
  const Value operands[] = {op.getQ(), op.getK(), op.getV()};
  llvm::erase_if(captures, [&](Value value) {
    // Scalar constants become part of the kernel; tables are passed to it.
    return llvm::is_contained(operands, value) ||
           (!isa<ShapedType>(value.getType()) &&
            matchPattern(value, m_Constant()));
  });
  return captures;
}

std::optional<ElementType> elementTypeOf(Type type) {
  if (type.isF32())
    return ElementType::F32;
  if (type.isF16())
    return ElementType::F16;
  if (type.isBF16())
    return ElementType::BF16;
  if (type.isInteger(1))
    return ElementType::I1;
  if (type.isInteger(8))
    return ElementType::I8;
  if (type.isInteger(16))
    return ElementType::I16;
  if (type.isInteger(32))
    return ElementType::I32;
  if (type.isInteger(64) || type.isIndex())
    return ElementType::I64;
  return std::nullopt;
}

static int64_t sizeOf(int64_t size) {
  return ShapedType::isDynamic(size) ? kDynamicSize : size;
}

static FailureOr<Capture> readCapture(attention::ForwardOp op, Value value,
                                      size_t index) {
  Capture capture;
  capture.name = "capture" + std::to_string(index);
  auto shaped = dyn_cast<ShapedType>(value.getType());
  bool isTable = shaped && shaped.hasRank() && !isa<VectorType>(shaped);
  std::optional<ElementType> type =
      elementTypeOf(shaped ? shaped.getElementType() : value.getType());
  if (!type || (shaped && !isTable))
    return op.emitOpError() << "[KG3002] captured value of type "
                            << value.getType()
                            << " cannot be a kernel argument; use f32, f16, "
                               "bf16, i1, i8, i16, i32, i64, index or "
                               "ranked tensors and memrefs of them";
  capture.type = *type;
  capture.isScalar = !shaped;
  if (shaped)
    for (int64_t size : shaped.getShape())
      capture.shape.push_back(sizeOf(size));
  return capture;
}

static std::string nameOf(attention::ForwardOp op) {
  if (auto function = op->getParentOfType<func::FuncOp>())
    return function.getName().str();
  return "attention";
}

static void readShapes(attention::ForwardOp op, Problem &problem) {
  problem.dtype = *elementTypeOf(op.getElementType());
  problem.batch = sizeOf(op.getBatch());
  problem.headsQ = op.getHeadsQ();
  problem.headsKV = op.getHeadsKV();
  problem.seqQ = sizeOf(op.getSeqQ());
  problem.seqKV = sizeOf(op.getSeqKV());
  problem.headDimQK = op.getHeadDimQK();
  problem.headDimV = op.getHeadDimV();
  problem.scale = op.getScale().convertToDouble();
  problem.writesLse = op.writesLse();
  problem.numerics.tf32 = op.getAllowTf32();
  problem.numerics.approximateMath = op.getAllowApproxMath();
}

FailureOr<Problem> readProblem(attention::ForwardOp op) {
  if (op.getMods())
    return op.emitOpError() << "[KG3003] has named mods; run "
                               "--attention-expand-mods first";
  Problem problem;
  problem.name = nameOf(op);
  readShapes(op, problem);
  for (auto [index, value] : llvm::enumerate(kernelCaptures(op))) {
    FailureOr<Capture> capture = readCapture(op, value, index);
    if (failed(capture))
      return failure();
    problem.captures.push_back(std::move(*capture));
  }
  FailureOr<Expression> score = readExpression(op, op.getScore());
  FailureOr<Expression> mask = readExpression(op, op.getMask());
  if (failed(score) || failed(mask))
    return failure();
  problem.score = std::move(*score);
  problem.mask = std::move(*mask);
  problem.maskSummary = summariseMask(problem, nominalSizes(problem));
  return problem;
}

} // namespace kgen::analysis
