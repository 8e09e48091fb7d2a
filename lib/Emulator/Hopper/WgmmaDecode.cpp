//===- WgmmaDecode.cpp - Reads wgmma.mma_async ----------------------------===//
//
//   wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16
//     {d...}, a-desc | {a...}, b-desc, scale-d, scale-a, scale-b{, tA}{, tB};
//
//===----------------------------------------------------------------------===//

#include "WgmmaDecode.h"

namespace kgen::emulator::ptx {

using namespace hopper;

static void decodeTypes(Decoder &d, WgmmaShape &shape) {
  if (!d.take("sync") || !d.take("aligned"))
    return d.malformed("wgmma.mma_async needs .sync.aligned");
  const auto &words = d.wordsLeft();
  if (words.size() != 4)
    return d.unsupported("wgmma.mma_async takes a shape and three types here");
  auto a = parseOperandType(words[2]), b = parseOperandType(words[3]);
  if (!a || !b)
    return d.unsupported("operands of f16, bf16, tf32, e4m3 and e5m2 only");
  shape.a = *a;
  shape.b = *b;
  if (bytesOf(*a) != bytesOf(*b) || (bytesOf(*a) != 1 && *a != *b))
    return d.malformed("operand types that do not go together");
  bool half = words[1] == "f16";
  if (!half && words[1] != "f32")
    return d.unsupported("accumulators of f32 and f16 only");
  if (half && (*a == OperandType::BF16 || *a == OperandType::TF32))
    return d.malformed("these operands accumulate in f32");
  shape.halfAccumulator = half;
  if (!parseShape(words[0], *a, shape))
    return d.malformed("a shape that the operand type does not have");
  for (int word = 0; word < 4; ++word)
    d.dropWord(0);
}

/// The operand's integer, which must be one of two values.
static int64_t decodeChoice(Decoder &d, size_t operand, int64_t first,
                            int64_t second) {
  auto value = d.immediate(d.operand(operand));
  if (!value || (*value != first && *value != second)) {
    d.malformed("operand " + std::to_string(operand) + " must be " +
                std::to_string(first) + " or " + std::to_string(second));
    return second;
  }
  return *value;
}

static void decodeScale(Decoder &d, WgmmaPayload &p) {
  const Operand &scale = d.operand(3);
  if (auto constant = d.immediate(scale)) {
    p.scale = *constant != 0;
    return;
  }
  p.hasScalePredicate = true;
  p.scalePredicate = d.predicateSource(scale, &p.scaleNegated);
}

void decodeWgmmaProduct(Decoder &d, Instruction &i) {
  auto p = std::make_shared<WgmmaPayload>();
  decodeTypes(d, p->shape);
  if (d.error())
    return;
  bool inRegisters = d.operand(1).kind == OperandKind::Vector;
  bool narrow = bytesOf(p->shape.a) == 2; // only these may be transposed
  d.expectOperands(6 + (narrow ? (inRegisters ? 1 : 2) : 0),
                   6 + (narrow ? (inRegisters ? 1 : 2) : 0));
  p->accumulators = d.destinations(d.operand(0), Type::B32);
  if (p->accumulators.size() != p->shape.accumulatorRegisters())
    return d.malformed("D takes " +
                       std::to_string(p->shape.accumulatorRegisters()) +
                       " registers");
  if (inRegisters) {
    p->operands = d.sources(d.operand(1), Type::B32);
    if (p->operands.size() != 4)
      return d.malformed("A takes 4 registers");
  } else {
    p->aDescriptor = d.source(1, Type::B64);
  }
  p->bDescriptor = d.source(2, Type::B64);
  decodeScale(d, *p);
  p->negateA = decodeChoice(d, 4, -1, 1) < 0;
  p->negateB = decodeChoice(d, 5, -1, 1) < 0;
  size_t next = 6;
  if (narrow && !inRegisters && decodeChoice(d, next++, 0, 1))
    p->aMajor = Major::MN;
  if (narrow && decodeChoice(d, next, 0, 1))
    p->bMajor = Major::MN;
  i.instructionClass = InstructionClass::Tensor;
  i.execute = executeWgmmaProduct;
  i.payload = std::move(p);
}

} // namespace kgen::emulator::ptx
