//===- EmitHsaco.cpp - LLVM IR to an AMD code object -----------------------===//

#include "EmitHsaco.h"

#include "kgen/Target/Common/LinkElf.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <mutex>

// Only this backend: llvm/Support/TargetSelect.h's functions for all targets
// would link every one of them.
extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTarget();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUAsmPrinter();
}

using namespace kgen;
using namespace kgen::rocdl;

static const char *const kTriple = "amdgcn-amd-amdhsa";

static Error failed(std::string what) {
  return Error(ErrorCode::RocdlCodeGeneration, std::move(what));
}

static Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const std::string &arch) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTarget();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUAsmPrinter();
  });
  std::string message;
  llvm::Triple triple(kTriple);
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return failed(message);
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, arch, /*Features=*/"", llvm::TargetOptions(), llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return failed("no target machine for " + arch);
  return machine;
}

static void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3)
      .run(module, modules);
}

/// Object or assembly text. Code generation changes the module.
static Expected<std::string> generate(llvm::Module &module,
                                      llvm::TargetMachine &machine,
                                      llvm::CodeGenFileType type) {
  llvm::SmallString<0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type))
    return failed("the backend cannot write this kind of file");
  passes.run(module);
  return std::string(buffer.str());
}

Expected<Hsaco> rocdl::emitHsaco(llvm::Module &module, const std::string &arch,
                                 bool keepAssembly) {
  Expected<std::unique_ptr<llvm::TargetMachine>> machine = createMachine(arch);
  if (!machine)
    return machine.error();
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());

  std::string errors;
  llvm::LLVMContext &context = module.getContext();
  context.setDiagnosticHandlerCallBack(
      [](const llvm::DiagnosticInfo *info, void *into) {
        if (info->getSeverity() != llvm::DS_Error)
          return;
        llvm::raw_string_ostream stream(*static_cast<std::string *>(into));
        llvm::DiagnosticPrinterRawOStream printer(stream);
        info->print(printer);
        stream << '\n';
      },
      &errors);
  auto restore = llvm::scope_exit(
      [&] { context.setDiagnosticHandlerCallBack(nullptr); });

  optimise(module, **machine);
  Hsaco result;
  if (keepAssembly) {
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    Expected<std::string> text =
        generate(*copy, **machine, llvm::CodeGenFileType::AssemblyFile);
    if (!text)
      return text.error();
    result.assembly = *std::move(text);
  }
  Expected<std::string> object =
      generate(module, **machine, llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return object.error();
  if (!errors.empty())
    return failed(errors);
  Expected<std::string> linked = linkSharedObject(*object);
  if (!linked)
    return linked.error();
  result.bytes = *std::move(linked);
  return result;
}
