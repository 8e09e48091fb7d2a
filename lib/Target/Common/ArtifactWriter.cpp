//===- ArtifactWriter.cpp - A kernel with all that a launch needs -----------===//

#include "kgen/Target/Common/ArtifactWriter.h"

#include "kgen/Schedule/Json.h"
#include "kgen/Support/Hash.h"
#include "kgen_artifact.h"
#include "nlohmann/json.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace kgen {

namespace {

/// Bytes of 128-bit copies and stores: what GPU kernels ask of Q, K, V and O.
constexpr uint32_t kVectorAlignment = 16;

enum Symbol : int32_t { kBatch, kSeqQ, kSeqKV, kFirstFree };

Error limitError(const std::string &what, size_t have, size_t limit) {
  return Error(ErrorCode::ArtifactLimit, what + ": has " +
                                             std::to_string(have) + ", limit " +
                                             std::to_string(limit));
}

/// Copies `text` into a zeroed field of `size` bytes.
Expected<void> setName(char *field, size_t size, const std::string &text,
                       const char *what) {
  if (text.size() + 1 > size)
    return limitError(std::string(what) + " '" + text + "'", text.size(),
                      size - 1);
  std::memcpy(field, text.data(), text.size());
  return {};
}

Expected<uint32_t> elementCode(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return uint32_t(KGEN_F32);
  case ElementType::F16:
    return uint32_t(KGEN_F16);
  case ElementType::BF16:
    return uint32_t(KGEN_BF16);
  case ElementType::I1:
    return uint32_t(KGEN_I1);
  case ElementType::I8:
    return uint32_t(KGEN_I8);
  case ElementType::I16:
    return uint32_t(KGEN_I16);
  case ElementType::I32:
    return uint32_t(KGEN_I32);
  case ElementType::I64:
    return uint32_t(KGEN_I64);
  case ElementType::F64:
    break;
  }
  return Error(ErrorCode::DtypeUnsupported,
               "a capture has f64 elements, artefacts hold up to f32");
}

uint32_t targetCode(TargetKind kind) {
  switch (kind) {
  case TargetKind::Cpu:
    return KGEN_TARGET_CPU;
  case TargetKind::Nvvm:
    return KGEN_TARGET_CUDA;
  case TargetKind::Rocdl:
    return KGEN_TARGET_HIP;
  }
  return 0;
}

/// Builds the parameter table; the first error sticks.
class ParameterTable {
public:
  /// `sizes` pairs each dimension with the symbol it takes when dynamic.
  void add(const std::string &name, uint32_t role, ElementType type,
           const std::vector<std::pair<int64_t, int32_t>> &sizes,
           bool isScalar = false, uint32_t alignment = 0) {
    kgen_artifact_parameter_t entry = {};
    keep(setName(entry.name, sizeof(entry.name), name, "parameter name"));
    if (sizes.size() > KGEN_MAX_RANK)
      return keep(limitError("rank of '" + name + "'", sizes.size(),
                             KGEN_MAX_RANK));
    Expected<uint32_t> element = elementCode(type);
    if (!element)
      return keep(element.error());
    entry.role = role;
    entry.kind = isScalar ? KGEN_KIND_SCALAR : KGEN_KIND_TENSOR;
    entry.element_type = *element;
    entry.rank = static_cast<uint32_t>(sizes.size());
    entry.alignment = alignment;
    for (size_t dim = 0; dim < sizes.size(); ++dim) {
      auto [size, symbol] = sizes[dim];
      bool dynamic = size == kDynamicSize;
      entry.dimensions[dim].size = dynamic ? KGEN_DYNAMIC_SIZE : size;
      entry.dimensions[dim].symbol = dynamic ? symbol : KGEN_NO_SYMBOL;
    }
    entries.push_back(entry);
  }

  Expected<void> finish() const {
    if (failure)
      return *failure;
    if (entries.size() > KGEN_MAX_PARAMETERS)
      return limitError("parameters", entries.size(), KGEN_MAX_PARAMETERS);
    return {};
  }

  std::vector<kgen_artifact_parameter_t> entries;

private:
  void keep(const Expected<void> &result) {
    if (!result && !failure)
      failure = result.error();
  }
  std::optional<Error> failure;
};

