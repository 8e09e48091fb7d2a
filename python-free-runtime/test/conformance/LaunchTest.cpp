//===- LaunchTest.cpp - Loading and launching
//--------------------------------===//
#include "conformance.h"

#include <cstring>
#include <thread>

using namespace kgen::runtime_test;

namespace {

TEST_F(Conformance, ComputesOnEverySize) {
  for (int64_t rows : {1, 63, 64, 65, 1000}) {
    std::vector<kgen_argument_t> arguments = makeArguments(rows);
    EXPECT_OK(launch(arguments));
    EXPECT_OK(kgen_stream_synchronize(device, nullptr));
    expectResult(arguments);
  }
}

TEST_F(Conformance, LaunchesAgainAndOnAStream) {
  kgen_stream_t *stream;
  ASSERT_OK(kgen_stream_create(device, &stream));
  std::vector<kgen_argument_t> arguments = makeArguments(300);
  for (int i = 0; i < 100; ++i)
    EXPECT_OK(launch(arguments, stream));
  EXPECT_OK(kgen_stream_synchronize(device, stream));
  expectResult(arguments);
  kgen_stream_destroy(stream);
}

TEST_F(Conformance, AdoptsTheDefaultStream) {
  kgen_stream_t *stream;
  ASSERT_OK(kgen_stream_adopt(device, nullptr, &stream));
  std::vector<kgen_argument_t> arguments = makeArguments(10);
  EXPECT_OK(launch(arguments, stream));
  EXPECT_OK(kgen_stream_synchronize(device, stream));
  expectResult(arguments);
  kgen_stream_destroy(stream);
}

TEST_F(Conformance, EmptyTensorLaunchesNothing) {
  std::vector<kgen_argument_t> arguments = makeArguments(0);
  EXPECT_EQ(arguments[3].data, nullptr);
  EXPECT_OK(launch(arguments));
}

TEST_F(Conformance, GridFollowsItsRules) {
  std::vector<kgen_argument_t> arguments = makeArguments(130);
  int64_t grid[3];
  EXPECT_OK(kgen_kernel_get_grid(kernel, arguments.data(), 4, grid));
  EXPECT_EQ(grid[0], 3);
  EXPECT_EQ(grid[1], 1);
  EXPECT_EQ(grid[2], 1);
  ArtifactBuilder builder = axpyArtifact();
  builder.header.grid[1] = {KGEN_GRID_CONSTANT, 0, 5, 1};
  builder.header.grid[2] = {0, 1, 3, 5}; // ceil(4 * 3 / 5)
  ASSERT_OK(load(builder.build()));
  EXPECT_OK(kgen_kernel_get_grid(kernel, arguments.data(), 4, grid));
  EXPECT_EQ(grid[1], 5);
  EXPECT_EQ(grid[2], 3);
}

TEST_F(Conformance, LaunchesFromManyThreads) {
  if (!conformanceDriver().threadSafe)
    GTEST_SKIP() << "the fake library is for one thread";
  std::vector<std::vector<kgen_argument_t>> arguments;
  for (int i = 0; i < 4; ++i)
    arguments.push_back(makeArguments(500 + i));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int repeat = 0; repeat < 50; ++repeat)
        EXPECT_OK(launch(arguments[i]));
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  for (const std::vector<kgen_argument_t> &it : arguments)
    expectResult(it);
}

TEST_F(Conformance, TwoKernelsOfOneArtifactAndOneOfAnother) {
  kgen_kernel_t *first = kernel;
  kernel = nullptr;
  ArtifactBuilder builder = axpyArtifact();
  builder.info = "another";
  ASSERT_OK(load(builder.build()));
  std::vector<kgen_argument_t> arguments = makeArguments(100);
  EXPECT_OK(launch(arguments));
  kgen_kernel_destroy(first);
  EXPECT_OK(launch(arguments));
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  expectResult(arguments);
  kgen_artifact_info_t info;
  EXPECT_OK(kgen_artifact_get_info(kgen_kernel_artifact(kernel), &info));
  EXPECT_STREQ(info.info_json, "another");
}

TEST_F(Conformance, ReportsResources) {
  kgen_resources_t resources;
  ASSERT_OK(kgen_kernel_get_resources(kernel, &resources));
  EXPECT_GE(resources.max_threads, 1);
  EXPECT_EQ(resources.scratch_bytes, 256u);
  EXPECT_EQ(resources.dynamic_shared_bytes, 0u);
}

