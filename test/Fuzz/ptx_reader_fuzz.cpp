//===- ptx_reader_fuzz.cpp - Arbitrary text into the PTX reader -----------===//
//
// libFuzzer target: whatever the text, the reader gives a module whose numbers
// all point at something, or an error with a line of the text. See
// docs of KGEN_FUZZ in test/Fuzz/CMakeLists.txt for how to run it.
//
//===----------------------------------------------------------------------===//

#include "PtxInvariants.h"

#include <cstdio>
#include <cstdlib>

using namespace kgen;
using namespace kgen::emulator::ptx;

static void require(bool condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "ptx_reader_fuzz: %s\n", what);
  abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  const auto module = parseModule(text);
  if (module)
    require(isGoodModule(**module), "the module points at nothing");
  else
    require(isGoodError(module.error(), text), "the error has no line");
  return 0;
}
