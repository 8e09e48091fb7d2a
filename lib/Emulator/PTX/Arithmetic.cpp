//===- Arithmetic.cpp - Operations that many types share
//-------------------===//

#include "Families.h"

namespace kgen::emulator::ptx {

bool isHalf(Type type) {
  return type == Type::F16 || type == Type::F16x2 || type == Type::BF16 ||
         type == Type::BF16x2;
}

bool isFloat(Type type) { return type == Type::F32 || type == Type::F64; }

template <Arithmetic operation>
static void decodeArithmetic(Decoder &d, Instruction &i) {
  Type type =
      d.wordsLeft().empty() ? Type::None : parseType(d.wordsLeft().back());
  if (isHalf(type))
    return decodeHalfArithmetic(d, i, operation);
  if (isFloat(type))
    return decodeFloatArithmetic(d, i, operation);
  return decodeIntegerArithmetic(d, i, operation);
}

std::span<const InstructionForm> arithmeticForms() {
  static constexpr InstructionForm kForms[] = {
      {"add", decodeArithmetic<Arithmetic::Add>},
      {"sub", decodeArithmetic<Arithmetic::Sub>},
      {"mul", decodeArithmetic<Arithmetic::Mul>},
      {"mad", decodeArithmetic<Arithmetic::Mad>},
      {"fma", decodeArithmetic<Arithmetic::Fma>},
      {"div", decodeArithmetic<Arithmetic::Div>},
      {"min", decodeArithmetic<Arithmetic::Min>},
      {"max", decodeArithmetic<Arithmetic::Max>},
      {"abs", decodeArithmetic<Arithmetic::Abs>},
      {"neg", decodeArithmetic<Arithmetic::Neg>},
  };
  return kForms;
}

} // namespace kgen::emulator::ptx
