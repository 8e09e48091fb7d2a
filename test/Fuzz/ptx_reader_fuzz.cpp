//===- ptx_reader_fuzz.cpp - Arbitrary text into the PTX reader -----------===//
//
// libFuzzer target: whatever the text, the reader gives a module whose numbers
// all point at something, or an error with a line of the text; and the decoder
// takes each kernel of it or refuses it with a line. How to run it:
// CMakeLists.txt here.
//
//===----------------------------------------------------------------------===//

#include "Hopper/Forms.h"
#include "PTX/Decoder.h"
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

/// Memory and time of a round are for texts, not for thousands of kernels.
static constexpr size_t kKernelsDecoded = 4;

static void decode(const Kernel &kernel) {
  const std::span<const InstructionForm> forms[] = {
      coreForms(), hopperForms()};
  const auto decoded = decodeKernel(kernel, forms);
  if (decoded)
    require(decoded->instructions.size() == kernel.statements.size() + 1,
            "instructions are not statements");
  else
    require(lineOf(decoded.error()) > 0, "the decoder's error has no line");
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  const auto module = parseModule(text);
  if (!module) {
    require(isGoodError(module.error(), text), "the error has no line");
    return 0;
  }
  require(isGoodModule(**module), "the module points at nothing");
  for (const Kernel &kernel : (*module)->kernels)
    if (&kernel - (*module)->kernels.data() < ptrdiff_t(kKernelsDecoded))
      decode(kernel);
  return 0;
}
