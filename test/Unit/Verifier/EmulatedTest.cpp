//===- EmulatedTest.cpp - Verification on emulated devices -----------------===//
//
// Over the fake libkgen_emulator, which runs TestKernels.c on the host and has a
// number for each interleaving.
//
//===----------------------------------------------------------------------===//

#include "RuntimeDevice.h"
#include "TestArtifact.h"
#include "Verification.h"

#include "kgen/Verifier/Client.h"
#include "kgen/Verifier/Service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

extern "C" void kgen_emulator_set_library(const char *path);

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

class Emulated : public testing::Test {
protected:
  void SetUp() override { open("emulated:sm_80"); }
  void TearDown() override {
    kernel.reset();
    device.reset();
    kgen_emulator_set_library(nullptr);
  }
  void open(const std::string &name) {
    kgen_emulator_set_library(KGEN_TEST_FAKE_EMULATOR_PATH);
    auto opened = openRuntimeDevice(name);
    ASSERT_TRUE(opened) << opened.error().message();
    device = *std::move(opened);
  }
  Verdict verify(const std::string &name, const std::string &lines = "",
                 VerifyOptions options = VerifyOptions()) {
    auto loaded = device->load({"", makeEmulatedArtifact(name, lines)});
    EXPECT_TRUE(loaded) << loaded.error().message();
    kernel = *std::move(loaded);
    options.timeSeconds = 0.05;
    return verifyKernel(*device, cache, {kernel.get(), testKernelProblem(), testKernelSizes()},
                        options);
  }

  std::unique_ptr<Device> device;
  std::unique_ptr<LoadedKernel> kernel;
  CaseCache cache;
};

TEST_F(Emulated, saysThatItIs) {
  WorkerHello hello = device->describe();
  EXPECT_TRUE(hello.emulated);
  EXPECT_EQ(hello.device, "emulated:sm_80");
  EXPECT_EQ(hello.name, "Fake A100, emulated");
}

TEST_F(Emulated, acceptedKernelHasCountsAndNoTime) {
  VerifyOptions options;
  options.time = true;
  Verdict verdict = verify("honest", "", options);
  ASSERT_TRUE(verdict.accepted()) << toString(verdict);
  EXPECT_EQ(verdict.casesChecked, 6 * 7) << "the checks are those of every device";
  EXPECT_FALSE(verdict.timing);
  EXPECT_FALSE(verdict.pair);
  ASSERT_TRUE(verdict.counts);
  EXPECT_EQ(verdict.counts->launches, 1u) << "one launch, not all of the checks";
  EXPECT_EQ(verdict.counts->issueCycles, 6u * 2 * 2 * 100) << "96 rows, 2 heads, 2 batches";
}

TEST_F(Emulated, noCountsUnlessAskedFor) {
  EXPECT_FALSE(verify("honest").counts);
}

TEST_F(Emulated, wrongResultsAreRejectedAsEverywhere) {
  EXPECT_EQ(verify("drops_last_keys").code, ErrorCode::RowErrorTooLarge);
}

TEST_F(Emulated, findingIsARejectionWithItsReport) {
  VerifyOptions options;
  options.time = true;
  Verdict verdict = verify("honest", "// finding: [KG9023] st.shared at line 7\n", options);
  EXPECT_EQ(verdict.status, VerdictStatus::Rejected) << toString(verdict);
  EXPECT_EQ(verdict.code, ErrorCode::EmulatorFinding);
  EXPECT_THAT(verdict.reason, HasSubstr("[KG6033] [KG9023] st.shared at line 7 (family normal"));
  EXPECT_THAT(verdict.reason, HasSubstr("interleaving seed 0"));
  EXPECT_THAT(verdict.reason, testing::Not(HasSubstr("KG7029")));
  EXPECT_FALSE(verdict.counts);
  EXPECT_FALSE(verdict.workerEnds) << "the device goes on";
}

