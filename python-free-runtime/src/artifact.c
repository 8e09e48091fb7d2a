/*===- artifact.c - Check, copy and describe artefacts
 * ---------------------===*/
#include "internal.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "artefacts are little endian, and this reader does not swap bytes"
#endif

/* Greatest number of size symbols: each dimension its own. */
#define MAX_SYMBOLS (KGEN_MAX_PARAMETERS * KGEN_MAX_RANK)

static kgen_status_t malformed(const char *what, unsigned long long has,
                               unsigned long long limit) {
  return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                   "artefact field %s is %llu, limit %llu", what, has, limit);
}

static bool is_readable_version(uint32_t version) {
  return version == 1 || version == 2 || version == 4;
}
_Static_assert(KGEN_ARTIFACT_OLDEST_VERSION == 1 && KGEN_ARTIFACT_VERSION == 4,
               "the versions that are read");

/* What can be said before the whole is trusted: magic, version, size, sum. */
static kgen_status_t check_envelope(const unsigned char *data, size_t size,
                                    kgen_artifact_header_t *header) {
  size_t magic_size =
      size < KGEN_ARTIFACT_MAGIC_SIZE ? size : KGEN_ARTIFACT_MAGIC_SIZE;
  if (memcmp(data, KGEN_ARTIFACT_MAGIC, magic_size) != 0)
    return kgen_fail(KGEN_STATUS_ARTIFACT_MAGIC,
                     "the first bytes are not \"%s\"", KGEN_ARTIFACT_MAGIC);
  if (size < KGEN_ARTIFACT_CHECKSUM_START)
    return kgen_fail(KGEN_STATUS_ARTIFACT_TRUNCATED,
                     "artefact has %zu bytes, its header needs %zu", size,
                     sizeof(*header));
  /* Of an artefact in another version only these fields have a known place. */
  memset(header, 0, sizeof(*header));
  memcpy(header, data, KGEN_ARTIFACT_CHECKSUM_START);
  if (!is_readable_version(header->format_version))
    return kgen_fail(KGEN_STATUS_ARTIFACT_VERSION,
                     "artefact has format version %u, this runtime (%s) reads "
                     "versions 1, 2 and 4",
                     header->format_version, kgen_version());
  if (size < sizeof(*header) || header->total_size > size)
    return kgen_fail(KGEN_STATUS_ARTIFACT_TRUNCATED,
                     "artefact has %zu bytes, needs %llu", size,
                     (unsigned long long)header->total_size);
  if (header->header_size != sizeof(*header))
    return malformed("header_size", header->header_size, sizeof(*header));
  if (header->total_size < sizeof(*header))
    return malformed("total_size", header->total_size, sizeof(*header));
  memcpy(header, data, sizeof(*header));
  uint64_t sum = XXH3_64bits(data + KGEN_ARTIFACT_CHECKSUM_START,
                             header->total_size - KGEN_ARTIFACT_CHECKSUM_START);
  if (sum != header->checksum)
    return kgen_fail(KGEN_STATUS_ARTIFACT_CORRUPT,
                     "artefact has checksum %016llx, its bytes give %016llx",
                     (unsigned long long)header->checksum,
                     (unsigned long long)sum);
  if (header->format_version < 2)
    memset(header->cluster, 0,
           sizeof(*header) - offsetof(kgen_artifact_header_t, cluster));
  if (header->format_version < 4)
    header->tile_counter = 0;
  return KGEN_STATUS_OK;
}

/* A section must lie behind the header and end, with `extra` bytes after it,
   within the artefact. */
static kgen_status_t check_section(const kgen_artifact_header_t *header,
                                   const char *name, uint64_t offset,
                                   uint64_t size, uint64_t extra) {
  if (offset < sizeof(*header) || offset > header->total_size)
    return malformed(name, offset, header->total_size);
  uint64_t room = header->total_size - offset;
  if (room < extra || size > room - extra)
    return malformed(name, size, room);
  return KGEN_STATUS_OK;
}

static bool is_terminated(const char *text, size_t capacity) {
  return memchr(text, 0, capacity) != NULL;
}

