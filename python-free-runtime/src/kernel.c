/*===- kernel.c - Load kernels and launch them
 * -----------------------------===*/
#include "driver.h"

#include <stdlib.h>

/* What the device cannot give is said here, with both numbers, rather than by
   a driver's "invalid value". */
static kgen_status_t check_limits(const kgen_device_info_t *info,
                                  const kgen_artifact_header_t *header) {
  if (header->dynamic_shared_bytes > info->max_shared_bytes)
    return kgen_fail(KGEN_STATUS_LAUNCH_LIMIT,
                     "kernel %s has %llu bytes of dynamic shared memory, %s "
                     "has a limit of %llu",
                     header->kernel_name,
                     (unsigned long long)header->dynamic_shared_bytes,
                     info->name, (unsigned long long)info->max_shared_bytes);
  if (header->threads_per_block > (uint32_t)info->max_threads)
    return kgen_fail(KGEN_STATUS_LAUNCH_LIMIT,
                     "kernel %s has %u threads per block, %s has a limit of %d",
                     header->kernel_name, header->threads_per_block, info->name,
                     info->max_threads);
  return KGEN_STATUS_OK;
}

static kgen_status_t check_loadable(const kgen_device_t *device,
                                    const kgen_artifact_t *artifact) {
  const kgen_artifact_header_t *header = artifact->header;
  if (header->target != (uint32_t)device->info.target)
    return kgen_fail(KGEN_STATUS_ARTIFACT_TARGET,
                     "artefact is for target %s, %s is of %s",
                     kgen_driver_for((kgen_target_t)header->target)->name,
                     device->info.name,
                     kgen_driver_for(device->info.target)->name);
  KGEN_RETURN_IF_ERROR(device->driver->check_arch(&device->info, header));
  return check_limits(&device->info, header);
}

/* Clusters may leave processors out: theirs must lie close to each other. */
static kgen_status_t count_resident_blocks(kgen_device_t *device,
                                           const kgen_artifact_header_t *header,
                                           kgen_kernel_t *kernel) {
  int64_t blocks =
      (int64_t)device->info.processors * header->blocks_per_processor;
  kernel->resident_blocks = blocks;
  if (header->grid_kind != KGEN_GRID_PERSISTENT || header->cluster[0] <= 1 ||
      !device->driver->resident_clusters)
    return KGEN_STATUS_OK;
  int64_t clusters = blocks / header->cluster[0];
  if (clusters < 1) /* the grid is rounded up to one */
    return KGEN_STATUS_OK;
  KGEN_RETURN_IF_ERROR(device->driver->resident_clusters(device, kernel->code,
                                                         header, &clusters));
  if (clusters * header->cluster[0] < blocks)
    kernel->resident_blocks = clusters * header->cluster[0];
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_kernel_load(kgen_device_t *device, kgen_artifact_t *artifact,
                               kgen_kernel_t **kernel) {
  if (!kernel)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "kernel is NULL");
  *kernel = NULL;
  if (!device || !artifact)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     device ? "artifact" : "device");
  KGEN_RETURN_IF_ERROR(check_loadable(device, artifact));
  kgen_kernel_t *loaded = calloc(1, sizeof(*loaded));
  if (!loaded)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a kernel");
  kgen_status_t status = device->driver->load(device, artifact, &loaded->code);
  if (status != KGEN_STATUS_OK) {
    free(loaded);
    return status;
  }
  loaded->device = device;
  loaded->artifact = artifact;
  status = count_resident_blocks(device, artifact->header, loaded);
  if (status == KGEN_STATUS_OK)
    status = kgen_map_cache_create(artifact, &loaded->maps);
  if (status == KGEN_STATUS_OK)
    status = kgen_counters_create(device, artifact, &loaded->counters);
  if (status != KGEN_STATUS_OK) {
    device->driver->unload(device, loaded->code);
    kgen_map_cache_destroy(loaded->maps);
    free(loaded);
    return status;
  }
  kgen_artifact_retain(artifact);
  *kernel = loaded;
  return KGEN_STATUS_OK;
}

void kgen_kernel_destroy(kgen_kernel_t *kernel) {
  if (!kernel)
    return;
  kernel->device->driver->unload(kernel->device, kernel->code);
  kgen_map_cache_destroy(kernel->maps);
  kgen_counters_destroy(kernel->device, kernel->counters);
  kgen_artifact_destroy(kernel->artifact);
  free(kernel);
}

