//===- FakeGpuTest.cpp - What only a fake GPU library can show
//---------------===//
//
// Packing, the driver's own errors, faults that stick, contexts, several
// devices. Linked with both fakes.
//
//===----------------------------------------------------------------------===//
#include "conformance.h"
#include "driver_fake.h"

#include <cstring>

using namespace kgen::runtime_test;

namespace {

bool isCuda() { return conformanceDriver().target == KGEN_TARGET_CUDA; }
const char *pick(const char *cuda, const char *hip) {
  return isCuda() ? cuda : hip;
}

class FakeGpu : public Conformance {
protected:
  void TearDown() override {
    fake().lost_code = 0; // so that the fixture can free
    Conformance::TearDown();
    for (const fake_allocation_t &it : fake().allocations)
      EXPECT_EQ(it.pointer, nullptr) << "a buffer was not freed";
    EXPECT_EQ(fake().context_depth, 0);
    EXPECT_EQ(fake().live_streams, 0);
    EXPECT_EQ(fake().live_events, 0);
    EXPECT_EQ(fake().live_modules, expectedModules);
  }
  void failNext(const char *function, int code, bool sticky = false) {
    fake().fail_function = function;
    fake().fail_code = code;
    fake().fail_sticky = sticky;
  }
  void expectText(const char *words) {
    EXPECT_NE(std::strstr(kgen_last_error(), words), nullptr)
        << kgen_last_error();
  }
  int expectedModules = 0;
};

TEST_F(FakeGpu, PacksByTheKernelAbi) {
  std::vector<kgen_argument_t> arguments = makeArguments(130);
  fake().argument_count = 7;
  kgen_stream_t *stream;
  void *native = &stream; // any address: the fake does not look
  ASSERT_OK(kgen_stream_adopt(device, native, &stream));
  ASSERT_OK(launch(arguments, stream));
  kgen_stream_destroy(stream);
  EXPECT_EQ(fake().stream, native);
  EXPECT_EQ(fake().grid[0], 3u);
  EXPECT_EQ(fake().grid[1], 1u);
  EXPECT_EQ(fake().grid[2], 1u);
  EXPECT_EQ(fake().block[0], 64u);
  EXPECT_EQ(fake().block[1], 1u);
  EXPECT_EQ(fake().block[2], 1u);
  uint32_t alphaBits;
  std::memcpy(&alphaBits, &axpyAlpha, sizeof(alphaBits));
  auto address = [&](int i) {
    return reinterpret_cast<uint64_t>(arguments[i].data);
  };
  const uint64_t expected[] = {address(0), 130,        address(1), 130,
                               alphaBits,  address(3), 130};
  for (int i = 0; i < 7; ++i)
    EXPECT_EQ(fake().arguments[i], expected[i]) << i;
}

TEST_F(FakeGpu, AsksForLargeSharedMemory) {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.dynamic_shared_bytes = isCuda() ? 100 * 1024 : 60 * 1024;
  ASSERT_OK(load(builder.build()));
  EXPECT_EQ(fake().shared_limit, isCuda() ? 100 * 1024 : 0);
  EXPECT_OK(launch(makeArguments(4)));
  EXPECT_EQ(fake().shared_bytes, builder.header.dynamic_shared_bytes);
}

TEST_F(FakeGpu, ResourcesAreTheDrivers) {
  kgen_resources_t resources;
  ASSERT_OK(kgen_kernel_get_resources(kernel, &resources));
  EXPECT_EQ(resources.registers, 104);
  EXPECT_EQ(resources.local_bytes, 103);
  EXPECT_EQ(resources.static_shared_bytes, 101);
  EXPECT_EQ(resources.max_threads, 100);
}

TEST_F(FakeGpu, DeviceInfoIsTheDrivers) {
  kgen_device_info_t info;
  ASSERT_OK(kgen_device_get_info(device, &info));
  EXPECT_STREQ(info.arch, pick("sm_90", "gfx942"));
  EXPECT_STREQ(info.description,
               pick("Fake CUDA device 0", "Fake HIP device 0"));
  EXPECT_EQ(info.processors, isCuda() ? 132 : 304);
  EXPECT_EQ(info.max_shared_bytes, isCuda() ? 232448u : 65536u);
  EXPECT_EQ(info.clock_khz, isCuda() ? 1980000 : 2100000);
  EXPECT_EQ(info.driver_version, isCuda() ? 13000 : 60300);
}

TEST_F(FakeGpu, KG7025FaultSticks) {
  std::vector<kgen_argument_t> arguments = makeArguments(8);
  failNext(pick("cuStreamSynchronize", "hipStreamSynchronize"), 700, true);
  EXPECT_OK(launch(arguments)); // the fault shows later
  EXPECT_EQ(kgen_stream_synchronize(device, nullptr), KGEN_STATUS_DEVICE_FAULT);
  expectText(
      pick("cuStreamSynchronize returned 700 (CUDA_ERROR_ILLEGAL_ADDRESS, "
           "an illegal memory access was encountered)",
           "hipStreamSynchronize returned 700 (hipErrorIllegalAddress, "
           "an illegal memory access was encountered)"));
  expectText("restart the process");
  EXPECT_EQ(launch(arguments), KGEN_STATUS_DEVICE_FAULT);
  void *pointer;
  EXPECT_EQ(kgen_buffer_allocate(device, 8, &pointer),
            KGEN_STATUS_DEVICE_FAULT);
}

TEST_F(FakeGpu, KG7026OtherDriverErrors) {
  failNext(pick("cuLaunchKernel", "hipModuleLaunchKernel"), 999);
  EXPECT_EQ(launch(makeArguments(8)), KGEN_STATUS_DRIVER_ERROR);
  expectText("returned 999");
}

TEST_F(FakeGpu, KG7023LaunchOutOfResources) {
  failNext(pick("cuLaunchKernel", "hipModuleLaunchKernel"), 701);
  EXPECT_EQ(launch(makeArguments(8)), KGEN_STATUS_LAUNCH_LIMIT);
}

TEST_F(FakeGpu, KG7023GridBeyondTheLimit) {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.grid[1] = {KGEN_GRID_CONSTANT, 0, 65536, 1};
  ASSERT_OK(load(builder.build()));
  EXPECT_EQ(launch(makeArguments(8)), KGEN_STATUS_LAUNCH_LIMIT);
  expectText("65536 blocks in grid dimension y");
  EXPECT_EQ(fake().launches, 0);
}

TEST_F(FakeGpu, KG7002OutOfDeviceMemory) {
  fake().memory_limit = 1000;
  void *pointer;
  EXPECT_OK(kgen_buffer_allocate(device, 900, &pointer));
  void *second;
  EXPECT_EQ(kgen_buffer_allocate(device, 200, &second),
            KGEN_STATUS_OUT_OF_MEMORY);
  expectText("a buffer of 200 bytes");
  EXPECT_OK(kgen_buffer_free(device, pointer));
}

TEST_F(FakeGpu, KG7024AssemblerLogIsShown) {
  if (!isCuda())
    GTEST_SKIP() << "HIP has no assembler log";
  ArtifactBuilder builder = axpyArtifact();
  builder.header.code_format = KGEN_CODE_PTX;
  builder.code = "ptx without sense";
  fake().assembler_log = "ptxas error : syntax error near 'sense'";
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_CODE_REJECTED);
  expectText("syntax error near 'sense'");
}