/* What tensor maps, clusters and grids need of the header alone. */
static kgen_status_t check_version2(const kgen_artifact_header_t *header) {
  uint64_t blocks = 1;
  for (int i = 0; i < 3; ++i) {
    uint32_t extent = header->cluster[i];
    if ((extent == 0) != (header->cluster[0] == 0) ||
        extent > KGEN_MAX_CLUSTER_BLOCKS)
      return malformed("cluster", extent, KGEN_MAX_CLUSTER_BLOCKS);
    blocks *= extent ? extent : 1;
  }
  if (blocks > KGEN_MAX_CLUSTER_BLOCKS)
    return malformed("cluster", blocks, KGEN_MAX_CLUSTER_BLOCKS);
  if (header->grid_kind > KGEN_GRID_PERSISTENT)
    return malformed("grid_kind", header->grid_kind, KGEN_GRID_PERSISTENT);
  bool is_persistent = header->grid_kind == KGEN_GRID_PERSISTENT;
  if (is_persistent != (header->blocks_per_processor != 0))
    return malformed("blocks_per_processor", header->blocks_per_processor,
                     is_persistent);
  bool is_cudas = blocks > 1 || header->tensor_map_count > 0;
  if (is_cudas && header->target != KGEN_TARGET_CUDA)
    return malformed("target", header->target, KGEN_TARGET_CUDA);
  if (is_persistent && (header->cluster[1] > 1 || header->cluster[2] > 1))
    return malformed("cluster of a persistent grid", blocks,
                     header->cluster[0]);
  if (header->tensor_map_count == 0)
    return KGEN_STATUS_OK;
  if (header->tensor_map_count > KGEN_MAX_TENSOR_MAPS)
    return malformed("tensor_map_count", header->tensor_map_count,
                     KGEN_MAX_TENSOR_MAPS);
  if (header->tensor_map_size != sizeof(kgen_artifact_tensor_map_t))
    return malformed("tensor_map_size", header->tensor_map_size,
                     sizeof(kgen_artifact_tensor_map_t));
  if (header->tensor_maps_offset % 8 != 0)
    return malformed("tensor_maps_offset", header->tensor_maps_offset, 8);
  return check_section(
      header, "tensor_maps", header->tensor_maps_offset,
      (uint64_t)header->tensor_map_count * header->tensor_map_size, 0);
}

static kgen_status_t check_tile_counter(const kgen_artifact_header_t *header) {
  if (header->tile_counter > 1)
    return malformed("tile_counter", header->tile_counter, 1);
  if (header->tile_counter && header->target != KGEN_TARGET_CUDA)
    return malformed("target of a tile_counter", header->target,
                     KGEN_TARGET_CUDA);
  return KGEN_STATUS_OK;
}

static bool code_fits_target(uint32_t format, uint32_t target) {
  switch (target) {
  case KGEN_TARGET_CPU:
    return format == KGEN_CODE_ELF_SHARED_OBJECT;
  case KGEN_TARGET_CUDA:
    return format == KGEN_CODE_CUBIN || format == KGEN_CODE_PTX;
  case KGEN_TARGET_HIP:
    return format == KGEN_CODE_HSACO;
  default:
    return false;
  }
}

static kgen_status_t check_header(const kgen_artifact_header_t *header) {
  if (!code_fits_target(header->code_format, header->target))
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "artefact has code format %u for target %u",
                     header->code_format, header->target);
  if (!is_terminated(header->arch, sizeof(header->arch)) ||
      !is_terminated(header->kernel_name, sizeof(header->kernel_name)) ||
      !header->kernel_name[0])
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "artefact's arch or kernel name is not a terminated text");
  if (header->threads_per_block == 0)
    return malformed("threads_per_block", 0, 1);
  if (header->dynamic_shared_bytes > INT32_MAX)
    return malformed("dynamic_shared_bytes", header->dynamic_shared_bytes,
                     INT32_MAX);
  if (header->symbol_count > MAX_SYMBOLS)
    return malformed("symbol_count", header->symbol_count, MAX_SYMBOLS);
  if (header->parameter_count > KGEN_MAX_PARAMETERS)
    return malformed("parameter_count", header->parameter_count,
                     KGEN_MAX_PARAMETERS);
  if (header->parameter_size != sizeof(kgen_artifact_parameter_t))
    return malformed("parameter_size", header->parameter_size,
                     sizeof(kgen_artifact_parameter_t));
  if (header->parameters_offset % 8 != 0)
    return malformed("parameters_offset", header->parameters_offset, 8);
  KGEN_RETURN_IF_ERROR(check_section(
      header, "parameters", header->parameters_offset,
      (uint64_t)header->parameter_count * header->parameter_size, 0));
  KGEN_RETURN_IF_ERROR(
      check_section(header, "code", header->code_offset, header->code_size, 1));
  KGEN_RETURN_IF_ERROR(check_version2(header));
  KGEN_RETURN_IF_ERROR(check_tile_counter(header));
  return check_section(header, "info", header->info_offset, header->info_size,
                       1);
}

