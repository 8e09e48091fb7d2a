/*===- tensor_map.c - Check, encode and keep tensor maps -------------------===*/
#include "driver.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Limits of cuTensorMapEncodeTiled: "Tensor Map Object Management", CUDA Driver
   API. */
enum { MAX_BOX = 256, GRANULE = 16 };
static const uint64_t max_size = 1ull << 32; /* elements of a dimension */
static const uint64_t max_stride = 1ull << 40; /* bytes, not reached */

/*===-- Checks
 * -------------------------------------------------------------===*/

/* CUtensorMapDataType; -1: there is none. */
static int cuda_type(uint32_t element_type) {
  switch (element_type) {
  case KGEN_I8:
    return 0;
  case KGEN_I16:
    return 1;
  case KGEN_I32:
    return 3;
  case KGEN_F16:
    return 6;
  case KGEN_F32:
    return 7;
  case KGEN_BF16:
    return 9;
  default:
    return -1;
  }
}

/* CUtensorMapSwizzle; -1: there is none. */
static int cuda_swizzle(uint32_t bytes) {
  switch (bytes) {
  case 0:
    return 0;
  case 32:
    return 1;
  case 64:
    return 2;
  case 128:
    return 3;
  default:
    return -1;
  }
}

/* CUtensorMapL2promotion; -1: there is none. */
static int cuda_promotion(uint32_t bytes) {
  switch (bytes) {
  case 0:
    return 0;
  case 64:
    return 1;
  case 128:
    return 2;
  case 256:
    return 3;
  default:
    return -1;
  }
}

static kgen_status_t check_box(const kgen_artifact_tensor_map_t *map,
                               const char *name) {
  for (uint32_t d = 0; d < map->rank; ++d)
    if (map->box[d] < 1 || map->box[d] > MAX_BOX)
      return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                       "the tensor map of %s has a box of %u in dimension %u, "
                       "limit 1 to %d",
                       name, map->box[d], d, MAX_BOX);
  uint64_t row =
      map->box[0] * kgen_element_size((kgen_element_type_t)map->element_type);
  if (row % GRANULE != 0 || (map->swizzle && row > map->swizzle))
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "the tensor map of %s has box rows of %llu bytes, not a "
                     "multiple of %d within its swizzle of %u",
                     name, (unsigned long long)row, GRANULE, map->swizzle);
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_check_tensor_map(const kgen_artifact_t *artifact,
                                    uint32_t index) {
  const kgen_artifact_tensor_map_t *map = &artifact->tensor_maps[index];
  uint32_t count = artifact->header->parameter_count;
  if (map->parameter < 0 || (uint32_t)map->parameter >= count)
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "a tensor map views parameter %d of %u", map->parameter,
                     count);
  const kgen_artifact_parameter_t *of = &artifact->parameters[map->parameter];
  if (of->kind != KGEN_KIND_TENSOR || map->rank != of->rank || map->rank < 1 ||
      map->rank > KGEN_MAX_TENSOR_MAP_RANK)
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "a tensor map of rank %u views %s of rank %u, limit 1 to "
                     "%d",
                     map->rank, of->name, of->rank, KGEN_MAX_TENSOR_MAP_RANK);
  if (map->element_type != of->element_type ||
      cuda_type(map->element_type) < 0)
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "a tensor map of element type %u views %s of type %u",
                     map->element_type, of->name, of->element_type);
  if (cuda_swizzle(map->swizzle) < 0 || cuda_promotion(map->l2_promotion) < 0)
    return kgen_fail(KGEN_STATUS_ARTIFACT_MALFORMED,
                     "the tensor map of %s has swizzle %u and promotion %u",
                     of->name, map->swizzle, map->l2_promotion);
  return check_box(map, of->name);
}

/*===-- Encoding
 * -----------------------------------------------------------===*/

/* Dimension d of a map, counted from the innermost, is rank - 1 - d of the
   tensor. */
static kgen_status_t fill_sizes(const char *name,
                                const kgen_argument_t *argument,
                                kgen_map_request_t *request) {
  uint64_t stride = kgen_element_size(argument->element_type);
  for (uint32_t d = 0; d < request->rank; ++d) {
    uint64_t size = (uint64_t)argument->sizes[request->rank - 1 - d];
    if (size > max_size)
      return kgen_fail(KGEN_STATUS_TENSOR_MAP_LIMIT,
                       "%s has size %llu in dimension %u, limit %llu", name,
                       (unsigned long long)size, request->rank - 1 - d,
                       (unsigned long long)max_size);
    request->sizes[d] = size;
    request->steps[d] = 1;
    if (d == 0)
      continue;
    stride *= request->sizes[d - 1];
    if (stride % GRANULE != 0)
      return kgen_fail(KGEN_STATUS_ARGUMENT_DIVISIBILITY,
                       "%s has rows of %llu bytes, not a multiple of %d", name,
                       (unsigned long long)stride, GRANULE);
    if (stride >= max_stride)
      return kgen_fail(KGEN_STATUS_TENSOR_MAP_LIMIT,
                       "%s has a stride of %llu bytes in dimension %u, limit "
                       "below %llu",
                       name, (unsigned long long)stride, request->rank - 1 - d,
                       (unsigned long long)max_stride);
    request->strides[d - 1] = stride;
  }
  return KGEN_STATUS_OK;
}

