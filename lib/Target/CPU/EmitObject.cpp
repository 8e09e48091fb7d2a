//===- EmitObject.cpp - LLVM IR to x86-64 object code ----------------------===//

#include "EmitObject.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <mutex>

// Only this backend: the functions of llvm/Support/TargetSelect.h for all
// targets would link every one of them.
extern "C" {
void LLVMInitializeX86TargetInfo();
void LLVMInitializeX86Target();
void LLVMInitializeX86TargetMC();
void LLVMInitializeX86AsmPrinter();
}

using namespace kgen;
using namespace kgen::cpu;

static Error failed(std::string what) {
  return Error(ErrorCode::CpuCodeGeneration, std::move(what));
}

Expected<CpuLevel> cpu::findCpuLevel(const std::string &arch) {
  static const CpuLevel levels[] = {{"x86-64-v2", 4, 16},
                                    {"x86-64-v3", 8, 16},
                                    {"x86-64-v4", 16, 32}};
  for (const CpuLevel &level : levels)
    if (level.name == arch)
      return level;
  return Error(ErrorCode::CpuArchUnknown, "got '" + arch + "'");
}

static Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const CpuLevel &level) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
  std::string message;
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return failed(message);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, level.name, /*Features=*/"", options, llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return failed("no target machine for " + level.name);
  return machine;
}

/// The processor of this machine, if LLVM knows it as one with AVX2 or more:
/// only its scheduling model is used, never its instructions.
static std::string tuning() {
  std::string host = llvm::sys::getHostCPUName().str();
  return host == "generic" ? std::string() : host;
}

static void setAttributes(llvm::Module &module, const CpuLevel &level) {
  std::string tune = tuning();
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", level.name);
    if (!tune.empty())
      function.addFnAttr("tune-cpu", tune);
    std::string width = std::to_string(level.lanes * 32);
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
    // Loops stay loops: no call to memset or memcpy is made of them.
    function.addFnAttr("no-builtins");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
}

static void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  // The vector code is written out; what is scalar is not worth widening.
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

Expected<ObjectCode> cpu::emitObject(llvm::Module &module,
                                     const CpuLevel &level,
                                     bool keepAssembly) {
  Expected<std::unique_ptr<llvm::TargetMachine>> machine = createMachine(level);
  if (!machine)
    return machine.error();
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  setAttributes(module, level);
  optimise(module, **machine);
  ObjectCode code;
  if (keepAssembly) {
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    Expected<std::string> text =
        generate(*copy, **machine, llvm::CodeGenFileType::AssemblyFile);
    if (!text)
      return text.error();
    code.assembly = *std::move(text);
  }
  Expected<std::string> object =
      generate(module, **machine, llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return object.error();
  code.object = *std::move(object);
  return code;
}