static kgen_status_t check_dimensions(const kgen_artifact_header_t *header,
                                      const kgen_artifact_parameter_t *it) {
  for (uint32_t d = 0; d < it->rank; ++d) {
    const kgen_artifact_dimension_t *dimension = &it->dimensions[d];
    if (dimension->size < KGEN_DYNAMIC_SIZE)
      return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                       "parameter %s has size %lld in dimension %u", it->name,
                       (long long)dimension->size, d);
    if (dimension->symbol != KGEN_NO_SYMBOL &&
        (dimension->symbol < 0 ||
         (uint32_t)dimension->symbol >= header->symbol_count))
      return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                       "parameter %s names size symbol %d of %u", it->name,
                       dimension->symbol, header->symbol_count);
  }
  return KGEN_STATUS_OK;
}

static kgen_status_t check_parameter(const kgen_artifact_header_t *header,
                                     const kgen_artifact_parameter_t *it) {
  if (!is_terminated(it->name, sizeof(it->name)))
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "a parameter's name is not terminated");
  if (it->role < KGEN_ROLE_INPUT || it->role > KGEN_ROLE_INOUT)
    return malformed("role", it->role, KGEN_ROLE_INOUT);
  if (it->kind != KGEN_KIND_TENSOR && it->kind != KGEN_KIND_SCALAR)
    return malformed("kind", it->kind, KGEN_KIND_SCALAR);
  if (kgen_element_size((kgen_element_type_t)it->element_type) == 0)
    return malformed("element_type", it->element_type, KGEN_I64);
  uint32_t max_rank = it->kind == KGEN_KIND_TENSOR ? KGEN_MAX_RANK : 0;
  if (it->rank > max_rank)
    return malformed("rank", it->rank, max_rank);
  if (it->alignment & (it->alignment - 1))
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "parameter %s has alignment %u, not a power of two",
                     it->name, it->alignment);
  return check_dimensions(header, it);
}

static kgen_status_t check_grid(const kgen_artifact_t *artifact) {
  const kgen_artifact_header_t *header = artifact->header;
  for (int i = 0; i < 3; ++i) {
    const kgen_artifact_grid_rule_t *rule = &header->grid[i];
    bool valid = rule->multiplier >= 1 && rule->divisor >= 1;
    if (valid && rule->parameter != KGEN_GRID_CONSTANT)
      valid = rule->parameter >= 0 &&
              (uint32_t)rule->parameter < header->parameter_count &&
              rule->dimension >= 0 &&
              (uint32_t)rule->dimension <
                  artifact->parameters[rule->parameter].rank;
    if (!valid)
      return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                       "grid rule %c reads parameter %d dimension %d times "
                       "%lld over %lld",
                       "xyz"[i], rule -> parameter, rule -> dimension,
                       (long long)rule -> multiplier,
                       (long long)rule -> divisor);
  }
  return KGEN_STATUS_OK;
}

static kgen_status_t check_contents(const kgen_artifact_t *artifact) {
  const kgen_artifact_header_t *header = artifact->header;
  for (uint32_t i = 0; i < header->parameter_count; ++i)
    KGEN_RETURN_IF_ERROR(check_parameter(header, &artifact->parameters[i]));
  for (uint32_t i = 0; i < header->tensor_map_count; ++i)
    KGEN_RETURN_IF_ERROR(kgen_check_tensor_map(artifact, i));
  KGEN_RETURN_IF_ERROR(check_grid(artifact));
  if (artifact->bytes[header->code_offset + header->code_size] ||
      artifact->bytes[header->info_offset + header->info_size])
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "no zero byte follows the code or the info");
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_artifact_load(const void *data, size_t size,
                                 kgen_artifact_t **result) {
  if (!result)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "artifact is NULL");
  *result = NULL;
  if (!data)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "data is NULL");
  kgen_artifact_header_t header;
  KGEN_RETURN_IF_ERROR(check_envelope(data, size, &header));
  KGEN_RETURN_IF_ERROR(check_header(&header));

  kgen_artifact_t *artifact =
      malloc(sizeof(*artifact) + (size_t)header.total_size);
  if (!artifact)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                     "no host memory for an artefact of %llu bytes",
                     (unsigned long long)header.total_size);
  memcpy(artifact->bytes, data, header.total_size);
  memcpy(artifact->bytes, &header, sizeof(header)); /* as this version's */
  atomic_init(&artifact->references, 1);
  artifact->header = (const void *)artifact->bytes;
  artifact->parameters =
      (const void *)(artifact->bytes + header.parameters_offset);
  artifact->tensor_maps =
      (const void *)(artifact->bytes + header.tensor_maps_offset);
  kgen_status_t status = check_contents(artifact);
  if (status != KGEN_STATUS_OK) {
    free(artifact);
    return status;
  }
  *result = artifact;
  return KGEN_STATUS_OK;
}

