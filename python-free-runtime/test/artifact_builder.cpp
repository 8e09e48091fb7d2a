//===- artifact_builder.cpp - Artefacts for tests
//----------------------------===//
#include "artifact_builder.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace kgen::runtime_test {

ArtifactBuilder::ArtifactBuilder() {
  std::memset(&header, 0, sizeof(header));
  std::memcpy(header.magic, KGEN_ARTIFACT_MAGIC, sizeof(header.magic));
  header.format_version = KGEN_ARTIFACT_VERSION;
  header.header_size = sizeof(header);
  header.threads_per_block = 1;
  header.parameter_size = sizeof(kgen_artifact_parameter_t);
  for (kgen_artifact_grid_rule_t &rule : header.grid)
    rule = {KGEN_GRID_CONSTANT, 0, 1, 1};
}

void ArtifactBuilder::addTensor(const std::string &name,
                                kgen_parameter_role_t role,
                                kgen_element_type_t type,
                                const std::vector<int64_t> &sizes) {
  kgen_artifact_parameter_t parameter{};
  std::snprintf(parameter.name, sizeof(parameter.name), "%s", name.c_str());
  parameter.role = role;
  parameter.kind = KGEN_KIND_TENSOR;
  parameter.element_type = type;
  parameter.rank = static_cast<uint32_t>(sizes.size());
  for (size_t d = 0; d < sizes.size(); ++d) {
    kgen_artifact_dimension_t &dimension = parameter.dimensions[d];
    dimension = {sizes[d], KGEN_NO_SYMBOL, 1};
    if (sizes[d] >= 0)
      continue;
    dimension.size = KGEN_DYNAMIC_SIZE;
    dimension.symbol = static_cast<int32_t>(-1 - sizes[d]);
    header.symbol_count = std::max(header.symbol_count,
                                   static_cast<uint32_t>(dimension.symbol) + 1);
  }
  parameters.push_back(parameter);
}

void ArtifactBuilder::addScalar(const std::string &name,
                                kgen_element_type_t type) {
  addTensor(name, KGEN_ROLE_INPUT, type, {});
  parameters.back().kind = KGEN_KIND_SCALAR;
}

void ArtifactBuilder::addMap(int32_t index, const std::vector<uint32_t> &box,
                             uint32_t swizzle, uint32_t promotion) {
  kgen_artifact_tensor_map_t map{};
  map.parameter = index;
  map.element_type = parameters[static_cast<size_t>(index)].element_type;
  map.rank = parameters[static_cast<size_t>(index)].rank;
  std::copy(box.begin(), box.end(), map.box);
  map.swizzle = swizzle;
  map.l2_promotion = promotion;
  maps.push_back(map);
  header.tensor_map_count = static_cast<uint32_t>(maps.size());
  header.tensor_map_size = sizeof(map);
}

void ArtifactBuilder::setArch(const std::string &arch) {
  std::snprintf(header.arch, sizeof(header.arch), "%s", arch.c_str());
}

void ArtifactBuilder::setKernelName(const std::string &name) {
  std::snprintf(header.kernel_name, sizeof(header.kernel_name), "%s",
                name.c_str());
}

std::string ArtifactBuilder::build() const {
  kgen_artifact_header_t out = header;
  std::string parameterBytes(reinterpret_cast<const char *>(parameters.data()),
                             parameters.size() *
                                 sizeof(kgen_artifact_parameter_t));
  out.parameter_count = static_cast<uint32_t>(parameters.size());
  out.parameters_offset = sizeof(out);
  std::string mapBytes(reinterpret_cast<const char *>(maps.data()),
                       maps.size() * sizeof(kgen_artifact_tensor_map_t));
  if (!maps.empty())
    out.tensor_maps_offset = out.parameters_offset + parameterBytes.size();
  parameterBytes += mapBytes;
  out.code_offset = out.parameters_offset + parameterBytes.size();
  out.code_size = code.size();
  out.info_offset = out.code_offset + out.code_size + 1;
  out.info_size = info.size();
  out.total_size = out.info_offset + out.info_size + 1;
  std::string bytes(reinterpret_cast<const char *>(&out), sizeof(out));
  bytes += parameterBytes;
  bytes += code;
  bytes += '\0';
  bytes += info;
  bytes += '\0';
  seal(bytes);
  return bytes;
}

void seal(std::string &artifact) {
  uint64_t sum = XXH3_64bits(artifact.data() + KGEN_ARTIFACT_CHECKSUM_START,
                             artifact.size() - KGEN_ARTIFACT_CHECKSUM_START);
  std::memcpy(&artifact[offsetof(kgen_artifact_header_t, checksum)], &sum,
              sizeof(sum));
}

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

} // namespace kgen::runtime_test
