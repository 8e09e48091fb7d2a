//===- HostInvokeTest.cpp - The entry of generated host code
//-----------------===//
#include "conformance.h"

#include <cstring>
#include <thread>

using namespace kgen::runtime_test;

namespace {

/// Host tensors of one axpy call and their packed words.
struct HostCall {
  explicit HostCall(int64_t rows)
      : x(rows * 4), y(rows * 4), out(rows * 4, -7.0f) {
    for (int64_t i = 0; i < rows * 4; ++i) {
      x[i] = xValue(i);
      y[i] = yValue(i);
    }
    int32_t bits;
    std::memcpy(&bits, &axpyAlpha, sizeof(bits));
    words = {word(x.data()),   2, rows, 4, word(y.data()), 2, rows, 4, bits,
             word(out.data()), 2, rows, 4};
  }
  static int64_t word(const void *pointer) {
    return static_cast<int64_t>(reinterpret_cast<uintptr_t>(pointer));
  }
  int32_t run(const std::string &artifact) const {
    return kgen_host_invoke(artifact.data(),
                            static_cast<int64_t>(artifact.size()), words.data(),
                            static_cast<int64_t>(words.size()));
  }
  void expectResult() const {
    for (size_t i = 0; i < out.size(); ++i) {
      int64_t index = static_cast<int64_t>(i);
      ASSERT_EQ(out[i], axpyAlpha * xValue(index) + yValue(index)) << i;
    }
  }
  std::vector<float> x, y, out;
  std::vector<int64_t> words;
};

class HostInvoke : public Conformance {
protected:
  void SetUp() override {
    if (!conformanceDriver().isHardware)
      GTEST_SKIP() << "host calls run on hardware alone";
    Conformance::SetUp();
    artifact = axpyArtifact().build();
  }
  std::string artifact;
};

TEST_F(HostInvoke, RunsOnHostMemory) {
  for (int64_t rows : {1, 64, 777}) {
    HostCall call(rows);
    EXPECT_EQ(call.run(artifact), 0) << kgen_last_error();
    call.expectResult();
  }
}

TEST_F(HostInvoke, RunsOnDeviceMemory) {
  std::vector<kgen_argument_t> arguments = makeArguments(50);
  HostCall call(50);
  call.words[0] = HostCall::word(arguments[0].data);
  call.words[4] = HostCall::word(arguments[1].data);
  call.words[9] = HostCall::word(arguments[3].data);
  EXPECT_EQ(call.run(artifact), 0) << kgen_last_error();
  expectResult(arguments);
}

TEST_F(HostInvoke, RunsOnMixedMemory) {
  std::vector<kgen_argument_t> arguments = makeArguments(50);
  HostCall call(50);
  call.words[4] = HostCall::word(arguments[1].data);
  EXPECT_EQ(call.run(artifact), 0) << kgen_last_error();
  call.expectResult();
}

TEST_F(HostInvoke, SeesAnotherArtifactAtTheSameAddress) {
  HostCall call(5);
  EXPECT_EQ(call.run(artifact), 0) << kgen_last_error();
  ArtifactBuilder builder = axpyArtifact();
  builder.parameters[0].dimensions[1].size = 8; // the old one takes 4
  std::string changed = builder.build();
  ASSERT_EQ(changed.size(), artifact.size());
  std::memcpy(artifact.data(), changed.data(), changed.size());
  EXPECT_EQ(call.run(artifact), KGEN_STATUS_ARGUMENT_SIZE);
}

TEST_F(HostInvoke, RunsFromManyThreads) {
  if (!conformanceDriver().threadSafe)
    GTEST_SKIP() << "the fake library is for one thread";
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < 20; ++repeat) {
        HostCall call(100 + i);
        EXPECT_EQ(call.run(artifact), 0) << kgen_last_error();
        call.expectResult();
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(HostInvoke, SaysOnStandardErrorWhatIsWrong) {
  HostCall call(5);
  call.words[6] = 6;
  testing::internal::CaptureStderr();
  EXPECT_EQ(call.run(artifact), KGEN_STATUS_ARGUMENT_SYMBOL);
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      text.find("kgen: [KG7019] y has size 6 in dimension 0, but x has 5"),
      std::string::npos)
      << text;
}

TEST_F(HostInvoke, KG7014TooFewAndTooManyWords) {
  HostCall call(5);
  call.words.pop_back();
  EXPECT_EQ(call.run(artifact), KGEN_STATUS_ARGUMENT_COUNT);
  EXPECT_NE(std::strstr(kgen_last_error(), "end within parameter out"), nullptr)
      << kgen_last_error();
  call.words.push_back(4);
  call.words.push_back(4);
  EXPECT_EQ(call.run(artifact), KGEN_STATUS_ARGUMENT_COUNT);
  EXPECT_NE(std::strstr(kgen_last_error(), "1 words are left"), nullptr)
      << kgen_last_error();
}

TEST_F(HostInvoke, KG7017OtherRank) {
  HostCall call(5);
  call.words[1] = 3;
  EXPECT_EQ(call.run(artifact), KGEN_STATUS_ARGUMENT_RANK);
}

TEST_F(HostInvoke, KG7003TruncatedArtifact) {
  HostCall call(5);
  EXPECT_EQ(call.run(artifact.substr(0, artifact.size() - 1)),
            KGEN_STATUS_ARTIFACT_TRUNCATED);
}

TEST_F(HostInvoke, KG7001NullArguments) {
  EXPECT_EQ(kgen_host_invoke(nullptr, 0, nullptr, 0),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_host_invoke(artifact.data(), -1, nullptr, 0),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_host_invoke(artifact.data(),
                             static_cast<int64_t>(artifact.size()), nullptr, 3),
            KGEN_STATUS_INVALID_ARGUMENT);
}

} // namespace
