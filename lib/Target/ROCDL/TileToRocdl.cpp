//===- TileToRocdl.cpp - The pass convert-tile-to-rocdl --------------------===//

#include "TileLowering.h"

#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Target/Common/MatchRange.h"
#include "kgen/Target/Common/MathExpansions.h"
#include "kgen/Target/Common/NarrowPositions.h"
#include "kgen/Target/ROCDL/Passes.h"

#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace kgen::rocdl {
#define GEN_PASS_DEF_CONVERTTILETOROCDL
#include "kgen/Target/ROCDL/Passes.h.inc"
} // namespace kgen::rocdl

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

/// Global memory; tensors are never in another space.
static constexpr unsigned kGlobalSpace = 1;
static constexpr unsigned kLdsSpace = 3;
/// Waves of a workgroup that the hardware takes (1024 work items).
static constexpr int64_t kMaxWaves = 16;
/// Registers of a SIMD for each lane, vector and accumulation together (AMD
/// Instinct MI200, MI300 and CDNA4 ISA documents).
static constexpr int64_t kRegistersOfSimd = 512;

//===----------------------------------------------------------------------===//
// Workgroup
//===----------------------------------------------------------------------===//

/// Waves by the schedule; without one, one for each 32 rows of the tallest
/// matrix, at most 8.
static FailureOr<int64_t> wavesOf(func::FuncOp kernel) {
  if (auto schedule =
          kernel->getAttrOfType<attention::ScheduleAttr>("attention.schedule")) {
    int64_t waves = schedule.getSchedule().warps;
    if (waves >= 1 && waves <= kMaxWaves)
      return waves;
    kernel.emitOpError() << '[' << formatCode(ErrorCode::WarpsUnsupported)
                         << "] has " << waves << " waves, limit " << kMaxWaves;
    return failure();
  }
  int64_t rows = kBlock;
  kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto matrix = dyn_cast<tile::MatrixType>(type))
        rows = std::max(rows, matrix.getRows());
  });
  return std::min<int64_t>(rows / kBlock, 8);
}

/// Waves that a SIMD is to hold by the schedule's cap of registers; 0: any.
static int64_t wavesPerSimd(func::FuncOp kernel) {
  auto schedule =
      kernel->getAttrOfType<attention::ScheduleAttr>("attention.schedule");
  int64_t cap = schedule ? schedule.getSchedule().maxRegisters : 0;
  return cap > 0 ? std::max<int64_t>(kRegistersOfSimd / cap, 1) : 0;
}

/// Thread, lane and wave numbers at the kernel's entry.
static void addLaneValues(func::FuncOp function, Kernel &kernel) {
  OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
  Location loc = function.getLoc();
  Type i32 = b.getI32Type();
  auto range = LLVM::ConstantRangeAttr::get(
      b.getContext(), APInt(32, 0), APInt(32, kernel.threads()));
  kernel.thread = ROCDL::ThreadIdXOp::create(b, loc, i32, range);
  Int thread(b, loc, kernel.thread);
  kernel.lane = (thread % kLanes).get();
  // Tells LLVM that the wave number is uniform, so that it stays scalar.
  kernel.wave =
      ROCDL::ReadfirstlaneOp::create(b, loc, i32, (thread / kLanes).get());
}

static LLVM::GlobalOp addLdsGlobal(func::FuncOp function, int64_t bytes) {
  OpBuilder b(function);
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes);
  std::string name = (function.getName() + "_lds").str();
  return LLVM::GlobalOp::create(b, function.getLoc(), type,
                                /*isConstant=*/false, LLVM::Linkage::Internal,
                                name, Attribute(), /*alignment=*/16, kLdsSpace);
}

/// Scalars of type `index` are passed as i64 (kgen_artifact.h).
static void passIndicesAsI64(Block &entry) {
  OpBuilder b = OpBuilder::atBlockBegin(&entry);
  for (BlockArgument argument : entry.getArguments()) {
    if (!argument.getType().isIndex())
      continue;
    argument.setType(b.getI64Type());
    auto cast = arith::IndexCastOp::create(b, argument.getLoc(),
                                           b.getIndexType(), argument);
    argument.replaceAllUsesExcept(cast, cast);
  }
}

/// Replaces the converted function by an llvm.func, which alone may carry
/// `rocdl.kernel`. Its body still has scf, arith and math operations.
static void makeKernel(func::FuncOp function, int64_t threads) {
  OpBuilder b(function);
  Block &entry = function.getBody().front();
  passIndicesAsI64(entry);
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()),
      llvm::to_vector(entry.getArgumentTypes()));
  auto kernel = LLVM::LLVMFuncOp::create(b, function.getLoc(),
                                         function.getName(), type);
  kernel->setAttr(ROCDL::ROCDLDialect::getKernelFuncAttrName(),
                  b.getUnitAttr());
  std::string size = std::to_string(threads);
  kernel->setAttr(ROCDL::ROCDLDialect::getFlatWorkGroupSizeAttrName(),
                  b.getStringAttr(size + ',' + size));
  if (int64_t waves = wavesPerSimd(function))
    kernel->setAttr(ROCDL::ROCDLDialect::WavesPerEuAttrHelper::getNameStr(),
                    b.getI32IntegerAttr(waves));
  kernel.getBody().takeBody(function.getBody());
  kernel.walk([](func::ReturnOp op) {
    OpBuilder b(op);
    LLVM::ReturnOp::create(b, op.getLoc(), ValueRange());
    op.erase();
  });
  function.erase();
}

//===----------------------------------------------------------------------===//
// Scans
//===----------------------------------------------------------------------===//