const kgen_artifact_t *kgen_kernel_artifact(const kgen_kernel_t *kernel) {
  return kernel ? kernel->artifact : NULL;
}

kgen_status_t kgen_kernel_get_resources(const kgen_kernel_t *kernel,
                                        kgen_resources_t *resources) {
  if (!kernel || !resources)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     kernel ? "resources" : "kernel");
  const kgen_artifact_header_t *header = kernel->artifact->header;
  *resources = (kgen_resources_t){
      -1, -1, -1, -1, header->dynamic_shared_bytes, header->scratch_bytes};
  return kernel->device->driver->resources(kernel->device, kernel->code,
                                           resources);
}

kgen_status_t kgen_kernel_describe(const kgen_kernel_t *kernel, char *text,
                                   size_t size) {
  if (!kernel || !text || size == 0)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s",
                     !kernel ? "kernel is NULL"
                     : text  ? "size is 0"
                             : "text is NULL");
  text[0] = 0;
  kgen_device_t *device = kernel->device;
  if (!device->driver->describe_code)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is no emulated device",
                     device->info.name);
  return device->driver->describe_code(device, kernel->code, text, size);
}

static kgen_status_t check_grid(const kgen_kernel_t *kernel,
                                const int64_t grid[3]) {
  const int64_t *limit = kernel->device->driver->grid_limit;
  for (int i = 0; i < 3; ++i)
    if (grid[i] > limit[i])
      return kgen_fail(KGEN_STATUS_LAUNCH_LIMIT,
                       "kernel %s has %lld blocks in grid dimension %c, %s "
                       "has a limit of %lld",
                       kernel->artifact->header->kernel_name,
                       (long long)grid[i], "xyz"[i],
                       kernel -> device -> info.name, (long long)limit[i]);
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_kernel_get_grid(const kgen_kernel_t *kernel,
                                   const kgen_argument_t *arguments,
                                   size_t count, int64_t grid[3]) {
  if (!kernel || !grid)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     kernel ? "grid" : "kernel");
  KGEN_RETURN_IF_ERROR(kgen_check_shapes(kernel->artifact, arguments, count));
  KGEN_RETURN_IF_ERROR(kgen_check_pointers(kernel->artifact, arguments));
  KGEN_RETURN_IF_ERROR(kgen_compute_grid(kernel, arguments, grid));
  return check_grid(kernel, grid);
}

/* Adds the tile counter, which comes last, and launches. */
static kgen_status_t launch_packed(const kgen_kernel_t *kernel,
                                   const int64_t grid[3],
                                   kgen_packed_arguments_t *packed,
                                   void *stream) {
  kgen_counter_t *counter = NULL;
  if (kernel->counters) {
    KGEN_RETURN_IF_ERROR(kgen_counter_take(kernel, stream, &counter));
    packed->pointers[packed->count++] = &counter->address;
  }
  kgen_status_t status = kernel->device->driver->launch(
      kernel->device, kernel->code, kernel->artifact->header, grid,
      packed->pointers, stream);
  if (counter && status != KGEN_STATUS_OK)
    kgen_counter_return(kernel, counter);
  return status;
}

kgen_status_t kgen_launch(const kgen_kernel_t *kernel,
                          const kgen_argument_t *arguments, size_t count,
                          kgen_stream_t *stream) {
  int64_t grid[3];
  KGEN_RETURN_IF_ERROR(kgen_kernel_get_grid(kernel, arguments, count, grid));
  if (stream && stream->device != kernel->device)
    return kgen_fail(KGEN_STATUS_WRONG_DEVICE,
                     "kernel %s is loaded on %s, the stream is of %s",
                     kernel->artifact->header->kernel_name,
                     kernel->device->info.name, stream->device->info.name);
  if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0)
    return KGEN_STATUS_OK;
  kgen_packed_arguments_t packed;
  kgen_map_t maps[KGEN_MAX_TENSOR_MAPS];
  kgen_pack_arguments(kernel->artifact, arguments, &packed);
  KGEN_RETURN_IF_ERROR(kgen_encode_maps(kernel, arguments, maps));
  for (uint32_t i = 0; i < kernel->artifact->header->tensor_map_count; ++i)
    packed.pointers[packed.count++] = &maps[i];
  return launch_packed(kernel, grid, &packed, stream ? stream->native : NULL);
}
