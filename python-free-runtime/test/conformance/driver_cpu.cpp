//===- driver_cpu.cpp - The conformance suite on the CPU
//---------------------===//
#include "conformance.h"

namespace kgen::runtime_test {

const ConformanceDriver &conformanceDriver() {
  static const ConformanceDriver driver = {"cpu",
                                           KGEN_TARGET_CPU,
                                           KGEN_CODE_ELF_SHARED_OBJECT,
                                           KGEN_TEST_BASE_ARCH,
                                           "x86-64-v9",
                                           readFile(KGEN_TEST_AXPY_PATH),
                                           1,
                                           true};
  return driver;
}

std::string prepareDriver() { return ""; }

} // namespace kgen::runtime_test
