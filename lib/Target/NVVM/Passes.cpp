//===- Passes.cpp - From the tiled form to the LLVM dialect ---------------===//

#include "kgen/Target/NVVM/Passes.h"

#include "Fragments.h"
#include "Hopper.h"
#include "KernelCheck.h"
#include "MatchRanges.h"
#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Target/Common/KernelSignature.h"
#include "kgen/Target/Common/NarrowPositions.h"

#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace kgen::nvvm {

#define GEN_PASS_DEF_CONVERTTILETONVVMPASS
#define GEN_PASS_DEF_NVVMFINISHKERNELSPASS
#include "kgen/Target/NVVM/Passes.h.inc"

namespace {

// Notes on a kernel between the first pass and the last.
constexpr llvm::StringLiteral kThreadsAttr = "kernel_threads";
constexpr llvm::StringLiteral kMaxRegistersAttr = "kernel_max_registers";
constexpr llvm::StringLiteral kScheduleAttr = "attention.schedule";

/// Declares the dynamic shared memory once, aligned for the kernel's swizzle.
void declareSharedMemory(ModuleOp module, const KernelShape &shape) {
  uint64_t alignment =
      shape.roles ? kSwizzleAtomBytes : kBankGroups * kChunkBytes;
  if (auto global = module.lookupSymbol<LLVM::GlobalOp>(kSharedSymbol)) {
    global.setAlignment(std::max(alignment, *global.getAlignment()));
    return;
  }
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), 0);
  LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/false,
                         LLVM::Linkage::External, kSharedSymbol, Attribute(),
                         alignment, kSharedSpace);
}

LogicalResult convertTiles(func::FuncOp kernel, const KernelShape &shape) {
  MLIRContext *context = kernel.getContext();
  FragmentConverter converter(shape);
  RewritePatternSet patterns(context);
  ConversionTarget target(*context);
  target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
  target.addIllegalDialect<tile::TileDialect>();
  populateTensorArgumentPatterns(converter, patterns, target);
  scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                       target);
  populateReturnOpTypeConversionPattern(patterns, converter);
  target.addDynamicallyLegalOp<func::ReturnOp>(
      [&](func::ReturnOp op) { return converter.isLegal(op); });
  populateMemoryPatterns(converter, patterns);
  populateStorePatterns(converter, patterns);
  if (shape.roles) {
    populateRingPatterns(converter, patterns);
    populateGroupPatterns(converter, patterns);
    populateOperandPatterns(converter, patterns);
    populateStagedStorePatterns(converter, patterns);
    populateColumnPatterns(converter, patterns);
    populateWgmmaPatterns(converter, patterns);
  } else {
    populateProductPatterns(converter, patterns);
  }
  populatePackPatterns(converter, patterns);
  populateElementwisePatterns(converter, patterns);
  populateRampPatterns(converter, patterns);
  return applyPartialConversion(kernel, target, std::move(patterns));
}

/// Replaces the attributes of the tiled form by notes for the last pass.
void noteLaunch(func::FuncOp kernel, const KernelShape &shape,
                int64_t sharedBytes) {
  Builder builder(kernel.getContext());
  if (auto schedule =
          kernel->getAttrOfType<attention::ScheduleAttr>(kScheduleAttr))
    if (int64_t registers = schedule.getSchedule().maxRegisters)
      kernel->setAttr(kMaxRegistersAttr, builder.getI64IntegerAttr(registers));
  // Whoever takes registers must know what all start with.
  if (shape.roles)
    kernel->setAttr(kMaxRegistersAttr,
                    builder.getI64IntegerAttr(registersAtStart(shape)));
  if (kernel->removeAttr(tile::TileDialect::kApproximateMathAttr))
    kernel->setAttr("approximate_math", builder.getUnitAttr());
  kernel->setAttr(kThreadsAttr, builder.getI64IntegerAttr(shape.threads()));
  kernel->setAttr(kSharedBytesAttr, builder.getI64IntegerAttr(sharedBytes));
  kernel->removeAttr(tile::TileDialect::kKernelAttr);
  kernel->removeAttr(kScheduleAttr);
}

