//===- EvaluatorOps.cpp - What each instruction computes -------------------===//

#include "Numeric.h"
#include "RowEvaluator.h"

#include <cmath>
#include <limits>

namespace kgen {

using Op = ExpressionOp;

template <typename T, typename Source, typename Function>
static void map1(int64_t count, T *out, const Source *a, Function function) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = function(a[i]);
}

template <typename T, typename Source, typename Function>
static void map2(int64_t count, T *out, const Source *a, const Source *b,
                 Function function) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = function(a[i], b[i]);
}

// tanh.approx.f32 has a relative error of up to 2^-11 (PTX ISA 8.x, "tanh"):
// that of rounding to ten explicit mantissa bits.
static double approximateTanh(double x) {
  return roundToTF32(static_cast<float>(std::tanh(x)));
}

static double nanMax(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? std::nan("") : std::fmax(a, b);
}

static double nanMin(double a, double b) {
  return std::isnan(a) || std::isnan(b) ? std::nan("") : std::fmin(a, b);
}

void RowEvaluator::runFloat(const Instruction &instruction, Slot &out,
                            int64_t n) {
  double *o = out.floats;
  const double *a = operand(instruction, 0).floats;
  const double *b =
      instruction.operands.size() > 1 ? operand(instruction, 1).floats : a;
  switch (instruction.op) {
  case Op::AddFloat:
    return map2(n, o, a, b, [](double x, double y) { return x + y; });
  case Op::SubFloat:
    return map2(n, o, a, b, [](double x, double y) { return x - y; });
  case Op::MulFloat:
    return map2(n, o, a, b, [](double x, double y) { return x * y; });
  case Op::DivFloat:
    return map2(n, o, a, b, [](double x, double y) { return x / y; });
  case Op::RemFloat:
    return map2(n, o, a, b, [](double x, double y) { return std::fmod(x, y); });
  case Op::NegFloat:
    return map1(n, o, a, [](double x) { return -x; });
  case Op::AbsFloat:
    return map1(n, o, a, [](double x) { return std::fabs(x); });
  case Op::MaxFloat:
    return map2(n, o, a, b, nanMax);
  case Op::MinFloat:
    return map2(n, o, a, b, nanMin);
  case Op::MaxNumFloat:
    return map2(n, o, a, b, [](double x, double y) { return std::fmax(x, y); });
  case Op::MinNumFloat:
    return map2(n, o, a, b, [](double x, double y) { return std::fmin(x, y); });
  case Op::FmaFloat: {
    const double *c = operand(instruction, 2).floats;
    for (int64_t i = 0; i < n; ++i)
      o[i] = std::fma(a[i], b[i], c[i]);
    return;
  }
  case Op::Exp:
    return map1(n, o, a, [](double x) { return std::exp(x); });
  case Op::Exp2:
    return map1(n, o, a, [](double x) { return std::exp2(x); });
  case Op::ExpM1:
    return map1(n, o, a, [](double x) { return std::expm1(x); });
  case Op::Log:
    return map1(n, o, a, [](double x) { return std::log(x); });
  case Op::Log2:
    return map1(n, o, a, [](double x) { return std::log2(x); });
  case Op::Log1P:
    return map1(n, o, a, [](double x) { return std::log1p(x); });
  case Op::Tanh:
    if (approximateMath)
      return map1(n, o, a, approximateTanh);
    return map1(n, o, a, [](double x) { return std::tanh(x); });
  case Op::Erf:
    return map1(n, o, a, [](double x) { return std::erf(x); });
  case Op::Sin:
    return map1(n, o, a, [](double x) { return std::sin(x); });
  case Op::Cos:
    return map1(n, o, a, [](double x) { return std::cos(x); });
  case Op::Sqrt:
    return map1(n, o, a, [](double x) { return std::sqrt(x); });
  case Op::Rsqrt:
    return map1(n, o, a, [](double x) { return 1.0 / std::sqrt(x); });
  case Op::Pow:
    return map2(n, o, a, b, [](double x, double y) { return std::pow(x, y); });
  case Op::Floor:
    return map1(n, o, a, [](double x) { return std::floor(x); });
  case Op::Ceil:
    return map1(n, o, a, [](double x) { return std::ceil(x); });
  default: // RoundEven, the last of the range
    return map1(n, o, a, [](double x) { return std::nearbyint(x); });
  }
}

