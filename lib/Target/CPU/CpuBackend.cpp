//===- CpuBackend.cpp - The CPU as a target --------------------------------===//

#include "EmitObject.h"

#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/CPU/Passes.h"
#include "kgen/Target/Common/LinkElf.h"
#include "kgen/Target/Common/TargetBackend.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

using namespace mlir;
using namespace kgen;

namespace {

class CpuBackend : public TargetBackend {
public:
  TargetKind kind() const override { return TargetKind::Cpu; }

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<tile::TileDialect, arith::ArithDialect, func::FuncDialect,
                    math::MathDialect, memref::MemRefDialect, scf::SCFDialect,
                    vector::VectorDialect, LLVM::LLVMDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
  }

  void buildLowering(OpPassManager &manager,
                     const HardwareModel &hardware) const override {
    // An unknown arch is reported by emit(); the widest unit lowers anything.
    Expected<cpu::CpuLevel> level = cpu::findCpuLevel(hardware.arch);
    cpu::buildCpuLowering(manager, level ? level->lanes : 16,
                          level ? level->registers : 32);
  }

  Expected<KernelCode> emit(ModuleOp module, const HardwareModel &hardware,
                            const EmitOptions &options) const override;
};

} // namespace

/// The one function that was a kernel.
static LLVM::LLVMFuncOp findKernel(ModuleOp module) {
  LLVM::LLVMFuncOp kernel;
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    if (!function->hasAttr(cpu::kScratchBytesAttr))
      continue;
    if (kernel)
      return {};
    kernel = function;
  }
  return kernel;
}

Expected<KernelCode> CpuBackend::emit(ModuleOp module,
                                      const HardwareModel &hardware,
                                      const EmitOptions &options) const {
  Expected<cpu::CpuLevel> level = cpu::findCpuLevel(hardware.arch);
  if (!level)
    return level.error();
  LLVM::LLVMFuncOp kernel = findKernel(module);
  if (!kernel)
    return Error(ErrorCode::NoSuchKernel, "found none, or more than one");
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      translateModuleToLLVMIR(module, context, kernel.getName());
  if (!translated)
    return Error(ErrorCode::LlvmTranslationFailed, kernel.getName().str());
  Expected<cpu::ObjectCode> object =
      cpu::emitObject(*translated, *level, options.keepAssembly);
  if (!object)
    return object.error();
  Expected<std::string> image = linkSharedObject(object->object);
  if (!image)
    return image.error();
  KernelCode code;
  code.format = CodeFormat::ElfSharedObject;
  code.resources.codeBytes = image->size();
  code.bytes = *std::move(image);
  code.assembly = std::move(object->assembly);
  code.kernelName = kernel.getName().str();
  code.arch = level->name;
  code.scratchBytes =
      kernel->getAttrOfType<IntegerAttr>(cpu::kScratchBytesAttr).getInt();
  return code;
}

std::unique_ptr<TargetBackend> kgen::createCpuBackend() {
  return std::make_unique<CpuBackend>();
}
