//===- LinkElf.cpp - Object files into loadable images ---------------------===//

#include "kgen/Target/Common/LinkElf.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace kgen;

static Error failed(std::string detail) {
  return Error(ErrorCode::ElfLinkFailed, std::move(detail));
}

static std::vector<std::string> argumentsFor(llvm::StringRef input,
                                             llvm::StringRef output) {
  return {"ld.lld",        "-shared", "--no-undefined", "-Bsymbolic",
          "--build-id=none", "-o",      output.str(),     input.str()};
}

/// Runs ld.lld as a process of its own.
static Expected<void> spawnLinker(llvm::StringRef input,
                                  llvm::StringRef output) {
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName("ld.lld-22");
  if (!program)
    program = llvm::sys::findProgramByName("ld.lld");
  if (!program)
    return failed("no ld.lld in PATH");
  std::vector<std::string> owned = argumentsFor(input, output);
  std::vector<llvm::StringRef> arguments(owned.begin(), owned.end());
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*program, arguments, std::nullopt, {},
                                         /*SecondsToWait=*/60, 0, &message);
  if (status != 0)
    return failed(*program + " ended with " + std::to_string(status) + " " +
                  message);
  return {};
}

/// Runs the linker in this process; lld keeps global state, so one at a time.
static Expected<void> runLinker(llvm::StringRef input, llvm::StringRef output) {
  static std::mutex mutex;
  static bool usable = true;
  std::lock_guard<std::mutex> guard(mutex);
  if (!usable)
    return spawnLinker(input, output);
  std::vector<std::string> owned = argumentsFor(input, output);
  std::vector<const char *> arguments;
  for (const std::string &argument : owned)
    arguments.push_back(argument.c_str());
  std::string text;
  llvm::raw_string_ostream stream(text);
  lld::Result result = lld::lldMain(arguments, stream, stream,
                                    {{lld::Gnu, &lld::elf::link}});
  usable = result.canRunAgain;
  if (result.retCode != 0)
    return failed(text);
  return {};
}

Expected<std::string> kgen::linkSharedObject(std::string_view object) {
  llvm::SmallString<128> input, output;
  if (llvm::sys::fs::createTemporaryFile("kgen", "o", input))
    return failed("cannot create a temporary file");
  llvm::FileRemover removeInput(input);
  if (llvm::sys::fs::createTemporaryFile("kgen", "so", output))
    return failed("cannot create a temporary file");
  llvm::FileRemover removeOutput(output);
  std::error_code code;
  {
    llvm::raw_fd_ostream file(input, code);
    file << llvm::StringRef(object.data(), object.size());
    file.close();
    if (code || file.has_error()) {
      file.clear_error();
      return failed("cannot write " + input.str().str());
    }
  }
  if (Expected<void> linked = runLinker(input, output); !linked)
    return linked.error();
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> image =
      llvm::MemoryBuffer::getFile(output, /*IsText=*/false,
                                  /*RequiresNullTerminator=*/false,
                                  /*IsVolatile=*/true);
  if (!image)
    return failed("cannot read the linked image: " + image.getError().message());
  return (*image)->getBuffer().str();
}
