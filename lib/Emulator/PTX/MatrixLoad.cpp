//===- MatrixLoad.cpp - ldmatrix and stmatrix
//------------------------------===//
//
// Lane 8 m + r gives the address of row r (16 bytes) of matrix m. Lane l holds
// of each matrix the elements 2 (l mod 4) and the next of row l / 4, or, with
// .trans, of column l / 4.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Lanes.h"
#include "MemoryAccess.h"

#include <cstring>
#include <utility>

namespace kgen::emulator::ptx {

static constexpr uint32_t kRows = 8, kRowBytes = 16;

namespace {

struct MatrixPayload : Payload {
  uint32_t matrices = 1;
  bool transposed = false;
  bool wideAddress = false;
  bool generic = false;
};

/// The rows of one matrix.
struct RowPlaces {
  uint8_t *data[kRows];
  Cta *owner[kRows];
  uint32_t offset[kRows];
};

} // namespace

/// Checks and records the eight rows of matrix `m`; false after raising.
static bool findRows(Warp &w, const Instruction &i, const MatrixPayload &p,
                     uint32_t m, AccessKind kind, RowPlaces &rows) {
  AddressOperand addresses(w, i, i.slot[0], p.wideAddress);
  for (uint32_t r = 0; r < kRows; ++r) {
    uint64_t address = addresses[m * kRows + r];
    if (p.generic && resolveGeneric(address) != StateSpace::Shared) {
      w.raise(i, ErrorCode::FindingOutOfBounds,
              "the generic address is not in shared memory");
      return false;
    }
    if (!checkAlignment(w, i, address, kRowBytes))
      return false;
    Warp::SharedPlace place = w.shared(i, address, kRowBytes);
    if (!place || !w.accessShared(i, kind, place, kRowBytes))
      return false;
    rows.data[r] = place.data();
    rows.owner[r] = place.owner;
    rows.offset[r] = place.offset;
  }
  w.counts().bankConflictCycles += conflictCycles(rows.offset, kRowBytes);
  return true;
}

/// Lanes whose fragment of the matrix is defined.
static uint32_t definedFragments(const RowPlaces &rows, bool transposed) {
  uint32_t defined = kAllLanes;
  for (uint32_t r = 0; r < kRows; ++r) {
    const SharedMemory &memory = rows.owner[r]->shared;
    if (memory.isDefined(rows.offset[r], kRowBytes))
      continue;
    for (uint32_t c = 0; c < 8; ++c)
      if (!memory.isDefined(rows.offset[r] + 2 * c, 2)) {
        uint32_t lane = transposed ? c * 4 + r / 2 : r * 4 + c / 2;
        defined &= ~(1u << lane);
      }
  }
  return defined;
}

static uint16_t element(const RowPlaces &rows, uint32_t r, uint32_t c) {
  uint16_t value;
  std::memcpy(&value, rows.data[r] + 2 * c, sizeof value);
  return value;
}

static void executeLoad(Warp &w, const Instruction &i) {
  const auto &p = static_cast<const MatrixPayload &>(*i.payload);
  uint32_t addressLanes =
      p.matrices == 4 ? kAllLanes : (1u << (p.matrices * kRows)) - 1;
  if (!w.converged(i, kAllLanes, true) ||
      !w.requireDefined(i, i.slot[0], "the address", addressLanes))
    return;
  RowPlaces rows[4];
  for (uint32_t m = 0; m < p.matrices; ++m)
    if (!findRows(w, i, p, m, AccessKind::Read, rows[m]))
      return;
  for (uint32_t m = 0; m < p.matrices; ++m) {
    uint32_t *d = w.row(i.list[m]);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint32_t major = lane / 4, minor = 2 * (lane % 4);
      if (p.transposed)
        d[lane] = element(rows[m], minor, major) |
                  uint32_t(element(rows[m], minor + 1, major)) << 16;
      else
        std::memcpy(&d[lane], rows[m].data[major] + 2 * minor, 4);
    }
    w.setDefined(i.list[m], definedFragments(rows[m], p.transposed));
  }
  w.counts().sharedLoadBytes += p.matrices * kRows * kRowBytes;
}

static void executeStore(Warp &w, const Instruction &i) {
  const auto &p = static_cast<const MatrixPayload &>(*i.payload);
  uint32_t addressLanes =
      p.matrices == 4 ? kAllLanes : (1u << (p.matrices * kRows)) - 1;
  if (!w.converged(i, kAllLanes, true) ||
      !w.requireDefined(i, i.slot[0], "the address", addressLanes))
    return;
  for (uint32_t m = 0; m < p.matrices; ++m) {
    RowPlaces rows;
    if (!findRows(w, i, p, m, AccessKind::Write, rows))
      return;
    const uint32_t *source = w.row(i.list[m]);
    uint32_t defined = w.definedLanes(i.list[m]);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      for (uint32_t k = 0; k < 2; ++k) {
        uint32_t r = lane / 4, c = 2 * (lane % 4) + k;
        if (p.transposed)
          std::swap(r, c);
        uint16_t value = uint16_t(source[lane] >> (16 * k));
        std::memcpy(rows.data[r] + 2 * c, &value, sizeof value);
        rows.owner[r]->shared.setDefined(rows.offset[r] + 2 * c, 2,
                                         defined >> lane & 1);
      }
    }
  }
  w.counts().sharedStoreBytes += p.matrices * kRows * kRowBytes;
}

/// [.sync.aligned].m8n8.num{.trans}{.ss}.b16
static void decodeMatrix(Decoder &d, Instruction &i, bool isLoad) {
  auto p = std::make_shared<MatrixPayload>();
  if (!d.take("sync") || !d.take("aligned"))
    d.malformed("lacks .sync.aligned");
  if (!d.take("m8n8"))
    return d.unsupported("a shape other than .m8n8");
  int count = d.takeOneOf({"x1", "x2", "x4"});
  if (count < 0)
    d.malformed("lacks .x1, .x2 or .x4");
  p->matrices = count < 0 ? 1 : 1u << count;
  p->transposed = d.take("trans");
  p->generic = d.takeOneOf({"shared", "shared::cta"}) < 0;
  if (!d.take("b16"))
    return d.unsupported("a type other than .b16");
  d.expectOperands(2, 2);
  Decoder::Address address = d.address(isLoad ? 1 : 0);
  i.slot[0] = address.row;
  i.offset = address.offset;
  p->wideAddress = address.is64;
  i.list = isLoad ? d.destinations(d.operand(0), Type::B32)
                  : d.sources(d.operand(1), Type::B32);
  if (i.list.size() != p->matrices)
    d.malformed("the vector's length is not that of the mnemonic");
  i.payload = p;
  i.execute = isLoad ? executeLoad : executeStore;
  i.instructionClass = InstructionClass::SharedMemory;
}

static void decodeLdmatrix(Decoder &d, Instruction &i) {
  decodeMatrix(d, i, true);
}
static void decodeStmatrix(Decoder &d, Instruction &i) {
  decodeMatrix(d, i, false);
}

std::span<const InstructionForm> matrixLoadForms() {
  static constexpr InstructionForm kForms[] = {{"ldmatrix", decodeLdmatrix},
                                               {"stmatrix", decodeStmatrix}};
  return kForms;
}

} // namespace kgen::emulator::ptx
