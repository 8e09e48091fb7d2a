//===- Wgmma.cpp - Warpgroup-level matrix products ------------------------===//
//
// A product is computed when it is issued; its registers are then in flight
// (InFlight.h) and its operands in shared memory pending reads until its group
// has been waited for, so that what the kernel may not do meanwhile is found
// whenever it happens.
//
//===----------------------------------------------------------------------===//

#include "Wgmma.h"
#include "../PTX/HalfFloat.h"
#include "Families.h"
#include "Operands.h"
#include "State.h"
#include "WgmmaDecode.h"
#include "WgmmaProduct.h"

namespace kgen::emulator::ptx {

using namespace hopper;

static const WgmmaPayload &payload(const Instruction &i) {
  return static_cast<const WgmmaPayload &>(*i.payload);
}

bool isWgmmaProduct(const Instruction &i) {
  return i.execute == executeWgmmaProduct;
}

void raiseHazard(Warp &w, const Instruction &i, const RegisterHazard &hazard) {
  using Kind = RegisterHazard::Kind;
  const std::string &name = w.context().program.layout.rowNames[hazard.row];
  auto earlier = [&] { return w.context().name(hazard.earlier); };
  auto text = [&]() -> std::string {
    switch (hazard.kind) {
    case Kind::AccumulatorTouched:
      return "touches " + name + ", an accumulator in flight of " + earlier();
    case Kind::OperandWritten:
      return "writes " + name + ", an A register in flight of " + earlier();
    case Kind::AccumulatorReshaped:
      return "accumulates into " + name +
             ", which a product of another shape has in flight: " + earlier();
    case Kind::AccumulatorAsOperand:
      return "takes as A " + name + ", an accumulator in flight of " +
             earlier();
    case Kind::OperandAsAccumulator:
      return "accumulates into " + name + ", an A register in flight of " +
             earlier();
    case Kind::NoFence:
      if (hazard.earlier == RegisterHazard::kNever)
        return "no wgmma.fence precedes the first product";
      return "no wgmma.fence stands between it and the last use of " + name +
             " at " + earlier();
    }
    return {};
  };
  w.raise(i, ErrorCode::FindingInFlight, text());
}

// ---- operands --------------------------------------------------------------

namespace {

struct Buffers {
  WgmmaOperands operands;
  WarpProduct result;
};

/// One execution by one warp.
struct Product {
  const WgmmaPayload &p;
  Buffers &buffers;
  uint64_t a = 0, b = 0; ///< descriptors
  bool accumulate = true;
  OperationId operation = 0;
  uint32_t definedRows = (1u << kWarpRows) - 1;
};

} // namespace

/// Reads the operands that all lanes, and all four warps, must agree on.
static bool readUniform(Warp &w, const Instruction &i, Product &product) {
  const WgmmaPayload &p = product.p;
  if (p.operands.empty()) {
    auto a = uniformValue(w, i, p.aDescriptor, true, "the descriptor of A");
    if (!a)
      return false;
    product.a = *a;
  }
  auto b = uniformValue(w, i, p.bDescriptor, true, "the descriptor of B");
  if (!b)
    return false;
  product.b = *b;
  product.accumulate = p.scale;
  if (!p.hasScalePredicate)
    return true;
  if (!w.requirePredicate(i, p.scalePredicate, "scale-d"))
    return false;
  uint32_t bits = w.predicate(p.scalePredicate);
  if (bits != 0 && bits != kAllLanes) {
    w.raise(i, ErrorCode::FindingOperand,
            "scale-d differs between the lanes of a warp");
    return false;
  }
  product.accumulate = (bits != 0) != p.scaleNegated;
  return true;
}

/// Notes the reads of an operand in shared memory and checks that they lie
/// inside and were defined; `definedOf(mn)` hears of rows that were not.
template <typename Undefined>
static bool noteReads(Warp &w, const Instruction &i, const Product &product,
                      const WgmmaDescriptor &descriptor, Major major,
                      OperandType type, uint32_t first, uint32_t count,
                      Undefined undefined) {
  if (descriptor.baseOffset) {
    w.raise(i, ErrorCode::EmulatorUnsupported,
            "a matrix descriptor with a base offset: align the tile to the "
            "swizzle's pattern");
    return false;
  }
  SharedMemory &shared = w.cta.shared;
  bool good = true;
  forEachChunk(descriptor, major, type, product.p.shape.depth, first, count,
               [&](uint32_t at) {
                 if (!good)
                   return;
                 Warp::SharedPlace place = w.shared(i, at, kChunkBytes);
                 good =
                     place && w.accessShared(i, AccessKind::TensorRead, place,
                                             kChunkBytes, product.operation);
                 if (good && !shared.isDefined(at, kChunkBytes))
                   good = undefined(at);
               });
  return good;
}

static bool readA(Warp &w, const Instruction &i, Product &product) {
  const WgmmaPayload &p = product.p;
  uint32_t size = bytesOf(p.shape.a);
  if (!p.operands.empty()) {
    for (uint32_t q = 0; q != 4; ++q) {
      if (!w.requireDefined(i, p.operands[q], "a register of A"))
        return false;
      const uint32_t *row = w.row(p.operands[q]);
      for (uint32_t lane = 0; lane != kLanes; ++lane)
        for (uint32_t part = 0; part != 4 / size; ++part) {
          Element e = operandElement(lane, q, part, size);
          auto *bytes = reinterpret_cast<const uint8_t *>(row + lane);
          product.buffers.operands.a[e.row][e.column] =
              widen(p.shape.a, bytes + part * size);
        }
    }
    return true;
  }
  WgmmaDescriptor descriptor = WgmmaDescriptor::decode(product.a);
  uint32_t first = w.number % kWarpgroupWarps * kWarpRows;
  // Rows of A that hold undefined values make their rows of D undefined: they
  // may be rows that the kernel never stores.
  bool undefined = false;
  if (!noteReads(w, i, product, descriptor, p.aMajor, p.shape.a, first,
                 kWarpRows, [&](uint32_t) { return undefined = true; }))
    return false;
  readOperand(descriptor, p.aMajor, p.shape.a, p.shape.depth, first, kWarpRows,
              w.cta.shared.data(), [&](uint32_t m, uint32_t k, float value) {
                product.buffers.operands.a[m - first][k] = value;
              });
  if (undefined)
    for (uint32_t m = 0; m != kWarpRows; ++m)
      for (uint32_t k = 0; k != p.shape.depth; ++k)
        if (!w.cta.shared.isDefined(
                operandAddress(descriptor, p.aMajor, size, first + m, k), size))
          product.definedRows &= ~(1u << m);
  w.counts().sharedLoadBytes += kWarpRows * kOperandRowBytes;
  return true;
}

static bool readB(Warp &w, const Instruction &i, Product &product) {
  const WgmmaPayload &p = product.p;
  WgmmaDescriptor descriptor = WgmmaDescriptor::decode(product.b);
  auto undefined = [&](uint32_t at) {
    w.raise(i, ErrorCode::FindingUninitialised,
            "B at byte " + std::to_string(at) +
                " of shared memory was computed from undefined values");
    return false;
  };
  if (!noteReads(w, i, product, descriptor, p.bMajor, p.shape.b, 0,
                 p.shape.columns, undefined))
    return false;
  readOperand(descriptor, p.bMajor, p.shape.b, p.shape.depth, 0,
              p.shape.columns, w.cta.shared.data(),
              [&](uint32_t n, uint32_t k, float value) {
                product.buffers.operands.b[k][n] = value;
              });
  // The four warps share one reading of B.
  if (w.number % kWarpgroupWarps == 0)
    w.counts().sharedLoadBytes += p.shape.columns * kOperandRowBytes;
  return true;
}

// ---- result ----------------------------------------------------------------

/// d = a b + (accumulate ? d : 0), rounded once.
static void writeSingle(Warp &w, const Product &product) {
  const WgmmaPayload &p = product.p;
  double sign = p.negateA != p.negateB ? -1 : 1;
  for (uint32_t i = 0; i != p.accumulators.size(); ++i) {
    uint32_t *row = w.row(p.accumulators[i]);
    for (uint32_t lane = 0; lane != kLanes; ++lane) {
      Element e = accumulatorElement(lane, i);
      double sum = sign * product.buffers.result[e.row][e.column];
      if (product.accumulate)
        sum += double(std::bit_cast<float>(row[lane]));
      row[lane] = std::bit_cast<uint32_t>(float(sum));
    }
  }
}

static void writeHalves(Warp &w, const Product &product) {
  const WgmmaPayload &p = product.p;
  double sign = p.negateA != p.negateB ? -1 : 1;
  for (uint32_t i = 0; i != p.accumulators.size(); ++i) {
    uint32_t *row = w.row(p.accumulators[i]);
    for (uint32_t lane = 0; lane != kLanes; ++lane) {
      uint32_t packed = 0;
      for (uint32_t part = 0; part != 2; ++part) {
        Element e = accumulatorElement(lane, 2 * i + part);
        double sum = sign * product.buffers.result[e.row][e.column];
        if (product.accumulate)
          sum += double(halfToFloat(uint16_t(row[lane] >> (16 * part))));
        packed |= uint32_t(floatToHalf(float(sum))) << (16 * part);
      }
      row[lane] = packed;
    }
  }
}

/// Lanes whose two rows of D (registers of either parity of i / 2) are defined.
static void noteDefined(Warp &w, const Product &product) {
  const WgmmaPayload &p = product.p;
  uint32_t perRegister = p.shape.halfAccumulator ? 2 : 1;
  for (uint32_t i = 0; i != p.accumulators.size(); ++i) {
    uint32_t lanes = kAllLanes;
    if (product.definedRows != (1u << kWarpRows) - 1)
      for (uint32_t lane = 0; lane != kLanes; ++lane) {
        uint32_t row = accumulatorElement(lane, i * perRegister).row;
        if (!(product.definedRows >> row & 1))
          lanes &= ~(1u << lane);
      }
    if (product.accumulate)
      lanes &= w.definedLanes(p.accumulators[i]);
    w.setDefined(p.accumulators[i], lanes);
  }
}

void executeWgmmaProduct(Warp &w, const Instruction &i) {
  if (!w.converged(i, kAllLanes, true))
    return;
  const WgmmaPayload &p = payload(i);
  // 64 KiB, kept from one product to the next.
  static thread_local const std::unique_ptr<Buffers> buffers(new Buffers);
  Product product{.p = p, .buffers = *buffers};
  if (!readUniform(w, i, product))
    return;
  CollectiveStep *step = advance(
      w, i, {i.index, product.a, product.b, product.accumulate, true, 0});
  if (!step)
    return;
  HopperWarp &state = hopperOf(w);
  if (auto hazard =
          state.inFlight.issue(i.index, p.shape, p.accumulators, p.operands))
    return raiseHazard(w, i, *hazard);
  if (!step->operation)
    step->operation =
        w.cta.shared.begin({w.timeline.self, i.index, AccessKind::TensorRead});
  product.operation = step->operation;
  state.products.emplace_back(state.inFlight.issued(), step->operation);
  state.noteProgress(w.lanes());
  if (!readA(w, i, product) || !readB(w, i, product))
    return;
  multiply(p.shape, product.buffers.operands, product.buffers.result);
  p.shape.halfAccumulator ? writeHalves(w, product) : writeSingle(w, product);
  noteDefined(w, product);
  w.counts().tensorFlops += p.shape.flopsOfWarp();
  w.scheduler().noteEvent(); // the other warps may wait for this product
}

// ---- fence, commit, wait ---------------------------------------------------

static void executeFence(Warp &w, const Instruction &i) {
  if (!w.converged(i, kAllLanes, true) || !advance(w, i, {i.index}))
    return;
  hopperOf(w).inFlight.fence();
  w.watched = true;
}

static void executeCommit(Warp &w, const Instruction &i) {
  if (w.converged(i, kAllLanes, true) && advance(w, i, {i.index}))
    hopperOf(w).inFlight.commit();
}

static std::string describeGroupWait(const Warp &warp, const Instruction &i) {
  return "the other warps of the warpgroup to issue their products";
}

/// i.modifier: groups that may stay pending. The token is 1 once the step of
/// the warpgroup's sequence was taken.
static void executeWait(Warp &w, const Instruction &i) {
  if (!w.token()) {
    if (!w.converged(i, kAllLanes, true) || !advance(w, i, {i.index}))
      return;
    w.token() = 1;
  }
  HopperWarp &state = hopperOf(w);
  Warpgroup &group = *warpgroupOf(w, i);
  uint32_t last = state.inFlight.lastToWaitFor(i.modifier);
  if (group.issuedByAll() < last)
    return w.stall();
  state.noteProgress(w.lanes());
  if (!last)
    return;
  state.inFlight.complete(last);
  while (!state.products.empty() && state.products.front().first <= last) {
    auto [number, operation] = state.products.front();
    w.cta.shared.complete(operation, group.tensorCore, number);
    state.products.pop_front();
  }
  w.timeline.generic.raise(group.tensorCore, last);
}

// ---- forms -----------------------------------------------------------------

static void decodeControl(Decoder &d, Instruction &i) {
  if (!d.take("sync") || !d.take("aligned"))
    d.malformed("wgmma needs .sync.aligned");
  i.instructionClass = InstructionClass::Barrier;
}

static void decodeFence(Decoder &d, Instruction &i) {
  decodeControl(d, i);
  d.expectOperands(0, 0);
  i.execute = executeFence;
}

static void decodeCommit(Decoder &d, Instruction &i) {
  decodeControl(d, i);
  d.expectOperands(0, 0);
  i.execute = executeCommit;
}

static void decodeWait(Decoder &d, Instruction &i) {
  decodeControl(d, i);
  d.expectOperands(1, 1);
  auto groups = d.immediate(d.operand(0));
  if (!groups || *groups < 0 || *groups > 7)
    d.malformed("the number of groups must be 0 to 7");
  i.modifier = uint32_t(groups.value_or(0));
  i.execute = executeWait;
  i.describeWait = describeGroupWait;
}

std::span<const InstructionForm> wgmmaForms() {
  static constexpr InstructionForm forms[] = {
      {"wgmma.mma_async", decodeWgmmaProduct},
      {"wgmma.fence", decodeFence},
      {"wgmma.commit_group", decodeCommit},
      {"wgmma.wait_group", decodeWait},
  };
  return forms;
}

} // namespace kgen::emulator::ptx
