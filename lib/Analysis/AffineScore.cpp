//===- AffineScore.cpp - Scores that are linear in the key's position -----===//

#include "kgen/Analysis/AffineScore.h"
#include "kgen/Analysis/TableRead.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace kgen::analysis {
namespace {

/// What a value may depend on, besides constants and captures.
enum Source : unsigned { FromScore = 1, FromRow = 2, FromKey = 4 };

/// The same bounds as those of key ranges (KvRange.cpp).
constexpr int64_t kPositionLimit = int64_t(1) << 24;
constexpr int64_t kMagnitudeLimit = int64_t(1) << 30;

/// An integer value: step * j + something that does not depend on j.
struct IntegerForm {
  int64_t step = 0;
  int64_t magnitude = 0; ///< the value lies in [-magnitude, magnitude]
};

std::optional<double> constantOf(Value value) {
  FloatAttr attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  return attribute.getValueAsDouble();
}

class ScoreSplitter {
public:
  explicit ScoreSplitter(Region &score) : region(score) {
    Block &block = score.front();
    sources[block.getArgument(0)] = FromScore;
    sources[block.getArgument(3)] = FromRow;
    sources[block.getArgument(4)] = FromKey;
  }

  std::optional<AffineScore> split() {
    Form form = read(region.front().getTerminator()->getOperand(0));
    if (form)
      form->region = &region;
    return form;
  }

private:
  using Form = std::optional<AffineScore>;

  unsigned sourcesOf(Value value);
  bool dependsOn(Value value, unsigned which) {
    return sourcesOf(value) & which;
  }
  Form read(Value value);
  Form readOp(Value value);
  Form sum(Form a, Form b, double sign);
  Form product(Value a, Value b);
  Form scaled(Form form, double factor);
  Form fromInteger(Value value);
  std::optional<IntegerForm> readInteger(Value value);
  std::optional<IntegerForm> readIntegerOp(Operation *op);

  Region &region;
  llvm::DenseMap<Value, unsigned> sources;
};

unsigned ScoreSplitter::sourcesOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto known = sources.find(value); known != sources.end())
    return known->second;
  if (!op || op->getParentRegion() != &region)
    return 0; // b, h, or defined above
  unsigned all = 0;
  for (Value operand : op->getOperands())
    all |= sourcesOf(operand);
  return sources[value] = all;
}

ScoreSplitter::Form ScoreSplitter::read(Value value) {
  if (value == region.front().getArgument(0))
    return AffineScore{nullptr, 1.0, {}, {}};
  if (!dependsOn(value, FromScore | FromKey))
    return AffineScore(); // rest
  Form form = readOp(value);
  if (dependsOn(value, FromScore))
    return form;
  // Without s, sums are terms as a whole: their parts may cancel.
  bool isProduct = isa_and_nonnull<arith::MulFOp, arith::DivFOp, arith::NegFOp>(
      value.getDefiningOp());
  bool isOneTerm = form && isProduct && form->gamma.empty();
  if (form && (form->keyTerms.empty() || isOneTerm))
    return form;
  if (dependsOn(value, FromRow) || !value.getType().isF32())
    return std::nullopt;
  AffineScore term;
  term.keyTerms.push_back({Coefficient(), value});
  return term;
}

ScoreSplitter::Form ScoreSplitter::readOp(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !value.getType().isF32())
    return std::nullopt;
  return llvm::TypeSwitch<Operation *, Form>(op)
      .Case<arith::AddFOp>([&](auto add) {
        return sum(read(add.getLhs()), read(add.getRhs()), 1);
      })
      .Case<arith::SubFOp>([&](auto subtract) {
        return sum(read(subtract.getLhs()), read(subtract.getRhs()), -1);
      })
      .Case<arith::NegFOp>(
          [&](auto negate) { return scaled(read(negate.getOperand()), -1); })
      .Case<arith::MulFOp>([&](auto multiply) {
        return product(multiply.getLhs(), multiply.getRhs());
      })
      .Case<arith::DivFOp>([&](auto divide) -> Form {
        std::optional<double> divisor = constantOf(divide.getRhs());
        if (!divisor)
          return std::nullopt;
        return scaled(read(divide.getLhs()), 1 / *divisor);
      })
      .Case<math::FmaOp>([&](auto fma) {
        return sum(product(fma.getA(), fma.getB()), read(fma.getC()), 1);
      })
      .Case<arith::SIToFPOp>(
          [&](auto convert) { return fromInteger(convert.getIn()); })
      .Default([](Operation *) { return std::nullopt; });
}

ScoreSplitter::Form ScoreSplitter::sum(Form a, Form b, double sign) {
  b = scaled(std::move(b), sign);
  if (!a || !b)
    return std::nullopt;
  a->alpha += b->alpha;
  llvm::append_range(a->gamma, b->gamma);
  llvm::append_range(a->keyTerms, b->keyTerms);
  return a;
}

ScoreSplitter::Form ScoreSplitter::scaled(Form form, double factor) {
  if (!form || !std::isnormal(static_cast<float>(factor)))
    return std::nullopt;
  form->alpha *= factor;
  for (Coefficient &coefficient : form->gamma)
    coefficient.constant *= factor;
  for (KeyTerm &term : form->keyTerms)
    term.coefficient.constant *= factor;
  return form;
}