struct ConvertTileToNvvm : impl::ConvertTileToNvvmPassBase<ConvertTileToNvvm> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (auto kernel :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      if (!kernel->hasAttr(tile::TileDialect::kKernelAttr))
        continue;
      FailureOr<KernelShape> shape = checkKernel(kernel);
      if (failed(shape))
        return signalPassFailure();
      declareSharedMemory(module, *shape);
      int64_t sharedBytes = shape->roles ? takeRoles(kernel, *shape)
                                         : planSharedMemory(kernel);
      narrowPositions(kernel);
      sharedBytes = expandMatchRanges(kernel, *shape, sharedBytes);
      if (failed(convertTiles(kernel, *shape)))
        return signalPassFailure();
      noteLaunch(kernel, *shape, sharedBytes);
    }
  }
};

/// Tensor maps are passed by value, in constant memory that TMA can read.
void markTensorMaps(LLVM::LLVMFuncOp kernel) {
  auto maps = kernel->getAttrOfType<ArrayAttr>(kTensorMapsAttr);
  if (!maps)
    return;
  Builder builder(kernel.getContext());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), kTensorMapBytes);
  unsigned first = firstTensorMap(kernel, kernel.getNumArguments());
  for (unsigned argument = first; argument < first + maps.size(); ++argument) {
    kernel.setArgAttr(argument, LLVM::LLVMDialect::getByValAttrName(),
                      TypeAttr::get(type));
    kernel.setArgAttr(argument, LLVM::LLVMDialect::getAlignAttrName(),
                      builder.getI64IntegerAttr(kTensorMapAlignment));
    kernel.setArgAttr(argument, NVVM::NVVMDialect::getGridConstantAttrName(),
                      builder.getUnitAttr());
  }
}

struct NvvmFinishKernels : impl::NvvmFinishKernelsPassBase<NvvmFinishKernels> {
  void runOnOperation() override {
    using NVVM::NVVMDialect;
    Builder builder(&getContext());
    for (auto kernel : getOperation().getOps<LLVM::LLVMFuncOp>()) {
      auto threads = kernel->getAttrOfType<IntegerAttr>(kThreadsAttr);
      if (!threads)
        continue;
      kernel->setAttr(NVVMDialect::getKernelFuncAttrName(),
                      builder.getUnitAttr());
      kernel->setAttr(NVVMDialect::getReqntidAttrName(),
                      builder.getDenseI32ArrayAttr(
                          {static_cast<int32_t>(threads.getInt())}));
      // Either cap: with none, ptxas guesses one from the number of threads.
      auto registers = kernel->getAttrOfType<IntegerAttr>(kMaxRegistersAttr);
      kernel->setAttr(registers ? NVVMDialect::getMaxnregAttrName()
                                : NVVMDialect::getMinctasmAttrName(),
                      builder.getI32IntegerAttr(registers ? registers.getInt()
                                                          : 1));
      if (auto cluster = kernel->getAttrOfType<IntegerAttr>(kClusterAttr))
        kernel->setAttr(NVVMDialect::getClusterDimAttrName(),
                        builder.getDenseI32ArrayAttr(
                            {static_cast<int32_t>(cluster.getInt()), 1, 1}));
      markTensorMaps(kernel);
      kernel->removeAttr(kThreadsAttr);
      kernel->removeAttr(kMaxRegistersAttr);
    }
  }
};

} // namespace

void buildNvvmLowering(OpPassManager &manager) {
  manager.addPass(createConvertTileToNvvmPass());
  manager.addPass(createNvvmLowerMathPass());
  manager.addPass(createCSEPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createConvertNVVMToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createNvvmFinishKernelsPass());
}

} // namespace kgen::nvvm
