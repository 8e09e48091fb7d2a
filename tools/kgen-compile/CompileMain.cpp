//===- CompileMain.cpp - kgen-compile: a variant as an artefact ------------===//

#include "CompileMain.h"

#include "kgen/Autotune/CompileVariant.h"
#include "kgen/Compiler/Registration.h"
#include "kgen/Support/Error.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace kgen;
namespace cl = llvm::cl;

namespace {

/// The command line. Options register themselves while this lives, so that they
/// do not meet those of kgen-opt, which is the same program.
struct CommandLine {
  cl::OptionCategory category{"kgen-compile options"};
  cl::opt<std::string> input{cl::Positional, cl::desc("<variant.mlir>"),
                             cl::init("-"), cl::cat(category)};
  cl::opt<std::string> output{
      "o",
      cl::desc("Output; default: the input's name with .kgen for an artefact, "
               "else standard output"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc("A machine (h100, mi300x), an architecture (sm_80, gfx942), an "
               "emulated one (emulated:sm_80), cpu, or auto: the first GPU, "
               "else the CPU"),
      cl::init("auto"), cl::cat(category)};
  cl::opt<std::string> schedule{
      "schedule",
      cl::desc("JSON or #attention.schedule<...>; default: the one on the op, "
               "else the best in the history, else the default"),
      cl::cat(category)};
  cl::opt<std::string> history{"history", cl::desc("History file of searches"),
                               cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> ptxas{
      "ptxas", cl::desc("The ptxas to use; default: PATH and the toolkit; none: the driver"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> worker{"worker",
                              cl::desc("The kgen-verify that looks for a GPU"),
                              cl::value_desc("file"), cl::cat(category)};
  cl::opt<EmitKind> emit{
      "emit", cl::desc("What to write"), cl::init(EmitKind::Artifact),
      cl::values(clEnumValN(EmitKind::Artifact, "artifact",
                            "what the runtime loads (default)"),
                 clEnumValN(EmitKind::Tiled, "tiled", "the kernel over tiles"),
                 clEnumValN(EmitKind::Llvm, "llvm",
                            "the kernel in the target's LLVM dialect"),
                 clEnumValN(EmitKind::Assembly, "asm", "PTX, AMDGCN or x86")),
      cl::cat(category)};

  /// Where the result goes; "-" is standard output.
  std::string outputPath() const {
    if (!output.empty())
      return output;
    if (emit != EmitKind::Artifact || input == "-")
      return "-";
    llvm::SmallString<128> path(input.getValue());
    llvm::sys::path::replace_extension(path, "kgen");
    return path.str().str();
  }

  CompileRequest request() const {
    return {emit, target, ptxas, worker, history, schedule};
  }
};

} // namespace

static int fail(ErrorCode code, const std::string &detail) {
  llvm::errs() << "kgen-compile: " << Error(code, detail).message() << "\n";
  return 1;
}

static int writeResult(const std::string &path,
                       const CompiledVariant &variant) {
  std::string message;
  std::unique_ptr<llvm::ToolOutputFile> file =
      mlir::openOutputFile(path, &message);
  if (!file)
    return fail(ErrorCode::FileNotWritten, message);
  file->os() << variant.bytes;
  file->os().flush();
  if (file->os().has_error()) {
    file->os().clear_error();
    return fail(ErrorCode::FileNotWritten, "'" + path + "'");
  }
  file->keep();
  if (path != "-")
    llvm::errs() << path << ": " << variant.kernelName << " for "
                 << variant.arch << ", " << variant.bytes.size()
                 << " bytes, schedule " << variant.schedule << "\n";
  return 0;
}

int kgen::compileMain(int argc, char **argv) {
  CommandLine options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(
      argc, argv, "kgen-compile: an attention variant in, an artefact out\n");
  // Read now: the linker in this process resets every option.
  std::string path = options.outputPath();
  CompileRequest request = options.request();
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      mlir::openInputFile(options.input, &message);
  if (!buffer)
    return fail(ErrorCode::InputUnreadable, message);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  mlir::DialectRegistry registry;
  registerKgenDialects(registry);
  mlir::MLIRContext context(registry);
  mlir::SourceMgrDiagnosticHandler handler(sources, &context);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
  if (!module)
    return 1;
  context.printOpOnDiagnostic(false);
  mlir::FailureOr<CompiledVariant> variant = compileVariant(*module, request);
  return mlir::failed(variant) ? 1 : writeResult(path, *variant);
}
