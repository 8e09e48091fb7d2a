//===- KernelJob.h - What lower, verify and search do with one op
//----------===//
#ifndef KGEN_AUTOTUNE_KERNELJOB_H
#define KGEN_AUTOTUNE_KERNELJOB_H

#include "kgen/Autotune/Machine.h"
#include "kgen/Compiler/KernelCompiler.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace kgen {

/// Emits an error of a plain room on an op.
mlir::LogicalResult emitOn(mlir::Operation *op, const Error &error);

/// Every attention.forward below `root`, in order.
std::vector<attention::ForwardOp> findAttention(mlir::Operation *root);

/// Applies `ptxas=`: a path, empty for a search, "none" for the driver. A
/// kernel for an emulated machine stays PTX in any case.
void setAssembler(EmitOptions &options, const Machine &machine,
                  const std::string &ptxas);

/// A compiler for `op` as it stands, named mods included; the op is not
/// changed. Null after an error on the op.
std::unique_ptr<KernelCompiler> compilerFor(attention::ForwardOp op,
                                            const Machine &machine,
                                            const EmitOptions &options);
std::unique_ptr<KernelCompiler> compilerFor(attention::ForwardOp op,
                                            const Machine &machine,
                                            const std::string &ptxas);

/// The schedule on the op, else the fastest accepted one of `history` (a path;
/// empty: none) for this problem and machine, else the defaults, best first. What
/// was timed on hardware also serves an emulated machine, but not the reverse.
Expected<std::vector<Schedule>> chooseSchedules(attention::ForwardOp op,
                                                const KernelCompiler &compiler,
                                                const Machine &machine,
                                                const std::string &history);

struct ScheduledKernel {
  CompiledKernel kernel;
  Schedule schedule;
};
/// Compiles with the first of `schedules` (at least one) that the assembler does
/// not spoil: spills around products, serialised ones, lost overlap. Any other
/// error ends it. If it spoils all of them, the error is that of the first.
Expected<ScheduledKernel>
compileFirst(KernelCompiler &compiler, const std::vector<Schedule> &schedules);

/// Writes a whole file.
Expected<void> writeFile(const std::string &path, std::string_view bytes);

} // namespace kgen

#endif // KGEN_AUTOTUNE_KERNELJOB_H