static kgen_status_t make_request(const kgen_artifact_t *artifact,
                                  const kgen_artifact_tensor_map_t *map,
                                  const kgen_argument_t *argument,
                                  kgen_map_request_t *request) {
  const char *name = artifact->parameters[map->parameter].name;
  memset(request, 0, sizeof(*request));
  request->type = (uint32_t)cuda_type(map->element_type);
  request->rank = map->rank;
  request->address = argument->data;
  request->swizzle = (uint32_t)cuda_swizzle(map->swizzle);
  request->l2_promotion = (uint32_t)cuda_promotion(map->l2_promotion);
  for (uint32_t d = 0; d < map->rank; ++d)
    request->box[d] = map->box[d];
  if ((uintptr_t)argument->data % GRANULE != 0)
    return kgen_fail(KGEN_STATUS_ARGUMENT_ALIGNMENT,
                     "%s is at %p, not a multiple of %d bytes", name,
                     argument->data, GRANULE);
  return fill_sizes(name, argument, request);
}

/*===-- Cache
 * --------------------------------------------------------------===*/

/* Requests are compared as bytes: there must be none between the fields. */
_Static_assert(sizeof(kgen_map_request_t) ==
                   14 * sizeof(uint32_t) + 9 * sizeof(uint64_t) + sizeof(void *),
               "padding");

/* Enough for a loop over a few sets of tensors. */
enum { WAYS = 8 };

typedef struct {
  kgen_map_request_t request; /* all zero: empty */
  kgen_map_t map;
} cache_entry_t;

/* The last WAYS maps of each tensor map of one kernel. */
struct kgen_map_cache_t {
  pthread_mutex_t lock;
  cache_entry_t entries[KGEN_MAX_TENSOR_MAPS][WAYS];
  unsigned next[KGEN_MAX_TENSOR_MAPS]; /* the oldest */
};

kgen_status_t kgen_map_cache_create(const kgen_artifact_t *artifact,
                                    kgen_map_cache_t **cache) {
  *cache = NULL;
  if (artifact->header->tensor_map_count == 0)
    return KGEN_STATUS_OK;
  /* aligned_alloc wants a multiple of the alignment, which the size is. */
  kgen_map_cache_t *created =
      aligned_alloc(_Alignof(kgen_map_cache_t), sizeof(*created));
  if (!created)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                     "no host memory for the tensor maps of a kernel");
  memset(created, 0, sizeof(*created));
  pthread_mutex_init(&created->lock, NULL);
  *cache = created;
  return KGEN_STATUS_OK;
}

void kgen_map_cache_destroy(kgen_map_cache_t *cache) {
  if (!cache)
    return;
  pthread_mutex_destroy(&cache->lock);
  free(cache);
}

static bool find(kgen_map_cache_t *cache, uint32_t index,
                 const kgen_map_request_t *request, kgen_map_t *map) {
  bool found = false;
  pthread_mutex_lock(&cache->lock);
  for (int way = 0; way < WAYS && !found; ++way) {
    const cache_entry_t *entry = &cache->entries[index][way];
    found = memcmp(&entry->request, request, sizeof(*request)) == 0;
    if (found)
      *map = entry->map;
  }
  pthread_mutex_unlock(&cache->lock);
  return found;
}

static void keep(kgen_map_cache_t *cache, uint32_t index,
                 const kgen_map_request_t *request, const kgen_map_t *map) {
  pthread_mutex_lock(&cache->lock);
  cache_entry_t *entry = &cache->entries[index][cache->next[index]++ % WAYS];
  entry->request = *request;
  entry->map = *map;
  pthread_mutex_unlock(&cache->lock);
}

kgen_status_t kgen_encode_maps(const kgen_kernel_t *kernel,
                               const kgen_argument_t *arguments,
                               kgen_map_t *maps) {
  const kgen_artifact_t *artifact = kernel->artifact;
  for (uint32_t i = 0; i < artifact->header->tensor_map_count; ++i) {
    const kgen_artifact_tensor_map_t *map = &artifact->tensor_maps[i];
    const kgen_argument_t *argument = &arguments[map->parameter];
    /* The grid is not empty: blocks would copy from what no map describes. */
    if (kgen_argument_bytes(argument) == 0)
      return kgen_fail(KGEN_STATUS_TENSOR_MAP_LIMIT,
                       "%s has no elements, and the grid has blocks",
                       artifact->parameters[map->parameter].name);
    kgen_map_request_t request;
    KGEN_RETURN_IF_ERROR(make_request(artifact, map, argument, &request));
    if (find(kernel->maps, i, &request, &maps[i]))
      continue;
    KGEN_RETURN_IF_ERROR(kernel->device->driver->encode_map(
        kernel->device, &request, &maps[i]));
    keep(kernel->maps, i, &request, &maps[i]);
  }
  return KGEN_STATUS_OK;
}
