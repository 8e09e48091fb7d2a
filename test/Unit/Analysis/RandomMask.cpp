//===- RandomMask.cpp - Mask regions that nobody would write ---------------===//
#include "RandomMask.h"

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;

namespace kgen::analysis::test {
namespace {

class MaskBuilder {
public:
  MaskBuilder(std::mt19937 &random, Surroundings &above, Block *block)
      : random(random), above(above), block(block),
        builder(OpBuilder::atBlockEnd(block)), loc(builder.getUnknownLoc()) {}

  Value condition(int depth) {
    switch (depth == 0 ? 0 : pick(6)) {
    case 1:
    case 2:
      return make<arith::AndIOp>(condition(depth - 1), condition(depth - 1));
    case 3:
    case 4:
      return make<arith::OrIOp>(condition(depth - 1), condition(depth - 1));
    case 5:
      return make<arith::XOrIOp>(condition(depth - 1), flag(true));
    default:
      return pick(12) == 0 ? above.scalars.back() : comparison();
    }
  }
  void yield(Value value) { attention::YieldOp::create(builder, loc, value); }

private:
  int pick(int count) {
    return std::uniform_int_distribution<int>(0, count - 1)(random);
  }
  template <typename OpT> Value make(Value a, Value b) {
    return OpT::create(builder, loc, a, b);
  }
  Value flag(bool value) {
    return arith::ConstantOp::create(builder, loc, builder.getBoolAttr(value));
  }
  Value constant(Type type, int64_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getIntegerAttr(type, value));
  }

  Value comparison() {
    Type types[] = {builder.getIndexType(), builder.getI32Type(),
                    builder.getI64Type()};
    Type type = types[pick(3)];
    auto predicate = static_cast<arith::CmpIPredicate>(pick(10));
    return arith::CmpIOp::create(builder, loc, predicate, number(type, 2),
                                 number(type, 2));
  }

  /// `value` in `type`, through sign extension and truncation.
  Value cast(Value value, Type type) {
    if (value.getType() == type)
      return value;
    if (type.isIndex() || value.getType().isIndex())
      return arith::IndexCastOp::create(builder, loc, type, value);
    if (type.isInteger(64))
      return arith::ExtSIOp::create(builder, loc, type, value);
    return arith::TruncIOp::create(builder, loc, type, value);
  }

  Value leaf(Type type) {
    constexpr int64_t kFar = int64_t(1) << 29;
    const int64_t far[] = {kFar - 1, kFar + 5, -kFar - 5,
                           std::numeric_limits<int32_t>::max()};
    switch (pick(8)) {
    case 0:
    case 1:
      return cast(block->getArgument(2), type);
    case 2:
    case 3:
      return cast(block->getArgument(3), type);
    case 4:
      return cast(block->getArgument(pick(2)), type);
    case 5:
      return cast(above.scalars[pick(3)], type);
    case 6:
      return pick(5) ? constant(type, pick(20) - 6)
                     : constant(type, far[pick(4)]);
    default:
      return constant(type, pick(12));
    }
  }

  Value number(Type type, int depth) {
    if (depth == 0)
      return leaf(type);
    auto inner = [&] { return number(type, depth - 1); };
    switch (pick(9)) {
    case 0:
      return make<arith::AddIOp>(inner(), inner());
    case 1:
      return make<arith::SubIOp>(inner(), inner());
    case 2:
      return make<arith::MulIOp>(inner(), constant(type, pick(7) - 3));
    case 3:
      return make<arith::MaxSIOp>(inner(), inner());
    case 4:
      return make<arith::MinSIOp>(inner(), inner());
    case 5:
      return make<arith::FloorDivSIOp>(inner(), constant(type, 1 + pick(5)));
    case 6: {
      Type other = type.isInteger(32) ? Type(builder.getI64Type())
                                      : Type(builder.getI32Type());
      return cast(number(other, depth - 1), type);
    }
    default:
      return leaf(type);
    }
  }