void RowEvaluator::runCompareFloat(const Instruction &instruction, Slot &out,
                                   int64_t n) {
  int64_t *o = out.integers;
  const double *a = operand(instruction, 0).floats;
  const double *b = operand(instruction, 1).floats;
  switch (instruction.op) {
  case Op::CmpOeq:
    return map2(n, o, a, b, [](double x, double y) { return x == y; });
  case Op::CmpOlt:
    return map2(n, o, a, b, [](double x, double y) { return x < y; });
  case Op::CmpOle:
    return map2(n, o, a, b, [](double x, double y) { return x <= y; });
  case Op::CmpOgt:
    return map2(n, o, a, b, [](double x, double y) { return x > y; });
  case Op::CmpOge:
    return map2(n, o, a, b, [](double x, double y) { return x >= y; });
  default: // CmpUne
    return map2(n, o, a, b, [](double x, double y) { return !(x == y); });
  }
}

static uint64_t lowBits(int64_t value, int width) {
  uint64_t bits = static_cast<uint64_t>(value);
  return width >= 64 ? bits : bits & ((uint64_t(1) << width) - 1);
}

void RowEvaluator::runInteger(const Instruction &instruction, Slot &out,
                              int64_t n) {
  int64_t *o = out.integers;
  const int64_t *a = operand(instruction, 0).integers;
  const int64_t *b =
      instruction.operands.size() > 1 ? operand(instruction, 1).integers : a;
  int width = widthOf(instruction.operands[0]);
  using U = uint64_t;
  using I = int64_t;
  auto unsignedLess = [width](I x, I y) {
    return lowBits(x, width) < lowBits(y, width);
  };
  switch (instruction.op) {
  case Op::AddInt:
    return map2(n, o, a, b, [](I x, I y) { return I(U(x) + U(y)); });
  case Op::SubInt:
    return map2(n, o, a, b, [](I x, I y) { return I(U(x) - U(y)); });
  case Op::MulInt:
    return map2(n, o, a, b, [](I x, I y) { return I(U(x) * U(y)); });
  case Op::MaxSigned:
    return map2(n, o, a, b, [](I x, I y) { return x > y ? x : y; });
  case Op::MinSigned:
    return map2(n, o, a, b, [](I x, I y) { return x < y ? x : y; });
  case Op::MaxUnsigned:
    return map2(n, o, a, b, [&](I x, I y) { return unsignedLess(x, y) ? y : x; });
  case Op::MinUnsigned:
    return map2(n, o, a, b, [&](I x, I y) { return unsignedLess(x, y) ? x : y; });
  case Op::AbsInt:
    return map1(n, o, a, [](I x) { return x < 0 ? I(U(0) - U(x)) : x; });
  case Op::AndInt:
    return map2(n, o, a, b, [](I x, I y) { return x & y; });
  case Op::OrInt:
    return map2(n, o, a, b, [](I x, I y) { return x | y; });
  case Op::XorInt:
    return map2(n, o, a, b, [](I x, I y) { return x ^ y; });
  case Op::CmpEq:
    return map2(n, o, a, b, [](I x, I y) { return x == y; });
  case Op::CmpNe:
    return map2(n, o, a, b, [](I x, I y) { return x != y; });
  case Op::CmpSlt:
    return map2(n, o, a, b, [](I x, I y) { return x < y; });
  case Op::CmpSle:
    return map2(n, o, a, b, [](I x, I y) { return x <= y; });
  case Op::CmpSgt:
    return map2(n, o, a, b, [](I x, I y) { return x > y; });
  case Op::CmpSge:
    return map2(n, o, a, b, [](I x, I y) { return x >= y; });
  case Op::CmpUlt:
    return map2(n, o, a, b, unsignedLess);
  case Op::CmpUle:
    return map2(n, o, a, b, [&](I x, I y) { return !unsignedLess(y, x); });
  case Op::CmpUgt:
    return map2(n, o, a, b, [&](I x, I y) { return unsignedLess(y, x); });
  default: // CmpUge
    return map2(n, o, a, b, [&](I x, I y) { return !unsignedLess(x, y); });
  }
}

static int64_t divide(Op op, int64_t x, int64_t y) {
  int64_t quotient = x / y, remainder = x % y;
  switch (op) {
  case Op::DivSigned:
    return quotient;
  case Op::RemSigned:
    return remainder;
  case Op::FloorDivSigned:
    return quotient - (remainder != 0 && (remainder < 0) != (y < 0));
  default: // CeilDivSigned
    return quotient + (remainder != 0 && (remainder < 0) == (y < 0));
  }
}

