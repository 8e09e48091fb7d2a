//===- ArtifactWriterTest.cpp - The bytes that the runtime reads ------------===//

#include "kgen/Target/Common/ArtifactWriter.h"

#include "kgen/Support/Hash.h"
#include "kgen_artifact.h"

#include "gtest/gtest.h"

#include <cstring>

using namespace kgen;

namespace {

KernelCode someCode() {
  KernelCode code;
  code.format = CodeFormat::Cubin;
  code.bytes = std::string("\x7f" "ELF\0code", 9);
  code.kernelName = "kernel";
  code.arch = "sm_90";
  code.threadsPerWorkgroup = 128;
  code.dynamicSharedBytes = 49152;
  return code;
}

Problem someProblem() {
  Problem problem;
  problem.headsQ = 8;
  problem.headsKV = 2;
  problem.headDimQK = 64;
  problem.headDimV = 32;
  problem.writesLse = true;
  Capture table;
  table.name = "table";
  table.shape = {8, kDynamicSize};
  Capture length;
  length.name = "length";
  length.type = ElementType::I32;
  length.isScalar = true;
  problem.captures = {table, length};
  return problem;
}

Expected<std::string> write(const Problem &problem, KernelCode code = someCode()) {
  return writeArtifact(code, problem, Schedule(), *findHardware("h100"));
}

struct Artifact {
  explicit Artifact(const std::string &bytes) : bytes(bytes) {
    std::memcpy(&header, bytes.data(), sizeof(header));
    parameters.resize(header.parameter_count);
    std::memcpy(parameters.data(), bytes.data() + header.parameters_offset,
                parameters.size() * sizeof(kgen_artifact_parameter_t));
  }
  std::string bytes;
  kgen_artifact_header_t header;
  std::vector<kgen_artifact_parameter_t> parameters;
};

TEST(ArtifactWriter, HeaderDescribesTheLaunch) {
  Expected<std::string> bytes = write(someProblem());
  ASSERT_TRUE(bool(bytes)) << bytes.error().message();
  Artifact artifact(*bytes);
  const kgen_artifact_header_t &header = artifact.header;
  EXPECT_STREQ(header.magic, KGEN_ARTIFACT_MAGIC);
  EXPECT_EQ(header.format_version, uint32_t(KGEN_ARTIFACT_OLDEST_VERSION));
  EXPECT_EQ(header.total_size, bytes->size());
  EXPECT_EQ(header.checksum,
            hashBytes(std::string_view(*bytes).substr(
                KGEN_ARTIFACT_CHECKSUM_START)));
  EXPECT_EQ(header.target, uint32_t(KGEN_TARGET_CUDA));
  EXPECT_EQ(header.code_format, uint32_t(KGEN_CODE_CUBIN));
  EXPECT_STREQ(header.arch, "sm_90");
  EXPECT_STREQ(header.kernel_name, "kernel");
  EXPECT_EQ(header.threads_per_block, 128u);
  EXPECT_EQ(header.dynamic_shared_bytes, 49152u);
  EXPECT_EQ(header.grid[0].dimension, 2);
  EXPECT_EQ(header.grid[0].divisor, Schedule().tileQ);
  EXPECT_EQ(header.grid[1].dimension, 1);
  EXPECT_EQ(header.grid[2].dimension, 0);
  EXPECT_EQ(bytes->substr(header.code_offset, header.code_size),
            someCode().bytes);
  EXPECT_EQ((*bytes)[header.code_offset + header.code_size], '\0');
  std::string info = bytes->substr(header.info_offset, header.info_size);
  EXPECT_NE(info.find("\"tile_q\":64"), std::string::npos) << info;
  EXPECT_EQ(bytes->back(), '\0');
}

TEST(ArtifactWriter, ParametersFollowTheKernelAbi) {
  Expected<std::string> bytes = write(someProblem());
  ASSERT_TRUE(bool(bytes)) << bytes.error().message();
  Artifact artifact(*bytes);
  std::vector<std::string> names;
  for (const auto &parameter : artifact.parameters)
    names.push_back(parameter.name);
  EXPECT_EQ(names, (std::vector<std::string>{"q", "k", "v", "table", "length",
                                             "o", "lse"}));
  EXPECT_EQ(artifact.header.symbol_count, 4u);
  const auto &q = artifact.parameters[0], &k = artifact.parameters[1];
  EXPECT_EQ(q.dimensions[1].size, 8);
  EXPECT_EQ(q.dimensions[2].size, KGEN_DYNAMIC_SIZE);
  EXPECT_EQ(q.dimensions[2].symbol, 1);
  EXPECT_EQ(k.dimensions[2].symbol, 2);
  EXPECT_EQ(q.dimensions[0].symbol, k.dimensions[0].symbol);
  EXPECT_EQ(q.alignment, 16u);
  EXPECT_EQ(artifact.parameters[3].dimensions[1].symbol, 3);
  EXPECT_EQ(artifact.parameters[4].kind, uint32_t(KGEN_KIND_SCALAR));
  EXPECT_EQ(artifact.parameters[4].rank, 0u);
  EXPECT_EQ(artifact.parameters[5].role, uint32_t(KGEN_ROLE_OUTPUT));
  EXPECT_EQ(artifact.parameters[5].dimensions[3].size, 32);
  EXPECT_EQ(artifact.parameters[6].element_type, uint32_t(KGEN_F32));
}

/// K as 128-row tiles of 64 columns, in clusters of two persistent blocks.
KernelCode hopperCode() {
  KernelCode code = someCode();
  code.arch = "sm_90a";
  TensorMapSpec map;
  map.parameter = 1;
  map.elementType = ElementType::BF16;
  map.box = {64, 128, 1, 1, 1};
  map.swizzleBytes = 128;
  map.l2PromotionBytes = 256;
  code.tensorMaps = {TensorMapSpec(), map};
  code.cluster = {2, 1, 1};
  code.gridKind = GridKind::Persistent;
  code.blocksPerProcessor = 1;
  return code;
}

TEST(ArtifactWriter, TensorMapsFollowTheParameters) {
  Expected<std::string> bytes = write(someProblem(), hopperCode());
  ASSERT_TRUE(bool(bytes)) << bytes.error().message();
  const kgen_artifact_header_t &header = Artifact(*bytes).header;
  EXPECT_EQ(header.format_version, 2u);
  EXPECT_EQ(header.cluster[0], 2u);
  EXPECT_EQ(header.cluster[2], 1u);
  EXPECT_EQ(header.grid_kind, uint32_t(KGEN_GRID_PERSISTENT));
  EXPECT_EQ(header.blocks_per_processor, 1u);
  ASSERT_EQ(header.tensor_map_count, 2u);
  EXPECT_EQ(header.tensor_map_size, sizeof(kgen_artifact_tensor_map_t));
  EXPECT_EQ(header.tensor_maps_offset % 8, 0u);
  kgen_artifact_tensor_map_t map;
  std::memcpy(&map, bytes->data() + header.tensor_maps_offset + sizeof(map),
              sizeof(map));
  EXPECT_EQ(map.parameter, 1);
  EXPECT_EQ(map.element_type, uint32_t(KGEN_BF16));
  EXPECT_EQ(map.rank, 4u);
  EXPECT_EQ(map.box[0], 64u);
  EXPECT_EQ(map.box[1], 128u);
  EXPECT_EQ(map.box[3], 1u);
  EXPECT_EQ(map.box[4], 0u); // beyond the rank
  EXPECT_EQ(map.swizzle, 128u);
  EXPECT_EQ(map.l2_promotion, 256u);
}

TEST(ArtifactWriter, ATileCounterNeedsVersion4) {
  KernelCode code = hopperCode();
  EXPECT_EQ(Artifact(*write(someProblem(), code)).header.tile_counter, 0u);
  code.tileCounter = true;
  Expected<std::string> bytes = write(someProblem(), code);
  ASSERT_TRUE(bool(bytes)) << bytes.error().message();
  const kgen_artifact_header_t &header = Artifact(*bytes).header;
  EXPECT_EQ(header.format_version, 4u);
  EXPECT_EQ(header.tile_counter, 1u);
  EXPECT_EQ(header.tensor_map_count, 2u);
}

TEST(ArtifactWriter, RefusesTensorMapsThatTheFormatCannotHold) {
  KernelCode code = hopperCode();
  code.tensorMaps.resize(KGEN_MAX_TENSOR_MAPS + 1);
  EXPECT_EQ(write(someProblem(), code).error().code(), ErrorCode::ArtifactLimit);
  for (int32_t parameter : {-1, 7}) {
    code = hopperCode();
    code.tensorMaps[0].parameter = parameter;
    EXPECT_EQ(write(someProblem(), code).error().code(),
              ErrorCode::ArtifactLimit);
  }
  code = hopperCode();
  code.tensorMaps[0].rank = 6;
  EXPECT_EQ(write(someProblem(), code).error().code(), ErrorCode::ArtifactLimit);
  code = hopperCode();
  code.tensorMaps[0].elementType = ElementType::F64;
  EXPECT_EQ(write(someProblem(), code).error().code(),
            ErrorCode::DtypeUnsupported);
}

TEST(ArtifactWriter, RefusesWhatTheFormatCannotHold) {
  Problem problem = someProblem();
  problem.captures[0].name = std::string(48, 'n');
  EXPECT_EQ(write(problem).error().code(), ErrorCode::ArtifactLimit);
  problem = someProblem();
  problem.captures[0].shape.assign(9, 1);
  EXPECT_EQ(write(problem).error().code(), ErrorCode::ArtifactLimit);
  problem = someProblem();
  problem.captures.assign(60, problem.captures[1]);
  EXPECT_EQ(write(problem).error().code(), ErrorCode::ArtifactLimit);
  KernelCode code = someCode();
  code.kernelName = std::string(128, 'k');
  EXPECT_EQ(write(someProblem(), code).error().code(), ErrorCode::ArtifactLimit);
}

TEST(ArtifactWriter, RefusesDoubleCaptures) {
  Problem problem = someProblem();
  problem.captures[0].type = ElementType::F64;
  EXPECT_EQ(write(problem).error().code(), ErrorCode::DtypeUnsupported);
}

} // namespace
