//===- ExpandMods.cpp - Named mods become regions -------------------------===//
#include "Diagnostics.h"
#include "kgen/Dialect/Attention/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Parser/Parser.h"

namespace kgen::attention {
#define GEN_PASS_DEF_ATTENTIONEXPANDMODSPASS
#include "kgen/Dialect/Attention/Passes.h.inc"
} // namespace kgen::attention

using namespace mlir;
using namespace kgen;
using namespace kgen::attention;

namespace {

/// Inlines the body of one mod's function at the builder's insertion point.
class ModInliner {
public:
  ModInliner(RewriterBase &rewriter, ForwardOp op, ModAttr mod, Value operand)
      : rewriter(rewriter), op(op), mod(mod), operand(operand) {}

  /// Applies the mod to the region arguments `arguments`; null after an error.
  Value inlineAt(ValueRange arguments) {
    std::string text = (mod.getSource() + "\n" + modSource("shared")).str();
    std::string file =
        "Mods/" + ModAttr::fileOf(mod.getInfo(), mod.getParameters()) + ".mlir";
    library = parseSourceString<ModuleOp>(text, op.getContext(), file);
    auto function = library
                        ? library->lookupSymbol<func::FuncOp>(functionName())
                        : func::FuncOp();
    if (!function || function.isDeclaration() ||
        function.getNumArguments() < arguments.size() ||
        function.getNumResults() != 1)
      return fail("has no function @" + functionName() + " of the right form");
    SmallVector<Value> bound(arguments);
    for (unsigned i = arguments.size(); i < function.getNumArguments(); ++i) {
      bound.push_back(bindArgument(function, i));
      if (!bound.back())
        return {};
    }
    return inlineBody(function, bound);
  }

private:
  /// A fault of the library, not of its user: the tests expand every mod.
  Value fail(const Twine &what) {
    op.emitOpError() << "the library's mod " << mod.getName() << " " << what
                     << "; see docs/AddingAScoreMod.md";
    return {};
  }

  /// "score", "mask", or "mask_with_<operand>".
  std::string functionName() {
    std::string name =
        mod.getInfo().effect == ModEffect::Score ? "score" : "mask";
    if (operand)
      name += "_with_" + mod.getInfo().operands.front().name.str();
    return name;
  }

  /// The value of an argument after the region's: a parameter or the operand.
  Value bindArgument(func::FuncOp function, unsigned index) {
    if (function.getArgAttr(index, "attention.operand"))
      return operand;
    auto name =
        function.getArgAttrOfType<StringAttr>(index, "attention.parameter");
    if (!name)
      return fail("has an argument that is neither parameter nor operand");
    std::optional<TypedAttr> value =
        parameterValue(name.getValue(), function.getArgument(index).getType());
    if (!value)
      return fail("has no parameter " + name.getValue());
    return arith::ConstantOp::create(rewriter, op.getLoc(), *value);
  }

  /// A parameter ("window"), an element of a list ("window.1"), or a fact of
  /// the op ("heads_q").
  std::optional<TypedAttr> parameterValue(StringRef name, Type type) {
    if (name == "heads_q")
      return rewriter.getIntegerAttr(type, op.getHeadsQ());
    auto [parameter, element] = name.split('.');
    const auto *row =
        llvm::find_if(mod.getInfo().parameters, [&](const ModParameter &p) {
          return p.name == parameter;
        });
    if (row == mod.getInfo().parameters.end())
      return std::nullopt;
    if (row->kind == ModParameterKind::Float)
      return rewriter.getFloatAttr(type, mod.getFloat(parameter));
    SmallVector<int64_t> values = mod.getIntegers(parameter);
    size_t index = 0;
    if ((!element.empty() && element.getAsInteger(10, index)) ||
        index >= values.size())
      return std::nullopt;
    return rewriter.getIntegerAttr(type, values[index]);
  }

  Value inlineBody(func::FuncOp function, ValueRange arguments) {
    IRMapping mapping;
    mapping.map(function.getArguments(), arguments);
    for (Operation &inner : function.front().without_terminator()) {
      if (auto call = dyn_cast<func::CallOp>(inner)) {
        auto callee = library->lookupSymbol<func::FuncOp>(call.getCallee());
        SmallVector<Value> passed = llvm::map_to_vector(
            call.getOperands(), [&](Value v) { return mapping.lookup(v); });
        Value result = inlineBody(callee, passed);
        mapping.map(call.getResult(0), result);
        continue;
      }
      cloneFolded(inner, mapping);
    }
    return mapping.lookup(function.front().getTerminator()->getOperand(0));
  }

