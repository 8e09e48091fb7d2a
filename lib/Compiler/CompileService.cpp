//===- CompileService.cpp - The compiler as the search sees it -------------===//

#include "kgen/Compiler/KernelCompiler.h"
#include "kgen/Support/Hash.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <dlfcn.h>

namespace kgen {

#ifndef KGEN_VERSION
#error "KGEN_VERSION is defined by the build"
#endif

/// Hash of the file that holds this function: program, plugin or library.
static std::string hashOfThisBinary() {
  Dl_info info;
  std::string path;
  if (dladdr(reinterpret_cast<const void *>(&hashOfThisBinary), &info) &&
      info.dli_fname)
    path = info.dli_fname;
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) // argv[0] of a program found through PATH
    buffer = llvm::MemoryBuffer::getFile("/proc/self/exe");
  if (!buffer)
    return "unknown";
  llvm::StringRef bytes = (*buffer)->getBuffer();
  return hashHex({bytes.data(), bytes.size()});
}

const std::string &compilerVersion() {
  static const std::string version = "kgen-" KGEN_VERSION "+llvm-" LLVM_VERSION_STRING
                                     "+" + hashOfThisBinary();
  return version;
}

namespace {

class KernelCompileService : public search::CompileService {
public:
  explicit KernelCompileService(KernelCompiler &compiler)
      : compiler(compiler) {}

  Expected<search::Artifact> compile(const Schedule &schedule) override {
    Expected<CompiledKernel> kernel = compiler.compile(schedule);
    if (!kernel)
      return kernel.error();
    const KernelCode &code = kernel->code;
    search::Artifact artifact;
    artifact.bytes = std::move(kernel->artifact);
    std::string identity = code.bytes;
    for (int64_t number : {code.threadsPerWorkgroup, code.dynamicSharedBytes,
                           code.scratchBytes, schedule.tileQ})
      identity += ";" + std::to_string(number);
    artifact.fingerprint = hashHex(identity);
    auto known = [](int64_t value) { return value < 0 ? 0 : value; };
    artifact.resources.registersPerThread =
        known(code.resources.registersPerThread);
    artifact.resources.spillBytes = known(code.resources.spillBytes);
    artifact.resources.sharedBytes =
        compiler.hardware().target == TargetKind::Cpu
            ? code.scratchBytes
            : known(code.resources.sharedBytes);
    artifact.resources.codeBytes = static_cast<int64_t>(code.bytes.size());
    artifact.resources.compileSeconds = kernel->seconds;
    artifact.remarks = code.warnings;
    return artifact;
  }

  std::string compilerVersion() const override {
    return kgen::compilerVersion();
  }

private:
  KernelCompiler &compiler;
};

} // namespace

std::unique_ptr<search::CompileService>
createCompileService(KernelCompiler &compiler) {
  return std::make_unique<KernelCompileService>(compiler);
}

} // namespace kgen
