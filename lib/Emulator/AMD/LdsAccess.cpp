//===- LdsAccess.cpp - Accesses to LDS, checked
//----------------------------===//

#include "LdsAccess.h"

#include <algorithm>
#include <bit>

namespace kgen::emulator::amd {

LdsAccess::LdsAccess(Wave &wave, const Instruction &i, AccessKind kind)
    : wave(wave), instruction(i), lds(wave.workgroup().lds()), kind(kind),
      operation(lds.begin({wave.index(), wave.current(), kind})),
      exec(wave.exec()) {}

bool LdsAccess::addresses(const Operand &operand, uint32_t offset,
                          std::array<uint32_t, kLanes> &out) {
  if (!wave.requireDefinedRow(operand.unit, exec, "the LDS address"))
    return false;
  for (uint32_t lane = 0; lane != kLanes; ++lane)
    out[lane] = wave.vector(operand.unit, lane) + offset;
  return true;
}

/// Within LDS, aligned (to the size: the hardware splits other accesses of more
/// than four bytes at best), and ordered with the other waves' accesses.
bool LdsAccess::check(uint32_t lane, uint32_t address, uint32_t size) {
  auto what = [&] {
    return "lane " + std::to_string(lane) + " touches LDS bytes " +
           std::to_string(address) + ".." + std::to_string(address + size) +
           " of " + std::to_string(lds.size());
  };
  if (!lds.contains(address, size)) {
    wave.fault(ErrorCode::FindingOutOfBounds, what());
    return false;
  }
  uint32_t alignment = size == 12 ? 4 : size;
  if (address % alignment != 0) {
    wave.fault(ErrorCode::FindingMisaligned, what());
    return false;
  }
  auto conflict =
      lds.access(kind, wave.timeline, wave.current(), address, size, operation);
  if (conflict) {
    wave.fault(*conflict, kind);
    return false;
  }
  return true;
}

Datum LdsAccess::load(uint32_t lane, uint32_t address, uint32_t size) {
  if (!check(lane, address, size))
    return {};
  wave.counts().sharedLoadBytes += size;
  Datum datum = fromBytes(lds.data() + address, size);
  for (uint32_t at = 0; at < size; at += 2) {
    uint32_t part = std::min(2u, size - at);
    if (!lds.isDefined(address + at, part))
      datum.shadow[at / 4] |= 0xFFFFu << 8 * (at % 4);
  }
  return datum;
}

void LdsAccess::store(uint32_t lane, uint32_t address, uint32_t size,
                      const Datum &datum) {
  if (!check(lane, address, size))
    return;
  wave.counts().sharedStoreBytes += size;
  toBytes(datum, lds.data() + address, size);
  for (uint32_t at = 0; at < size; at += 2) {
    uint32_t part = std::min(2u, size - at);
    bool undefined = datum.shadow[at / 4] >> 8 * (at % 4) & 0xFFFF;
    lds.setDefined(address + at, part, !undefined);
  }
}

/// The model: banks of four bytes (32; 64 on gfx950) serve consecutive lanes in
/// groups that could just fill all banks once: 32 lanes of four bytes, 16 of
/// eight, 8 of sixteen. A group takes as many cycles as the busiest bank has
/// different words.
void LdsAccess::countConflicts(const std::array<uint32_t, kLanes> &address,
                               uint32_t size) {
  uint32_t banks = wave.workgroup().code().arch->sharedBanks;
  uint32_t words = std::max(1u, size / 4);
  uint32_t group = std::min(kLanes, std::max(1u, banks / std::bit_ceil(words)));
  for (uint32_t first = 0; first < kLanes; first += group) {
    std::vector<uint32_t> touched;
    for (uint32_t lane = first; lane != first + group; ++lane)
      for (uint32_t w = 0; exec >> lane & 1 && w != words; ++w)
        touched.push_back(address[lane] / 4 + w);
    std::sort(touched.begin(), touched.end());
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    std::vector<uint32_t> load(banks);
    uint32_t busiest = 0;
    for (uint32_t word : touched)
      busiest = std::max(busiest, ++load[word % banks]);
    if (busiest > 1)
      wave.counts().bankConflictCycles += busiest - 1;
  }
}

void LdsAccess::finish() {
  wave.pendingMemory().add(instruction, wave.current(), operation);
}

} // namespace kgen::emulator::amd
