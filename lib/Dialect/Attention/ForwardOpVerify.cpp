//===- ForwardOpVerify.cpp - Verifier of attention.forward ----------------===//
#include "Diagnostics.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;
using namespace kgen;
using namespace kgen::attention;

namespace {

/// Two sizes agree when they are equal or one of them is only known at launch.
bool agree(int64_t a, int64_t b) {
  return a == b || ShapedType::isDynamic(a) || ShapedType::isDynamic(b);
}

std::string sizeText(int64_t size) {
  return ShapedType::isDynamic(size) ? "?" : std::to_string(size);
}

/// The checks of one op, each with its code. Every `check` method either
/// succeeds or emits exactly one error.
struct ForwardVerifier {
  ForwardOp op;

  InFlightDiagnostic fail(ErrorCode code) {
    return op.emitOpError() << coded(code);
  }

  LogicalResult checkRanks() {
    for (auto [name, value] : inputs()) {
      Type type = value.getType();
      auto shaped = dyn_cast<ShapedType>(type);
      if (!isa<RankedTensorType, MemRefType>(type) || shaped.getRank() != 4)
        return fail(ErrorCode::OperandRank)
               << name << " must have rank 4, [B, H, S, D], but has type "
               << type;
    }
    return success();
  }

  LogicalResult checkForms() {
    bool tensors = isa<RankedTensorType>(op.getQ().getType());
    for (Value operand : op.getOperands())
      if (isa<RankedTensorType>(operand.getType()) != tensors)
        return fail(ErrorCode::MixedForms)
               << "mixes tensors and memrefs: q is a "
               << (tensors ? "tensor" : "memref") << ", an operand has type "
               << operand.getType();
    size_t outputs = tensors ? op->getNumResults() : op.getOuts().size();
    size_t others = tensors ? op.getOuts().size() : op->getNumResults();
    if (outputs < 1 || outputs > 2 || others != 0)
      return fail(ErrorCode::MixedForms)
             << "has " << op->getNumResults() << " results and "
             << op.getOuts().size() << " outs; the "
             << (tensors
                     ? "tensor form has 1 or 2 results (O, LSE) and no outs"
                     : "memref form has 1 or 2 outs (O, LSE) and no results");
    return success();
  }

  LogicalResult checkMemrefs() {
    for (Value operand : op.getOperands()) {
      auto memref = dyn_cast<MemRefType>(operand.getType());
      if (memref &&
          (!memref.getLayout().isIdentity() || memref.getMemorySpace()))
        return fail(ErrorCode::MemrefLayout)
               << "operand type " << memref << " is not contiguous in the "
               << "default memory space";
    }
    return success();
  }

  LogicalResult checkOuts() {
    OperandRange operands = op.getOperands();
    size_t inputs = operands.size() - op.getOuts().size();
    for (auto [i, out] : llvm::enumerate(op.getOuts()))
      if (llvm::is_contained(operands.take_front(inputs + i), out))
        return fail(ErrorCode::OutIsInput)
               << "out " << i << " is another operand too; the op reads its "
               << "inputs while it writes";
    return success();
  }

  LogicalResult checkElementTypes() {
    Type type = op.getQType().getElementType();
    if (!type.isF32() && !type.isF16() && !type.isBF16())
      return fail(ErrorCode::OperandElementType)
             << "element type " << type << " is not one of f32, f16, bf16";
    for (ShapedType other : {op.getKType(), op.getVType()})
      if (other.getElementType() != type)
        return fail(ErrorCode::OperandElementType)
               << "element types of q, k and v differ: " << type << " and "
               << other.getElementType();
    return success();
  }

  LogicalResult checkStaticSizes() {
    for (auto [name, value] : inputs()) {
      auto type = cast<ShapedType>(value.getType());
      for (auto [dim, what] :
           {std::pair(1, "head count"), {3, "head dimension"}})
        if (type.isDynamicDim(dim) || type.getDimSize(dim) < 1)
          return fail(ErrorCode::StaticSizes)
                 << what << " of " << name << " is "
                 << sizeText(type.getDimSize(dim))
                 << "; it must be static and at least 1";
    }
    return success();
  }

  LogicalResult checkHeads() {
    int64_t q = op.getHeadsQ(), k = op.getHeadsKV();
    int64_t v = op.getVType().getDimSize(1);
    if (k != v)
      return fail(ErrorCode::HeadCounts)
             << "k has " << k << " heads and v has " << v;
    if (q % k != 0)
      return fail(ErrorCode::HeadCounts)
             << "q has " << q << " heads, which is no multiple of the " << k
             << " of k and v";
    if (op.getKType().getDimSize(3) != op.getHeadDimQK())
      return fail(ErrorCode::HeadDimensions)
             << "head dimension of q is " << op.getHeadDimQK() << ", of k "
             << op.getKType().getDimSize(3);
    return success();
  }

