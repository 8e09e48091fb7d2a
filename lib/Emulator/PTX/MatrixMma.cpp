//===- MatrixMma.cpp - mma.sync
//--------------------------------------------===//
//
// D = A B + C of 16 x 8 with k of 4 to 16; fragments as the PTX ISA draws them
// ("Matrix Fragments for mma.m16n8k16" and its neighbours).
//
// Each element is the sum of its k products (exact in double) and the
// accumulator in double precision, in order of k, rounded to nearest once. Real
// tensor cores align the products to the largest and cut off what lies below
// their adder, so that results differ from hardware in the last bits of f32.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "HalfFloat.h"
#include "Lanes.h"

#include <cstring>

namespace kgen::emulator::ptx {

static constexpr uint32_t kM = 16, kN = 8, kMostK = 16;

namespace {

enum class Element : uint8_t { F16, BF16, TF32 };

struct MmaPayload : Payload {
  uint32_t k = 16;
  Element element = Element::F16;
  bool halfC = false, halfD = false;
  std::vector<uint32_t> d, a, b, c;
};

struct Tiles {
  alignas(64) double a[kM][kMostK];
  alignas(64) double b[kMostK][kN];
  alignas(64) double sum[kM][kN];
};

} // namespace

// ---- fragments -------------------------------------------------------------

template <bool isBrain>
static double halfElement(uint32_t bits) {
  return isBrain ? brainToFloat(uint16_t(bits)) : halfToFloat(uint16_t(bits));
}
/// Tensor cores read 19 bits of a tf32 operand.
static double tf32Element(uint32_t bits) {
  return std::bit_cast<float>(bits & ~0x1FFFu);
}

/// The 64 halves of one register in order of lanes are an 8 x 8 block, row by
/// row (of B: column by column).
template <bool isBrain>
static void convertBlock(const uint32_t *bits, double (&block)[8][8]) {
  for (uint32_t row = 0; row < 8; ++row)
    for (uint32_t pair = 0; pair < 4; ++pair) {
      block[row][2 * pair] = halfElement<isBrain>(bits[4 * row + pair]);
      block[row][2 * pair + 1] =
          halfElement<isBrain>(bits[4 * row + pair] >> 16);
    }
}

/// Register r of A holds rows +8 (r odd) and columns +8 (r >= 2); of B, rows +8
/// (r = 1).
template <bool isBrain>
static void gatherHalves(Warp &w, const MmaPayload &p, Tiles &t) {
  double block[8][8];
  for (uint32_t r = 0; r < p.a.size(); ++r) {
    convertBlock<isBrain>(w.row(p.a[r]), block);
    for (uint32_t row = 0; row < 8; ++row)
      std::memcpy(&t.a[row + (r & 1) * 8][(r >> 1) * 8], block[row],
                  sizeof block[row]);
  }
  for (uint32_t r = 0; r < p.b.size(); ++r) {
    convertBlock<isBrain>(w.row(p.b[r]), block);
    for (uint32_t row = 0; row < 8; ++row)
      for (uint32_t col = 0; col < 8; ++col)
        t.b[row + r * 8][col] = block[col][row];
  }
}

static void gatherTf32(Warp &w, const MmaPayload &p, Tiles &t) {
  for (uint32_t r = 0; r < p.a.size(); ++r) {
    const uint32_t *bits = w.row(p.a[r]);
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      t.a[lane / 4 + (r & 1) * 8][lane % 4 + (r >> 1) * 4] =
          tf32Element(bits[lane]);
  }
  for (uint32_t r = 0; r < p.b.size(); ++r) {
    const uint32_t *bits = w.row(p.b[r]);
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      t.b[lane % 4 + r * 4][lane / 4] = tf32Element(bits[lane]);
  }
}

/// Elements 0, 1 of C lie in row lane / 4, elements 2, 3 eight rows further.
static void gatherAccumulator(Warp &w, const MmaPayload &p, Tiles &t) {
  for (uint32_t e = 0; e < 4; ++e) {
    const uint32_t *bits = w.row(p.c[p.halfC ? e / 2 : e]);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint32_t row = lane / 4 + e / 2 * 8, col = lane % 4 * 2 + e % 2;
      t.sum[row][col] = p.halfC
                            ? halfToFloat(uint16_t(bits[lane] >> (e % 2 * 16)))
                            : std::bit_cast<float>(bits[lane]);
    }
  }
}

static void scatterResult(Warp &w, const MmaPayload &p, const Tiles &t) {
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    for (uint32_t half = 0; half < 2; ++half) {
      const double *sum = &t.sum[lane / 4 + half * 8][lane % 4 * 2];
      if (p.halfD) {
        w.row(p.d[half])[lane] =
            uint32_t(doubleToHalf(sum[1])) << 16 | doubleToHalf(sum[0]);
        continue;
      }
      for (uint32_t e = 0; e < 2; ++e)
        w.row(p.d[half * 2 + e])[lane] =
            std::bit_cast<uint32_t>(canonical(float(sum[e])));
    }
  }
}

// ---- the product -----------------------------------------------------------

