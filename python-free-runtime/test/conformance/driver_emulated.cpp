//===- driver_emulated.cpp - The conformance suite on emulated devices ----===//
//
// Over the fake libkgen_emulator, which runs the conformance kernel on the
// host. Built twice: KGEN_TEST_EMULATED_HIP chooses gfx942, otherwise it is
// sm_90a.
//
//===----------------------------------------------------------------------===//
#include "conformance.h"
#include "fake/fake_emulator.h"

#include <dlfcn.h>

#include "kgen_emulator.h"

extern "C" void kgen_emulator_set_library(const char *path);

namespace kgen::runtime_test {

const ConformanceDriver &conformanceDriver() {
  static const ConformanceDriver driver = {
#ifdef KGEN_TEST_EMULATED_HIP
      "emulated:gfx942",
      KGEN_TARGET_HIP,
      KGEN_CODE_HSACO,
      "gfx942",
      "gfx90a",
      readFile(KGEN_TEST_AXPY_PATH),
#else
      "emulated:sm_90a",
      KGEN_TARGET_CUDA,
      KGEN_CODE_PTX,
      "sm_90a",
      "sm_100",
      ".version 8.0\n",
#endif
      64,
      true,
      false};
  return driver;
}

static fake_emulator_t &fake() {
  static void *library =
      dlopen(KGEN_TEST_FAKE_EMULATOR_PATH, RTLD_NOW | RTLD_LOCAL);
  using Function = fake_emulator_t *();
  return *reinterpret_cast<Function *>(dlsym(library, "fake_emulator"))();
}

void readMapAfter(int arguments) {
  fake().has_map = 1;
  fake().argument_count = arguments;
}

void readCounterAfter(int arguments) { fake().counter_index = arguments; }

RecordedLaunch recordedLaunch() {
  RecordedLaunch result{};
  for (int i = 0; i < 3; ++i) {
    result.grid[i] = fake().grid[i];
    result.cluster[i] = fake().cluster[i];
  }
  result.encoded = fake().encoded;
  result.map = fake().map;
  result.counter = fake().counter;
  return result;
}

void useOldLibrary() {
  fake().size = KGEN_EMULATOR_FIRST_SIZE;
  kgen_emulator_set_library(KGEN_TEST_FAKE_EMULATOR_PATH); // loads anew
}

std::string prepareDriver() {
  fake().has_map = 0;
  fake().counter_index = 0;
  fake().size = 0;
  kgen_emulator_set_library(KGEN_TEST_FAKE_EMULATOR_PATH);
  return "";
}

} // namespace kgen::runtime_test