TEST_F(FakeGpu, PtxOfAnOlderArchIsGivenToTheDriver) {
  if (!isCuda())
    GTEST_SKIP() << "PTX is CUDA's";
  ArtifactBuilder builder = axpyArtifact();
  builder.header.code_format = KGEN_CODE_PTX;
  builder.setArch("sm_80");
  builder.code = ".version 7.0";
  EXPECT_OK(load(builder.build()));
}

/// The kernel with a tensor map of x.
ArtifactBuilder mappedArtifact() {
  ArtifactBuilder builder = axpyArtifact();
  builder.addMap(0, {4, 64});
  return builder;
}

TEST_F(FakeGpu, KG7026TheDriverRefusesATensorMap) {
  if (!isCuda())
    GTEST_SKIP() << "tensor maps are CUDA's";
  ASSERT_OK(load(mappedArtifact().build()));
  std::vector<kgen_argument_t> arguments = makeArguments(8);
  failNext("cuTensorMapEncodeTiled", 1);
  EXPECT_EQ(launch(arguments), KGEN_STATUS_DRIVER_ERROR);
  expectText("cuTensorMapEncodeTiled returned 1");
  EXPECT_EQ(fake().launches, 0);
  EXPECT_OK(launch(arguments)); // the failure was not kept
}

