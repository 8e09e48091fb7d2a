//===- ExpressionReader.cpp - Regions as neutral programs ------------------===//

#include "kgen/Analysis/ProblemReader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace kgen::analysis {
namespace {

/// Ops whose operands and result map one to one.
std::optional<ExpressionOp> simpleOp(StringRef name) {
  return llvm::StringSwitch<std::optional<ExpressionOp>>(name)
      .Case("arith.addf", ExpressionOp::AddFloat)
      .Case("arith.subf", ExpressionOp::SubFloat)
      .Case("arith.mulf", ExpressionOp::MulFloat)
      .Case("arith.divf", ExpressionOp::DivFloat)
      .Case("arith.remf", ExpressionOp::RemFloat)
      .Case("arith.negf", ExpressionOp::NegFloat)
      .Case("arith.maximumf", ExpressionOp::MaxFloat)
      .Case("arith.minimumf", ExpressionOp::MinFloat)
      .Case("arith.maxnumf", ExpressionOp::MaxNumFloat)
      .Case("arith.minnumf", ExpressionOp::MinNumFloat)
      .Case("math.absf", ExpressionOp::AbsFloat)
      .Case("math.fma", ExpressionOp::FmaFloat)
      .Case("math.exp", ExpressionOp::Exp)
      .Case("math.exp2", ExpressionOp::Exp2)
      .Case("math.expm1", ExpressionOp::ExpM1)
      .Case("math.log", ExpressionOp::Log)
      .Case("math.log2", ExpressionOp::Log2)
      .Case("math.log1p", ExpressionOp::Log1P)
      .Case("math.tanh", ExpressionOp::Tanh)
      .Case("math.erf", ExpressionOp::Erf)
      .Case("math.sin", ExpressionOp::Sin)
      .Case("math.cos", ExpressionOp::Cos)
      .Case("math.sqrt", ExpressionOp::Sqrt)
      .Case("math.rsqrt", ExpressionOp::Rsqrt)
      .Case("math.powf", ExpressionOp::Pow)
      .Case("math.floor", ExpressionOp::Floor)
      .Case("math.ceil", ExpressionOp::Ceil)
      .Case("math.roundeven", ExpressionOp::RoundEven)
      .Cases({"arith.addi", "index.add"}, ExpressionOp::AddInt)
      .Cases({"arith.subi", "index.sub"}, ExpressionOp::SubInt)
      .Cases({"arith.muli", "index.mul"}, ExpressionOp::MulInt)
      .Cases({"arith.divsi", "index.divs"}, ExpressionOp::DivSigned)
      .Cases({"arith.divui", "index.divu"}, ExpressionOp::DivUnsigned)
      .Cases({"arith.remsi", "index.rems"}, ExpressionOp::RemSigned)
      .Cases({"arith.remui", "index.remu"}, ExpressionOp::RemUnsigned)
      .Cases({"arith.floordivsi", "index.floordivs"}, ExpressionOp::FloorDivSigned)
      .Cases({"arith.ceildivsi", "index.ceildivs"}, ExpressionOp::CeilDivSigned)
      .Cases({"arith.maxsi", "index.maxs"}, ExpressionOp::MaxSigned)
      .Cases({"arith.minsi", "index.mins"}, ExpressionOp::MinSigned)
      .Cases({"arith.maxui", "index.maxu"}, ExpressionOp::MaxUnsigned)
      .Cases({"arith.minui", "index.minu"}, ExpressionOp::MinUnsigned)
      .Case("math.absi", ExpressionOp::AbsInt)
      .Cases({"arith.andi", "index.and"}, ExpressionOp::AndInt)
      .Cases({"arith.ori", "index.or"}, ExpressionOp::OrInt)
      .Cases({"arith.xori", "index.xor"}, ExpressionOp::XorInt)
      .Cases({"arith.shli", "index.shl"}, ExpressionOp::ShiftLeft)
      .Cases({"arith.shrsi", "index.shrs"}, ExpressionOp::ShiftRightSigned)
      .Cases({"arith.shrui", "index.shru"}, ExpressionOp::ShiftRightUnsigned)
      .Case("arith.sitofp", ExpressionOp::SignedToFloat)
      .Case("arith.uitofp", ExpressionOp::UnsignedToFloat)
      .Case("arith.fptosi", ExpressionOp::FloatToSigned)
      .Cases({"arith.index_cast", "index.casts", "arith.trunci", "arith.extsi"}, ExpressionOp::SignExtendOrTruncate)
      .Cases({"arith.index_castui", "index.castu", "arith.extui"}, ExpressionOp::ZeroExtend)
      .Default(std::nullopt);
}

std::optional<ExpressionOp> comparison(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return ExpressionOp::CmpEq;
  case arith::CmpIPredicate::ne:
    return ExpressionOp::CmpNe;
  case arith::CmpIPredicate::slt:
    return ExpressionOp::CmpSlt;
  case arith::CmpIPredicate::sle:
    return ExpressionOp::CmpSle;
  case arith::CmpIPredicate::sgt:
    return ExpressionOp::CmpSgt;
  case arith::CmpIPredicate::sge:
    return ExpressionOp::CmpSge;
  case arith::CmpIPredicate::ult:
    return ExpressionOp::CmpUlt;
  case arith::CmpIPredicate::ule:
    return ExpressionOp::CmpUle;
  case arith::CmpIPredicate::ugt:
    return ExpressionOp::CmpUgt;
  case arith::CmpIPredicate::uge:
    return ExpressionOp::CmpUge;
  }
  return std::nullopt;
}

