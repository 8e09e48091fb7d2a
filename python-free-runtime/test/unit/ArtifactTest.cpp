//===- ArtifactTest.cpp - Damaged and faulty artefacts
//-----------------------===//
#include "artifact_builder.h"
#include "kgen_runtime.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <functional>

using namespace kgen::runtime_test;

namespace {

ArtifactBuilder makeBuilder() {
  ArtifactBuilder builder;
  builder.header.target = KGEN_TARGET_CUDA;
  builder.header.code_format = KGEN_CODE_PTX;
  builder.setArch("sm_80");
  builder.setKernelName("kernel");
  builder.code = "some code";
  builder.info = "{\"problem\": 1}";
  builder.addTensor("q", KGEN_ROLE_INPUT, KGEN_BF16, {-1, 4});
  builder.addScalar("alpha", KGEN_F32);
  builder.addTensor("o", KGEN_ROLE_OUTPUT, KGEN_BF16, {-1, 4});
  builder.header.grid[0] = {0, 0, 1, 64};
  return builder;
}

kgen_status_t load(const std::string &bytes) {
  kgen_artifact_t *artifact = nullptr;
  kgen_status_t status =
      kgen_artifact_load(bytes.data(), bytes.size(), &artifact);
  EXPECT_EQ(status == KGEN_STATUS_OK, artifact != nullptr);
  kgen_artifact_destroy(artifact);
  return status;
}

TEST(Artifact, SaysWhatWasWritten) {
  std::string bytes = makeBuilder().build();
  kgen_artifact_t *artifact;
  ASSERT_EQ(kgen_artifact_load(bytes.data(), bytes.size(), &artifact),
            KGEN_STATUS_OK)
      << kgen_last_error();
  kgen_artifact_info_t info;
  ASSERT_EQ(kgen_artifact_get_info(artifact, &info), KGEN_STATUS_OK);
  EXPECT_EQ(info.target, KGEN_TARGET_CUDA);
  EXPECT_EQ(info.code_format, KGEN_CODE_PTX);
  EXPECT_STREQ(info.arch, "sm_80");
  EXPECT_STREQ(info.kernel_name, "kernel");
  EXPECT_STREQ(info.info_json, "{\"problem\": 1}");
  EXPECT_EQ(info.info_json_size, 14u);
  EXPECT_EQ(std::string(static_cast<const char *>(info.code), info.code_size),
            "some code");
  EXPECT_EQ(info.parameter_count, 3u);
  EXPECT_EQ(info.symbol_count, 1u);
  const kgen_artifact_parameter_t *q = kgen_artifact_get_parameter(artifact, 0);
  ASSERT_NE(q, nullptr);
  EXPECT_STREQ(q->name, "q");
  EXPECT_EQ(q->rank, 2u);
  EXPECT_EQ(q->dimensions[0].size, KGEN_DYNAMIC_SIZE);
  EXPECT_EQ(q->dimensions[0].symbol, 0);
  EXPECT_EQ(q->dimensions[1].size, 4);
  EXPECT_EQ(kgen_artifact_get_parameter(artifact, 3), nullptr);
  kgen_artifact_destroy(artifact);
}

TEST(Artifact, TellsTensorMapsAndClusters) {
  ArtifactBuilder builder = makeBuilder();
  builder.addMap(0, {64, 128}, 128, 256);
  builder.addMap(2, {8, 8}, 32, 64);
  builder.header.cluster[0] = 2;
  builder.header.cluster[1] = builder.header.cluster[2] = 1;
  std::string bytes = builder.build();
  kgen_artifact_t *artifact;
  ASSERT_EQ(kgen_artifact_load(bytes.data(), bytes.size(), &artifact),
            KGEN_STATUS_OK)
      << kgen_last_error();
  kgen_artifact_info_t info;
  ASSERT_EQ(kgen_artifact_get_info(artifact, &info), KGEN_STATUS_OK);
  EXPECT_EQ(info.format_version, uint32_t(KGEN_ARTIFACT_VERSION));
  EXPECT_EQ(info.tensor_map_count, 2u);
  EXPECT_EQ(info.tile_counter, 0u);
  EXPECT_EQ(info.cluster[0], 2u);
  EXPECT_EQ(info.cluster[2], 1u);
  kgen_artifact_destroy(artifact);
}

TEST(Artifact, Version1HasNoTensorMapsWhateverItsReservedBytesAre) {
  ArtifactBuilder builder = makeBuilder();
  builder.header.format_version = 1;
  std::memset(builder.header.cluster, 0x5a,
              sizeof(builder.header) -
                  offsetof(kgen_artifact_header_t, cluster));
  std::string bytes = builder.build();
  kgen_artifact_t *artifact;
  ASSERT_EQ(kgen_artifact_load(bytes.data(), bytes.size(), &artifact),
            KGEN_STATUS_OK)
      << kgen_last_error();
  kgen_artifact_info_t info;
  ASSERT_EQ(kgen_artifact_get_info(artifact, &info), KGEN_STATUS_OK);
  EXPECT_EQ(info.format_version, 1u);
  EXPECT_EQ(info.tensor_map_count, 0u);
  EXPECT_EQ(info.cluster[0], 0u);
  kgen_artifact_destroy(artifact);
}

TEST(Artifact, TellsATileCounter) {
  ArtifactBuilder builder = makeBuilder();
  builder.header.tile_counter = 1;
  std::string bytes = builder.build();
  kgen_artifact_t *artifact;
  ASSERT_EQ(kgen_artifact_load(bytes.data(), bytes.size(), &artifact),
            KGEN_STATUS_OK)
      << kgen_last_error();
  kgen_artifact_info_t info;
  ASSERT_EQ(kgen_artifact_get_info(artifact, &info), KGEN_STATUS_OK);
  EXPECT_EQ(info.format_version, 4u);
  EXPECT_EQ(info.tile_counter, 1u);
  kgen_artifact_destroy(artifact);
}

TEST(Artifact, Version2HasNoTileCounterWhateverItsReservedBytesAre) {
  ArtifactBuilder builder = makeBuilder();
  builder.header.format_version = 2;
  builder.header.tile_counter = 0x5a5a5a5a;
  builder.header.cluster[0] = 2;
  builder.header.cluster[1] = builder.header.cluster[2] = 1;
  std::string bytes = builder.build();
  kgen_artifact_t *artifact;
  ASSERT_EQ(kgen_artifact_load(bytes.data(), bytes.size(), &artifact),
            KGEN_STATUS_OK)
      << kgen_last_error();
  kgen_artifact_info_t info;
  ASSERT_EQ(kgen_artifact_get_info(artifact, &info), KGEN_STATUS_OK);
  EXPECT_EQ(info.format_version, 2u);
  EXPECT_EQ(info.tile_counter, 0u);
  EXPECT_EQ(info.cluster[0], 2u); // what version 2 has is kept
  kgen_artifact_destroy(artifact);
}

TEST(Artifact, NeedsNoAlignmentAndIgnoresWhatFollows) {
  std::string bytes = "x" + makeBuilder().build() + "padding";
  kgen_artifact_t *artifact = nullptr;
  EXPECT_EQ(kgen_artifact_load(bytes.data() + 1, bytes.size() - 1, &artifact),
            KGEN_STATUS_OK)
      << kgen_last_error();
  kgen_artifact_destroy(artifact);
}

TEST(Artifact, KG7003TruncatedAtEveryLength) {
  std::string bytes = makeBuilder().build();
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_EQ(load(bytes.substr(0, length)), KGEN_STATUS_ARTIFACT_TRUNCATED)
        << length << ": " << kgen_last_error();
  load(bytes.substr(0, 100));
  EXPECT_NE(std::strstr(kgen_last_error(), "has 100 bytes, needs "), nullptr)
      << kgen_last_error();
}

TEST(Artifact, KG7004NotAnArtifact) {
  EXPECT_EQ(load("\177ELF and so on, a file of some other kind"),
            KGEN_STATUS_ARTIFACT_MAGIC);
  EXPECT_EQ(load("{}"), KGEN_STATUS_ARTIFACT_MAGIC);
}

TEST(Artifact, KG7005OtherVersions) {
  for (uint32_t version : {KGEN_ARTIFACT_VERSION + 1, 3, 0}) {
    ArtifactBuilder builder = makeBuilder();
    builder.header.format_version = version;
    EXPECT_EQ(load(builder.build()), KGEN_STATUS_ARTIFACT_VERSION);
    EXPECT_NE(std::strstr(kgen_last_error(), "versions 1, 2 and 4"), nullptr)
        << kgen_last_error();
  }
}

TEST(Artifact, KG7005NewerVersionEvenWithAnotherHeader) {
  ArtifactBuilder builder = makeBuilder();
  builder.header.format_version = KGEN_ARTIFACT_VERSION + 1;
  std::string bytes = builder.build().substr(0, KGEN_ARTIFACT_CHECKSUM_START);
  EXPECT_EQ(load(bytes), KGEN_STATUS_ARTIFACT_VERSION);
}

TEST(Artifact, KG7006EveryFlippedBitIsSeen) {
  for (uint32_t version : {1u, 2u, 4u}) {
    ArtifactBuilder builder = makeBuilder();
    builder.header.format_version = version;
    std::string bytes = builder.build();
    for (size_t byte = 0; byte < bytes.size(); ++byte)
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = bytes;
        damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
        kgen_status_t status = load(damaged);
        EXPECT_NE(status, KGEN_STATUS_OK) << byte << " bit " << bit;
        if (byte >= KGEN_ARTIFACT_CHECKSUM_START) {
          EXPECT_EQ(status, KGEN_STATUS_ARTIFACT_CORRUPT)
              << byte << " bit " << bit << ": " << kgen_last_error();
        }
      }
  }
}

