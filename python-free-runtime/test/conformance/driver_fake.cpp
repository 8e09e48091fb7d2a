//===- driver_fake.cpp - The conformance suite on a fake GPU library
//---------===//
//
// Built twice: KGEN_TEST_FAKE_CUDA chooses libcuda, otherwise it is HIP.
//
//===----------------------------------------------------------------------===//
#include "driver_fake.h"

#include "conformance.h"

#include <dlfcn.h>

extern "C" {
void kgen_cuda_set_library(const char *path);
void kgen_hip_set_library(const char *path);
}

namespace kgen::runtime_test {

const ConformanceDriver &conformanceDriver() {
  static const ConformanceDriver driver = {
#ifdef KGEN_TEST_FAKE_CUDA
      "cuda:0",
      KGEN_TARGET_CUDA,
      KGEN_CODE_CUBIN,
      "sm_90",
      "sm_80",
#else
      "hip:0",
      KGEN_TARGET_HIP,
      KGEN_CODE_HSACO,
      "gfx942",
      "gfx90a",
#endif
      readFile(KGEN_TEST_AXPY_PATH),
      64,
      false};
  return driver;
}

void useFakeLibrary(const char *path) {
#ifdef KGEN_TEST_FAKE_CUDA
  kgen_cuda_set_library(path);
#else
  kgen_hip_set_library(path);
#endif
}

fake_gpu_t &fake() {
  static void *library = dlopen(KGEN_TEST_FAKE_PATH, RTLD_NOW | RTLD_LOCAL);
  using Function = fake_gpu_t *();
  return *reinterpret_cast<Function *>(dlsym(library, "fake_gpu"))();
}

void resetFake() {
  fake();
  void *library = dlopen(KGEN_TEST_FAKE_PATH, RTLD_NOW | RTLD_LOCAL);
  reinterpret_cast<void (*)()>(dlsym(library, "fake_gpu_reset"))();
  dlclose(library);
  useFakeLibrary(KGEN_TEST_FAKE_PATH);
}

#ifdef KGEN_TEST_FAKE_CUDA
void readMapAfter(int arguments) {
  fake().has_map = 1;
  fake().argument_count = static_cast<size_t>(arguments);
}

RecordedLaunch recordedLaunch() {
  RecordedLaunch result{};
  for (int i = 0; i < 3; ++i) {
    result.grid[i] = fake().grid[i];
    result.cluster[i] = fake().cluster[i];
  }
  result.encoded = fake().encoded;
  result.map = fake().map;
  return result;
}

void useOldLibrary() {
  void *library = dlopen(KGEN_TEST_OLD_CUDA_PATH, RTLD_NOW | RTLD_LOCAL);
  reinterpret_cast<void (*)()>(dlsym(library, "fake_gpu_reset"))();
  useFakeLibrary(KGEN_TEST_OLD_CUDA_PATH);
}
#endif

std::string prepareDriver() {
  resetFake();
  return "";
}

} // namespace kgen::runtime_test
