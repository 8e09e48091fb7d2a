//===- driver_cuda.cpp - The conformance suite on an NVIDIA GPU
//--------------===//
#include "conformance.h"

namespace kgen::runtime_test {

const ConformanceDriver &conformanceDriver() {
  static const ConformanceDriver driver = {"cuda:0",
                                           KGEN_TARGET_CUDA,
                                           KGEN_CODE_PTX,
                                           "sm_80",
                                           "sm_999",
                                           readFile(KGEN_TEST_PTX_PATH),
                                           64,
                                           true};
  return driver;
}

std::string prepareDriver() {
  kgen_device_t *device;
  kgen_status_t status = kgen_device_open("cuda:0", nullptr, &device);
  if (status == KGEN_STATUS_DRIVER_UNAVAILABLE ||
      status == KGEN_STATUS_DEVICE_NOT_FOUND)
    return "skipped, no GPU";
  kgen_device_close(device);
  return "";
}

} // namespace kgen::runtime_test
