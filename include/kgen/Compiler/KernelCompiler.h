//===- KernelCompiler.h - One attention op, any schedule, an artefact ------===//
#ifndef KGEN_COMPILER_KERNELCOMPILER_H
#define KGEN_COMPILER_KERNELCOMPILER_H

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Schedule/Problem.h"
#include "kgen/Schedule/Schedule.h"
#include "kgen/Search/CompileService.h"
#include "kgen/Target/Common/TargetBackend.h"

#include <memory>
#include <string>

namespace kgen {

/// One compiled kernel: the code with what was learned about it, and the
/// artefact that the runtime loads.
struct CompiledKernel {
  KernelCode code;
  std::string artifact;
  double seconds = 0; ///< wall time of the compilation
};

/// Compiles one attention.forward for one machine. Works in an MLIR context of
/// its own, so it may be used while a pass runs on the op's module; calls must
/// not overlap.
class KernelCompiler {
public:
  /// `op` must have no named mods. Emits errors on `op`; null after one.
  static std::unique_ptr<KernelCompiler> create(attention::ForwardOp op,
                                                const HardwareModel &hardware,
                                                const EmitOptions &options);
  ~KernelCompiler();

  const Problem &problem() const;
  const HardwareModel &hardware() const;

  /// Checks legality, lowers and emits. Diagnostics of the passes become the
  /// error's detail; their code, where they have one, becomes its code.
  Expected<CompiledKernel> compile(const Schedule &schedule);

  /// The kernel module in tiled form, as text.
  Expected<std::string> printTiled(const Schedule &schedule);
  /// The kernel module in the LLVM dialect of the target, as text.
  Expected<std::string> printLowered(const Schedule &schedule);

private:
  KernelCompiler();
  struct State;
  std::unique_ptr<State> state;
};

/// Version, LLVM's version, and a hash of the program or plugin that holds the
/// compiler: changes whenever the same schedule may give different code.
const std::string &compilerVersion();

/// The compiler as the search sees it. The compiler must outlive the service.
std::unique_ptr<search::CompileService>
createCompileService(KernelCompiler &compiler);

} // namespace kgen

#endif // KGEN_COMPILER_KERNELCOMPILER_H
