//===- Forms.cpp - The instructions that Hopper added ---------------------===//

#include "Forms.h"
#include "Families.h"

#include <vector>

namespace kgen::emulator::ptx {

std::span<const InstructionForm> hopperForms() {
  static const std::vector<InstructionForm> all = [] {
    std::vector<InstructionForm> forms;
    for (auto family :
         {wgmmaForms(), mbarrierForms(), bulkCopyForms(), tensorCopyForms(),
          clusterForms(), hopperControlForms()})
      forms.insert(forms.end(), family.begin(), family.end());
    return forms;
  }();
  return all;
}

} // namespace kgen::emulator::ptx
