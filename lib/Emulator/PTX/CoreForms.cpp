//===- CoreForms.cpp - All families in one table
//---------------------------===//

#include "Families.h"

#include <vector>

namespace kgen::emulator::ptx {

std::span<const InstructionForm> coreForms() {
  static const std::vector<InstructionForm> kForms = [] {
    std::vector<InstructionForm> all;
    for (auto family :
         {arithmeticForms(), integerForms(), bitForms(), approximateForms(),
          compareForms(), moveForms(), conversionForms(), controlForms(),
          memoryForms(), atomicForms(), warpForms(), barrierForms(),
          asyncCopyForms(), matrixLoadForms(), matrixMmaForms()})
      all.insert(all.end(), family.begin(), family.end());
    return all;
  }();
  return kForms;
}

} // namespace kgen::emulator::ptx
