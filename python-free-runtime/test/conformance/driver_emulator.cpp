//===- driver_emulator.cpp - The conformance suite on the emulator itself -===//
//
// The kernels' PTX, executed by libkgen_emulator.
//
//===----------------------------------------------------------------------===//
#include "conformance.h"

extern "C" void kgen_emulator_set_library(const char *path);

namespace kgen::runtime_test {

const ConformanceDriver &conformanceDriver() {
  static const ConformanceDriver driver = {"emulated:sm_90a",
                                           KGEN_TARGET_CUDA,
                                           KGEN_CODE_PTX,
                                           "sm_80",
                                           "sm_999",
                                           readFile(KGEN_TEST_PTX_PATH),
                                           64,
                                           true,
                                           false};
  return driver;
}

std::string prepareDriver() {
  kgen_emulator_set_library(KGEN_EMULATOR_PATH);
  return "";
}

} // namespace kgen::runtime_test
