//===- artifact_builder.h - Artefacts for tests
//------------------------------===//
#ifndef KGEN_RUNTIME_TEST_ARTIFACT_BUILDER_H
#define KGEN_RUNTIME_TEST_ARTIFACT_BUILDER_H

#include "kgen_artifact.h"

#include <string>
#include <vector>

namespace kgen::runtime_test {

/// Writes the layout of kgen_artifact.h. Every field can be set by hand, so
/// that tests can build faulty artefacts with a right checksum.
struct ArtifactBuilder {
  ArtifactBuilder();

  /// A tensor parameter; negative sizes are dynamic with symbol -1 - size, so
  /// that {-1, 4} is "symbol 0 by 4".
  void addTensor(const std::string &name, kgen_parameter_role_t role,
                 kgen_element_type_t type, const std::vector<int64_t> &sizes);
  void addScalar(const std::string &name, kgen_element_type_t type);
  /// A tensor map of parameter `index`, whose type and rank it takes.
  void addMap(int32_t index, const std::vector<uint32_t> &box,
              uint32_t swizzle = 0, uint32_t promotion = 0);
  void setArch(const std::string &arch);
  void setKernelName(const std::string &name);

  /// Lays out the sections and seals the whole.
  std::string build() const;

  kgen_artifact_header_t header;
  std::vector<kgen_artifact_parameter_t> parameters;
  std::vector<kgen_artifact_tensor_map_t> maps;
  std::string code, info;
};

/// Recomputes the checksum after bytes were changed on purpose.
void seal(std::string &artifact);

/// The whole of a file; empty if it cannot be read.
std::string readFile(const std::string &path);

} // namespace kgen::runtime_test

#endif // KGEN_RUNTIME_TEST_ARTIFACT_BUILDER_H
