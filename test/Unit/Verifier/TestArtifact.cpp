//===- TestArtifact.cpp - Artefacts of the test kernels --------------------===//

#include "TestArtifact.h"

#include "kgen/Schedule/Json.h"
#include "kgen/Support/Hash.h"
#include "kgen_artifact.h"

#include <cstring>
#include <fstream>
#include <iterator>

namespace kgen::test {

Problem testKernelProblem() {
  Problem problem;
  problem.name = "test_kernel";
  problem.dtype = ElementType::F32;
  problem.headsQ = problem.headsKV = 2;
  problem.headDimQK = problem.headDimV = 16;
  problem.scale = 0.25;
  return problem;
}

ProblemSizes testKernelSizes() { return {2, 96, 128, {}}; }

// Symbols: 0 batch, 1 queries, 2 keys.
static kgen_artifact_parameter_t tensor(const char *name, bool isOutput, int sequence) {
  kgen_artifact_parameter_t parameter = {};
  std::strncpy(parameter.name, name, sizeof(parameter.name) - 1);
  parameter.role = isOutput ? KGEN_ROLE_OUTPUT : KGEN_ROLE_INPUT;
  parameter.kind = KGEN_KIND_TENSOR;
  parameter.element_type = KGEN_F32;
  parameter.rank = 4;
  parameter.dimensions[0] = {KGEN_DYNAMIC_SIZE, 0, 0};
  parameter.dimensions[1] = {2, KGEN_NO_SYMBOL, 0};
  parameter.dimensions[2] = {KGEN_DYNAMIC_SIZE, sequence, 0};
  parameter.dimensions[3] = {16, KGEN_NO_SYMBOL, 0};
  return parameter;
}

namespace {
struct Code {
  kgen_target_t target;
  kgen_code_format_t format;
  const char *arch;
  std::string bytes;
  uint32_t threads = 1;
};
} // namespace

static std::string makeArtifact(const std::string &kernel, const Code &from) {
  const std::string &code = from.bytes;
  std::string info = "{\"problem\":" + toJson(testKernelProblem()) + "}";
  kgen_artifact_parameter_t parameters[] = {tensor("q", false, 1), tensor("k", false, 2),
                                            tensor("v", false, 2), tensor("o", true, 1)};
  kgen_artifact_header_t header = {};
  std::memcpy(header.magic, KGEN_ARTIFACT_MAGIC, KGEN_ARTIFACT_MAGIC_SIZE);
  header.format_version = KGEN_ARTIFACT_VERSION;
  header.header_size = sizeof(header);
  header.target = from.target;
  header.code_format = from.format;
  std::strcpy(header.arch, from.arch);
  std::strncpy(header.kernel_name, kernel.c_str(), sizeof(header.kernel_name) - 1);
  header.threads_per_block = from.threads;
  header.symbol_count = 3;
  header.grid[0] = {0, 2, 1, 16};
  header.grid[1] = {0, 1, 1, 1};
  header.grid[2] = {0, 0, 1, 1};
  header.parameter_count = 4;
  header.parameter_size = sizeof(kgen_artifact_parameter_t);
  header.parameters_offset = sizeof(header);
  header.code_offset = sizeof(header) + sizeof(parameters);
  header.code_size = code.size();
  header.info_offset = header.code_offset + code.size() + 1;
  header.info_size = info.size();
  header.total_size = header.info_offset + info.size() + 1;
  std::string blob(header.total_size, '\0');
  std::memcpy(blob.data() + header.parameters_offset, parameters, sizeof(parameters));
  std::memcpy(blob.data() + header.code_offset, code.data(), code.size());
  std::memcpy(blob.data() + header.info_offset, info.data(), info.size());
  std::memcpy(blob.data(), &header, sizeof(header));
  header.checksum = hashBytes(std::string_view(blob).substr(KGEN_ARTIFACT_CHECKSUM_START));
  std::memcpy(blob.data(), &header, sizeof(header));
  return blob;
}

std::string makeTestArtifact(const std::string &kernel) {
  std::ifstream file(KGEN_TEST_KERNELS, std::ios::binary);
  return makeArtifact(kernel, {KGEN_TARGET_CPU, KGEN_CODE_ELF_SHARED_OBJECT, "x86-64",
                               std::string(std::istreambuf_iterator<char>(file), {})});
}

std::string makeEmulatedArtifact(const std::string &kernel, const std::string &lines) {
  return makeArtifact(kernel, {KGEN_TARGET_CUDA, KGEN_CODE_PTX, "sm_80",
                               ".version 8.0\n// runs: " KGEN_TEST_KERNELS "\n" + lines});
}

std::string makePtxArtifact(const std::string &kernel, const std::string &ptx) {
  return makeArtifact(kernel, {KGEN_TARGET_CUDA, KGEN_CODE_PTX, "sm_80", ptx, 64});
}

} // namespace kgen::test
