//===- TargetBackend.h - What a target does with a tiled kernel ------------===//
//
// The seam between the target-independent half of the compiler and the rooms
// that know a vendor. A backend lowers a module whose kernel is in tiled form
// (docs/Architecture.md) to the LLVM dialect, and turns that into machine code.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_COMMON_TARGETBACKEND_H
#define KGEN_TARGET_COMMON_TARGETBACKEND_H

#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Schedule/Problem.h"
#include "kgen/Schedule/Schedule.h"
#include "kgen/Support/Error.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
class ModuleOp;
class OpPassManager;
} // namespace mlir

namespace kgen {

/// What the bytes of a kernel are; the values are those of kgen_artifact.h.
enum class CodeFormat : uint8_t { ElfSharedObject = 1, Cubin = 2, Ptx = 3, Hsaco = 4 };

/// Read back from the machine code (ptxas -v, code object metadata), not
/// estimated. -1 where a target has no such number.
struct ResourceUsage {
  int64_t registersPerThread = -1; ///< VGPRs on AMD
  int64_t accumulatorRegisters = -1; ///< AGPRs on AMD
  int64_t spillBytes = -1;         ///< per thread; local or scratch memory
  int64_t sharedBytes = -1;        ///< per workgroup, static and dynamic
  int64_t codeBytes = -1;
};

/// A view of a tensor parameter that the tensor copy engine (TMA) reads: a
/// 128-byte kernel argument after the ordinary ones, encoded by the runtime at
/// each launch (kgen_artifact_tensor_map_t of kgen_artifact.h).
struct TensorMapSpec {
  int32_t parameter = 0; ///< index among Q, K, V, captures, O, LSE
  ElementType elementType = ElementType::BF16; ///< the parameter's
  uint32_t rank = 4;                           ///< the parameter's, at most 5
  /// Elements of one copy, innermost first ({columns, rows, 1, 1}), each at
  /// most 256.
  std::array<uint32_t, 5> box{1, 1, 1, 1, 1};
  uint32_t swizzleBytes = 0;     ///< 0, 32, 64, 128; a box row is no longer
  uint32_t l2PromotionBytes = 0; ///< 0, 64, 128, 256
};

/// How tiles become blocks; the values are those of kgen_artifact.h.
enum class GridKind : uint8_t { Plain = 0, Persistent = 1 };

/// Where the time of a compilation went: seconds of wall time; 0 where a target
/// does not tell its parts from each other.
struct CompileTimes {
  double lowering = 0;  ///< from the attention op to the target's LLVM dialect
  double llvm = 0;      ///< LLVM: from there to assembly
  double assembler = 0; ///< from there to machine code
};

/// One kernel as machine code, with what a launch needs to know.
struct KernelCode {
  CodeFormat format = CodeFormat::ElfSharedObject;
  std::string bytes;
  std::string assembly;   ///< PTX, AMDGCN or x86 text, for tests and reports
  std::string kernelName; ///< exported symbol
  std::string arch;       ///< what the code runs on: "sm_90", "gfx942"
  int64_t threadsPerWorkgroup = 1;
  int64_t dynamicSharedBytes = 0;
  int64_t scratchBytes = 0; ///< CPU: per thread
  std::vector<TensorMapSpec> tensorMaps;  ///< CUDA, in the arguments' order
  std::array<uint32_t, 3> cluster{};      ///< blocks in x, y, z; 0: none
  GridKind gridKind = GridKind::Plain;
  uint32_t blocksPerProcessor = 0;        ///< of a persistent grid, >= 1
  /// CUDA: the kernel's last argument, after the tensor maps, is a global
  /// pointer to a u32 that is 0 when the launch starts and that the kernel has
  /// set back to 0 when it ends: it draws tiles with an atom.inc that wraps at
  /// the number of tiles, exactly as often as there are tiles. Launches that
  /// may run at the same time get different counters, from the runtime.
  bool tileCounter = false;
  ResourceUsage resources;
  std::vector<std::string> warnings; ///< of the assembler, verbatim
  CompileTimes times; ///< the emitter knows nothing of the lowering: 0
};

/// How much an emitter keeps and where its tools are.
struct EmitOptions {
  bool keepAssembly = false; ///< fill KernelCode::assembly
  std::string ptxas;         ///< path; empty: search PATH and the toolkit
  bool allowPtx = true;      ///< without ptxas, give PTX to the driver
  bool driverAssembles = false; ///< give PTX to the driver in any case
};

class TargetBackend {
public:
  virtual ~TargetBackend();
  virtual TargetKind kind() const = 0;
  /// Dialects and translation interfaces that the two methods below use.
  virtual void registerDialects(mlir::DialectRegistry &registry) const = 0;
  /// Adds the passes from a module in tiled form to the LLVM dialect. Uses the
  /// `attention.schedule` attribute of each kernel function.
  virtual void buildLowering(mlir::OpPassManager &manager,
                             const HardwareModel &hardware) const = 0;
  /// Translates a lowered module that holds one kernel into machine code.
  virtual Expected<KernelCode> emit(mlir::ModuleOp module,
                                    const HardwareModel &hardware,
                                    const EmitOptions &options) const = 0;
};

std::unique_ptr<TargetBackend> createCpuBackend();
std::unique_ptr<TargetBackend> createNvvmBackend();
std::unique_ptr<TargetBackend> createRocdlBackend();

} // namespace kgen

#endif // KGEN_TARGET_COMMON_TARGETBACKEND_H
