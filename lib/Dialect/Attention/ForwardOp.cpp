//===- ForwardOp.cpp - Queries, effects and builders of the ops -----------===//
#include "Diagnostics.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::attention;

#define GET_OP_CLASSES
#include "kgen/Dialect/Attention/AttentionOps.cpp.inc"

// Dimensions of [B, H, S, D].
enum : unsigned { kBatchDim, kHeadDim, kSeqDim, kChannelDim };

void ForwardOp::build(OpBuilder &builder, OperationState &state, Value q,
                      Value k, Value v, double scale, bool withLse) {
  auto qType = cast<RankedTensorType>(q.getType());
  SmallVector<int64_t> shape(qType.getShape());
  shape[kChannelDim] = cast<ShapedType>(v.getType()).getDimSize(kChannelDim);
  SmallVector<Type> types{RankedTensorType::get(shape, qType.getElementType())};
  if (withLse)
    types.push_back(RankedTensorType::get(qType.getShape().drop_back(),
                                          builder.getF32Type()));
  build(builder, state, types, q, k, v, /*mod_operands=*/ValueRange(),
        /*outs=*/ValueRange(), builder.getF64FloatAttr(scale), /*mods=*/nullptr,
        /*schedule=*/nullptr, /*allow_tf32=*/nullptr,
        /*allow_approx_math=*/nullptr);
}

//===----------------------------------------------------------------------===//
// Operands, results and sizes
//===----------------------------------------------------------------------===//

static Value valueOrNull(ValueRange values, unsigned index) {
  return index < values.size() ? values[index] : Value();
}

Value ForwardOp::getO() {
  return valueOrNull(isTensorForm() ? ValueRange(getResults()) : getOuts(), 0);
}

Value ForwardOp::getLse() {
  return valueOrNull(isTensorForm() ? ValueRange(getResults()) : getOuts(), 1);
}

ShapedType ForwardOp::getQType() { return cast<ShapedType>(getQ().getType()); }
ShapedType ForwardOp::getKType() { return cast<ShapedType>(getK().getType()); }
ShapedType ForwardOp::getVType() { return cast<ShapedType>(getV().getType()); }

FloatType ForwardOp::getElementType() {
  return cast<FloatType>(getQType().getElementType());
}

/// The first static size among the types' dimension `dim`.
static int64_t firstStatic(ArrayRef<ShapedType> types, unsigned dim) {
  for (ShapedType type : types)
    if (!type.isDynamicDim(dim))
      return type.getDimSize(dim);
  return ShapedType::kDynamic;
}

int64_t ForwardOp::getBatch() {
  return firstStatic({getQType(), getKType(), getVType()}, kBatchDim);
}
int64_t ForwardOp::getSeqKV() {
  return firstStatic({getKType(), getVType()}, kSeqDim);
}
int64_t ForwardOp::getHeadsQ() { return getQType().getDimSize(kHeadDim); }
int64_t ForwardOp::getHeadsKV() { return getKType().getDimSize(kHeadDim); }
int64_t ForwardOp::getSeqQ() { return getQType().getDimSize(kSeqDim); }
int64_t ForwardOp::getHeadDimQK() { return getQType().getDimSize(kChannelDim); }
int64_t ForwardOp::getHeadDimV() { return getVType().getDimSize(kChannelDim); }

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

static Value yieldedValue(Region &region) {
  if (region.empty())
    return {};
  return cast<YieldOp>(region.front().getTerminator()).getValue();
}

Value ForwardOp::getYieldedScore() { return yieldedValue(getScore()); }
Value ForwardOp::getYieldedMask() { return yieldedValue(getMask()); }

static bool isScalarConstant(Value value) {
  return !isa<ShapedType>(value.getType()) && matchPattern(value, m_Constant());
}

/// Visits every use in `region` of a value defined above it.
static void forEachOuterUse(Region &region,
                            function_ref<void(OpOperand &)> visit) {
  for (Block &block : region)
    for (Operation &op : block)
      for (OpOperand &operand : op.getOpOperands())
        if (!region.isAncestor(operand.get().getParentRegion()))
          visit(operand);
}

