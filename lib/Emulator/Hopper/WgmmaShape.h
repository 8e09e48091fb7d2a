//===- WgmmaShape.h - Operand layouts of wgmma.mma_async ------------------===//
//
// PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions": m64nNkK, where a
// row of A and a column of B hold 32 bytes. The four warps of a warpgroup hold
// 16 rows each; everything here is about one warp's rows 0..15.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_HOPPER_WGMMASHAPE_H
#define KGEN_LIB_EMULATOR_HOPPER_WGMMASHAPE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace kgen::emulator::hopper {

enum class OperandType : uint8_t { F16, BF16, TF32, E4M3, E5M2 };
constexpr uint32_t bytesOf(OperandType type) {
  return type == OperandType::TF32                                ? 4
         : type == OperandType::E4M3 || type == OperandType::E5M2 ? 1
                                                                  : 2;
}
std::optional<OperandType> parseOperandType(std::string_view word);

inline constexpr uint32_t kWarpgroupWarps = 4;
inline constexpr uint32_t kWarpRows = 16; ///< of the 64 rows of D
inline constexpr uint32_t kMaxColumns = 256;
inline constexpr uint32_t kMaxDepth = 32; ///< K of the 8-bit types
inline constexpr uint32_t kOperandRowBytes = 32;

/// m64nNkK and types.
struct WgmmaShape {
  uint32_t columns = 8; ///< N
  uint32_t depth = 16;  ///< K
  OperandType a = OperandType::F16, b = OperandType::F16;
  bool halfAccumulator = false; ///< D is f16, two in a register
  uint32_t accumulatorRegisters() const {
    return columns / (halfAccumulator ? 4 : 2);
  }
  uint64_t flopsOfWarp() const { return 2ull * kWarpRows * columns * depth; }
};

/// Reads "m64n128k16"; checks N and that K fits the operand type.
bool parseShape(std::string_view word, OperandType a, WgmmaShape &shape);

/// A place in a fragment.
struct Element {
  uint32_t row = 0, column = 0;
};

/// Element i of a lane's accumulators: f32 register i, or half i % 2 of
/// register i / 2.
constexpr Element accumulatorElement(uint32_t lane, uint32_t i) {
  return {lane / 4 + 8 * (i / 2 % 2), i / 4 * 8 + lane % 4 * 2 + i % 2};
}

/// Element `part` of 32-bit register q (0..3) of A in registers.
constexpr Element operandElement(uint32_t lane, uint32_t q, uint32_t part,
                                 uint32_t elementBytes) {
  uint32_t perRegister = 4 / elementBytes;
  return {lane / 4 + 8 * (q % 2),
          (lane % 4 + 4 * (q / 2)) * perRegister + part};
}

} // namespace kgen::emulator::hopper

#endif // KGEN_LIB_EMULATOR_HOPPER_WGMMASHAPE_H