std::optional<ExpressionOp> comparison(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::OEQ:
    return ExpressionOp::CmpOeq;
  case arith::CmpFPredicate::OLT:
    return ExpressionOp::CmpOlt;
  case arith::CmpFPredicate::OLE:
    return ExpressionOp::CmpOle;
  case arith::CmpFPredicate::OGT:
    return ExpressionOp::CmpOgt;
  case arith::CmpFPredicate::OGE:
    return ExpressionOp::CmpOge;
  case arith::CmpFPredicate::UNE:
    return ExpressionOp::CmpUne;
  default:
    return std::nullopt;
  }
}

/// Width of an integer result; index counts as 64 bits.
int32_t bitsOf(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.getWidth();
  return 64;
}

/// Fills one Expression from one region.
class Reader {
public:
  Reader(attention::ForwardOp op, Region &region)
      : op(op), region(region), captures(kernelCaptures(op)) {}

  FailureOr<Expression> read();

private:
  void bindArguments();
  FailureOr<int32_t> operand(Value value);
  FailureOr<int32_t> readFromAbove(Value value);
  LogicalResult readOp(Operation &inner);
  LogicalResult readConstant(arith::ConstantOp constant);
  LogicalResult readExtension(arith::ExtFOp extend);
  LogicalResult readTable(Operation &inner, Value table, ValueRange indices);
  LogicalResult readDim(Operation &inner, Value shaped, Value dim);
  LogicalResult append(Operation &inner, ExpressionOp kind, ValueRange operands);
  int32_t emit(Instruction instruction);
  std::optional<int64_t> captureIndex(Value value) {
    auto found = llvm::find(captures, value);
    if (found == captures.end())
      return std::nullopt;
    return found - captures.begin();
  }

  attention::ForwardOp op;
  Region &region;
  SmallVector<Value> captures;
  Expression expression;
  llvm::DenseMap<Value, int32_t> positions;
};

int32_t Reader::emit(Instruction instruction) {
  expression.instructions.push_back(std::move(instruction));
  return static_cast<int32_t>(expression.instructions.size()) - 1;
}

void Reader::bindArguments() {
  const ExpressionOp leaves[] = {
      ExpressionOp::ArgumentScore, ExpressionOp::ArgumentBatch,
      ExpressionOp::ArgumentHead, ExpressionOp::ArgumentQueryIndex,
      ExpressionOp::ArgumentKeyIndex};
  // A mask region has the same arguments without the score.
  size_t skip = attention::ForwardOp::kScoreArguments - region.getNumArguments();
  for (BlockArgument argument : region.getArguments())
    positions[argument] =
        emit({leaves[argument.getArgNumber() + skip], {}, 0, 0, 0, 64});
}

FailureOr<int32_t> Reader::readFromAbove(Value value) {
  Instruction leaf;
  Attribute attribute;
  if (matchPattern(value, m_Constant(&attribute))) {
    if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
      leaf.op = ExpressionOp::ConstantInt;
      // One bit is 0 or 1 in the neutral form.
      leaf.bits = bitsOf(value.getType());
      leaf.intValue = leaf.bits == 1
                          ? static_cast<int64_t>(integer.getValue().getZExtValue())
                          : integer.getValue().getSExtValue();
      return emit(leaf);
    }
    if (auto number = dyn_cast<FloatAttr>(attribute)) {
      leaf.op = ExpressionOp::ConstantFloat;
      leaf.floatValue = number.getValueAsDouble();
      return emit(leaf);
    }
  }
  std::optional<int64_t> index = captureIndex(value);
  if (!index || isa<ShapedType>(value.getType()))
    return failure();
  leaf.op = ExpressionOp::CaptureScalar;
  leaf.intValue = *index;
  leaf.bits = bitsOf(value.getType());
  return emit(leaf);
}

FailureOr<int32_t> Reader::operand(Value value) {
  auto known = positions.find(value);
  if (known != positions.end())
    return known->second;
  FailureOr<int32_t> position = readFromAbove(value);
  if (succeeded(position))
    positions[value] = *position;
  return position;
}

LogicalResult Reader::append(Operation &inner, ExpressionOp kind,
                             ValueRange operands) {
  Instruction instruction{kind, {}, 0, 0, 0, bitsOf(inner.getResult(0).getType())};
  for (Value value : operands) {
    FailureOr<int32_t> position = operand(value);
    if (failed(position))
      return inner.emitError()
             << "[KG3001] an operand has no neutral form; use arguments, "
                "constants, captured scalars and table reads";
    instruction.operands.push_back(*position);
  }
  positions[inner.getResult(0)] = emit(std::move(instruction));
  return success();
}

