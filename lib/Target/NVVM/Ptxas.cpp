//===- Ptxas.cpp - PTX to a cubin -------------------------------------------===//

#include "Ptxas.h"

#include "kgen/Support/Subprocess.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

namespace kgen::nvvm {

std::string findPtxas(const std::string &requested) {
  if (!requested.empty())
    return requested;
  std::vector<std::string> directories;
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *toolkit = std::getenv(variable))
      directories.push_back(std::string(toolkit) + "/bin");
  directories.push_back("/usr/local/cuda/bin");
  return findProgram("ptxas", directories);
}

/// A temporary file with `contents`; empty path on failure.
static std::string makeFile(const char *suffix, const std::string &contents) {
  llvm::SmallString<128> path;
  int descriptor = -1;
  if (llvm::sys::fs::createTemporaryFile("kgen", suffix, descriptor, path))
    return "";
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream << contents;
  stream.close();
  if (stream.has_error()) {
    stream.clear_error();
    llvm::sys::fs::remove(path);
    return "";
  }
  return std::string(path);
}

Expected<AssembledPtx> assemblePtx(const std::string &ptxas,
                                   const std::string &ptx,
                                   const std::string &arch,
                                   std::chrono::milliseconds limit) {
  std::string input = makeFile("ptx", ptx), output = makeFile("cubin", "");
  llvm::FileRemover removeInput(input), removeOutput(output);
  if (input.empty() || output.empty())
    return Error(ErrorCode::PtxasFailed, "cannot write temporary files");

  Expected<ProcessResult> run = runProcess(
      {ptxas, "-arch=" + arch, "-v", input, "-o", output}, "", limit);
  if (!run)
    return Error(ErrorCode::PtxasMissing,
                 "cannot start '" + ptxas + "': " + run.error().detail());
  if (run->timedOut)
    return Error(ErrorCode::PtxasTimedOut,
                 "ran past " + std::to_string(limit.count()) + " ms");
  AssembledPtx result;
  result.messages = run->output + run->diagnostics;
  if (run->exitCode != 0)
    return Error(ErrorCode::PtxasFailed, ptxas + " -arch=" + arch + ": " +
                                             result.messages);
  auto buffer = llvm::MemoryBuffer::getFile(output, /*IsText=*/false);
  if (!buffer)
    return Error(ErrorCode::PtxasFailed,
                 "cannot read its output: " + buffer.getError().message());
  result.cubin = (*buffer)->getBuffer().str();
  return result;
}

} // namespace kgen::nvvm