/// Over the lanes of a wave; ds_bpermute takes the source lane in bytes. The
/// first lane's values are known to be uniform, so that they stay scalar.
static ScanGroup::Values joinWave(ImplicitLocOpBuilder &b, const Kernel &kernel,
                                  ScanGroup::Values values,
                                  ArrayRef<LaneFold> kinds) {
  Type i32 = b.getI32Type();
  auto exchange = [&](Value value, int64_t mask) -> Value {
    Value flip = arith::ConstantIntOp::create(b, i32, mask);
    Value partner = arith::XOrIOp::create(b, kernel.lane, flip);
    Int address = Int(b, b.getLoc(), partner) * 4;
    return ROCDL::DsBpermuteOp::create(b, i32, address.get(), value);
  };
  values = joinByExchange(b, std::move(values), kinds, kLanes, exchange);
  for (Value &value : values)
    value = ROCDL::ReadfirstlaneOp::create(b, value.getType(), value);
  return values;
}

/// Each wave scans for itself: no memory is shared and no one waits.
static void expandMatchRanges(func::FuncOp function, const Kernel &kernel) {
  constexpr int64_t kReads = 4; // in flight
  SmallVector<tile::MatchRangeOp> scans;
  function.walk([&](tile::MatchRangeOp op) { scans.push_back(op); });
  ScanGroup wave{kernel.lane, kLanes, kReads,
                 [&](ImplicitLocOpBuilder &b, ScanGroup::Values values,
                     ArrayRef<LaneFold> kinds) {
                   return joinWave(b, kernel, std::move(values), kinds);
                 }};
  for (tile::MatchRangeOp op : scans)
    expandMatchRange(op, wave, wave);
}

//===----------------------------------------------------------------------===//
// Math
//===----------------------------------------------------------------------===//

/// Brings math functions to the common basis, once a region, before regions
/// are repeated. Names the operation that no target expands.
static LogicalResult expandMath(func::FuncOp function) {
  RewritePatternSet patterns(function.getContext());
  populateMathExpansions(patterns);
  if (failed(applyPatternsGreedily(function, std::move(patterns))))
    return function.emitOpError()
           << '[' << formatCode(ErrorCode::MathUnsupported)
           << "] has math that does not expand";
  WalkResult result = function.walk([](Operation *op) {
    if (!isa<math::MathDialect>(op->getDialect()) || isBasicMath(op))
      return WalkResult::advance();
    op->emitOpError() << '[' << formatCode(ErrorCode::MathUnsupported)
                      << "] is not served on AMD: "
                      << errorSentence(ErrorCode::MathUnsupported);
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

namespace {
/// v_exp_f32 alone. llvm.intr.exp2 adds steps for results below 2^-126, which
/// may be zero here.
struct ConvertExp2 : OpConversionPattern<math::Exp2Op> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(math::Exp2Op op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<ROCDL::ROCDLExp2>(op, op.getType(),
                                                  adaptor.getOperand());
    return success();
  }
};

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

class ConvertTileToRocdl
    : public rocdl::impl::ConvertTileToRocdlBase<ConvertTileToRocdl> {
public:
  using Base::Base;

  void runOnOperation() override {
    Expected<Arch> found = findArch(arch);
    if (!found) {
      getOperation().emitError() << found.error().message();
      return signalPassFailure();
    }
    served = *found;
    SmallVector<func::FuncOp> kernels;
    getOperation().walk([&](func::FuncOp function) {
      if (function->hasAttr(tile::TileDialect::kKernelAttr))
        kernels.push_back(function);
    });
    for (func::FuncOp function : kernels)
      if (failed(convert(function)))
        return signalPassFailure();
  }

private:
  Arch served;

  LogicalResult convert(func::FuncOp function) {
    FailureOr<int64_t> waves = wavesOf(function);
    if (failed(waves) || failed(checkKernel(function, *waves)))
      return failure();
    DirectLoads direct(function);
    LdsPlan plan;
    CopyPlan copies;
    if (failed(plan.build(function, direct, served.ldsBytes)) ||
        failed(copies.build(function, direct, plan, *waves * kLanes)) ||
        failed(expandMath(function)))
      return failure();
    Kernel kernel(served, plan, direct, copies, *waves);
    if (plan.bytes() > 0)
      kernel.lds = addLdsGlobal(function, plan.bytes());
    addLaneValues(function, kernel);
    narrowPositions(function);
    expandMatchRanges(function, kernel);
    if (failed(applyPatterns(function, kernel)))
      return failure();
    makeKernel(function, kernel.threads());
    return success();
  }

  LogicalResult applyPatterns(func::FuncOp function, const Kernel &kernel) {
    TypeConverter converter;
    converter.addConversion([](Type type) { return type; });
    addTileConversions(converter, kernel.waves, kernel.copies);
    addTensorArgumentConversion(converter, kGlobalSpace);

    RewritePatternSet patterns(&getContext());
    ConversionTarget target(getContext());
    populateTensorArgumentPatterns(converter, patterns, target);
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                         target);
    populateMemoryPatterns(patterns, converter, kernel);
    populateCopyPatterns(patterns, converter, kernel);
    populateProductPatterns(patterns, converter, kernel);
    populateElementPatterns(patterns, converter, kernel);
    populateReductionPatterns(patterns, converter, kernel);
    populateStorePatterns(patterns, converter, kernel);
    patterns.add<ConvertExp2>(converter, &getContext());
    target.addIllegalDialect<tile::TileDialect>();
    target.addIllegalOp<math::Exp2Op>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    return applyPartialConversion(function, target, std::move(patterns));
  }
};
} // namespace
