//===- KernelRunner.cpp - Compiles tiled kernels and runs them here --------===//

#include "KernelRunner.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace kgen;
using namespace kgen::test;

std::string test::hostArch() { return hostCpu().arch; }

Compiled test::compileForCpu(const std::string &text, const std::string &arch,
                             bool keepAssembly) {
  Compiled result;
  std::unique_ptr<TargetBackend> backend = createCpuBackend();
  mlir::DialectRegistry registry;
  backend->registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) {
    result.diagnostics += d.str() + "\n";
    return mlir::success();
  });
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return result;
  HardwareModel hardware = hostCpu();
  hardware.arch = arch;
  mlir::PassManager manager(&context);
  backend->buildLowering(manager, hardware);
  if (mlir::failed(manager.run(*module)))
    return result;
  EmitOptions options;
  options.keepAssembly = keepAssembly;
  Expected<KernelCode> code = backend->emit(*module, hardware, options);
  if (code)
    result.code = *std::move(code);
  else
    result.diagnostics += code.error().message();
  return result;
}

LoadedKernel::LoadedKernel(const KernelCode &code)
    : scratchBytes(code.scratchBytes) {
  int file = memfd_create("kernel", MFD_CLOEXEC);
  const std::string &bytes = code.bytes;
  if (file < 0 || write(file, bytes.data(), bytes.size()) != ssize_t(bytes.size()))
    return;
  std::string path = "/proc/self/fd/" + std::to_string(file);
  handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  close(file);
  if (handle)
    entry = reinterpret_cast<Entry>(dlsym(handle, code.kernelName.c_str()));
}

LoadedKernel::~LoadedKernel() {
  if (handle)
    dlclose(handle);
}

void LoadedKernel::run(std::vector<void *> arguments,
                       std::array<int64_t, 3> grid) const {
  size_t bytes = (scratchBytes + 4096 + 63) / 64 * 64;
  char *scratch = static_cast<char *>(std::aligned_alloc(64, bytes));
  std::memset(scratch, 0xff, bytes);
  for (int64_t z = 0; z < grid[2]; ++z)
    for (int64_t y = 0; y < grid[1]; ++y)
      for (int64_t x = 0; x < grid[0]; ++x) {
        int64_t block[] = {x, y, z};
        entry(arguments.data(), block, scratch);
      }
  // What lies behind the scratch that the kernel asked for is untouched.
  for (size_t i = scratchBytes; i < bytes; ++i)
    if (static_cast<unsigned char>(scratch[i]) != 0xff)
      std::abort();
  std::free(scratch);
}

void Arguments::tensor(const void *data, std::vector<int64_t> dynamicSizes) {
  values.push_back(reinterpret_cast<uint64_t>(data));
  values.insert(values.end(), dynamicSizes.begin(), dynamicSizes.end());
}

void Arguments::integer(int64_t value) { values.push_back(value); }

std::vector<void *> Arguments::pointers() {
  std::vector<void *> result;
  for (uint64_t &value : values)
    result.push_back(&value);
  return result;
}