  std::mt19937 &random;
  Surroundings &above;
  Block *block;
  OpBuilder builder;
  Location loc;
};

} // namespace

Surroundings::Surroundings(MLIRContext &context)
    : module(ModuleOp::create(UnknownLoc::get(&context))) {
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  SmallVector<Type> types(kTileArguments, builder.getIndexType());
  types.append({builder.getIndexType(), builder.getI32Type(),
                builder.getI64Type(), builder.getI1Type()});
  auto function = func::FuncOp::create(builder, module->getLoc(), "above",
                                       builder.getFunctionType(types, {}));
  block = function.addEntryBlock();
  llvm::append_range(scalars,
                     block->getArguments().drop_front(kTileArguments));
}

Region &addRandomMask(std::mt19937 &random, Surroundings &above) {
  OpBuilder builder = OpBuilder::atBlockEnd(above.module->getBody());
  SmallVector<Type> types(4, builder.getIndexType());
  auto holder = func::FuncOp::create(builder, above.module->getLoc(), "mask",
                                     builder.getFunctionType(types, {}));
  MaskBuilder mask(random, above, holder.addEntryBlock());
  mask.yield(mask.condition(3));
  return holder.getBody();
}

SmallVector<Attribute> randomScalars(std::mt19937 &random,
                                     const Surroundings &above) {
  SmallVector<Attribute> values;
  for (Value scalar : above.scalars) {
    Type type = scalar.getType();
    unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
    int64_t highest = std::numeric_limits<int64_t>::max() >> (64 - width);
    int64_t lowest = -highest - 1;
    const int64_t extremes[] = {highest,     lowest,        highest - 3,
                                lowest + 3,  highest / 4,   highest / 4 + 1,
                                lowest / 4,  highest / 2};
    int choice = static_cast<int>(random() % 24);
    int64_t value = width == 1    ? static_cast<int64_t>(random() % 2)
                    : choice < 8 ? extremes[choice]
                                 : choice - 12;
    values.push_back(IntegerAttr::get(
        type, APInt(width, static_cast<uint64_t>(value),
                    /*isSigned=*/true, /*implicitTrunc=*/true)));
  }
  return values;
}

void Folder::set(Value value, int64_t index) {
  set(value, IntegerAttr::get(IndexType::get(value.getContext()), index));
}

int64_t Folder::integer(Value value) {
  auto number = dyn_cast_if_present<IntegerAttr>(evaluate(value));
  if (!number)
    llvm::report_fatal_error("a value does not fold to a constant");
  return number.getType().isInteger(1) ? number.getValue().getZExtValue()
                                       : number.getValue().getSExtValue();
}

double Folder::number(Value value) {
  auto found = dyn_cast_if_present<FloatAttr>(evaluate(value));
  if (!found)
    llvm::report_fatal_error("a value does not fold to a constant");
  return found.getValueAsDouble();
}

Attribute Folder::evaluate(Value value) {
  if (Attribute constant = known.lookup(value))
    return constant;
  Attribute constant;
  if (matchPattern(value, m_Constant(&constant)))
    return known[value] = constant;
  Operation *op = value.getDefiningOp();
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands())
    operands.push_back(evaluate(operand));
  if (isa<math::FmaOp>(op)) { // has no folder
    double x[3];
    for (auto [to, operand] : llvm::zip_equal(x, operands))
      to = cast<FloatAttr>(operand).getValueAsDouble();
    return known[value] =
               FloatAttr::get(value.getType(), x[0] * x[1] + x[2]);
  }
  SmallVector<OpFoldResult> results;
  if (failed(op->fold(operands, results)) || results.empty())
    return {};
  auto same = dyn_cast<Value>(results.front());
  constant = same ? evaluate(same) : cast<Attribute>(results.front());
  return known[value] = constant;
}

} // namespace kgen::analysis::test
