//===- EmulatedTest.cpp - What only emulated devices do
//--------------------===//
#include "conformance.h"
#include "fake/fake_emulator.h"

#include <cstring>
#include <dlfcn.h>

extern "C" void kgen_emulator_set_library(const char *path);

using namespace kgen::runtime_test;

namespace {

fake_emulator_t &fake() {
  static void *library =
      dlopen(KGEN_TEST_FAKE_EMULATOR_PATH, RTLD_NOW | RTLD_LOCAL);
  using Function = fake_emulator_t *();
  return *reinterpret_cast<Function *>(dlsym(library, "fake_emulator"))();
}

bool isCuda() { return conformanceDriver().target == KGEN_TARGET_CUDA; }

void expectText(const char *words) {
  EXPECT_NE(std::strstr(kgen_last_error(), words), nullptr)
      << kgen_last_error();
}

class Emulated : public Conformance {
protected:
  void TearDown() override {
    kgen_emulator_set_library(KGEN_TEST_FAKE_EMULATOR_PATH);
    fake().version = 0;
    Conformance::TearDown();
    EXPECT_EQ(fake().live_buffers, 0);
    EXPECT_EQ(fake().live_codes, 0);
    EXPECT_EQ(fake().live_devices, 0);
  }
  /// The kernel with lines of the fake emulator's language in its code.
  kgen_status_t loadWith(const std::string &lines) {
    ArtifactBuilder builder = axpyArtifact();
    builder.code += lines;
    return load(builder.build());
  }
};

TEST_F(Emulated, SaysThatItIsEmulated) {
  kgen_device_info_t info;
  ASSERT_OK(kgen_device_get_info(device, &info));
  EXPECT_EQ(info.name, conformanceDriver().device);
  EXPECT_EQ(info.emulated, 1);
  EXPECT_EQ(info.target, conformanceDriver().target);
  EXPECT_STREQ(info.description,
               isCuda() ? "Fake H100, emulated" : "Fake MI300X, emulated");
  EXPECT_EQ(info.processors, isCuda() ? 132 : 304);
}

TEST_F(Emulated, IsNoHardware) {
  size_t count = 0;
  ASSERT_OK(kgen_device_enumerate(nullptr, 0, &count));
  std::vector<kgen_device_info_t> infos(count);
  ASSERT_OK(kgen_device_enumerate(infos.data(), count, &count));
  for (const kgen_device_info_t &info : infos)
    EXPECT_EQ(info.emulated, 0) << info.name;
  kgen_device_t *opened = nullptr;
  if (kgen_device_open_for(kgen_kernel_artifact(kernel), nullptr, &opened) !=
      KGEN_STATUS_OK)
    return; // no GPU here: nothing was opened in its place
  kgen_device_info_t info;
  ASSERT_OK(kgen_device_get_info(opened, &info));
  EXPECT_EQ(info.emulated, 0);
  kgen_device_close(opened);
}

TEST_F(Emulated, IsListedWhenAskedFor) {
  size_t count = 0;
  ASSERT_OK(kgen_device_enumerate_emulated(nullptr, 0, &count));
  EXPECT_EQ(count, 3u);
  kgen_device_info_t infos[2];
  ASSERT_OK(kgen_device_enumerate_emulated(infos, 2, &count));
  EXPECT_EQ(count, 3u);
  EXPECT_STREQ(infos[0].name, "emulated:sm_80");
  EXPECT_STREQ(infos[1].name, "emulated:sm_90a");
}

TEST_F(Emulated, KG7001ListsWithoutAPlaceForThem) {
  EXPECT_EQ(kgen_device_enumerate_emulated(nullptr, 1, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
}

TEST_F(Emulated, KG7011NamesThatAreNone) {
  for (const char *name :
       {"emulated", "emulated:", "emulated:sm_75", "emulated:0",
        "emulated:sm_80,", "emulated:sm_80,seed=", "emulated:sm_80,seed=-1",
        "emulated:sm_80,seed=x", "emulated:sm_80,seed=1x",
        "emulated:sm_80,seed=99999999999999999999", "emulated:sm_80,sed=1",
        "emulated:sm_80,processors=0", "emulated:sm_80,processors=65536",
        "emulated:sm_80,processors=", "emulated:sm_80,processors=-1",
        "emulated:sm_80,processors=2,processors=2",
        "emulated:sm_80,seed=1,processors=2",
        "emulated sm_80", "emulated:a name that is longer than any arch is"}) {
    kgen_device_t *opened;
    EXPECT_EQ(kgen_device_open(name, nullptr, &opened),
              KGEN_STATUS_UNKNOWN_DEVICE_NAME)
        << name;
    EXPECT_EQ(opened, nullptr);
  }
  kgen_device_t *opened;
  kgen_device_open("emulated:sm_75", nullptr, &opened);
  expectText("emulated are sm_80, sm_90a, gfx942");
}

TEST_F(Emulated, InterleavingIsTheNamesSeedAndTheVariation) {
  kgen_kernel_destroy(kernel);
  kernel = nullptr;
  kgen_device_close(device);
  device = nullptr;
  std::string name = conformanceDriver().device + ",seed=40";
  ASSERT_OK(kgen_device_open(name.c_str(), nullptr, &device));
  kgen_device_info_t info;
  ASSERT_OK(kgen_device_get_info(device, &info));
  EXPECT_EQ(info.name, name);
  ASSERT_OK(load(axpyArtifact().build()));
  std::vector<kgen_argument_t> arguments = makeArguments(8);
  ASSERT_OK(launch(arguments));
  EXPECT_EQ(fake().last_seed, 40u);
  EXPECT_EQ(fake().last_argument_count, 7u) << "three tensors with a dynamic "
                                               "size each, and a scalar";
  ASSERT_OK(kgen_device_vary_interleaving(device, 2));
  ASSERT_OK(launch(arguments));
  EXPECT_EQ(fake().last_seed, 42u);
}

TEST_F(Emulated, PersistentGridsAreForTheNamesProcessors) {
  kgen_kernel_destroy(kernel);
  kernel = nullptr;
  kgen_device_close(device);
  device = nullptr;
  std::string name =
      conformanceDriver().device + ",processors=65535,seed=18446744073709551615";
  ASSERT_OK(kgen_device_open(name.c_str(), nullptr, &device));
  kgen_device_info_t info;
  ASSERT_OK(kgen_device_get_info(device, &info));
  EXPECT_EQ(info.name, name); // the longest one fits
  kgen_device_close(device);
  device = nullptr;
  name = conformanceDriver().device + ",processors=2";
  ASSERT_OK(kgen_device_open(name.c_str(), nullptr, &device));
  ASSERT_OK(kgen_device_get_info(device, &info));
  EXPECT_EQ(info.name, name);
  EXPECT_EQ(info.processors, 2);
  ArtifactBuilder builder = axpyArtifact();
  builder.header.grid_kind = KGEN_GRID_PERSISTENT;
  builder.header.blocks_per_processor = 3;
  ASSERT_OK(load(builder.build()));
  ASSERT_OK(launch(makeArguments(1000))); // 16 tiles
  EXPECT_EQ(fake().grid[0], 6);
}

TEST_F(Emulated, CountsWhatRan) {
  kgen_device_counts_t before, after;
  ASSERT_OK(kgen_device_get_counts(device, &before));
  EXPECT_EQ(before.launches, 0u);
  ASSERT_OK(launch(makeArguments(130))); // three blocks
  ASSERT_OK(kgen_device_get_counts(device, &after));
  EXPECT_EQ(after.launches, 1u);
  EXPECT_EQ(after.issue_cycles, 3u * FAKE_CYCLES_PER_BLOCK);
  EXPECT_EQ(after.instructions, 3u * FAKE_INSTRUCTIONS_PER_BLOCK);
  EXPECT_EQ(after.integer_instructions, after.instructions);
}

TEST_F(Emulated, KG7001CountsOfHardware) {
  kgen_device_t *cpu;
  ASSERT_OK(kgen_device_open("cpu", nullptr, &cpu));
  kgen_device_counts_t counts;
  EXPECT_EQ(kgen_device_get_counts(cpu, &counts), KGEN_STATUS_INVALID_ARGUMENT);
  expectText("cpu is no emulated device");
  EXPECT_EQ(kgen_device_vary_interleaving(cpu, 1),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_device_get_counts(device, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  kgen_device_close(cpu);
}

TEST_F(Emulated, KG7030EventsHaveNoTime) {
  kgen_event_t *start, *stop;
  ASSERT_OK(kgen_event_create(device, &start));
  ASSERT_OK(kgen_event_create(device, &stop));
  EXPECT_OK(kgen_event_record(start, nullptr));
  EXPECT_OK(kgen_event_record(stop, nullptr));
  EXPECT_OK(kgen_event_synchronize(stop));
  double milliseconds;
  EXPECT_EQ(kgen_event_elapsed(start, stop, &milliseconds),
            KGEN_STATUS_NO_CLOCK);
  expectText("read the device's counts instead");
  kgen_event_destroy(start);
  kgen_event_destroy(stop);
}

TEST_F(Emulated, KG7029FindingsAreTheReport) {
  if (!isCuda())
    GTEST_SKIP() << "the fake reads findings from PTX";
  ASSERT_OK(loadWith("// finding at 1: [KG9023] ld.shared and st.shared\n"));
  std::vector<kgen_argument_t> arguments = makeArguments(8);
  EXPECT_OK(launch(arguments));
  ASSERT_OK(kgen_device_vary_interleaving(device, 1));
  EXPECT_EQ(launch(arguments), KGEN_STATUS_EMULATION_FINDING);
  expectText("[KG7029] [KG9023] ld.shared and st.shared: correct the kernel");
  ASSERT_OK(kgen_device_vary_interleaving(device, 2));
  EXPECT_OK(launch(arguments)); // the device goes on
}

TEST_F(Emulated, AFindingLeavesTheTileCounterAtZero) {
  if (!isCuda())
    GTEST_SKIP() << "tile counters are CUDA's";
  ArtifactBuilder builder = axpyArtifact();
  builder.header.tile_counter = 1;
  builder.code += "// finding at 1: [KG9029] no warp can go on\n";
  ASSERT_OK(load(builder.build()));
  fake().counter_index = 7;
  std::vector<kgen_argument_t> arguments = makeArguments(8);
  ASSERT_OK(kgen_device_vary_interleaving(device, 1));
  EXPECT_EQ(launch(arguments), KGEN_STATUS_EMULATION_FINDING);
  EXPECT_EQ(fake().last_argument_count, 8u);
  uint32_t *counter = fake().counter;
  ASSERT_NE(counter, nullptr);
  EXPECT_EQ(*counter, 0u);
  ASSERT_OK(kgen_device_vary_interleaving(device, 0));
  EXPECT_OK(launch(arguments));
  EXPECT_EQ(fake().counter, counter);
}

TEST_F(Emulated, KG7026StatusThatNobodyKnows) {
  fake().fail_status = 4;
  EXPECT_EQ(launch(makeArguments(8)), KGEN_STATUS_DRIVER_ERROR);
  expectText("the emulator returned 4: as the test asked");
}

TEST_F(Emulated, KG7024CubinsAreNotEmulated) {
  if (!isCuda())
    GTEST_SKIP() << "cubins are CUDA's";
  ArtifactBuilder builder = axpyArtifact();
  builder.header.code_format = KGEN_CODE_CUBIN;
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_CODE_REJECTED);
  expectText("compile with ptxas=none or with target=emulated:sm_90a");
}

TEST_F(Emulated, OlderPtxRunsUnlessItIsOfOneArch) {
  if (!isCuda())
    GTEST_SKIP() << "PTX is CUDA's";
  ArtifactBuilder builder = axpyArtifact();
  builder.setArch("sm_80");
  EXPECT_OK(load(builder.build()));
  builder.setArch("sm_90");
  EXPECT_OK(load(builder.build()));
  for (const char *arch : {"sm_90f", "sm_80a", "sm_100a"}) {
    builder.setArch(arch);
    EXPECT_EQ(load(builder.build()), KGEN_STATUS_ARTIFACT_ARCH) << arch;
  }
}

TEST_F(Emulated, KG7008TargetIsTheArchitectures) {
  ArtifactBuilder builder = axpyArtifact();
  builder.header.target = isCuda() ? KGEN_TARGET_HIP : KGEN_TARGET_CUDA;
  builder.header.code_format = isCuda() ? KGEN_CODE_HSACO : KGEN_CODE_PTX;
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_ARTIFACT_TARGET);
  expectText(isCuda()
                 ? "artefact is for target hip, emulated:sm_90a is of cuda"
                 : "artefact is for target cuda, emulated:gfx942 is of hip");
}

TEST_F(Emulated, KG7001PointersOutsideBuffers) {
  char *buffer = static_cast<char *>(allocate(64));
  char host[128] = {};
  EXPECT_EQ(kgen_copy_to_device(device, buffer, host, 65, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_copy_to_host(device, host, buffer + 60, 8, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_copy_on_device(device, buffer, host, 8, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_fill(device, host, 0, 1, 8, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  expectText("8 bytes at");
  EXPECT_EQ(kgen_buffer_free(device, host), KGEN_STATUS_INVALID_ARGUMENT);
}

TEST_F(Emulated, KG7001StreamsOfAVendor) {
  kgen_stream_t *stream;
  EXPECT_EQ(kgen_stream_adopt(device, device, &stream),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(stream, nullptr);
}

TEST_F(Emulated, ResourcesAreTheProgramsOwn) {
  kgen_resources_t resources;
  ASSERT_OK(kgen_kernel_get_resources(kernel, &resources));
  EXPECT_EQ(resources.registers, -1);
  EXPECT_EQ(resources.local_bytes, 16);
  EXPECT_EQ(resources.static_shared_bytes, 48);
  EXPECT_EQ(resources.max_threads, 1024);
}

TEST_F(Emulated, ProgramsAreDescribedInTheCallersBytes) {
  char text[16] = "";
  ASSERT_OK(kgen_kernel_describe(kernel, text, sizeof text));
  EXPECT_STREQ(text, "a program");
  ASSERT_OK(kgen_kernel_describe(kernel, text, 6));
  EXPECT_STREQ(text, "a pro");
  EXPECT_EQ(kgen_kernel_describe(kernel, text, 0),
            KGEN_STATUS_INVALID_ARGUMENT);
  expectText("size is 0");
  EXPECT_EQ(kgen_kernel_describe(kernel, nullptr, 1),
            KGEN_STATUS_INVALID_ARGUMENT);
  expectText("text is NULL");
  EXPECT_EQ(kgen_kernel_describe(nullptr, text, 1),
            KGEN_STATUS_INVALID_ARGUMENT);
  expectText("kernel is NULL");
}

TEST_F(Emulated, KG7012NoLibrary) {
  kgen_device_t *opened;
  kgen_emulator_set_library("libkgen-no-such-library.so");
  EXPECT_EQ(kgen_device_open("emulated:sm_80", nullptr, &opened),
            KGEN_STATUS_DRIVER_UNAVAILABLE);
  expectText("emulated devices need libkgen-no-such-library.so");
  size_t count;
  EXPECT_EQ(kgen_device_enumerate_emulated(nullptr, 0, &count),
            KGEN_STATUS_DRIVER_UNAVAILABLE);
  EXPECT_EQ(count, 0u);
  EXPECT_OK(launch(makeArguments(8))); // what is open goes on
}

TEST_F(Emulated, KG7012LibraryOfAnotherVersion) {
  fake().version = 99;
  kgen_emulator_set_library(KGEN_TEST_FAKE_EMULATOR_PATH); // loads anew
  kgen_device_t *opened;
  EXPECT_EQ(kgen_device_open("emulated:sm_80", nullptr, &opened),
            KGEN_STATUS_DRIVER_UNAVAILABLE);
  expectText("the emulator's table has version 99");
}

} // namespace
