//===- CompileVariant.h - A module's attention op as an artefact -----------===//
#ifndef KGEN_AUTOTUNE_COMPILEVARIANT_H
#define KGEN_AUTOTUNE_COMPILEVARIANT_H

#include "kgen/Compiler/KernelCompiler.h"

#include "mlir/IR/BuiltinOps.h"

#include <cstdint>
#include <string>

namespace kgen {

/// What compileVariant() makes: the artefact that the runtime loads, or one of
/// the texts on the way to it.
enum class EmitKind : uint8_t {
  Artifact,
  Tiled,    ///< the kernel over tiles, before any target
  Llvm,     ///< the kernel in the LLVM dialect of the target
  Assembly, ///< PTX, AMDGCN or x86
};

struct CompileRequest {
  EmitKind emit = EmitKind::Artifact;
  std::string target = "auto"; ///< as the option of attention-lower
  std::string ptxas;           ///< empty: PATH and the toolkit
  std::string worker;          ///< asked for the GPU of target=auto
  std::string history;         ///< where a schedule is looked up; empty: none
  /// JSON or #attention.schedule<...>; empty: the schedule on the op, else the
  /// best of `history`, else the default.
  std::string schedule;
};

/// What was compiled, for a line to the user.
struct CompiledVariant {
  std::string bytes; ///< the artefact or the text
  std::string kernelName;
  std::string arch;
  std::string schedule; ///< JSON
  CompileTimes times;   ///< of an artefact or assembly
};

/// Compiles the only attention.forward of `module`, which stays as it is.
/// Failures are diagnostics on the op or the module.
mlir::FailureOr<CompiledVariant> compileVariant(mlir::ModuleOp module,
                                                const CompileRequest &request);

} // namespace kgen

#endif // KGEN_AUTOTUNE_COMPILEVARIANT_H