ScoreSplitter::Form ScoreSplitter::product(Value a, Value b) {
  if (!dependsOn(a, FromScore | FromKey) && !dependsOn(b, FromScore | FromKey))
    return AffineScore(); // rest, the factors of an fma
  if (dependsOn(b, FromScore | FromKey | FromRow))
    std::swap(a, b);
  if (dependsOn(b, FromScore | FromKey | FromRow))
    return std::nullopt;
  if (std::optional<double> factor = constantOf(b))
    return scaled(read(a), *factor);
  Form form = read(a);
  // A factor of s that is not known here may be zero or negative.
  if (!form || form->alpha != 0)
    return std::nullopt;
  for (Coefficient &coefficient : form->gamma)
    coefficient.factors.push_back(b);
  for (KeyTerm &term : form->keyTerms)
    term.coefficient.factors.push_back(b);
  return form;
}

ScoreSplitter::Form ScoreSplitter::fromInteger(Value value) {
  std::optional<IntegerForm> integer = readInteger(value);
  if (!integer)
    return std::nullopt;
  AffineScore form;
  if (integer->step != 0)
    form.gamma.push_back({static_cast<double>(integer->step), {}});
  return form;
}

std::optional<IntegerForm> ScoreSplitter::readInteger(Value value) {
  // A narrow integer could wrap where the wide one does not.
  if (auto type = dyn_cast<IntegerType>(value.getType());
      type && type.getWidth() < 32)
    return std::nullopt;
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant))) {
    if (constant.abs().ugt(kMagnitudeLimit))
      return std::nullopt;
    return IntegerForm{0, constant.abs().getSExtValue()};
  }
  if (value == region.front().getArgument(4))
    return IntegerForm{1, kPositionLimit};
  ValueRange positions = region.front().getArguments().slice(1, 3);
  if (llvm::is_contained(positions, value))
    return IntegerForm{0, kPositionLimit}; // b, h, q_idx
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt; // a captured scalar: its size is not known
  if (isa<tensor::DimOp, memref::DimOp>(op))
    return IntegerForm{0, kPositionLimit};
  if (op->getParentRegion() != &region)
    return std::nullopt;
  std::optional<IntegerForm> form = readIntegerOp(op);
  if (!form || form->magnitude > kMagnitudeLimit)
    return std::nullopt;
  return form;
}

std::optional<IntegerForm> ScoreSplitter::readIntegerOp(Operation *op) {
  if (isa<arith::IndexCastOp, arith::ExtSIOp, arith::TruncIOp>(op))
    return readInteger(op->getOperand(0));
  if (!isa<arith::AddIOp, arith::SubIOp, arith::MulIOp>(op))
    return std::nullopt;
  std::optional<IntegerForm> a = readInteger(op->getOperand(0));
  std::optional<IntegerForm> b = readInteger(op->getOperand(1));
  if (!a || !b)
    return std::nullopt;
  if (isa<arith::AddIOp>(op))
    return IntegerForm{a->step + b->step, a->magnitude + b->magnitude};
  if (isa<arith::SubIOp>(op))
    return IntegerForm{a->step - b->step, a->magnitude + b->magnitude};
  APInt constant;
  Value other = op->getOperand(0);
  if (!matchPattern(op->getOperand(1), m_ConstantInt(&constant))) {
    other = op->getOperand(1);
    if (!matchPattern(op->getOperand(0), m_ConstantInt(&constant)))
      return std::nullopt;
  }
  IntegerForm form = other == op->getOperand(0) ? *a : *b;
  int64_t factor = constant.getSExtValue();
  // Both below 2^30: their product fits 64 bits.
  return IntegerForm{form.step * factor, form.magnitude * std::abs(factor)};
}

/// `value`, copied with what it needs to the builder. Its tables are read for
/// heads that see no key, too.
Value copied(OpBuilder &builder, Value value, Region *from, IRMapping &values) {
  if (Value known = values.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  if (!op || op->getParentRegion() != from)
    return value;
  for (Value operand : op->getOperands())
    copied(builder, operand, from, values);
  Operation *copy = builder.clone(*op, values);
  if (auto read = dyn_cast<memref::LoadOp>(copy)) {
    ValueRange batchAndHead = from->front().getArguments().slice(1, 2);
    keepReadInside(read, [&](Value index, int64_t) {
      return llvm::any_of(batchAndHead, [&](Value known) {
        return values.lookupOrDefault(known) == index;
      });
    });
  }
  return copy->getResult(0);
}

} // namespace

std::optional<AffineScore> splitScore(Region &score) {
  for (Operation &op : score.front())
    if (op.getNumRegions())
      return std::nullopt;
  return ScoreSplitter(score).split();
}

Value emitCoefficient(OpBuilder &builder, Location loc,
                      const AffineScore &score, const Coefficient &coefficient,
                      double factor, IRMapping &values) {
  Value product =
      arith::ConstantOp::create(builder, loc,
                                builder.getF32FloatAttr(static_cast<float>(
                                    coefficient.constant * factor)));
  for (Value part : coefficient.factors)
    product = arith::MulFOp::create(
        builder, loc, copied(builder, part, score.region, values), product);
  return product;
}

Value emitSlope(OpBuilder &builder, Location loc, const AffineScore &score,
                double factor, IRMapping &values) {
  Value slope;
  Coefficient known{0, {}}; // the sum of those without factors
  auto add = [&](const Coefficient &coefficient) {
    Value term =
        emitCoefficient(builder, loc, score, coefficient, factor, values);
    slope = slope ? arith::AddFOp::create(builder, loc, slope, term) : term;
  };
  for (const Coefficient &coefficient : score.gamma) {
    if (coefficient.factors.empty())
      known.constant += coefficient.constant;
    else
      add(coefficient);
  }
  if (!slope || known.constant != 0)
    add(known);
  return slope;
}

} // namespace kgen::analysis
