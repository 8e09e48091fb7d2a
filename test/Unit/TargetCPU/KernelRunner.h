//===- KernelRunner.h - Compiles tiled kernels and runs them here ----------===//
#ifndef KGEN_TEST_UNIT_TARGETCPU_KERNELRUNNER_H
#define KGEN_TEST_UNIT_TARGETCPU_KERNELRUNNER_H

#include "kgen/Target/Common/TargetBackend.h"

#include <array>
#include <string>
#include <vector>

namespace kgen::test {

/// Parses and lowers a module and generates code for `arch`. On failure the
/// result's `bytes` are empty and `diagnostics` says why.
struct Compiled {
  KernelCode code;
  std::string diagnostics;
};
Compiled compileForCpu(const std::string &text, const std::string &arch,
                       bool keepAssembly = false);

/// The arch of this machine.
std::string hostArch();

/// A kernel image that is loaded into this process.
class LoadedKernel {
public:
  explicit LoadedKernel(const KernelCode &code);
  ~LoadedKernel();
  LoadedKernel(const LoadedKernel &) = delete;
  LoadedKernel &operator=(const LoadedKernel &) = delete;

  explicit operator bool() const { return entry; }
  /// Runs all blocks of the grid, on one thread; scratch starts as NaN.
  void run(std::vector<void *> arguments, std::array<int64_t, 3> grid) const;

  /// Runs one block with `code.scratchBytes` of scratch, aligned to 64.
  void runBlock(void **arguments, const int64_t *block, void *scratch) const {
    entry(arguments, block, scratch);
  }

private:
  using Entry = void (*)(void **, const int64_t *, void *);
  void *handle = nullptr;
  Entry entry = nullptr;
  int64_t scratchBytes = 0;
};

/// The packing of the kernel interface: a tensor is its pointer and its dynamic
/// sizes, a scalar its value; entry i points at the value of argument i.
class Arguments {
public:
  void tensor(const void *data, std::vector<int64_t> dynamicSizes);
  void integer(int64_t value);
  std::vector<void *> pointers();

private:
  std::vector<uint64_t> values;
};

} // namespace kgen::test

#endif // KGEN_TEST_UNIT_TARGETCPU_KERNELRUNNER_H