/// Faults that a checksum cannot see: the writer made them.
struct Fault {
  const char *name;
  std::function<void(ArtifactBuilder &)> inject;
};
void PrintTo(const Fault &fault, std::ostream *stream) { *stream << fault.name; }

class MalformedArtifact : public testing::TestWithParam<Fault> {};

TEST_P(MalformedArtifact, KG7007IsRefused) {
  ArtifactBuilder builder = makeBuilder();
  GetParam().inject(builder);
  EXPECT_EQ(load(builder.build()), KGEN_STATUS_ARTIFACT_MALFORMED)
      << kgen_last_error();
}

const Fault faults[] = {
    {"HeaderSize", [](auto &b) { b.header.header_size = 8; }},
    {"Target", [](auto &b) { b.header.target = 9; }},
    {"CodeFormat", [](auto &b) { b.header.code_format = KGEN_CODE_HSACO; }},
    {"ArchEnd", [](auto &b) { std::memset(b.header.arch, 'x', 32); }},
    {"NameEnd", [](auto &b) { std::memset(b.header.kernel_name, 'x', 128); }},
    {"NameEmpty", [](auto &b) { b.setKernelName(""); }},
    {"Threads", [](auto &b) { b.header.threads_per_block = 0; }},
    {"Shared", [](auto &b) { b.header.dynamic_shared_bytes = 1ull << 40; }},
    {"Symbols", [](auto &b) { b.header.symbol_count = 100000; }},
    {"ParameterCount", [](auto &b) { b.parameters.resize(65); }},
    {"ParameterSize", [](auto &b) { b.header.parameter_size = 8; }},
    {"ParameterName",
     [](auto &b) { std::memset(b.parameters[0].name, 'x', 48); }},
    {"Role", [](auto &b) { b.parameters[0].role = 0; }},
    {"Kind", [](auto &b) { b.parameters[0].kind = 3; }},
    {"ElementType", [](auto &b) { b.parameters[0].element_type = 99; }},
    {"Rank", [](auto &b) { b.parameters[0].rank = 9; }},
    {"ScalarRank", [](auto &b) { b.parameters[1].rank = 1; }},
    {"Alignment", [](auto &b) { b.parameters[0].alignment = 12; }},
    {"Size", [](auto &b) { b.parameters[0].dimensions[0].size = -2; }},
    {"Symbol", [](auto &b) { b.parameters[0].dimensions[0].symbol = 1; }},
    {"SymbolSign", [](auto &b) { b.parameters[0].dimensions[0].symbol = -2; }},
    {"GridParameter", [](auto &b) { b.header.grid[0].parameter = 3; }},
    {"GridDimension", [](auto &b) { b.header.grid[0].dimension = 2; }},
    {"GridOfScalar", [](auto &b) { b.header.grid[0].parameter = 1; }},
    {"GridDivisor", [](auto &b) { b.header.grid[0].divisor = 0; }},
    {"Cluster", [](auto &b) { b.header.cluster[0] = 9; }},
    {"ClusterPart", [](auto &b) { b.header.cluster[1] = 2; }},
    {"ClusterBlocks",
     [](auto &b) {
       for (uint32_t &extent : b.header.cluster)
         extent = 4;
     }},
    {"GridKind", [](auto &b) { b.header.grid_kind = 2; }},
    {"PersistentBlocks",
     [](auto &b) { b.header.grid_kind = KGEN_GRID_PERSISTENT; }},
    {"PlainBlocks", [](auto &b) { b.header.blocks_per_processor = 1; }},
    {"PersistentCluster",
     [](auto &b) {
       b.header.grid_kind = KGEN_GRID_PERSISTENT;
       b.header.blocks_per_processor = 1;
       b.header.cluster[0] = b.header.cluster[2] = 1;
       b.header.cluster[1] = 2;
     }},
    {"MapsOnOtherTarget",
     [](auto &b) {
       b.addMap(0, {8, 8});
       b.header.target = KGEN_TARGET_HIP;
       b.header.code_format = KGEN_CODE_HSACO;
     }},
    {"MapCount", [](auto &b) { b.header.tensor_map_count = 17; }},
    {"MapSize",
     [](auto &b) {
       b.addMap(0, {8, 8});
       b.header.tensor_map_size = 128;
     }},
    {"MapsOffset",
     [](auto &b) {
       b.header.tensor_map_count = 1;
       b.header.tensor_map_size = sizeof(kgen_artifact_tensor_map_t);
       b.header.tensor_maps_offset = 1 << 20;
     }},
    {"MapsOffsetOdd",
     [](auto &b) {
       b.header.tensor_map_count = 1;
       b.header.tensor_map_size = sizeof(kgen_artifact_tensor_map_t);
       b.header.tensor_maps_offset = sizeof(b.header) + 4;
     }},
    {"MapParameter",
     [](auto &b) {
       b.addMap(0, {8, 8});
       b.maps[0].parameter = 3;
     }},
    {"MapParameterSign",
     [](auto &b) {
       b.addMap(0, {8, 8});
       b.maps[0].parameter = -1;
     }},
    {"MapOfScalar", [](auto &b) { b.addMap(1, {8}); }},
    {"MapRank",
     [](auto &b) {
       b.addMap(0, {8, 8});
       b.maps[0].rank = 1;
     }},
    {"MapElementType",
     [](auto &b) {
       b.addMap(0, {8, 8});
       b.maps[0].element_type = KGEN_F16;
     }},
    {"MapWithoutType",
     [](auto &b) {
       b.parameters[0].element_type = KGEN_I64;
       b.addMap(0, {8, 8});
     }},
    {"MapBoxEmpty", [](auto &b) { b.addMap(0, {8, 0}); }},
    {"MapBoxLarge", [](auto &b) { b.addMap(0, {8, 257}); }},
    {"MapBoxRow", [](auto &b) { b.addMap(0, {4, 8}); }},
    {"MapSwizzle", [](auto &b) { b.addMap(0, {8, 8}, 16); }},
    {"MapSwizzleRow", [](auto &b) { b.addMap(0, {32, 8}, 32); }},
    {"MapPromotion", [](auto &b) { b.addMap(0, {8, 8}, 0, 32); }},
    {"TileCounter", [](auto &b) { b.header.tile_counter = 2; }},
    {"TileCounterOnHip",
     [](auto &b) {
       b.header.tile_counter = 1;
       b.header.target = KGEN_TARGET_HIP;
       b.header.code_format = KGEN_CODE_HSACO;
     }},
    {"TileCounterOnCpu",
     [](auto &b) {
       b.header.tile_counter = 1;
       b.header.target = KGEN_TARGET_CPU;
       b.header.code_format = KGEN_CODE_ELF_SHARED_OBJECT;
     }},
    {"GridMultiplier", [](auto &b) { b.header.grid[1].multiplier = 0; }},
};

