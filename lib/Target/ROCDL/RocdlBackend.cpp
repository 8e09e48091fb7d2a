//===- RocdlBackend.cpp - The AMD target behind the seam -------------------===//

#include "Arch.h"
#include "EmitHsaco.h"

#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/Common/TargetBackend.h"
#include "kgen/Target/ROCDL/CodeObject.h"
#include "kgen/Target/ROCDL/Passes.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/ROCDL/ROCDLToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

static Expected<LLVM::LLVMFuncOp> onlyKernel(ModuleOp module) {
  LLVM::LLVMFuncOp kernel;
  int64_t count = 0;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>())
    if (function->hasAttr(ROCDL::ROCDLDialect::getKernelFuncAttrName())) {
      kernel = function;
      ++count;
    }
  if (count != 1)
    return Error(ErrorCode::NoSuchKernel,
                 "found " + std::to_string(count) + " kernels for AMD");
  return kernel;
}

/// Scratch memory and spills make a kernel slow; a person should know.
static std::vector<std::string> warningsOf(const KernelMetadata &kernel) {
  std::vector<std::string> warnings;
  auto warn = [&](int64_t amount, const char *what) {
    if (amount > 0)
      warnings.push_back(kernel.name + ": " + std::to_string(amount) + what);
  };
  warn(kernel.scratchBytes, " bytes of scratch memory for each work item");
  // Scalar registers spill into lanes of a vector register, not into memory.
  warn(kernel.spilledVectorRegisters, " vector registers spilled");
  return warnings;
}

namespace {
class RocdlBackend : public TargetBackend {
public:
  TargetKind kind() const override { return TargetKind::Rocdl; }

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect,
                    math::MathDialect, ROCDL::ROCDLDialect, scf::SCFDialect,
                    tile::TileDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    registerROCDLDialectTranslation(registry);
  }

  void buildLowering(OpPassManager &manager,
                     const HardwareModel &hardware) const override {
    buildRocdlLowering(manager, hardware.arch);
  }

  kgen::Expected<KernelCode> emit(ModuleOp module,
                                  const HardwareModel &hardware,
                                  const EmitOptions &options) const override {
    Expected<Arch> served = findArch(hardware.arch);
    if (!served)
      return served.error();
    Expected<LLVM::LLVMFuncOp> kernel = onlyKernel(module);
    if (!kernel)
      return kernel.error();
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> translated =
        translateModuleToLLVMIR(module, context);
    if (!translated)
      return Error(ErrorCode::LlvmTranslationFailed,
                   kernel->getName().str() + " for " + hardware.arch);
    Expected<Hsaco> hsaco =
        emitHsaco(*translated, hardware.arch, options.keepAssembly);
    if (!hsaco)
      return hsaco.error();
    return describe(*std::move(hsaco), hardware.arch);
  }

private:
  static Expected<KernelCode> describe(Hsaco hsaco, const std::string &arch) {
    Expected<KernelMetadata> metadata = readCodeObject(hsaco.bytes);
    if (!metadata)
      return metadata.error();
    KernelCode code;
    code.format = CodeFormat::Hsaco;
    code.bytes = std::move(hsaco.bytes);
    code.assembly = std::move(hsaco.assembly);
    code.kernelName = metadata->name;
    code.arch = arch;
    code.threadsPerWorkgroup = metadata->maxWorkgroupSize;
    code.resources = metadata->resources();
    code.warnings = warningsOf(*metadata);
    return code;
  }
};
} // namespace

std::unique_ptr<TargetBackend> kgen::createRocdlBackend() {
  return std::make_unique<RocdlBackend>();
}
