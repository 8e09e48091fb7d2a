//===- Registers.cpp - Where a warp keeps its values
//-----------------------===//

#include "Registers.h"

#include <new>

namespace kgen::emulator::ptx {

/// A row is two cache lines long and begins at one.
static constexpr std::align_val_t kRowAlignment{128};

void RegisterFile::Free::operator()(uint32_t *p) const {
  ::operator delete[](p, kRowAlignment);
}

RegisterFile::RegisterFile(const RegisterLayout &layout)
    : rowDefined(layout.rows), predicates(layout.predicates),
      predicatesDefined(layout.predicates) {
  size_t bytes = size_t(layout.rows) * kLanes * sizeof(uint32_t);
  memory.reset(static_cast<uint32_t *>(
      ::operator new[](bytes ? bytes : 1, kRowAlignment)));
  base = memory.get();
  std::memset(base, 0, bytes);
  for (const RegisterLayout::Constant &constant : layout.constants)
    fill(constant.row, constant.is64, constant.bits);
}

void RegisterFile::fill(uint32_t r, bool is64, uint64_t bits) {
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if (is64)
      wide(r)[lane] = bits;
    else
      row(r)[lane] = uint32_t(bits);
  }
  rowDefined[r] = kAllLanes;
}

} // namespace kgen::emulator::ptx
