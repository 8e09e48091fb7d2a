//===- EmitPtx.cpp - LLVM IR to PTX -----------------------------------------===//

#include "EmitPtx.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

// Only this backend: llvm/Support/TargetSelect.h's functions for all targets
// would link every one of them.
extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

namespace kgen::nvvm {

static const char *const kTriple = "nvptx64-nvidia-cuda";

static Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const std::string &arch) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  std::string message;
  llvm::Triple triple(kTriple);
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return Error(ErrorCode::NvptxUnavailable, message);
  std::unique_ptr<llvm::MCSubtargetInfo> processors(
      target->createMCSubtargetInfo(triple, "", ""));
  if (!processors || !processors->isCPUStringValid(arch))
    return Error(ErrorCode::NvptxUnavailable, "has no processor '" + arch + "'");
  llvm::TargetOptions options;
  // As CUDA's own compiler does: a * b + c is one rounding.
  options.AllowFPOpFusion = llvm::FPOpFusion::Fast;
  // TMA into .shared::cta is of PTX 8.6; other architectures take LLVM's choice.
  const char *features = llvm::StringRef(arch).ends_with("a") ? "+ptx86" : "";
  // Aggressive adds two more value numberings to that of the optimiser: the same
  // PTX for every wgmma kernel, but 0.2 s of the f32 kernels' 1.3 s.
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, arch, features, options, std::nullopt, std::nullopt,
      llvm::CodeGenOptLevel::Default));
  if (!machine)
    return Error(ErrorCode::NvptxUnavailable, "no target machine for " + arch);
  return machine;
}

static void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  // The kv loop is unrolled as far as it should be: its body is a whole tile.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(module, modules);
}

Expected<std::string> emitPtx(llvm::Module &module, const std::string &arch) {
  Expected<std::unique_ptr<llvm::TargetMachine>> machine = createMachine(arch);
  if (!machine)
    return machine.error();
  module.setTargetTriple(llvm::Triple(kTriple));
  module.setDataLayout((*machine)->createDataLayout());
  optimise(module, **machine);

  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr,
                                      llvm::CodeGenFileType::AssemblyFile))
    return Error(ErrorCode::NvptxUnavailable, "the backend cannot write PTX");
  passes.run(module);
  return std::string(text.str());
}

} // namespace kgen::nvvm
