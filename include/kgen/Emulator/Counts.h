//===- Counts.h - What an emulated kernel did, in numbers
//------------------===//
#ifndef KGEN_EMULATOR_COUNTS_H
#define KGEN_EMULATOR_COUNTS_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::emulator {

/// Classes of instructions, by the unit that executes them.
enum class InstructionClass : uint8_t {
  Integer,        ///< integer arithmetic, logic, comparisons, moves, selects
  Float,          ///< FP32 pipe: add, mul, fma, min, max
  Conversion,     ///< between types
  Transcendental, ///< MUFU, or AMD's quarter-rate unit: exp2, rcp, log2, tanh
  Tensor,         ///< mma, wgmma, mfma
  GlobalMemory,   ///< loads and stores, cp.async and bulk copies included
  SharedMemory,   ///< ld/st.shared, ldmatrix, stmatrix, ds_*
  Shuffle,        ///< shfl, ds_bpermute, DPP moves, readlane
  Barrier,        ///< barriers, waits, fences, mbarrier operations
  Control,        ///< branches
  Scalar,         ///< AMD: the scalar unit
  Other,
};
inline constexpr size_t kInstructionClasses = 12;
/// "integer", "transcendental", ...
std::string_view spelling(InstructionClass instructionClass);

/// Sums over all warps (waves) of all launches. One instruction of one warp
/// counts once, however many lanes take part.
struct Counts {
  uint64_t launches = 0;
  std::array<uint64_t, kInstructionClasses> instructions{};
  uint64_t tensorFlops = 0;     ///< 2 m n k of each tensor instruction
  uint64_t globalLoadBytes = 0; ///< of active lanes; bulk copies included
  uint64_t globalStoreBytes = 0;
  uint64_t sharedLoadBytes = 0; ///< tensor instructions' operand reads included
  uint64_t sharedStoreBytes = 0;
  /// Cycles that shared-memory accesses take beyond one per 128 bytes, because
  /// lanes meet in one bank with different words.
  uint64_t bankConflictCycles = 0;
  uint64_t divergentBranches = 0; ///< branches that split a warp
  uint64_t inactiveLaneSlots = 0; ///< lanes switched off, over instructions
  uint64_t laneSlots = 0;         ///< warp size, over instructions
  /// Ideal cycles of the tensor unit of one SM (CU) for `tensorFlops`, and of
  /// the whole instruction stream, when one SM runs all blocks: the busiest of
  /// its pipes. docs/Emulator.md derives both.
  double tensorCycles = 0;
  double issueCycles = 0;

  uint64_t totalInstructions() const;
  uint64_t &of(InstructionClass c) { return instructions[size_t(c)]; }
  uint64_t of(InstructionClass c) const { return instructions[size_t(c)]; }
  /// tensorCycles / issueCycles; 0 without any.
  double tensorUtilisation() const;
  Counts &operator+=(const Counts &other);
  /// A table, one number a line, for people and for the proposer's prompt.
  std::string describe() const;
};

struct PipeRates;

/// One unit of an SM (CU) and the cycles that it is busy at its full rate when
/// that SM runs all blocks.
struct PipeLoad {
  std::string_view pipe; ///< "tensor", "shared memory", "issue"
  double cycles = 0;
};
/// Every pipe, in a fixed order. Pipes without a rate take no cycles.
std::vector<PipeLoad> pipeLoads(const Counts &counts, const PipeRates &rates);

/// Sets tensorCycles and issueCycles from the other numbers: the cycles of the
/// tensor pipe, and of the busiest pipe. For the counts of one launch: of
/// several, add up what each gives (operator+=).
void deriveCycles(Counts &counts, const PipeRates &rates);

/// What the program's text holds, each instruction once.
struct StaticCounts {
  std::array<uint64_t, kInstructionClasses> instructions{};
  uint64_t total = 0;
  uint64_t staticSharedBytes = 0;
  uint64_t localBytes = 0;            ///< per thread: stack and spills
  uint32_t vectorRegisters = 0;       ///< AMD: VGPRs; NVIDIA: 0 (ptxas decides)
  uint32_t accumulationRegisters = 0; ///< AMD: AGPRs
  uint32_t scalarRegisters = 0;       ///< AMD: SGPRs
  std::string describe() const;
};

} // namespace kgen::emulator

#endif // KGEN_EMULATOR_COUNTS_H