SmallVector<Value> ForwardOp::getCaptures() {
  llvm::SetVector<Value> captures;
  for (Region *region : {&getScore(), &getMask()})
    forEachOuterUse(*region, [&](OpOperand &use) {
      if (!isScalarConstant(use.get()))
        captures.insert(use.get());
    });
  return captures.takeVector();
}

bool kgen::attention::sinkConstants(RewriterBase &rewriter, ForwardOp op) {
  bool changed = false;
  for (Region *region : {&op.getScore(), &op.getMask()}) {
    llvm::SmallDenseMap<Value, Value> sunk;
    forEachOuterUse(*region, [&](OpOperand &use) {
      if (!isScalarConstant(use.get()))
        return;
      Value &inside = sunk[use.get()];
      if (!inside) {
        OpBuilder::InsertionGuard guard(rewriter);
        rewriter.setInsertionPointToStart(&region->front());
        inside = rewriter.clone(*use.get().getDefiningOp())->getResult(0);
      }
      rewriter.modifyOpInPlace(use.getOwner(), [&] { use.set(inside); });
      changed = true;
    });
  }
  return changed;
}

void ForwardOp::getAsmBlockArgumentNames(Region &region,
                                         OpAsmSetValueNameFn setName) {
  if (region.empty())
    return;
  SmallVector<StringRef> names{"b", "h", "q_idx", "kv_idx"};
  if (&region == &getScore())
    names.insert(names.begin(), "s");
  for (auto [argument, name] : llvm::zip(region.getArguments(), names))
    setName(argument, name);
}

//===----------------------------------------------------------------------===//
// Effects
//===----------------------------------------------------------------------===//

void ForwardOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  auto reads = [&](OpOperand &operand) {
    if (isa<BaseMemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  };
  MutableArrayRef<OpOperand> operands = getOperation()->getOpOperands();
  for (OpOperand &operand : operands.drop_back(getOuts().size()))
    reads(operand);
  for (OpOperand &operand : operands.take_back(getOuts().size()))
    effects.emplace_back(MemoryEffects::Write::get(), &operand);
  // A region reads memrefs through values that are no operands of the op.
  for (Region *region : {&getScore(), &getMask()})
    if (!region->getOps<memref::LoadOp>().empty())
      effects.emplace_back(MemoryEffects::Read::get());
}

Speculation::Speculatability ForwardOp::getSpeculatability() {
  return isTensorForm() ? Speculation::Speculatable
                        : Speculation::NotSpeculatable;
}

//===----------------------------------------------------------------------===//
// Named mods
//===----------------------------------------------------------------------===//

SmallVector<ModAttr> ForwardOp::getModList() {
  if (!getMods())
    return {};
  return llvm::to_vector(getModsAttr().getAsRange<ModAttr>());
}

/// True when `type` has the element type and rank of `operand`.
static bool canTake(const ModOperand &operand, Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasRank() ||
      shaped.getRank() != static_cast<int64_t>(operand.shape.size()))
    return false;
  Type element = shaped.getElementType();
  return operand.type == ModOperandType::F32 ? element.isF32()
                                             : element.isSignlessInteger(32);
}

FailureOr<SmallVector<Value>> ForwardOp::assignModOperands() {
  SmallVector<ModAttr> mods = getModList();
  SmallVector<Value> assigned(mods.size());
  for (Value operand : getModOperands()) {
    auto taker =
        llvm::find_if(llvm::seq<size_t>(0, mods.size()), [&](size_t i) {
          const ModInfo &info = mods[i].getInfo();
          return !assigned[i] && !info.operands.empty() &&
                 canTake(info.operands.front(), operand.getType());
        });
    if (taker == llvm::seq<size_t>(0, mods.size()).end())
      return emitOpError() << coded(ErrorCode::ModOperandInvalid)
                           << "no mod of the list takes an operand of type "
                           << operand.getType();
    assigned[*taker] = operand;
  }
  for (auto [mod, operand] : llvm::zip_equal(mods, assigned)) {
    ArrayRef<ModOperand> wanted = mod.getInfo().operands;
    if (!operand && !wanted.empty() && wanted.front().required)
      return emitOpError() << coded(ErrorCode::ModOperandInvalid) << "mod "
                           << mod.getName() << " needs an operand '"
                           << wanted.front().name << "'";
  }
  return assigned;
}
