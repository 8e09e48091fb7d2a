//===- Emulator.h - Executes kernels without a GPU
//-------------------------===//
//
// Runs the PTX text or the AMD code object that ships, instruction by
// instruction, over every block of a grid, and checks each access on the way:
// docs/Emulator.md says what is emulated and what is checked. Knows LLVM (the
// AMD disassembler) and nothing of kgen's lowerings.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_EMULATOR_EMULATOR_H
#define KGEN_EMULATOR_EMULATOR_H

#include "kgen/Emulator/Counts.h"
#include "kgen/Emulator/GlobalMemory.h"
#include "kgen/Support/Error.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::emulator {

enum class Vendor : uint8_t { Nvidia, Amd };

/// Results, bytes or operations per cycle of one SM (compute unit). Lanes, not
/// warps.
struct PipeRates {
  double warpLanes = 32;         ///< of one warp instruction
  double warpInstructions = 4;   ///< issued, over all schedulers
  double scalarInstructions = 1; ///< AMD: of the scalar unit
  /// AMD: all vector arithmetic takes turns in one pipe; NVIDIA has a pipe for
  /// each kind.
  bool oneVectorPipe = false;
  double floatLanes = 0;       ///< FP32 add, mul, fma
  double integerLanes = 0;
  double conversionLanes = 0;
  double transcendentalLanes = 0;
  double shuffleLanes = 0;
  double tensorFlops = 0;  ///< dense, f16 or bf16 operands, f32 accumulation
  double sharedBytes = 0;  ///< loads and stores together
  double globalBytes = 64; ///< between the second-level cache and one SM
};

/// What an emulated device allows and how fast its pipes are. The numbers'
/// sources stand in lib/Emulator/Core/Architecture.cpp.
struct Architecture {
  std::string_view name; ///< "sm_80", "gfx942"
  std::string_view description;
  Vendor vendor = Vendor::Nvidia;
  uint32_t warpSize = 32;
  uint32_t maxThreads = 1024;         ///< per block
  uint32_t maxSharedBytes = 0;        ///< per block, static and dynamic
  uint32_t processors = 0;            ///< SMs or compute units
  uint32_t registersPerSm = 0;        ///< 32-bit registers of all warps
  uint32_t sharedBanks = 32;          ///< of 4 bytes
  bool hasHopperInstructions = false; ///< wgmma, TMA, mbarrier, clusters
  PipeRates rates;
};

/// Every architecture that can be emulated.
std::span<const Architecture> architectures();
/// Fails with EmulatorArchUnknown.
Expected<const Architecture *> findArchitecture(std::string_view name);

/// One launch.
struct Launch {
  std::array<int64_t, 3> grid{1, 1, 1};     ///< blocks
  uint32_t threads = 1;                     ///< per block, in x
  std::array<uint32_t, 3> cluster{1, 1, 1}; ///< NVIDIA: blocks of a cluster
  uint64_t dynamicSharedBytes = 0;
  /// arguments[i] points at the value of kernel argument i.
  std::span<void *const> arguments;
  /// Orders warps and asynchronous completions; the same seed repeats a run.
  uint64_t seed = 0;
  /// Warp instructions over all blocks; past it EmulatorInstructionLimit.
  uint64_t instructionLimit = 4'000'000'000;
};

/// A kernel that is ready to run. Immutable: any number of launches.
class Program {
public:
  virtual ~Program();
  /// Runs the grid, block by block (cluster by cluster; the order is the
  /// seed's), and adds what happened to `counts`. A broken rule is an error of
  /// a 90xx code: the first one met; its detail names the instructions and
  /// accesses involved.
  virtual Expected<void> launch(const Launch &launch, GlobalMemory &memory,
                                Counts &counts) const = 0;
  /// Instructions of the program text by class, before any is executed, with
  /// the resources that it declares.
  virtual StaticCounts staticCounts() const = 0;
};

/// Reads PTX text and prepares `kernel` (empty: the only one). Refuses a
/// .target newer than `arch` and instructions that are not emulated, with the
/// line.
Expected<std::unique_ptr<Program>>
loadPtx(std::string text, std::string_view kernel, const Architecture &arch);

/// Disassembles an AMD code object (ELF) and prepares `kernel`.
Expected<std::unique_ptr<Program>> loadCodeObject(std::span<const char> bytes,
                                                  std::string_view kernel,
                                                  const Architecture &arch);

} // namespace kgen::emulator

#endif // KGEN_EMULATOR_EMULATOR_H