/// Returns the number of symbols.
uint32_t addParameters(ParameterTable &table, const Problem &p,
                       uint32_t alignment) {
  using Sizes = std::vector<std::pair<int64_t, int32_t>>;
  auto tensor = [&](int64_t heads, int64_t rows, Symbol rowSymbol,
                    int64_t cols) {
    return Sizes{{p.batch, kBatch},
                 {heads, KGEN_NO_SYMBOL},
                 {rows, rowSymbol},
                 {cols, KGEN_NO_SYMBOL}};
  };
  table.add("q", KGEN_ROLE_INPUT, p.dtype,
            tensor(p.headsQ, p.seqQ, kSeqQ, p.headDimQK), false, alignment);
  table.add("k", KGEN_ROLE_INPUT, p.dtype,
            tensor(p.headsKV, p.seqKV, kSeqKV, p.headDimQK), false, alignment);
  table.add("v", KGEN_ROLE_INPUT, p.dtype,
            tensor(p.headsKV, p.seqKV, kSeqKV, p.headDimV), false, alignment);
  int32_t symbol = kFirstFree;
  for (const Capture &capture : p.captures) {
    Sizes sizes;
    for (int64_t size : capture.shape)
      sizes.push_back(
          {size, size == kDynamicSize ? symbol++ : KGEN_NO_SYMBOL});
    table.add(capture.name, KGEN_ROLE_INPUT, capture.type, sizes,
              capture.isScalar);
  }
  table.add("o", KGEN_ROLE_OUTPUT, p.dtype,
            tensor(p.headsQ, p.seqQ, kSeqQ, p.headDimV), false, alignment);
  if (p.writesLse)
    table.add("lse", KGEN_ROLE_OUTPUT, ElementType::F32,
              {{p.batch, kBatch}, {p.headsQ, KGEN_NO_SYMBOL}, {p.seqQ, kSeqQ}});
  return static_cast<uint32_t>(symbol);
}

/// The tensor maps of `code` over the parameters that `table` holds. What no
/// backend may ask for is its own mistake, but must not reach a launch.
Expected<std::vector<kgen_artifact_tensor_map_t>>
tensorMaps(const KernelCode &code, const ParameterTable &table) {
  if (code.tensorMaps.size() > KGEN_MAX_TENSOR_MAPS)
    return limitError("tensor maps", code.tensorMaps.size(),
                      KGEN_MAX_TENSOR_MAPS);
  std::vector<kgen_artifact_tensor_map_t> maps;
  for (const TensorMapSpec &spec : code.tensorMaps) {
    size_t index = static_cast<size_t>(spec.parameter);
    if (spec.parameter < 0 || index >= table.entries.size())
      return limitError("parameter of a tensor map", index,
                        table.entries.size());
    if (spec.rank > KGEN_MAX_TENSOR_MAP_RANK)
      return limitError("rank of a tensor map", spec.rank,
                        KGEN_MAX_TENSOR_MAP_RANK);
    Expected<uint32_t> element = elementCode(spec.elementType);
    if (!element)
      return element.error();
    kgen_artifact_tensor_map_t map = {};
    map.parameter = spec.parameter;
    map.element_type = *element;
    map.rank = spec.rank;
    for (uint32_t dim = 0; dim < spec.rank; ++dim)
      map.box[dim] = spec.box[dim];
    map.swizzle = spec.swizzleBytes;
    map.l2_promotion = spec.l2PromotionBytes;
    maps.push_back(map);
  }
  return maps;
}

std::string infoText(const KernelCode &code, const Problem &problem,
                     const Schedule &schedule, const HardwareModel &hardware) {
  nlohmann::ordered_json info;
  info["compiler"] = "kgen 0.1.0";
  info["hardware"] = hardware.key;
  info["problem"] = nlohmann::ordered_json::parse(toJson(problem));
  info["schedule"] = nlohmann::ordered_json::parse(toJson(schedule));
  const ResourceUsage &used = code.resources;
  info["resources"] = {{"registers_per_thread", used.registersPerThread},
                       {"accumulator_registers", used.accumulatorRegisters},
                       {"spill_bytes", used.spillBytes},
                       {"shared_bytes", used.sharedBytes},
                       {"code_bytes", used.codeBytes}};
  info["warnings"] = code.warnings;
  return info.dump();
}

