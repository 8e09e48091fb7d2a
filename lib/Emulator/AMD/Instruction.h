//===- Instruction.h - One decoded AMD instruction
//--------------------------===//
//
// What ListingReader makes of one line of a listing. Registers of all files
// share one numbering ("units" of 32 bits), so that waits, hazards and reports
// need not tell them apart:
//   0..255 v0..v255, 256..511 a0..a255, 512 + n the scalar register whose
//   hardware number is n (vcc 106, m0 124, exec 126), 640 scc.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_INSTRUCTION_H
#define KGEN_LIB_EMULATOR_AMD_INSTRUCTION_H

#include "kgen/Emulator/Counts.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace kgen::emulator::amd {

inline constexpr uint32_t kLanes = 64;
inline constexpr uint64_t kAllLanes = ~0ull;

using Unit = uint16_t;
inline constexpr Unit kVectorUnits = 512;
inline constexpr Unit kAccumulation = 256;
inline constexpr Unit kScalarBase = kVectorUnits;
inline constexpr Unit kScalarUnits = 128;
inline constexpr Unit kVcc = kScalarBase + 106;
inline constexpr Unit kM0 = kScalarBase + 124;
inline constexpr Unit kExec = kScalarBase + 126;
inline constexpr Unit kScc = kScalarBase + kScalarUnits;
inline constexpr Unit kUnits = kScc + 1;

/// How an operand's bits are read: decides the width, what an inline constant
/// means, and which modifiers apply.
enum class Type : uint8_t {
  None,
  B16,
  B32,
  B64,
  I64, ///< as B64, but a literal is sign-extended
  F16,
  F32,
  F64,
  Packed16, ///< two 16-bit integers
  PackedF16,
  PackedF32, ///< two registers
  Mixed,     ///< f32 or one half of an f16 pair: v_fma_mix
  Lanes, ///< a 64-bit mask, one bit a lane, or the scalar pair that holds it
  Raw,   ///< as wide as written: memory data, MFMA operands
};
/// Registers of 32 bits; 0 for Raw and None.
uint32_t registersOf(Type type);

enum class Bank : uint8_t {
  None,   ///< "off"
  Vector, ///< units 0..511
  Scalar, ///< units 512..640
  Constant,
};

struct Operand {
  Bank bank = Bank::None;
  bool negate = false;
  bool absolute = false;
  bool signExtend = false; ///< SDWA sext()
  bool isReal = false;     ///< constant written with a point: 0.5
  bool isLiteral = false;  ///< constant written in hexadecimal
  uint8_t width = 1;       ///< registers
  Unit unit = 0;           ///< the first one
  uint64_t bits = 0;       ///< of a constant, for the operand's type
  double real = 0;         ///< of a constant with a point

  bool isRegister() const {
    return bank == Bank::Vector || bank == Bank::Scalar;
  }
};

enum class DppControl : uint8_t {
  None,
  QuadPerm,
  RowShl,
  RowShr,
  RowRor,
  RowMirror,
  RowHalfMirror,
  RowNewBcast,
  RowBcast15,
  RowBcast31,
  WaveShl,
  WaveShr,
  WaveRol,
  WaveRor,
};

enum class SdwaSelect : uint8_t {
  Dword,
  Byte0,
  Byte1,
  Byte2,
  Byte3,
  Word0,
  Word1,
};
enum class SdwaUnused : uint8_t { Pad, Sext, Preserve };

/// Everything that stands after the operands.
struct Modifiers {
  int32_t offset = 0;
  std::array<uint8_t, 2> offsets{}; ///< offset0, offset1 of ds_read2
  bool offen = false, idxen = false, lds = false, clamp = false;
  int8_t outputShift = 0;       ///< omod: the result times 2^outputShift
  uint8_t opSel = 0;            ///< bit i: operand i; of VOP3, last: result
  uint8_t opSelHi = 0x7;        ///< packed: default all ones
  uint8_t negLo = 0, negHi = 0; ///< packed
  DppControl dpp = DppControl::None;
  std::array<uint8_t, 4> dppValues{}; ///< the amount, or quad_perm's four
  uint8_t rowMask = 0xF, bankMask = 0xF;
  bool boundControl = false;
  bool sdwa = false;
  SdwaSelect dstSel = SdwaSelect::Dword;
  SdwaUnused dstUnused = SdwaUnused::Pad;
  std::array<SdwaSelect, 2> srcSel{SdwaSelect::Dword, SdwaSelect::Dword};
  uint8_t truthTable = 0;      ///< bitop3
  bool matrixModifier = false; ///< cbsz, abid or blgp other than 0
};

/// Counters of s_waitcnt; kNoWait: not named.
inline constexpr uint8_t kNoWait = 0xFF;
struct WaitCounts {
  uint8_t vector = kNoWait;
  uint8_t scalarAndLds = kNoWait; ///< lgkmcnt
};

struct Operation; // OperationTable.h

struct Instruction {
  const Operation *operation = nullptr;
  std::vector<Operand> operands; ///< in the order of the text
  Modifiers modifiers;
  WaitCounts waits;
  uint32_t target = 0; ///< of a branch: index of an instruction
  std::vector<Unit> reads, writes;
  std::string text;  ///< without its comment
  uint32_t line = 0; ///< of the listing, from 1
};

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_INSTRUCTION_H