INSTANTIATE_TEST_SUITE_P(Faults, MalformedArtifact, testing::ValuesIn(faults),
                         [](const auto &it) { return it.param.name; });

/// Faults of the layout, injected into the finished bytes.
class MalformedLayout
    : public testing::TestWithParam<std::pair<std::string, size_t>> {};

TEST_P(MalformedLayout, KG7007IsRefused) {
  for (uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 20,
                         ~uint64_t{0}, ~uint64_t{0} - 7}) {
    std::string bytes = makeBuilder().build();
    std::memcpy(&bytes[GetParam().second], &value, sizeof(value));
    seal(bytes);
    EXPECT_EQ(load(bytes), KGEN_STATUS_ARTIFACT_MALFORMED)
        << value << ": " << kgen_last_error();
  }
}

#define FIELD(name)                                                            \
  std::make_pair(std::string(#name), offsetof(kgen_artifact_header_t, name))
INSTANTIATE_TEST_SUITE_P(Fields, MalformedLayout,
                         testing::Values(FIELD(parameters_offset),
                                         FIELD(code_offset), FIELD(code_size),
                                         FIELD(info_offset), FIELD(info_size)),
                         [](const auto &it) { return it.param.first; });

TEST(Artifact, KG7010UnreadableFile) {
  kgen_artifact_t *artifact;
  EXPECT_EQ(kgen_artifact_load_file("/no/such/file.kgen", &artifact),
            KGEN_STATUS_FILE_UNREADABLE);
  EXPECT_EQ(artifact, nullptr);
  EXPECT_NE(std::strstr(kgen_last_error(), "/no/such/file.kgen"), nullptr);
  EXPECT_EQ(kgen_artifact_load_file("/", &artifact),
            KGEN_STATUS_FILE_UNREADABLE);
}

TEST(Artifact, LoadsFromAFile) {
  std::string path = testing::TempDir() + "kgen-artifact-test.kgen";
  ArtifactBuilder builder = makeBuilder();
  builder.code = std::string(200000, 'c'); // larger than one read
  std::string bytes = builder.build();
  FILE *file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
  std::fclose(file);
  kgen_artifact_t *artifact;
  EXPECT_EQ(kgen_artifact_load_file(path.c_str(), &artifact), KGEN_STATUS_OK)
      << kgen_last_error();
  kgen_artifact_destroy(artifact);
  std::remove(path.c_str());
}

TEST(Artifact, KG7001NullArguments) {
  kgen_artifact_t *artifact;
  kgen_artifact_info_t info;
  EXPECT_EQ(kgen_artifact_load(nullptr, 4, &artifact),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_artifact_load("x", 1, nullptr), KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_artifact_load_file(nullptr, &artifact),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_artifact_get_info(nullptr, &info),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_artifact_get_parameter(nullptr, 0), nullptr);
  kgen_artifact_destroy(nullptr);
}

} // namespace