  LogicalResult checkBatchAndSequence() {
    ShapedType q = op.getQType(), k = op.getKType(), v = op.getVType();
    auto differ = [&](StringRef what, int64_t a, int64_t b) {
      return fail(ErrorCode::BatchOrSequence)
             << what << " differ: " << sizeText(a) << " and " << sizeText(b);
    };
    for (auto [a, b] : {std::pair(q, k), {q, v}, {k, v}})
      if (!agree(a.getDimSize(0), b.getDimSize(0)))
        return differ("batch sizes", a.getDimSize(0), b.getDimSize(0));
    if (!agree(k.getDimSize(2), v.getDimSize(2)))
      return differ("lengths of k and v", k.getDimSize(2), v.getDimSize(2));
    return success();
  }

  LogicalResult checkOutputs() {
    int64_t b = op.getBatch(), h = op.getHeadsQ(), s = op.getSeqQ();
    auto check = [&](Value value, StringRef name, ArrayRef<int64_t> shape,
                     Type element) -> LogicalResult {
      auto type = dyn_cast<ShapedType>(value.getType());
      bool good = type && type.hasRank() && type.getElementType() == element &&
                  isa<RankedTensorType>(type) == op.isTensorForm() &&
                  type.getRank() == static_cast<int64_t>(shape.size());
      for (size_t i = 0; good && i < shape.size(); ++i)
        good = agree(type.getDimSize(i), shape[i]);
      if (good)
        return success();
      std::string wanted;
      llvm::raw_string_ostream os(wanted);
      for (int64_t size : shape)
        os << sizeText(size) << "x";
      os << element;
      return fail(ErrorCode::ResultMismatch)
             << name << " must be " << wanted << " but has type "
             << value.getType();
    };
    if (failed(check(op.getO(), "O", {b, h, s, op.getHeadDimV()},
                     op.getElementType())))
      return failure();
    if (!op.writesLse())
      return success();
    return check(op.getLse(), "LSE", {b, h, s},
                 Float32Type::get(op.getContext()));
  }

  LogicalResult checkScale() {
    if (op.getScale().isFinite())
      return success();
    return fail(ErrorCode::ScaleValue) << "scale is not finite";
  }

  /// Sizes that a table's dimension may have, by its name in the mod table.
  SmallVector<int64_t> sizesNamed(StringRef name) {
    if (name == "B")
      return {op.getBatch()};
    if (name == "Hq")
      return {op.getHeadsQ()};
    return {op.getSeqQ(), op.getSeqKV()}; // "S"
  }

  LogicalResult checkModOperand(ModAttr mod, Value operand) {
    const ModOperand &wanted = mod.getInfo().operands.front();
    auto type = cast<ShapedType>(operand.getType());
    for (auto [dim, name] : llvm::enumerate(wanted.shape))
      for (int64_t size : sizesNamed(name))
        if (!agree(type.getDimSize(dim), size))
          return fail(ErrorCode::ModOperandInvalid)
                 << "mod " << mod.getName() << ": dimension " << dim << " of '"
                 << wanted.name << "' is " << type.getDimSize(dim) << ", "
                 << (name == "S" ? "the sequence" : name) << " is " << size;
    return success();
  }

  /// A parameter and the operand that replaces it: exactly one is given.
  LogicalResult checkAlternative(ModAttr mod, Value operand) {
    for (const ModOperand &wanted : mod.getInfo().operands) {
      bool hasParameter = mod.getParameters().contains(wanted.insteadOf);
      if (!wanted.insteadOf.empty() && hasParameter == (operand != nullptr))
        return fail(ErrorCode::ModOperandInvalid)
               << "mod " << mod.getName() << " takes either the parameter '"
               << wanted.insteadOf << "' or the operand '" << wanted.name
               << "', and has " << (hasParameter ? "both" : "neither");
    }
    return success();
  }

  LogicalResult checkGrid(ModAttr mod) {
    for (const ModParameter &parameter : mod.getInfo().parameters) {
      if (parameter.kind != ModParameterKind::GridExtents)
        continue;
      // Three extents may exceed 64 bits; a saturated product fits no sequence.
      uint64_t saturated = 1;
      for (int64_t extent : mod.getIntegers(parameter.name))
        saturated = llvm::SaturatingMultiply<uint64_t>(saturated, extent);
      auto product = static_cast<int64_t>(
          std::min<uint64_t>(saturated, std::numeric_limits<int64_t>::max()));
      for (int64_t size : sizesNamed("S"))
        if (!agree(product, size))
          return fail(ErrorCode::ModParameterInvalid)
                 << "mod " << mod.getName() << ": product of '"
                 << parameter.name << "' is " << product << ", the sequence is "
                 << size;
    }
    return success();
  }

  LogicalResult checkMods() {
    FailureOr<SmallVector<Value>> operands = op.assignModOperands();
    if (failed(operands))
      return failure();
    for (auto [mod, operand] : llvm::zip_equal(op.getModList(), *operands))
      if (failed(checkGrid(mod)) || failed(checkAlternative(mod, operand)) ||
          (operand && failed(checkModOperand(mod, operand))))
        return failure();
    return success();
  }

