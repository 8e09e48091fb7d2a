//===- OperationTable.cpp - What each mnemonic means
//------------------------===//

#include "OperationTable.h"

namespace kgen::emulator::amd {

uint32_t registersOf(Type type) {
  switch (type) {
  case Type::None:
  case Type::Raw:
    return 0;
  case Type::B64:
  case Type::I64:
  case Type::F64:
  case Type::PackedF32:
  case Type::Lanes:
    return 2;
  default:
    return 1;
  }
}

OperationTable::OperationTable() {
  addScalarOperations(*this);
  addScalarMaskOperations(*this);
  addControlOperations(*this);
  addFloatOperations(*this);
  addHalfOperations(*this);
  addIntegerOperations(*this);
  addBitOperations(*this);
  addCarryOperations(*this);
  addConversionOperations(*this);
  addCompareOperations(*this);
  addDivisionOperations(*this);
  addPackedOperations(*this);
  addLaneOperations(*this);
  addScalarMemoryOperations(*this);
  addGlobalMemoryOperations(*this);
  addLdsOperations(*this);
  addLdsLaneOperations(*this);
  addMatrixOperations(*this);
}

const OperationTable &OperationTable::get() {
  static const OperationTable table;
  return table;
}

const Operation *OperationTable::find(std::string_view mnemonic) const {
  auto found = operations.find(mnemonic);
  if (found != operations.end())
    return &found->second;
  for (std::string_view suffix :
       {"_e64_dpp", "_e32", "_e64", "_dpp", "_sdwa"}) {
    if (!mnemonic.ends_with(suffix))
      continue;
    found =
        operations.find(mnemonic.substr(0, mnemonic.size() - suffix.size()));
    if (found != operations.end())
      return &found->second;
  }
  return nullptr;
}

} // namespace kgen::emulator::amd