  /// Clones one op; reads of a table that is a memref here become loads. What
  /// folds to constants or to other values leaves no op behind.
  void cloneFolded(Operation &inner, IRMapping &mapping) {
    Operation *clone = nullptr;
    if (auto extract = dyn_cast<tensor::ExtractOp>(inner);
        extract &&
        isa<MemRefType>(mapping.lookup(extract.getTensor()).getType())) {
      SmallVector<Value> indices = llvm::map_to_vector(
          extract.getIndices(), [&](Value v) { return mapping.lookup(v); });
      clone =
          memref::LoadOp::create(rewriter, inner.getLoc(),
                                 mapping.lookup(extract.getTensor()), indices);
    } else {
      clone = rewriter.clone(inner, mapping);
    }
    SmallVector<Value> folded;
    if (!clone->hasTrait<OpTrait::ConstantLike>() &&
        succeeded(rewriter.tryFold(clone, folded)) && !folded.empty()) {
      rewriter.eraseOp(clone);
      mapping.map(inner.getResults(), folded);
      return;
    }
    mapping.map(inner.getResults(), clone->getResults());
  }

  RewriterBase &rewriter;
  ForwardOp op;
  ModAttr mod;
  Value operand;
  OwningOpRef<ModuleOp> library;
};

/// A region that does nothing yet: yields its score, or true.
void addEmptyRegion(RewriterBase &rewriter, ForwardOp op, bool isScore) {
  Region &region = isScore ? op.getScore() : op.getMask();
  if (!region.empty())
    return;
  SmallVector<Type> types(ForwardOp::kMaskArguments, rewriter.getIndexType());
  if (isScore)
    types.insert(types.begin(), rewriter.getF32Type());
  SmallVector<Location> locations(types.size(), op.getLoc());
  OpBuilder::InsertionGuard guard(rewriter);
  Block *block = rewriter.createBlock(&region, region.end(), types, locations);
  Value value = block->getArgument(0);
  if (!isScore)
    value = arith::ConstantOp::create(rewriter, op.getLoc(),
                                      rewriter.getBoolAttr(true));
  YieldOp::create(rewriter, op.getLoc(), value);
}

LogicalResult expandMod(RewriterBase &rewriter, ForwardOp op, ModAttr mod,
                        Value operand) {
  bool isScore = mod.getInfo().effect == ModEffect::Score;
  addEmptyRegion(rewriter, op, isScore);
  Block &block = (isScore ? op.getScore() : op.getMask()).front();
  auto yield = cast<YieldOp>(block.getTerminator());
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(yield);
  SmallVector<Value> arguments(block.getArguments());
  if (isScore)
    arguments.front() = yield.getValue();
  Value value = ModInliner(rewriter, op, mod, operand).inlineAt(arguments);
  if (!value)
    return failure();
  if (!isScore)
    value = rewriter.createOrFold<arith::AndIOp>(op.getLoc(), yield.getValue(),
                                                 value);
  rewriter.modifyOpInPlace(yield,
                           [&] { yield.getValueMutable().assign(value); });
  return success();
}

/// Erases ops whose results nobody uses, last first.
void eraseDeadOps(RewriterBase &rewriter, Region &region) {
  if (region.empty())
    return;
  for (Operation &nested :
       llvm::make_early_inc_range(llvm::reverse(region.front())))
    if (isOpTriviallyDead(&nested))
      rewriter.eraseOp(&nested);
}

struct ExpandModsPass
    : kgen::attention::impl::AttentionExpandModsPassBase<ExpandModsPass> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    WalkResult walked = getOperation()->walk([&](ForwardOp op) {
      FailureOr<int64_t> count = expandMods(rewriter, op);
      if (failed(count))
        return WalkResult::interrupt();
      expandedMods += *count;
      if (op.hasMask() && matchPattern(op.getYieldedMask(), m_Zero()))
        op.emitWarning() << coded(ErrorCode::EverythingMasked)
                         << "the mask is false for every pair: every row of O "
                            "is 0 and its LSE -inf";
      return WalkResult::advance();
    });
    if (walked.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace

FailureOr<int64_t> kgen::attention::expandMods(RewriterBase &rewriter,
                                               ForwardOp op) {
  FailureOr<SmallVector<Value>> operands = op.assignModOperands();
  if (failed(operands))
    return failure();
  int64_t count = 0;
  for (auto [mod, operand] : llvm::zip_equal(op.getModList(), *operands)) {
    ++count;
    if (mod.getInfo().effect != ModEffect::None &&
        failed(expandMod(rewriter, op, mod, operand)))
      return failure();
  }
  rewriter.modifyOpInPlace(op, [&] {
    op.removeModsAttr();
    op.getModOperandsMutable().clear();
  });
  eraseDeadOps(rewriter, op.getScore());
  eraseDeadOps(rewriter, op.getMask());
  return count;
}
