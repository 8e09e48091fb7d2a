//===- WgmmaProduct.cpp - One warp's part of a wgmma ----------------------===//

#include "WgmmaProduct.h"
#include "NarrowFloat.h"

#include <cstring>

namespace kgen::emulator::hopper {

float widen(OperandType type, const uint8_t *bytes) {
  uint16_t half;
  uint32_t word;
  switch (type) {
  case OperandType::F16:
    std::memcpy(&half, bytes, 2);
    return ptx::halfToFloat(half);
  case OperandType::BF16:
    std::memcpy(&half, bytes, 2);
    return ptx::brainToFloat(half);
  case OperandType::TF32:
    std::memcpy(&word, bytes, 4);
    return widenTF32(word);
  case OperandType::E4M3:
    return widenE4M3(*bytes);
  case OperandType::E5M2:
    return widenE5M2(*bytes);
  }
  return 0;
}

void multiply(const WgmmaShape &shape, const WgmmaOperands &operands,
              WarpProduct &result) {
  // One row of B at a time, widened once for the warp's 16 rows of A.
  std::array<double, kMaxColumns> b;
  for (uint32_t k = 0; k != shape.depth; ++k) {
    for (uint32_t n = 0; n != shape.columns; ++n)
      b[n] = operands.b[k][n];
    for (uint32_t m = 0; m != kWarpRows; ++m) {
      double a = operands.a[m][k];
      double *row = result[m].data();
      if (k == 0)
        for (uint32_t n = 0; n != shape.columns; ++n)
          row[n] = a * b[n];
      else
        for (uint32_t n = 0; n != shape.columns; ++n)
          row[n] += a * b[n];
    }
  }
}

} // namespace kgen::emulator::hopper
