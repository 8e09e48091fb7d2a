//===- Backend.cpp - The NVVM target behind the target seam -----------------===//

#include "AssemblerOutput.h"
#include "EmitPtx.h"
#include "Fragments.h"
#include "Hopper.h"
#include "Ptxas.h"
#include "kgen/Dialect/Attention/AttentionDialect.h"
#include "kgen/Target/Common/TargetBackend.h"
#include "kgen/Target/NVVM/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

#include <chrono>

using namespace mlir;

namespace kgen {
namespace {

using namespace nvvm;

/// The only kernel of a lowered module.
Expected<LLVM::LLVMFuncOp> findKernel(ModuleOp module) {
  SmallVector<LLVM::LLVMFuncOp> kernels;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (function->hasAttr(NVVM::NVVMDialect::getKernelFuncAttrName()))
      kernels.push_back(function);
  if (kernels.size() != 1)
    return Error(ErrorCode::NoSuchKernel, "has " +
                                              std::to_string(kernels.size()) +
                                              " kernels, needs 1");
  return kernels.front();
}

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

class NvvmBackend : public TargetBackend {
public:
  TargetKind kind() const override { return TargetKind::Nvvm; }

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<attention::AttentionDialect, tile::TileDialect,
                    arith::ArithDialect, func::FuncDialect, math::MathDialect,
                    memref::MemRefDialect, scf::SCFDialect, LLVM::LLVMDialect,
                    NVVM::NVVMDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    registerNVVMDialectTranslation(registry);
  }

  void buildLowering(OpPassManager &manager,
                     const HardwareModel &hardware) const override {
    buildNvvmLowering(manager);
  }

  Expected<KernelCode> emit(ModuleOp module, const HardwareModel &hardware,
                            const EmitOptions &options) const override {
    Expected<LLVM::LLVMFuncOp> kernel = findKernel(module);
    if (!kernel)
      return kernel.error();
    auto start = std::chrono::steady_clock::now();
    KernelCode code = describe(*kernel, hardware);
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> translated =
        translateModuleToLLVMIR(module, context);
    if (!translated)
      return Error(ErrorCode::LlvmTranslationFailed, code.kernelName);
    Expected<std::string> ptx = emitPtx(*translated, hardware.arch);
    if (!ptx)
      return ptx.error();
    code.times.llvm = secondsSince(start);
    if (options.keepAssembly)
      code.assembly = *ptx;
    return assemble(std::move(code), *std::move(ptx), options);
  }

private:
  static KernelCode describe(LLVM::LLVMFuncOp kernel,
                             const HardwareModel &hardware) {
    KernelCode code;
    code.kernelName = kernel.getName().str();
    code.arch = hardware.arch;
    auto threads = kernel->getAttrOfType<DenseI32ArrayAttr>(
        NVVM::NVVMDialect::getReqntidAttrName());
    code.threadsPerWorkgroup = threads[0];
    auto shared = kernel->getAttrOfType<IntegerAttr>(kSharedBytesAttr);
    code.dynamicSharedBytes = shared ? shared.getInt() : 0;
    code.tensorMaps = readTensorMaps(kernel);
    code.tileCounter = kernel->hasAttr(kTileCounterAttr);
    if (auto cluster = kernel->getAttrOfType<IntegerAttr>(kClusterAttr))
      code.cluster = {static_cast<uint32_t>(cluster.getInt()), 1, 1};
    if (auto workgroups = kernel->getAttrOfType<IntegerAttr>(kPersistentAttr)) {
      code.gridKind = GridKind::Persistent;
      code.blocksPerProcessor = static_cast<uint32_t>(workgroups.getInt());
    }
    return code;
  }

  /// Completes `code` with a cubin, or with the PTX itself without ptxas.
  static Expected<KernelCode> assemble(KernelCode code, std::string ptx,
                                       const EmitOptions &options) {
    std::string ptxas =
        options.driverAssembles ? "" : findPtxas(options.ptxas);
    if (ptxas.empty()) {
      if (!options.allowPtx)
        return Error(ErrorCode::PtxasMissing, "no ptxas in PATH or toolkit");
      code.format = CodeFormat::Ptx;
      code.bytes = std::move(ptx);
      code.warnings.push_back(
          options.driverAssembles
              ? "the driver assembles the PTX when the kernel is loaded"
              : "no ptxas: the driver assembles the PTX when the kernel is loaded");
      return code;
    }
    auto start = std::chrono::steady_clock::now();
    Expected<AssembledPtx> assembled = assemblePtx(ptxas, ptx, code.arch);
    if (!assembled)
      return assembled.error();
    code.times.assembler = secondsSince(start);
    code.format = CodeFormat::Cubin;
    code.resources = readAssemblerOutput(assembled->messages, code.warnings);
    code.resources.sharedBytes =
        std::max<int64_t>(code.resources.sharedBytes, 0) +
        code.dynamicSharedBytes;
    code.resources.codeBytes = instructionBytes(assembled->cubin);
    code.bytes = std::move(assembled->cubin);
    if (Expected<void> checked = checkProducts(code, ptx); !checked)
      return checked.error();
    return code;
  }
};

} // namespace

std::unique_ptr<TargetBackend> createNvvmBackend() {
  return std::make_unique<NvvmBackend>();
}

} // namespace kgen
