//===- Families.h - The families of instructions, one table each
//-----------===//
#ifndef KGEN_LIB_EMULATOR_PTX_FAMILIES_H
#define KGEN_LIB_EMULATOR_PTX_FAMILIES_H

#include "Decoder.h"

namespace kgen::emulator::ptx {

std::span<const InstructionForm> arithmeticForms();  ///< add, mul, min, ...
std::span<const InstructionForm> integerForms();     ///< mad, div.s32, sad, ...
std::span<const InstructionForm> bitForms();         ///< and, shl, prmt, ...
std::span<const InstructionForm> approximateForms(); ///< ex2, rcp, sin, ...
std::span<const InstructionForm> compareForms();     ///< setp, set, selp, ...
std::span<const InstructionForm> moveForms();        ///< mov, cvta, isspacep
std::span<const InstructionForm> conversionForms();  ///< cvt
std::span<const InstructionForm> controlForms();     ///< bra, ret, trap, ...
std::span<const InstructionForm> memoryForms();      ///< ld, st, prefetch
std::span<const InstructionForm> atomicForms();      ///< atom, red
std::span<const InstructionForm> warpForms();        ///< shfl, vote, redux, ...
std::span<const InstructionForm> barrierForms();     ///< bar, membar, fence
std::span<const InstructionForm> asyncCopyForms();   ///< cp.async
std::span<const InstructionForm> matrixLoadForms();  ///< ldmatrix, stmatrix
std::span<const InstructionForm> matrixMmaForms();   ///< mma

/// Operations that integers, floats and halves have in common.
enum class Arithmetic : uint8_t {
  Add,
  Sub,
  Mul,
  Mad,
  Fma,
  Div,
  Min,
  Max,
  Abs,
  Neg
};
/// The type is the last word of the mnemonic; each decodes the types that it
/// serves.
void decodeIntegerArithmetic(Decoder &d, Instruction &i, Arithmetic operation);
void decodeFloatArithmetic(Decoder &d, Instruction &i, Arithmetic operation);
void decodeHalfArithmetic(Decoder &d, Instruction &i, Arithmetic operation);
bool isHalf(Type type);  ///< f16, bf16 and their pairs
bool isFloat(Type type); ///< f32, f64

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_FAMILIES_H
