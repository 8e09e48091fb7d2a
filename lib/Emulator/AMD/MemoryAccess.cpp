//===- MemoryAccess.cpp - What all memory accesses share
//-------------------===//

#include "MemoryAccess.h"

#include <cstring>

namespace kgen::emulator::amd {

Datum fromBytes(const uint8_t *bytes, uint32_t size) {
  Datum datum;
  std::memcpy(datum.value.data(), bytes, size);
  return datum;
}
void toBytes(const Datum &datum, uint8_t *bytes, uint32_t size) {
  std::memcpy(bytes, datum.value.data(), size);
}

Datum gather(const Wave &wave, const MemoryShape &shape, Unit unit,
             uint32_t lane) {
  Datum datum;
  for (uint32_t r = 0; r != registersFor(shape); ++r) {
    datum.value[r] = wave.vector(unit + r, lane);
    datum.shadow[r] = wave.vectorShadow(unit + r, lane);
  }
  if (shape.highHalf)
    datum.value[0] >>= 16, datum.shadow[0] >>= 16;
  if (shape.bytes < 4)
    datum.shadow[0] &= (1u << 8 * shape.bytes) - 1;
  return datum;
}

void scatter(Wave &wave, const MemoryShape &shape, Unit unit, uint32_t lane,
             const Datum &datum) {
  if (shape.bytes >= 4) {
    for (uint32_t r = 0; r != registersFor(shape); ++r)
      wave.setVector(unit + r, lane, datum.value[r], datum.shadow[r]);
    return;
  }
  uint32_t bits = 8 * shape.bytes, value = datum.value[0];
  uint32_t shadow = datum.shadow[0] ? ~0u : 0;
  if (shape.signExtend)
    value = uint32_t(int32_t(value << (32 - bits)) >> (32 - bits));
  if (!shape.half)
    return wave.setVector(unit, lane, value, shadow);
  uint32_t shift = shape.highHalf ? 16 : 0, keep = ~(0xFFFFu << shift);
  wave.setVector(
      unit, lane, (wave.vector(unit, lane) & keep) | (value & 0xFFFF) << shift,
      (wave.vectorShadow(unit, lane) & keep) | (shadow & 0xFFFF) << shift);
}

} // namespace kgen::emulator::amd