/// The bytes of a table of packed structs.
template <typename T> std::string_view bytesOf(const std::vector<T> &table) {
  return {reinterpret_cast<const char *>(table.data()),
          table.size() * sizeof(T)};
}

/// Appends `section` and a zero byte at a multiple of 8; returns its offset.
uint64_t append(std::string &bytes, std::string_view section) {
  bytes.resize((bytes.size() + 7) / 8 * 8, '\0');
  uint64_t offset = bytes.size();
  bytes.append(section);
  bytes.push_back('\0');
  return offset;
}

} // namespace

/// The least version that has what the kernel uses.
static uint32_t versionFor(const KernelCode &code) {
  if (code.tileCounter)
    return 4;
  bool usesVersion2 = !code.tensorMaps.empty() ||
                      code.cluster != std::array<uint32_t, 3>{} ||
                      code.gridKind != GridKind::Plain;
  return usesVersion2 ? 2 : 1;
}

static kgen_artifact_header_t makeHeader(const KernelCode &code,
                                         const Schedule &schedule,
                                         TargetKind target) {
  kgen_artifact_header_t header = {};
  std::memcpy(header.magic, KGEN_ARTIFACT_MAGIC, KGEN_ARTIFACT_MAGIC_SIZE);
  header.format_version = versionFor(code);
  header.header_size = sizeof(header);
  header.target = targetCode(target);
  header.code_format = static_cast<uint32_t>(code.format);
  header.threads_per_block = static_cast<uint32_t>(code.threadsPerWorkgroup);
  header.dynamic_shared_bytes = static_cast<uint64_t>(code.dynamicSharedBytes);
  header.scratch_bytes = static_cast<uint64_t>(code.scratchBytes);
  header.grid[0] = {0, 2, 1, schedule.tileQ};
  header.grid[1] = {0, 1, 1, 1};
  header.grid[2] = {0, 0, 1, 1};
  header.parameter_size = sizeof(kgen_artifact_parameter_t);
  std::copy(code.cluster.begin(), code.cluster.end(), header.cluster);
  header.grid_kind = static_cast<uint32_t>(code.gridKind);
  header.blocks_per_processor = code.blocksPerProcessor;
  header.tile_counter = code.tileCounter;
  return header;
}

Expected<std::string> writeArtifact(const KernelCode &code,
                                    const Problem &problem,
                                    const Schedule &schedule,
                                    const HardwareModel &hardware) {
  bool onGpu = hardware.target != TargetKind::Cpu;
  ParameterTable table;
  kgen_artifact_header_t header =
      makeHeader(code, schedule, hardware.target);
  header.symbol_count =
      addParameters(table, problem, onGpu ? kVectorAlignment : 0);
  if (Expected<void> checked = table.finish(); !checked)
    return checked.error();
  auto maps = tensorMaps(code, table);
  if (!maps)
    return maps.error();
  if (auto named = setName(header.arch, sizeof(header.arch), code.arch, "arch");
      !named)
    return named.error();
  if (auto named = setName(header.kernel_name, sizeof(header.kernel_name),
                           code.kernelName, "kernel name");
      !named)
    return named.error();

  std::string bytes(sizeof(header), '\0');
  header.parameter_count = static_cast<uint32_t>(table.entries.size());
  header.parameters_offset = append(bytes, bytesOf(table.entries));
  if (!maps->empty()) {
    header.tensor_map_count = static_cast<uint32_t>(maps->size());
    header.tensor_map_size = sizeof(kgen_artifact_tensor_map_t);
    header.tensor_maps_offset = append(bytes, bytesOf(*maps));
  }
  header.code_offset = append(bytes, code.bytes);
  header.code_size = code.bytes.size();
  std::string info = infoText(code, problem, schedule, hardware);
  header.info_offset = append(bytes, info);
  header.info_size = info.size();
  header.total_size = bytes.size();

  // The checksum covers the header's later fields, so they go in first.
  std::memcpy(bytes.data(), &header, sizeof(header));
  header.checksum = hashBytes(
      std::string_view(bytes).substr(KGEN_ARTIFACT_CHECKSUM_START));
  std::memcpy(bytes.data() + offsetof(kgen_artifact_header_t, checksum),
              &header.checksum, sizeof(header.checksum));
  return bytes;
}

} // namespace kgen