/// Compiled for any x86-64 and for those with wider vectors.
__attribute__((always_inline)) static inline void multiplyTiles(Tiles &t,
                                                                uint32_t k) {
  for (uint32_t m = 0; m < kM; ++m) {
    double sum[kN];
    for (uint32_t n = 0; n < kN; ++n)
      sum[n] = t.sum[m][n];
    for (uint32_t x = 0; x < k; ++x)
      for (uint32_t n = 0; n < kN; ++n)
        sum[n] += t.a[m][x] * t.b[x][n];
    for (uint32_t n = 0; n < kN; ++n)
      t.sum[m][n] = sum[n];
  }
}
static void multiply(Tiles &t, uint32_t k) { multiplyTiles(t, k); }
#if defined(__x86_64__)
// The products are exact, so that fusing them with the sum changes nothing.
__attribute__((target("avx2,fma"))) static void multiplyFast(Tiles &t,
                                                             uint32_t k) {
  multiplyTiles(t, k);
}
__attribute__((target("avx512f"))) static void multiplyWidest(Tiles &t,
                                                              uint32_t k) {
  multiplyTiles(t, k);
}
static auto pickMultiply() {
  if (__builtin_cpu_supports("avx512f"))
    return multiplyWidest;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return multiplyFast;
  return multiply;
}
static void multiplyBest(Tiles &t, uint32_t k) {
  static const auto best = pickMultiply();
  best(t, k);
}
#else
static void multiplyBest(Tiles &t, uint32_t k) { multiply(t, k); }
#endif

static bool requireFragments(Warp &w, const Instruction &i,
                             const MmaPayload &p) {
  for (uint32_t row : p.a)
    if (!w.requireDefined(i, row, "an element of A"))
      return false;
  for (uint32_t row : p.b)
    if (!w.requireDefined(i, row, "an element of B"))
      return false;
  for (uint32_t row : p.c)
    if (!w.requireDefined(i, row, "an element of C"))
      return false;
  return true;
}

static void executeMma(Warp &w, const Instruction &i) {
  const auto &p = static_cast<const MmaPayload &>(*i.payload);
  if (!w.converged(i, kAllLanes, true) || !requireFragments(w, i, p))
    return;
  Tiles t;
  if (p.element == Element::TF32)
    gatherTf32(w, p, t);
  else if (p.element == Element::BF16)
    gatherHalves<true>(w, p, t);
  else
    gatherHalves<false>(w, p, t);
  gatherAccumulator(w, p, t);
  multiplyBest(t, p.k);
  scatterResult(w, p, t);
  for (uint32_t row : p.d)
    w.setDefined(row, kAllLanes);
  w.counts().tensorFlops += 2ull * kM * kN * p.k;
}

// ---- decoding --------------------------------------------------------------

/// k of the shape word; 0: not emulated.
static uint32_t takeShape(Decoder &d) {
  switch (d.takeOneOf({"m16n8k16", "m16n8k8", "m16n8k4"})) {
  case 0:
    return 16;
  case 1:
    return 8;
  case 2:
    return 4;
  default:
    return 0;
  }
}

static bool takeElement(Decoder &d, MmaPayload &p) {
  int element = d.takeOneOf({"bf16", "tf32"});
  if (element >= 0) {
    p.element = element == 0 ? Element::BF16 : Element::TF32;
    return d.take(element == 0 ? "bf16" : "tf32");
  }
  p.element = Element::F16;
  return d.take("f16") && d.take("f16");
}

/// .dtype.atype.btype.ctype: the first and last are those of D and C.
static bool decodeTypes(Decoder &d, MmaPayload &p) {
  const auto &words = d.wordsLeft();
  if (words.size() != 4)
    return false;
  auto isAccumulator = [](std::string_view w) {
    return w == "f32" || w == "f16";
  };
  if (!isAccumulator(words.front()) || !isAccumulator(words.back()))
    return false;
  p.halfD = words.front() == "f16";
  p.halfC = words.back() == "f16";
  d.dropWord(3);
  d.dropWord(0);
  if (!takeElement(d, p))
    return false;
  return p.element == Element::F16 || (!p.halfC && !p.halfD);
}

static void decodeMma(Decoder &d, Instruction &i) {
  auto p = std::make_shared<MmaPayload>();
  if (!d.take("aligned"))
    d.malformed("lacks .aligned");
  p->k = takeShape(d);
  if (!d.take("row") || !d.take("col") || !p->k || !decodeTypes(d, *p))
    return d.unsupported("this shape or these types");
  bool isTf32 = p->element == Element::TF32;
  if (isTf32 ? p->k == 16 : p->k == 4)
    return d.unsupported("this shape of this type");
  d.expectOperands(4, 4);
  p->d = d.destinations(d.operand(0), p->halfD ? Type::B32 : Type::F32);
  p->a = d.sources(d.operand(1), Type::B32);
  p->b = d.sources(d.operand(2), Type::B32);
  p->c = d.sources(d.operand(3), p->halfC ? Type::B32 : Type::F32);
  // Elements in one register: two halves or one tf32.
  uint32_t perRegister = isTf32 ? 1 : 2;
  if (p->a.size() != kM * p->k / kLanes / perRegister ||
      p->b.size() != kN * p->k / kLanes / perRegister ||
      p->c.size() != (p->halfC ? 2u : 4u) ||
      p->d.size() != (p->halfD ? 2u : 4u))
    return d.malformed("the fragments have other lengths");
  i.payload = p;
  i.execute = executeMma;
  i.instructionClass = InstructionClass::Tensor;
}

std::span<const InstructionForm> matrixMmaForms() {
  static constexpr InstructionForm kForms[] = {{"mma.sync", decodeMma}};
  return kForms;
}

} // namespace kgen::emulator::ptx