LogicalResult Reader::readConstant(arith::ConstantOp constant) {
  FailureOr<int32_t> position = readFromAbove(constant.getResult());
  if (failed(position))
    return constant.emitError()
           << "[KG3001] expected a scalar constant, got " << constant.getType();
  positions[constant.getResult()] = *position;
  return success();
}

/// Widening keeps the value.
LogicalResult Reader::readExtension(arith::ExtFOp extend) {
  FailureOr<int32_t> position = operand(extend.getIn());
  if (failed(position))
    return extend.emitError() << "[KG3001] extends a value with no neutral form";
  positions[extend.getResult()] = *position;
  return success();
}

LogicalResult Reader::readTable(Operation &inner, Value table,
                                ValueRange indices) {
  std::optional<int64_t> index = captureIndex(table);
  if (!index)
    return inner.emitError() << "[KG3001] reads a table that is not captured "
                                "from above; q, k and v cannot be read here";
  if (failed(append(inner, ExpressionOp::TableRead, indices)))
    return failure();
  expression.instructions.back().intValue = *index;
  return success();
}

LogicalResult Reader::readDim(Operation &inner, Value shaped, Value dim) {
  APInt number;
  if (!matchPattern(dim, m_ConstantInt(&number)))
    return inner.emitError() << "[KG3001] expected a constant dimension";
  Instruction leaf{ExpressionOp::OperandDim, {}, 0, 0, number.getSExtValue(), 64};
  const Value operands[] = {op.getQ(), op.getK(), op.getV()};
  auto found = llvm::find(operands, shaped);
  if (found != std::end(operands)) {
    leaf.intValue = found - std::begin(operands);
  } else if (std::optional<int64_t> index = captureIndex(shaped)) {
    leaf.op = ExpressionOp::CaptureDim;
    leaf.intValue = *index;
  } else {
    return inner.emitError() << "[KG3001] asks for the size of an unknown value";
  }
  positions[inner.getResult(0)] = emit(leaf);
  return success();
}

LogicalResult Reader::readOp(Operation &inner) {
  if (std::optional<ExpressionOp> kind = simpleOp(inner.getName().getStringRef()))
    return append(inner, *kind, inner.getOperands());
  return llvm::TypeSwitch<Operation *, LogicalResult>(&inner)
      .Case([&](arith::ConstantOp constant) { return readConstant(constant); })
      .Case([&](arith::CmpIOp compare) {
        return append(inner, *comparison(compare.getPredicate()),
                      inner.getOperands());
      })
      .Case([&](arith::CmpFOp compare) -> LogicalResult {
        std::optional<ExpressionOp> kind = comparison(compare.getPredicate());
        if (!kind)
          return inner.emitError() << "[KG3001] use an ordered comparison (oeq, "
                                      "olt, ole, ogt, oge) or une";
        return append(inner, *kind, inner.getOperands());
      })
      .Case([&](arith::SelectOp select) {
        bool isFloat = isa<FloatType>(select.getType());
        return append(inner,
                      isFloat ? ExpressionOp::SelectFloat
                              : ExpressionOp::SelectInt,
                      inner.getOperands());
      })
      .Case([&](arith::ExtFOp extend) { return readExtension(extend); })
      .Case([&](arith::TruncFOp truncate) {
        Type type = truncate.getType();
        ExpressionOp kind = type.isF16()    ? ExpressionOp::RoundToF16
                            : type.isBF16() ? ExpressionOp::RoundToBF16
                                            : ExpressionOp::RoundToF32;
        return append(inner, kind, inner.getOperands());
      })
      .Case([&](tensor::ExtractOp read) {
        return readTable(inner, read.getTensor(), read.getIndices());
      })
      .Case([&](memref::LoadOp read) {
        return readTable(inner, read.getMemRef(), read.getIndices());
      })
      .Case([&](tensor::DimOp dim) {
        return readDim(inner, dim->getOperand(0), dim->getOperand(1));
      })
      .Case([&](memref::DimOp dim) {
        return readDim(inner, dim->getOperand(0), dim->getOperand(1));
      })
      .Default([&](Operation *) {
        return inner.emitError()
               << "[KG3001] '" << inner.getName()
               << "' has no neutral form, so the oracle cannot check it";
      });
}

FailureOr<Expression> Reader::read() {
  bindArguments();
  Block &block = region.front();
  for (Operation &inner : block.without_terminator())
    if (failed(readOp(inner)))
      return failure();
  Operation *yield = block.getTerminator();
  FailureOr<int32_t> result = operand(yield->getOperand(0));
  if (failed(result))
    return yield->emitError() << "[KG3001] yields a value with no neutral form";
  expression.result = *result;
  return std::move(expression);
}

} // namespace

FailureOr<Expression> readExpression(attention::ForwardOp op, Region &region) {
  if (region.empty())
    return Expression();
  return Reader(op, region).read();
}

} // namespace kgen::analysis