TEST_F(FakeGpu, KG7026TheDriverRefusesACluster) {
  if (!isCuda())
    GTEST_SKIP() << "clusters are CUDA's";
  ArtifactBuilder builder = axpyArtifact();
  builder.header.cluster[0] = 4;
  builder.header.cluster[1] = builder.header.cluster[2] = 1;
  ASSERT_OK(load(builder.build()));
  failNext("cuLaunchKernelEx", 912); // CUDA_ERROR_INVALID_CLUSTER_SIZE
  EXPECT_EQ(launch(makeArguments(8)), KGEN_STATUS_DRIVER_ERROR);
  expectText("cuLaunchKernelEx returned 912");
}

ArtifactBuilder persistentPairs() {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.grid_kind = KGEN_GRID_PERSISTENT;
  builder.header.blocks_per_processor = 1;
  builder.header.cluster[0] = 2;
  builder.header.cluster[1] = builder.header.cluster[2] = 1;
  return builder;
}

// Not every processor may have another one for a cluster.
TEST_F(FakeGpu, PersistentClustersAreThoseThatRunAtOnce) {
  if (!isCuda())
    GTEST_SKIP() << "clusters are CUDA's";
  ArtifactBuilder builder = persistentPairs();
  std::vector<kgen_argument_t> arguments = makeArguments(64 * 200);
  auto expectBlocks = [&](int clusters, unsigned blocks) {
    fake().active_clusters = clusters;
    ASSERT_OK(load(builder.build()));
    ASSERT_OK(launch(arguments));
    EXPECT_EQ(fake().grid[0], blocks);
    EXPECT_EQ(fake().cluster[0], 2u);
  };
  expectBlocks(60, 120);
  expectBlocks(100, 132); // no more than the artefact asks for
  expectBlocks(0, 2);     // the launch itself will say why
}

TEST_F(FakeGpu, KG7026TheDriverCannotCountClusters) {
  if (!isCuda())
    GTEST_SKIP() << "clusters are CUDA's";
  failNext("cuOccupancyMaxActiveClusters", 912);
  EXPECT_EQ(load(persistentPairs().build()), KGEN_STATUS_DRIVER_ERROR);
  expectText("cuOccupancyMaxActiveClusters returned 912");
}

TEST_F(FakeGpu, KG7009HopperKernelsOnOtherDevices) {
  if (!isCuda())
    GTEST_SKIP() << "tensor maps are CUDA's";
  for (int major : {8, 10}) {
    fake().major = major;
    kgen_device_t *other;
    ASSERT_OK(kgen_device_open("cuda", nullptr, &other));
    ArtifactBuilder builder = mappedArtifact();
    builder.setArch(major == 8 ? "sm_80" : "sm_90a");
    std::string bytes = builder.build();
    kgen_artifact_t *artifact;
    kgen_kernel_t *refused;
    ASSERT_OK(kgen_artifact_load(bytes.data(), bytes.size(), &artifact));
    EXPECT_EQ(kgen_kernel_load(other, artifact, &refused),
              KGEN_STATUS_ARTIFACT_ARCH)
        << major;
    kgen_artifact_destroy(artifact);
    kgen_device_close(other);
  }
  fake().major = 9;
  ArtifactBuilder builder = mappedArtifact();
  builder.setArch("sm_90a");
  EXPECT_OK(load(builder.build()));
}

TEST_F(FakeGpu, KG7012NoDriverLibrary) {
  kgen_device_t *opened;
  useFakeLibrary("libkgen-no-such-library.so");
  EXPECT_EQ(kgen_device_open(pick("cuda", "hip"), nullptr, &opened),
            KGEN_STATUS_DRIVER_UNAVAILABLE);
  EXPECT_EQ(opened, nullptr);
  expectText("libkgen-no-such-library.so");
  EXPECT_OK(launch(makeArguments(8))); // what is open goes on
}

TEST_F(FakeGpu, KG7012LibraryTooOld) {
  kgen_device_t *opened;
  useFakeLibrary("libm.so.6");
  EXPECT_EQ(kgen_device_open(pick("cuda", "hip"), nullptr, &opened),
            KGEN_STATUS_DRIVER_UNAVAILABLE);
  expectText(pick("has no function cuInit", "has no function hipInit"));
}

TEST_F(FakeGpu, KG7012LibraryWithoutADevice) {
  kgen_device_t *opened;
  useFakeLibrary(KGEN_TEST_FAKE_PATH); // initialises anew
  failNext(pick("cuInit", "hipInit"), 100);
  EXPECT_EQ(kgen_device_open(pick("cuda", "hip"), nullptr, &opened),
            KGEN_STATUS_DRIVER_UNAVAILABLE);
  EXPECT_OK(kgen_device_open(pick("cuda", "hip"), nullptr, &opened));
  kgen_device_close(opened);
}

