//===- Arch.cpp - What the lowering knows of an architecture ---------------===//
//
// Sources: "AMD Instinct MI200", "AMD Instinct MI300" and "AMD Instinct CDNA4"
// Instruction Set Architecture documents, chapters on LDS and on matrix
// instructions.
//
//===----------------------------------------------------------------------===//

#include "Arch.h"

#include <string>

using namespace kgen;
using namespace kgen::rocdl;

static constexpr Arch kArchs[] = {
    {"gfx90a", 64 * 1024, false},
    {"gfx942", 64 * 1024, false},
    {"gfx950", 160 * 1024, true},
};

Expected<Arch> rocdl::findArch(std::string_view name) {
  std::string known;
  for (const Arch &arch : kArchs) {
    if (arch.name == name)
      return arch;
    known.append(known.empty() ? "" : ", ").append(arch.name);
  }
  return Error(ErrorCode::ArchUnsupported,
               std::string(name) + " is not one of " + known);
}