TEST_F(Emulated, everyRunHasAnInterleavingOfItsOwn) {
  VerifyOptions options;
  options.neighbours = false;
  options.repeats = 4;
  Verdict verdict = verify("honest", "// finding at 6: [KG9023] late\n", options);
  EXPECT_EQ(verdict.code, ErrorCode::EmulatorFinding) << toString(verdict);
  EXPECT_THAT(verdict.reason, HasSubstr("interleaving seed 6"));
  EXPECT_EQ(verdict.casesChecked, 1) << "seeds 0 to 3 are the first family's";
}

TEST_F(Emulated, theNamesSeedIsTheFirstInterleaving) {
  open("emulated:sm_80,seed=50");
  VerifyOptions options;
  options.neighbours = false;
  Verdict verdict = verify("honest", "// finding at 51: [KG9023] second\n", options);
  EXPECT_EQ(verdict.code, ErrorCode::EmulatorFinding) << toString(verdict);
  EXPECT_THAT(verdict.reason, HasSubstr("interleaving seed 51"));
}

TEST_F(Emulated, resultsThatHangOnTheInterleavingAreRejected) {
  Verdict verdict = verify("races");
  EXPECT_EQ(verdict.code, ErrorCode::RunsDiffer) << toString(verdict);
  EXPECT_THAT(verdict.reason, HasSubstr("interleaving seed 1"));
}

TEST_F(Emulated, KG7030PairsAreNotTimed) {
  auto first = device->load({"", makeEmulatedArtifact("honest")});
  ASSERT_TRUE(first);
  Subject subject{first->get(), testKernelProblem(), testKernelSizes()};
  auto pair = timeInTurn(*device, cache, subject, subject, TimePairRequest());
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().code(), ErrorCode::NoClock);
  auto one = device->timeLaunch(**first, {});
  ASSERT_FALSE(one);
  EXPECT_EQ(one.error().code(), ErrorCode::NoClock);
}

TEST_F(Emulated, artefactsOfTheCpuAreErrors) {
  auto loaded = device->load({"", makeTestArtifact("honest")});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::ArtifactUnreadable);
  EXPECT_THAT(loaded.error().message(), HasSubstr("KG7008"));
}

TEST_F(Emulated, unknownArchitecturesAreErrors) {
  auto opened = openRuntimeDevice("emulated:sm_75");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::DeviceUnavailable);
  EXPECT_THAT(opened.error().message(), HasSubstr("emulated are sm_80, sm_90a, gfx942"));
}

TEST_F(Emulated, areListedAfterTheHardware) {
  Expected<std::vector<std::string>> lines = listDevices();
  ASSERT_TRUE(lines);
  EXPECT_THAT(lines->front(), HasSubstr("cpu"));
  EXPECT_EQ(lines->back(), "emulated:gfx942  gfx942  Fake MI300X, emulated");
  kgen_emulator_set_library("libkgen-no-such-library.so");
  lines = listDevices();
  ASSERT_TRUE(lines) << "hardware is listed without the emulator, too";
  EXPECT_THAT(lines->back(), testing::Not(HasSubstr("emulated")));
  EXPECT_FALSE(listEmulatedDevices());
}

TEST(EmulatedDefaults, sizesAreSmallAndRagged) {
  Problem problem = testKernelProblem();
  EXPECT_EQ(defaultSizes(problem, "cuda:0"), nominalSizes(problem));
  EXPECT_EQ(defaultSizes(problem, "emulated:sm_80"), (ProblemSizes{2, 197, 203, {}}));
  problem.seqQ = 64;
  EXPECT_EQ(defaultSizes(problem, "emulated:sm_80"), (ProblemSizes{2, 64, 203, {}}));
  EXPECT_GT(defaultLimitSeconds("emulated:sm_80"), defaultLimitSeconds("cuda:0"));
}

TEST(EmulatedDefaults, onlyThePrefixMakesADeviceEmulated) {
  EXPECT_TRUE(isEmulatedDevice("emulated:sm_80,seed=3"));
  EXPECT_FALSE(isEmulatedDevice("cuda:0"));
  EXPECT_FALSE(isEmulatedDevice("emulated"));
}

} // namespace