/* Reads a whole stream; its size may be unknown (a pipe). */
static kgen_status_t read_all(FILE *file, const char *path,
                              unsigned char **data, size_t *size) {
  size_t capacity = 1 << 16, used = 0;
  unsigned char *bytes = malloc(capacity);
  while (bytes) {
    used += fread(bytes + used, 1, capacity - used, file);
    if (used < capacity)
      break;
    capacity *= 2;
    unsigned char *larger = realloc(bytes, capacity);
    if (!larger)
      free(bytes);
    bytes = larger;
  }
  if (!bytes)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                     "no host memory for %zu bytes of %s", capacity, path);
  if (ferror(file)) {
    free(bytes);
    return kgen_fail(KGEN_STATUS_FILE_UNREADABLE, "cannot read %s: %s", path,
                     strerror(errno));
  }
  *data = bytes;
  *size = used;
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_artifact_load_file(const char *path,
                                      kgen_artifact_t **artifact) {
  if (!path || !artifact)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     path ? "artifact" : "path");
  *artifact = NULL;
  FILE *file = fopen(path, "rb");
  if (!file)
    return kgen_fail(KGEN_STATUS_FILE_UNREADABLE, "cannot open %s: %s", path,
                     strerror(errno));
  unsigned char *data = NULL;
  size_t size = 0;
  kgen_status_t status = read_all(file, path, &data, &size);
  fclose(file);
  KGEN_RETURN_IF_ERROR(status);
  status = kgen_artifact_load(data, size, artifact);
  free(data);
  return status;
}

void kgen_artifact_retain(kgen_artifact_t *artifact) {
  atomic_fetch_add(&artifact->references, 1);
}

void kgen_artifact_destroy(kgen_artifact_t *artifact) {
  if (artifact && atomic_fetch_sub(&artifact->references, 1) == 1)
    free(artifact);
}

kgen_status_t kgen_artifact_get_info(const kgen_artifact_t *artifact,
                                     kgen_artifact_info_t *info) {
  if (!artifact || !info)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     artifact ? "info" : "artifact");
  const kgen_artifact_header_t *header = artifact->header;
  *info = (kgen_artifact_info_t){
      .format_version = header->format_version,
      .target = (kgen_target_t)header->target,
      .code_format = (kgen_code_format_t)header->code_format,
      .threads_per_block = header->threads_per_block,
      .dynamic_shared_bytes = header->dynamic_shared_bytes,
      .scratch_bytes = header->scratch_bytes,
      .checksum = header->checksum,
      .parameter_count = header->parameter_count,
      .symbol_count = header->symbol_count,
      .tensor_map_count = header->tensor_map_count,
      .cluster = {header->cluster[0], header->cluster[1], header->cluster[2]},
      .tile_counter = header->tile_counter,
      .arch = header->arch,
      .kernel_name = header->kernel_name,
      .info_json = (const char *)artifact->bytes + header->info_offset,
      .info_json_size = (size_t)header->info_size,
      .code = artifact->bytes + header->code_offset,
      .code_size = (size_t)header->code_size,
  };
  return KGEN_STATUS_OK;
}

const kgen_artifact_parameter_t *
kgen_artifact_get_parameter(const kgen_artifact_t *artifact, size_t index) {
  if (!artifact || index >= artifact->header->parameter_count)
    return NULL;
  return &artifact->parameters[index];
}
