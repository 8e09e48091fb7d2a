//===- WgmmaDescriptor.cpp - Matrices in shared memory --------------------===//

#include "WgmmaDescriptor.h"

#include <charconv>

namespace kgen::emulator::hopper {

namespace {

/// Core matrices have eight rows.
constexpr uint32_t kCoreRows = 8;

/// Layout bits, "Matrix Descriptor Format": 0 none, 1 128 B, 2 64 B, 3 32 B.
constexpr Swizzle kSwizzles[] = {Swizzle::None, Swizzle::Bytes128,
                                 Swizzle::Bytes64, Swizzle::Bytes32};

uint32_t field(uint64_t bits, uint32_t low) {
  return uint32_t(bits >> low & 0x3fff) << 4;
}

uint32_t kMajorOffset(const WgmmaDescriptor &d, uint32_t elementBytes,
                      uint32_t mn, uint32_t k) {
  uint32_t byte = k * elementBytes;
  uint32_t group = mn / kCoreRows * d.strideOffset;
  if (d.swizzle == Swizzle::None)
    return group + mn % kCoreRows * kChunkBytes +
           byte / kChunkBytes * d.leadingOffset + byte % kChunkBytes;
  return group + mn % kCoreRows * swizzleSpan(d.swizzle) + byte;
}

uint32_t mnMajorOffset(const WgmmaDescriptor &d, uint32_t elementBytes,
                       uint32_t mn, uint32_t k) {
  uint32_t span = swizzleSpan(d.swizzle);
  uint32_t wide = span / elementBytes; // elements of a row of the atom
  uint32_t inside = mn % wide * elementBytes + k % kCoreRows * span;
  // Without a swizzle the two offsets change places.
  if (d.swizzle == Swizzle::None)
    return inside + mn / wide * d.strideOffset +
           k / kCoreRows * d.leadingOffset;
  return inside + mn / wide * d.leadingOffset + k / kCoreRows * d.strideOffset;
}

} // namespace

WgmmaDescriptor WgmmaDescriptor::decode(uint64_t bits) {
  WgmmaDescriptor d;
  d.start = field(bits, 0);
  d.leadingOffset = field(bits, 16);
  d.strideOffset = field(bits, 32);
  d.baseOffset = uint32_t(bits >> 49 & 7);
  d.swizzle = kSwizzles[bits >> 62];
  return d;
}

uint64_t WgmmaDescriptor::encode() const {
  uint64_t layout = (4 - uint64_t(swizzle)) % 4;
  return uint64_t(start >> 4 & 0x3fff) |
         uint64_t(leadingOffset >> 4 & 0x3fff) << 16 |
         uint64_t(strideOffset >> 4 & 0x3fff) << 32 |
         uint64_t(baseOffset & 7) << 49 | layout << 62;
}

uint32_t operandAddress(const WgmmaDescriptor &d, Major major,
                        uint32_t elementBytes, uint32_t mn, uint32_t k) {
  uint32_t offset = major == Major::K ? kMajorOffset(d, elementBytes, mn, k)
                                      : mnMajorOffset(d, elementBytes, mn, k);
  return swizzled(d.swizzle, d.start + offset);
}

std::optional<OperandType> parseOperandType(std::string_view word) {
  if (word == "f16")
    return OperandType::F16;
  if (word == "bf16")
    return OperandType::BF16;
  if (word == "tf32")
    return OperandType::TF32;
  if (word == "e4m3")
    return OperandType::E4M3;
  if (word == "e5m2")
    return OperandType::E5M2;
  return std::nullopt;
}

bool parseShape(std::string_view word, OperandType a, WgmmaShape &shape) {
  constexpr std::string_view kRows = "m64n";
  if (!word.starts_with(kRows))
    return false;
  const char *end = word.data() + word.size();
  auto columns =
      std::from_chars(word.data() + kRows.size(), end, shape.columns);
  if (columns.ec != std::errc() || columns.ptr == end || *columns.ptr != 'k')
    return false;
  auto depth = std::from_chars(columns.ptr + 1, end, shape.depth);
  return depth.ec == std::errc() && depth.ptr == end &&
         shape.columns % 8 == 0 && shape.columns >= 8 &&
         shape.columns <= kMaxColumns &&
         shape.depth * bytesOf(a) == kOperandRowBytes;
}

} // namespace kgen::emulator::hopper
