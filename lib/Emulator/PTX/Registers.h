//===- Registers.h - Where a warp keeps its values
//-------------------------===//
//
// A row holds one 32-bit value of each of 32 lanes; a 64-bit value takes two
// rows that follow one another, as uint64_t[32]. Values of 8 and 16 bits lie
// zero-extended in a row of their own. Immediates, special registers and
// addresses of variables are rows that a new warp fills in and nobody writes.
// Predicates are masks, bit = lane.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_REGISTERS_H
#define KGEN_LIB_EMULATOR_PTX_REGISTERS_H

#include "Specials.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace kgen::emulator::ptx {

inline constexpr uint32_t kLanes = 32;
inline constexpr uint32_t kAllLanes = ~0u;

/// Which rows the operands of one program take.
struct RegisterLayout {
  struct Constant {
    uint32_t row = 0;
    bool is64 = false;
    uint64_t bits = 0;
  };
  struct SpecialRow {
    uint32_t row = 0;
    bool is64 = false;
    Special special = Special::TidX;
  };
  /// Of each Kernel::registers: its first row, or its predicate's number.
  std::vector<uint32_t> place;
  uint32_t rows = 0;
  uint32_t predicates = 0;
  std::vector<Constant> constants;
  std::vector<SpecialRow> specials;
  std::vector<std::string> rowNames; ///< "%r12", for reports; may be ""
  std::vector<bool> wide; ///< of each row: the first of a 64-bit value
  std::vector<std::string> predicateNames;
};

class RegisterFile {
public:
  explicit RegisterFile(const RegisterLayout &layout);

  uint32_t *row(uint32_t r) { return base + size_t(r) * kLanes; }
  const uint32_t *row(uint32_t r) const { return base + size_t(r) * kLanes; }
  uint64_t *wide(uint32_t r) { return reinterpret_cast<uint64_t *>(row(r)); }
  const uint64_t *wide(uint32_t r) const {
    return reinterpret_cast<const uint64_t *>(row(r));
  }
  uint32_t &predicate(uint32_t p) { return predicates[p]; }

  /// Lanes whose value was computed from defined values only.
  uint32_t &defined(uint32_t r) { return rowDefined[r]; }
  uint32_t &predicateDefined(uint32_t p) { return predicatesDefined[p]; }

  /// The same value in all lanes.
  void fill(uint32_t r, bool is64, uint64_t bits);

private:
  struct Free {
    void operator()(uint32_t *p) const;
  };
  std::unique_ptr<uint32_t[], Free> memory;
  uint32_t *base = nullptr; ///< = memory.get()
  std::vector<uint32_t> rowDefined;
  std::vector<uint32_t> predicates;
  std::vector<uint32_t> predicatesDefined;
};

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_REGISTERS_H