TEST_F(FakeGpu, KG7013NoSuchOrdinal) {
  kgen_device_t *opened;
  EXPECT_EQ(kgen_device_open(pick("cuda:1", "hip:1"), nullptr, &opened),
            KGEN_STATUS_DEVICE_NOT_FOUND);
  expectText("devices here: 1, ordinal asked for: 1");
  fake().device_count = 0;
  EXPECT_EQ(
      kgen_device_open_for(kgen_kernel_artifact(kernel), nullptr, &opened),
      KGEN_STATUS_DEVICE_NOT_FOUND);
  fake().device_count = 1;
}

TEST_F(FakeGpu, TheCallersContextStays) {
  fake().device_count = 2;
  kgen_device_t *second;
  ASSERT_OK(kgen_device_open(pick("cuda:1", "hip:1"), nullptr, &second));
  fake().current_device = 0;
  void *pointer;
  ASSERT_OK(kgen_buffer_allocate(second, 64, &pointer));
  EXPECT_EQ(fake().current_device, 0);
  for (const fake_allocation_t &it : fake().allocations) {
    if (it.pointer == pointer) {
      EXPECT_EQ(it.device, 1);
    }
  }
  EXPECT_OK(kgen_buffer_free(second, pointer));
  kgen_device_close(second);
}

TEST_F(FakeGpu, AFailedLoadUnloadsItsModule) {
  ArtifactBuilder builder = axpyArtifact();
  builder.setKernelName("absent");
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_CODE_REJECTED);
  EXPECT_EQ(fake().live_modules, 0);
}

/// Words of an axpy call on pointers of any kind.
std::vector<int64_t> pack(const void *x, const void *y, const void *out) {
  auto word = [](const void *pointer) {
    return static_cast<int64_t>(reinterpret_cast<uintptr_t>(pointer));
  };
  return {word(x), 2, 4, 4, word(y), 2, 4, 4, 0, word(out), 2, 4, 4};
}

int32_t invoke(const std::string &artifact, const std::vector<int64_t> &words) {
  return kgen_host_invoke(artifact.data(),
                          static_cast<int64_t>(artifact.size()), words.data(),
                          static_cast<int64_t>(words.size()));
}

TEST_F(FakeGpu, HostInvokeRunsWhereThePointersAre) {
  static const std::string artifact = axpyArtifact().build();
  fake().device_count = 2;
  kgen_device_t *second;
  void *pointer;
  ASSERT_OK(kgen_device_open(pick("cuda:1", "hip:1"), nullptr, &second));
  ASSERT_OK(kgen_buffer_allocate(second, 64, &pointer));
  float y[16] = {}, out[16] = {};
  EXPECT_EQ(invoke(artifact, pack(pointer, y, out)), 0) << kgen_last_error();
  EXPECT_EQ(fake().launch_device, 1);
  EXPECT_EQ(invoke(artifact, pack(y, y, out)), 0) << kgen_last_error();
  EXPECT_OK(kgen_buffer_free(second, pointer));
  kgen_device_close(second);
  expectedModules = fake().live_modules - 1; // the fixture's own goes
}

TEST_F(FakeGpu, HostInvokeUsesManagedMemoryInPlace) {
  static const std::string artifact = axpyArtifact().build();
  fake().managed_next = 1;
  void *pointer = allocate(64);
  float y[16] = {}, out[16] = {};
  fake().argument_count = 7;
  EXPECT_EQ(invoke(artifact, pack(pointer, y, out)), 0) << kgen_last_error();
  EXPECT_EQ(fake().arguments[0], reinterpret_cast<uint64_t>(pointer));
  EXPECT_NE(fake().arguments[2], reinterpret_cast<uint64_t>(&y[0]));
  expectedModules = fake().live_modules - 1;
}

TEST_F(FakeGpu, HostInvokeFreesAndKeepsTheFirstErrorOnFailure) {
  static const std::string artifact = axpyArtifact().build();
  float x[16] = {}, out[16] = {};
  ASSERT_EQ(invoke(artifact, pack(x, x, out)), 0) << kgen_last_error();
  failNext(pick("cuLaunchKernel", "hipModuleLaunchKernel"), 999);
  EXPECT_EQ(invoke(artifact, pack(x, x, out)), KGEN_STATUS_DRIVER_ERROR);
  expectText("returned 999");
  expectedModules = fake().live_modules - 1;
}

} // namespace