TEST_F(Conformance, DescribesProgramsOfEmulatedDevicesOnly) {
  kgen_device_info_t info;
  ASSERT_OK(kgen_device_get_info(device, &info));
  char text[64] = "unchanged";
  EXPECT_EQ(kgen_kernel_describe(kernel, text, sizeof text),
            info.emulated ? KGEN_STATUS_OK : KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(text[0] != '\0', info.emulated != 0);
}

TEST_F(Conformance, DescribesTheDevice) {
  kgen_device_info_t info;
  ASSERT_OK(kgen_device_get_info(device, &info));
  EXPECT_EQ(info.name, conformanceDriver().device);
  EXPECT_EQ(info.target, conformanceDriver().target);
  EXPECT_NE(info.description[0], '\0');
  EXPECT_NE(info.arch[0], '\0');
  EXPECT_GT(info.processors, 0);
  EXPECT_GT(info.memory_bytes, 0u);
  size_t count = 0;
  std::vector<kgen_device_info_t> all(64);
  ASSERT_OK(kgen_device_enumerate(all.data(), all.size(), &count));
  bool found = false;
  for (size_t i = 0; i < count && i < all.size(); ++i)
    found |= std::string(all[i].name) == info.name;
  EXPECT_EQ(found, conformanceDriver().isHardware);
}

TEST_F(Conformance, OpensTheDeviceThatAnArtifactNeeds) {
  if (!conformanceDriver().isHardware)
    GTEST_SKIP() << "an emulated device is opened by its name alone";
  kgen_device_t *opened;
  ASSERT_OK(
      kgen_device_open_for(kgen_kernel_artifact(kernel), nullptr, &opened));
  kgen_device_info_t info;
  EXPECT_OK(kgen_device_get_info(opened, &info));
  EXPECT_EQ(info.target, conformanceDriver().target);
  kgen_device_close(opened);
}

TEST_F(Conformance, KG7008OtherTarget) {
  ArtifactBuilder builder = axpyArtifact();
  bool isCpu = conformanceDriver().target == KGEN_TARGET_CPU;
  builder.header.target = isCpu ? KGEN_TARGET_CUDA : KGEN_TARGET_CPU;
  builder.header.code_format =
      isCpu ? KGEN_CODE_CUBIN : KGEN_CODE_ELF_SHARED_OBJECT;
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_ARTIFACT_TARGET);
  EXPECT_NE(std::strstr(kgen_last_error(), "artefact is for target "), nullptr)
      << kgen_last_error();
}

TEST_F(Conformance, KG7009OtherArch) {
  ArtifactBuilder builder = axpyArtifact();
  builder.setArch(conformanceDriver().otherArch);
  std::string bytes = builder.build();
  EXPECT_EQ(load(bytes), KGEN_STATUS_ARTIFACT_ARCH);
  EXPECT_NE(
      std::strstr(kgen_last_error(), conformanceDriver().otherArch.c_str()),
      nullptr)
      << kgen_last_error();
  if (!conformanceDriver().isHardware)
    return; // what is below asks which hardware there is
  kgen_artifact_t *artifact;
  kgen_device_t *opened;
  ASSERT_OK(kgen_artifact_load(bytes.data(), bytes.size(), &artifact));
  EXPECT_EQ(kgen_device_open_for(artifact, nullptr, &opened),
            KGEN_STATUS_ARTIFACT_ARCH);
  EXPECT_EQ(opened, nullptr);
  kgen_artifact_destroy(artifact);
}

TEST_F(Conformance, KG7023TooManyThreads) {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.threads_per_block = 4096;
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_LAUNCH_LIMIT);
  EXPECT_NE(std::strstr(kgen_last_error(), "has 4096 threads per block"),
            nullptr)
      << kgen_last_error();
}

TEST_F(Conformance, KG7023TooMuchSharedMemory) {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.dynamic_shared_bytes = 300000;
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_LAUNCH_LIMIT);
  EXPECT_NE(std::strstr(kgen_last_error(), "300000 bytes"), nullptr)
      << kgen_last_error();
}

TEST_F(Conformance, KG7024CodeWithoutTheKernel) {
  ArtifactBuilder builder = axpyArtifact();
  builder.setKernelName("no_such_kernel");
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_CODE_REJECTED);
  EXPECT_NE(std::strstr(kgen_last_error(), "no_such_kernel"), nullptr)
      << kgen_last_error();
}

TEST_F(Conformance, KG7024CodeThatIsNoCode) {
  ArtifactBuilder builder = axpyArtifact();
  builder.code = "this is not code";
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_CODE_REJECTED)
      << kgen_last_error();
}

} // namespace