void RowEvaluator::runDivision(const Instruction &instruction, Slot &out,
                               int64_t n) {
  const int64_t *a = operand(instruction, 0).integers;
  const int64_t *b = operand(instruction, 1).integers;
  int width = widthOf(instruction.operands[0]);
  Op op = instruction.op;
  bool isUnsigned = op == Op::DivUnsigned || op == Op::RemUnsigned;
  int64_t smallest = width >= 64 ? std::numeric_limits<int64_t>::min()
                                 : -(int64_t(1) << (width - 1));
  for (int64_t i = 0; i < n; ++i) {
    bool overflows = !isUnsigned && a[i] == smallest && b[i] == -1;
    if (b[i] == 0 || overflows) {
      undefinedLanes[i] = 1;
      out.integers[i] = 0;
    } else if (isUnsigned) {
      uint64_t x = lowBits(a[i], width), y = lowBits(b[i], width);
      out.integers[i] =
          static_cast<int64_t>(op == Op::DivUnsigned ? x / y : x % y);
    } else {
      out.integers[i] = divide(op, a[i], b[i]);
    }
  }
}

void RowEvaluator::runShift(const Instruction &instruction, Slot &out,
                            int64_t n) {
  const int64_t *a = operand(instruction, 0).integers;
  const int64_t *b = operand(instruction, 1).integers;
  int width = widthOf(instruction.operands[0]);
  for (int64_t i = 0; i < n; ++i) {
    if (b[i] < 0 || b[i] >= width) {
      undefinedLanes[i] = 1;
      out.integers[i] = 0;
      continue;
    }
    if (instruction.op == Op::ShiftLeft)
      out.integers[i] = static_cast<int64_t>(static_cast<uint64_t>(a[i]) << b[i]);
    else if (instruction.op == Op::ShiftRightSigned)
      out.integers[i] = a[i] >> b[i];
    else
      out.integers[i] = static_cast<int64_t>(lowBits(a[i], width) >> b[i]);
  }
}

void RowEvaluator::runConversion(const Instruction &instruction, Slot &out,
                                 int64_t n) {
  const Slot &first = operand(instruction, 0);
  const double *f = first.floats;
  const int64_t *a = first.integers;
  int width = widthOf(instruction.operands[0]);
  auto unsignedOf = [width](int64_t x) { return lowBits(x, width); };
  switch (instruction.op) {
  case Op::SelectFloat:
    for (int64_t i = 0; i < n; ++i)
      out.floats[i] = a[i] ? operand(instruction, 1).floats[i]
                           : operand(instruction, 2).floats[i];
    return;
  case Op::SelectInt:
    for (int64_t i = 0; i < n; ++i)
      out.integers[i] = a[i] ? operand(instruction, 1).integers[i]
                             : operand(instruction, 2).integers[i];
    return;
  case Op::SignedToFloat:
    // One bit is stored as 0 or 1; read as signed it is 0 or -1.
    return map1(n, out.floats, a, [width](int64_t x) {
      return static_cast<double>(width == 1 ? -x : x);
    });
  case Op::UnsignedToFloat:
    return map1(n, out.floats, a, [&](int64_t x) {
      return static_cast<double>(unsignedOf(x));
    });
  case Op::FloatToSigned: {
    double limit = std::ldexp(1.0, instruction.bits - 1);
    for (int64_t i = 0; i < n; ++i) {
      double x = std::trunc(f[i]);
      bool fits = x >= -limit && x < limit; // false for NaN
      undefinedLanes[i] |= !fits;
      out.integers[i] = fits ? static_cast<int64_t>(x) : 0;
    }
    return;
  }
  case Op::SignExtendOrTruncate:
    return map1(n, out.integers, a,
                [width](int64_t x) { return width == 1 ? -x : x; });
  case Op::ZeroExtend:
    return map1(n, out.integers, a, [&](int64_t x) {
      return static_cast<int64_t>(unsignedOf(x));
    });
  case Op::RoundToF32:
    return map1(n, out.floats, f,
                [](double x) { return static_cast<double>(static_cast<float>(x)); });
  case Op::RoundToF16:
    return map1(n, out.floats, f, [](double x) {
      return static_cast<double>(roundToF16(static_cast<float>(x)));
    });
  default: // RoundToBF16
    return map1(n, out.floats, f, [](double x) {
      return static_cast<double>(roundToBF16(static_cast<float>(x)));
    });
  }
}

} // namespace kgen
