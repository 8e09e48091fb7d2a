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

static const char *inUse = KGEN_TEST_FAKE_PATH;

fake_gpu_t &fake() {
  void *library = dlopen(inUse, RTLD_NOW | RTLD_LOCAL); // once more: no cost
  using Function = fake_gpu_t *();
  return *reinterpret_cast<Function *>(dlsym(library, "fake_gpu"))();
}

void resetFake() {
  inUse = KGEN_TEST_FAKE_PATH;
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

void readCounterAfter(int arguments) {
  fake().argument_count = static_cast<size_t>(arguments) + 1;
}

RecordedLaunch recordedLaunch() {
  RecordedLaunch result{};
  for (int i = 0; i < 3; ++i) {
    result.grid[i] = fake().grid[i];
    result.cluster[i] = fake().cluster[i];
  }
  result.encoded = fake().encoded;
  result.map = fake().map;
  if (size_t count = fake().argument_count)
    result.counter =
        reinterpret_cast<uint32_t *>(uintptr_t(fake().arguments[count - 1]));
  return result;
}

void useOldLibrary() {
  void *library = dlopen(KGEN_TEST_OLD_CUDA_PATH, RTLD_NOW | RTLD_LOCAL);
  reinterpret_cast<void (*)()>(dlsym(library, "fake_gpu_reset"))();
  inUse = KGEN_TEST_OLD_CUDA_PATH;
  useFakeLibrary(KGEN_TEST_OLD_CUDA_PATH);
}
#endif

std::string prepareDriver() {
  resetFake();
  return "";
}

} // namespace kgen::runtime_test
