//===- Hazards.h - Wait states that the hardware does not insert
//-----------===//
//
// Between some pairs of instructions a program must put others, or s_nop; the
// hardware does not stall. The rules are those of the CDNA3 and CDNA4 ISA
// guides, "Manually Inserted Wait States (NOPs)", and of the MI200 guide, with
// the numbers as LLVM's GCNHazardRecognizer (checkMAIHazards90A,
// checkMAIVALUHazards, checkVALUHazards, checkVMEMHazards) has them. An
// instruction is one wait state, s_nop N is N + 1.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_HAZARDS_H
#define KGEN_LIB_EMULATOR_AMD_HAZARDS_H

#include "Instruction.h"
#include "OperationTable.h"

#include <optional>

namespace kgen::emulator::amd {

enum class Target : uint8_t { Gfx90a, Gfx942, Gfx950 };

class Hazards {
public:
  explicit Hazards(Target target) : target(target) {}

  struct Finding {
    Unit unit = 0;
    uint32_t earlier = 0; ///< instruction
    uint32_t needed = 0, had = 0;
    const char *rule = "";
  };
  /// Checks the instruction `index` against those before and records it.
  std::optional<Finding> issue(const Instruction &i, uint32_t index);
  /// s_nop: that many more wait states.
  void pass(uint32_t states) { now += states; }

private:
  struct Access {
    uint64_t when = 0; ///< 0: never
    uint32_t instruction = 0;
    const Instruction *by = nullptr;
  };
  struct Need {
    uint32_t states = 0;
    const char *rule = "";
  };
  uint32_t passes(const Instruction &matrix) const;
  bool isXdl(const Instruction &matrix) const;
  Need beforeRead(const Instruction &i, Unit unit, const Access &write) const;
  Need beforeWrite(const Access &write) const;
  Need matrixAfterMatrix(const Instruction &i, Unit unit,
                         const Access &write) const;
  Need afterVector(const Instruction &i, Unit unit, const Access &write) const;
  std::optional<Finding> due(Unit unit, const Access &earlier, Need need) const;
  std::optional<Finding> check(const Instruction &i) const;
  void record(const Instruction &i, uint32_t index);

  Target target;
  uint64_t now = 1;
  uint64_t lastMatrix = 0, lastVector = 0;
  std::array<Access, kUnits> writes{};
  /// Of registers that a matrix instruction reads as C.
  std::array<Access, kVectorUnits> accumulatorReads{};
};

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_HAZARDS_H
