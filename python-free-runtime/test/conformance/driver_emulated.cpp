//===- driver_emulated.cpp - The conformance suite on emulated devices ----===//
//
// Over the fake libkgen_emulator, which runs the conformance kernel on the
// host. Built twice: KGEN_TEST_EMULATED_HIP chooses gfx942, otherwise it is
// sm_90a.
//
//===----------------------------------------------------------------------===//
#include "conformance.h"

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

std::string prepareDriver() {
  kgen_emulator_set_library(KGEN_TEST_FAKE_EMULATOR_PATH);
  return "";
}

} // namespace kgen::runtime_test
