//===- StatusTest.cpp - Statuses, last error, version, arch rules
//------------===//
extern "C" {
#include "cpu/cpu_arch.h"
#include "cuda/cuda_arch.h"
}
#include "kgen_runtime.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>

namespace {

struct Code {
  std::string name, sentence;
};

/// The 7xxx lines of the compiler's table.
std::map<int, Code> compilerCodes() {
  std::map<int, Code> codes;
#define KGEN_ERROR(code, name, sentence)                                       \
  if (code / 1000 == 7)                                                        \
    codes[code] = {#name, sentence};
#include "kgen/Support/ErrorCodes.def"
  return codes;
}

TEST(Status, HasTheCompilersNamesAndSentences) {
  std::map<int, Code> codes = compilerCodes();
  EXPECT_EQ(codes.size(), 31u);
  for (const auto &[number, code] : codes) {
    kgen_status_t status = static_cast<kgen_status_t>(number);
    EXPECT_EQ(kgen_status_name(status), code.name) << number;
    EXPECT_EQ(kgen_status_sentence(status), code.sentence) << number;
  }
  int known = 0;
  for (int number = 7000; number < 8000; ++number)
    known += kgen_status_name(static_cast<kgen_status_t>(number)) !=
             std::string("Unknown");
  EXPECT_EQ(known, 31) << "a status of the runtime is not in ErrorCodes.def";
  EXPECT_STREQ(kgen_status_name(KGEN_STATUS_OK), "Ok");
}

TEST(Status, LastErrorHasCodeDetailAndSentence) {
  kgen_device_t *device;
  ASSERT_EQ(kgen_device_open("tpu", nullptr, &device),
            KGEN_STATUS_UNKNOWN_DEVICE_NAME);
  EXPECT_STREQ(kgen_last_error(),
               "[KG7011] no device is named 'tpu': name a device as cpu, cuda, "
               "cuda:N, hip, hip:N or emulated:ARCH");
}

TEST(Status, LastErrorBelongsToTheThread) {
  kgen_device_t *device;
  kgen_device_open("tpu", nullptr, &device);
  std::string other = "unset";
  std::thread([&] { other = kgen_last_error(); }).join();
  EXPECT_EQ(other, "");
}

TEST(Status, VersionIsTheProjects) {
  EXPECT_STREQ(kgen_version(), KGEN_TEST_VERSION);
}

bool cudaRuns(const char *device, const char *code, bool isPtx) {
  cuda_arch_t deviceArch, codeArch;
  EXPECT_TRUE(cuda_arch_parse(device, &deviceArch)) << device;
  EXPECT_TRUE(cuda_arch_parse(code, &codeArch)) << code;
  return cuda_arch_runs(deviceArch, codeArch, isPtx);
}

TEST(CudaArch, CubinNeedsTheSameMajor) {
  EXPECT_TRUE(cudaRuns("sm_80", "sm_80", false));
  EXPECT_TRUE(cudaRuns("sm_86", "sm_80", false));
  EXPECT_FALSE(cudaRuns("sm_80", "sm_86", false));
  EXPECT_FALSE(cudaRuns("sm_90", "sm_80", false));
  EXPECT_FALSE(cudaRuns("sm_100", "sm_90", false));
  EXPECT_TRUE(cudaRuns("sm_121", "sm_120", false));
}

TEST(CudaArch, PtxGoesForward) {
  EXPECT_TRUE(cudaRuns("sm_90", "sm_80", true));
  EXPECT_TRUE(cudaRuns("sm_100", "sm_80", true));
  EXPECT_FALSE(cudaRuns("sm_75", "sm_80", true));
}

TEST(CudaArch, SpecificCodeStays) {
  EXPECT_TRUE(cudaRuns("sm_90", "sm_90a", false));
  EXPECT_TRUE(cudaRuns("sm_90", "sm_90a", true));
  EXPECT_FALSE(cudaRuns("sm_100", "sm_90a", true));
  EXPECT_FALSE(cudaRuns("sm_103", "sm_100a", false));
  EXPECT_TRUE(cudaRuns("sm_103", "sm_100f", false));
  EXPECT_FALSE(cudaRuns("sm_120", "sm_100f", true));
}

TEST(CudaArch, OtherTextsAreRefused) {
  cuda_arch_t arch;
  for (const char *text :
       {"", "sm_", "sm_9", "gfx942", "sm_90b", "sm_90aa", "sm_99999", "sm_9a"})
    EXPECT_FALSE(cuda_arch_parse(text, &arch)) << text;
}

TEST(CpuArch, LowerLevelsRunOnHigherOnes) {
  EXPECT_TRUE(kgen_cpu_arch_runs("x86-64-v4", "x86-64-v3"));
  EXPECT_TRUE(kgen_cpu_arch_runs("x86-64-v3", "x86-64"));
  EXPECT_FALSE(kgen_cpu_arch_runs("x86-64-v3", "x86-64-v4"));
  EXPECT_FALSE(kgen_cpu_arch_runs("x86-64-v4", "aarch64"));
  EXPECT_FALSE(kgen_cpu_arch_runs("aarch64", "x86-64"));
  EXPECT_FALSE(kgen_cpu_arch_runs("x86-64-v4", "x86-64-v5"));
  EXPECT_TRUE(kgen_cpu_arch_runs("aarch64", "aarch64"));
}

#if defined(__x86_64__)
TEST(CpuArch, HostLevelAgreesWithTheCompilersProbe) {
  std::string level = "x86-64";
  if (__builtin_cpu_supports("x86-64-v4"))
    level = "x86-64-v4";
  else if (__builtin_cpu_supports("x86-64-v3"))
    level = "x86-64-v3";
  else if (__builtin_cpu_supports("x86-64-v2"))
    level = "x86-64-v2";
  EXPECT_EQ(kgen_cpu_host_arch(), level);
}
#endif

} // namespace
