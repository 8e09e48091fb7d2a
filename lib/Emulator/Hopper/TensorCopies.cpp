//===- TensorCopies.cpp - cp.async.bulk.tensor and its relatives ----------===//
//
//   cp.async.bulk.tensor.2d.shared::cluster.global{.tile}
//     .mbarrier::complete_tx::bytes{.multicast::cluster}{.L2::cache_hint}
//     [dst], [map, {x, y}], [mbarrier]{, ctaMask}{, policy};
//   cp.async.bulk.tensor.2d.global.shared::cta{.tile}.bulk_group
//     [map, {x, y}], [src];
//   cp.reduce.async.bulk.tensor.2d.global.shared::cta.add{.tile}.bulk_group ...
//
//===----------------------------------------------------------------------===//

#include "BulkTransfer.h"
#include "Families.h"
#include "TensorCopy.h"

#include <algorithm>
#include <vector>

namespace kgen::emulator::ptx {

using namespace hopper;

namespace {

struct TensorPayload : Payload {
  MemoryOperand shared, map, barrier;
  std::vector<uint32_t> coordinates; ///< rows
  bool multicast = false;
  uint32_t maskRow = 0;
  Reduction reduction = Reduction::None;
};

/// What one lane's instruction says.
struct Request {
  TensorMap map;
  std::array<int32_t, kMaxTensorRank> coordinates{};
  std::span<const int32_t> at() const { return {coordinates.data(), map.rank}; }
};

} // namespace

static const TensorPayload &payload(const Instruction &i) {
  return static_cast<const TensorPayload &>(*i.payload);
}

static std::optional<TensorMap> readMap(Warp &w, const Instruction &i,
                                        uint32_t lane) {
  const TensorPayload &p = payload(i);
  uint64_t address = addressOf(w, p.map, lane);
  const uint8_t *bytes = readable(w, i, address, kTensorMapBytes);
  if (!bytes)
    return std::nullopt;
  if (address % 64) {
    w.raise(i, ErrorCode::FindingMisaligned,
            "the tensor map's address is not a multiple of 64");
    return std::nullopt;
  }
  Expected<TensorMap> map = decodeTensorMap(bytes);
  if (!map) {
    w.raise(i, map.error().code(), map.error().detail());
    return std::nullopt;
  }
  if (map->rank != p.coordinates.size()) {
    w.raise(i, ErrorCode::FindingOperand,
            "the map has " + std::to_string(map->rank) + " dimensions");
    return std::nullopt;
  }
  return *map;
}

static std::optional<Request> readRequest(Warp &w, const Instruction &i,
                                          uint32_t lane) {
  const TensorPayload &p = payload(i);
  std::optional<TensorMap> map = readMap(w, i, lane);
  if (!map)
    return std::nullopt;
  Request request{*map, {}};
  for (size_t dim = 0; dim != p.coordinates.size(); ++dim) {
    if (!w.requireDefined(i, p.coordinates[dim], "a coordinate"))
      return std::nullopt;
    request.coordinates[dim] = int32_t(w.row(p.coordinates[dim])[lane]);
  }
  return request;
}

/// The tile in shared memory.
static Warp::SharedPlace tilePlace(Warp &w, const Instruction &i,
                                   const TensorMap &map, uint32_t lane) {
  Warp::SharedPlace place =
      sharedPlace(w, i, payload(i).shared, lane, map.boxBytes());
  if (!place)
    return {};
  if (Expected<void> valid = checkTile(map, place.offset); !valid) {
    w.raise(i, valid.error().code(), valid.error().detail());
    return {};
  }
  return place;
}

/// The rows' parts that exist in device memory.
static bool checkRows(Warp &w, const Instruction &i, const Request &request,
                      const std::function<bool(uint64_t, uint64_t)> &check) {
  bool good = true;
  forEachRow(request.map, request.at(), [&](const TileRow &row) {
    if (good && row.insideEnd > row.insideBegin)
      good = check(row.global, row.insideEnd - row.insideBegin);
  });
  return good;
}

static void loadByLane(Warp &w, const Instruction &i, uint32_t lane) {
  const TensorPayload &p = payload(i);
  std::optional<Request> request = readRequest(w, i, lane);
  if (!request)
    return;
  BulkLoad load;
  load.destination = tilePlace(w, i, request->map, lane);
  if (!load.destination)
    return;
  load.barrier = sharedPlace(w, i, p.barrier, lane, kMbarrierBytes);
  load.bytes = request->map.boxBytes();
  load.copy = [request = *request,
               offset = load.destination.offset](uint8_t *shared) {
    loadTile(request.map, request.at(), shared, offset);
  };
  if (!load.barrier ||
      !checkRows(w, i, *request, [&](uint64_t address, uint64_t bytes) {
        w.counts().globalLoadBytes += bytes;
        return checkGlobalLoad(w, i, address, bytes);
      }))
    return;
  if (p.multicast)
    startMulticast(w, i, load, w.row(p.maskRow)[lane] & 0xffff);
  else
    startLoad(w, i, load);
}

/// The chunks of a tile that lie inside the tensor: what is clipped is not
/// copied, and may be anything.
static std::vector<BulkSource> insideSources(const Request &request,
                                             Warp::SharedPlace tile) {
  std::vector<BulkSource> sources;
  forEachRow(request.map, request.at(), [&](const TileRow &row) {
    for (uint32_t at = row.insideBegin; at < row.insideEnd;) {
      uint32_t end = std::min((at / kChunkBytes + 1) * kChunkBytes,
                              row.insideEnd);
      uint32_t offset =
          swizzled(request.map.swizzle, tile.offset + row.sharedOffset + at);
      sources.push_back({{tile.owner, offset}, end - at});
      at = end;
    }
  });
  return sources;
}

static void storeByLane(Warp &w, const Instruction &i, uint32_t lane) {
  const TensorPayload &p = payload(i);
  std::optional<Request> request = readRequest(w, i, lane);
  if (!request)
    return;
  Warp::SharedPlace source = tilePlace(w, i, request->map, lane);
  bool atomic = p.reduction != Reduction::None;
  if (!source ||
      !startStore(w, i, *source.owner, insideSources(*request, source), lane) ||
      !checkRows(w, i, *request, [&](uint64_t address, uint64_t bytes) {
        return checkGlobalStore(w, i, address, bytes, atomic);
      }))
    return;
  storeTile(request->map, request->at(), source.owner->shared.data(),
            source.offset, p.reduction);
}

template <void (*byLane)(Warp &, const Instruction &, uint32_t)>
static void execute(Warp &w, const Instruction &i) {
  const TensorPayload &p = payload(i);
  if (!w.requireDefined(i, p.shared.row, "the address in shared memory") ||
      !w.requireDefined(i, p.map.row, "the address of the tensor map") ||
      (p.multicast && !w.requireDefined(i, p.maskRow, "the multicast mask")))
    return;
  hopperOf(w).noteProgress(w.lanes());
  for (uint32_t rest = w.lanes(); rest && !w.faults().raised();
       rest &= rest - 1)
    byLane(w, i, uint32_t(std::countr_zero(rest)));
}

// ---- decoding --------------------------------------------------------------

/// [map, {coordinates}]
static void decodeTensor(Decoder &d, size_t operand, TensorPayload &p,
                         uint32_t rank) {
  const Operand &tensor = d.operand(operand);
  if (tensor.kind != OperandKind::Address || tensor.elements.size() != 2)
    return d.malformed("an operand is not [map, {coordinates}]");
  p.map = decodeMemory(d, tensor, true);
  p.coordinates = d.sources(tensor.elements[1], Type::S32);
  if (p.coordinates.size() != rank)
    d.malformed("the number of coordinates is not the copy's dimension");
}

static uint32_t decodeRank(Decoder &d) {
  int rank = d.takeOneOf({"1d", "2d", "3d", "4d", "5d"});
  if (rank < 0)
    d.malformed("a tensor copy needs its dimension, .1d to .5d");
  return uint32_t(rank + 1);
}

/// Tile mode alone is emulated.
static void decodeMode(Decoder &d) {
  d.take("tile");
  for (std::string_view word : d.wordsLeft())
    if (word.starts_with("im2col") || word.starts_with("tile::"))
      d.unsupported("." + std::string(word));
}

static void decodeStore(Decoder &d, Instruction &i, TensorPayload &p,
                        uint32_t rank) {
  if (!d.take("global") || !d.take("shared::cta"))
    d.malformed("a tensor store goes from .shared::cta to .global");
  decodeMode(d);
  if (!d.take("bulk_group"))
    d.malformed("a tensor store needs .bulk_group");
  bool hint = d.take("L2::cache_hint");
  d.expectOperands(2 + hint, 2 + hint);
  decodeTensor(d, 0, p, rank);
  p.shared = decodeMemory(d, d.operand(1), false);
  if (hint)
    d.source(2, Type::B64);
  i.execute = execute<storeByLane>;
}

static void decodeLoad(Decoder &d, Instruction &i, TensorPayload &p,
                       uint32_t rank) {
  if (d.takeOneOf({"shared::cluster", "shared::cta"}) < 0 || !d.take("global"))
    d.malformed("a tensor load goes from .global to .shared::cluster");
  decodeMode(d);
  if (!d.take("mbarrier::complete_tx::bytes"))
    d.malformed("a tensor load needs .mbarrier::complete_tx::bytes");
  p.multicast = d.take("multicast::cluster");
  bool hint = d.take("L2::cache_hint");
  size_t operands = size_t(3) + p.multicast + hint;
  d.expectOperands(operands, operands);
  p.shared = decodeMemory(d, d.operand(0), false);
  decodeTensor(d, 1, p, rank);
  p.barrier = decodeMemory(d, d.operand(2), false);
  if (p.multicast)
    p.maskRow = d.source(3, Type::U16);
  if (hint)
    d.source(operands - 1, Type::B64);
  i.execute = execute<loadByLane>;
}

static void decodeTensorCopy(Decoder &d, Instruction &i) {
  auto p = std::make_shared<TensorPayload>();
  i.instructionClass = InstructionClass::GlobalMemory;
  uint32_t rank = decodeRank(d);
  bool isStore = !d.wordsLeft().empty() && d.wordsLeft().front() == "global";
  isStore ? decodeStore(d, i, *p, rank) : decodeLoad(d, i, *p, rank);
  i.payload = std::move(p);
}

static void decodeTensorReduce(Decoder &d, Instruction &i) {
  auto p = std::make_shared<TensorPayload>();
  i.instructionClass = InstructionClass::GlobalMemory;
  uint32_t rank = decodeRank(d);
  int reduction = d.takeOneOf({"add", "min", "max"});
  if (reduction < 0)
    d.unsupported("only .add, .min and .max reduce");
  p->reduction = Reduction(reduction + 1);
  decodeStore(d, i, *p, rank);
  i.payload = std::move(p);
}

static void executeNothing(Warp &, const Instruction &) {}

/// The cache is not emulated; the operands are checked all the same.
static void decodeTensorPrefetch(Decoder &d, Instruction &i) {
  TensorPayload p;
  i.instructionClass = InstructionClass::GlobalMemory;
  uint32_t rank = decodeRank(d);
  d.take("L2");
  d.take("global");
  decodeMode(d);
  bool hint = d.take("L2::cache_hint");
  d.expectOperands(1 + hint, 1 + hint);
  decodeTensor(d, 0, p, rank);
  if (hint)
    d.source(1, Type::B64);
  i.execute = executeNothing;
}

static void executePrefetchMap(Warp &w, const Instruction &i) {
  if (w.requireDefined(i, i.slot[0], "the address of the tensor map"))
    readable(w, i,
             addressOf(w, {i.slot[0], i.modifier != 0, i.offset, true},
                       uint32_t(std::countr_zero(w.lanes()))),
             kTensorMapBytes);
}

static void decodePrefetchMap(Decoder &d, Instruction &i) {
  i.instructionClass = InstructionClass::GlobalMemory;
  d.expectOperands(1, 1);
  MemoryOperand map = decodeMemory(d, d.operand(0), true);
  i.slot[0] = map.row;
  i.modifier = map.is64;
  i.offset = map.offset;
  i.execute = executePrefetchMap;
}

std::span<const InstructionForm> tensorCopyForms() {
  static constexpr InstructionForm forms[] = {
      {"cp.async.bulk.tensor", decodeTensorCopy},
      {"cp.reduce.async.bulk.tensor", decodeTensorReduce},
      {"cp.async.bulk.prefetch.tensor", decodeTensorPrefetch},
      {"prefetch.tensormap", decodePrefetchMap},
  };
  return forms;
}

} // namespace kgen::emulator::ptx