  SmallVector<std::pair<StringRef, Value>> inputs() {
    return {{"q", op.getQ()}, {"k", op.getK()}, {"v", op.getV()}};
  }
};

bool isScalar(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() &&
           llvm::is_contained({1, 8, 16, 32, 64}, integer.getWidth());
  return type.isIndex() || type.isF64() || type.isF32() || type.isF16() ||
         type.isBF16();
}

/// Checks of one region, with its name for the messages.
struct RegionVerifier {
  ForwardOp op;
  Region &region;
  StringRef name;

  InFlightDiagnostic fail(ErrorCode code) {
    return op.emitOpError() << coded(code) << name << " region ";
  }

  LogicalResult checkSignature(TypeRange arguments, Type yielded) {
    if (!region.hasOneBlock())
      return fail(ErrorCode::RegionSignature) << "must have one block";
    Block &block = region.front();
    if (block.getArgumentTypes() != arguments)
      return fail(ErrorCode::RegionSignature)
             << "must take (" << arguments << ") but takes ("
             << block.getArgumentTypes() << ")";
    auto yield = dyn_cast_if_present<YieldOp>(
        block.mightHaveTerminator() ? block.getTerminator() : nullptr);
    if (!yield)
      return fail(ErrorCode::RegionSignature) << "must end in attention.yield";
    if (yield.getValue().getType() != yielded)
      return fail(ErrorCode::RegionSignature)
             << "must yield " << yielded << " but yields "
             << yield.getValue().getType();
    return success();
  }

  LogicalResult checkOperation(Operation &nested) {
    StringRef dialect = nested.getName().getDialectNamespace();
    bool allowed = llvm::is_contained({"arith", "math", "index"}, dialect) ||
                   isa<tensor::ExtractOp, tensor::DimOp, memref::LoadOp,
                       memref::DimOp, YieldOp>(nested);
    if (allowed && llvm::all_of(nested.getResultTypes(), isScalar))
      return success();
    InFlightDiagnostic diagnostic = fail(ErrorCode::RegionOperation);
    if (allowed)
      diagnostic << "may not use '" << nested.getName() << "' on type "
                 << nested.getResult(0).getType() << ": values are scalars";
    else
      diagnostic << "may not use '" << nested.getName() << "'";
    diagnostic.attachNote(nested.getLoc()) << "used here";
    return diagnostic;
  }

  LogicalResult checkCapture(Operation &user, Value value) {
    if (region.isAncestor(value.getParentRegion()) || isScalar(value.getType()))
      return success();
    auto shaped = dyn_cast<ShapedType>(value.getType());
    bool table = shaped && isa<RankedTensorType, MemRefType>(shaped) &&
                 isScalar(shaped.getElementType());
    if (!table) {
      InFlightDiagnostic diagnostic = fail(ErrorCode::CaptureType)
                                      << "captures a value of type "
                                      << value.getType();
      diagnostic.attachNote(user.getLoc()) << "used here";
      return diagnostic;
    }
    auto memref = dyn_cast<MemRefType>(shaped);
    if (memref && (!memref.getLayout().isIdentity() || memref.getMemorySpace()))
      return fail(ErrorCode::MemrefLayout)
             << "captures " << memref
             << ", which is not contiguous in the default memory space";
    return success();
  }

  LogicalResult verify(TypeRange arguments, Type yielded) {
    if (region.empty())
      return success();
    if (failed(checkSignature(arguments, yielded)))
      return failure();
    for (Operation &nested : region.front()) {
      if (failed(checkOperation(nested)))
        return failure();
      for (Value operand : nested.getOperands())
        if (failed(checkCapture(nested, operand)))
          return failure();
    }
    return success();
  }
};

} // namespace

LogicalResult ForwardOp::verify() {
  ForwardVerifier v{*this};
  return failure(
      failed(v.checkRanks()) || failed(v.checkForms()) ||
      failed(v.checkElementTypes()) || failed(v.checkStaticSizes()) ||
      failed(v.checkHeads()) || failed(v.checkBatchAndSequence()) ||
      failed(v.checkOutputs()) || failed(v.checkMemrefs()) ||
      failed(v.checkOuts()) || failed(v.checkScale()) || failed(v.checkMods()));
}

LogicalResult ForwardOp::verifyRegions() {
  Builder builder(getContext());
  SmallVector<Type> arguments(kScoreArguments, builder.getIndexType());
  arguments.front() = builder.getF32Type();
  if (failed(RegionVerifier{*this, getScore(), "score"}.verify(
          arguments, builder.getF32Type())))
    return failure();
  return RegionVerifier{*this, getMask(), "mask"}.verify(
      TypeRange(arguments).drop_front(), builder.getI1Type());
}
