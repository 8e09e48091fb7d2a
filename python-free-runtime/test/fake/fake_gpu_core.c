/*===- fake_gpu_core.c - What the fake CUDA and HIP share
 * ------------------===*/
#define _GNU_SOURCE
#include "fake_gpu_core.h"

#include "kgen_artifact.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static fake_gpu_t gpu;

fake_gpu_t *fake_gpu(void) { return &gpu; }

void fake_gpu_reset(void) {
  for (int i = 0; i < FAKE_MAX_ALLOCATIONS; ++i)
    free(gpu.allocations[i].pointer);
  memset(&gpu, 0, sizeof(gpu));
  gpu.device_count = 1;
  gpu.major = 9;
  gpu.arch = "gfx942:sramecc+:xnack-";
  gpu.memory_limit = (size_t)1 << 30;
  gpu.current_device = -1;
  gpu.active_clusters = 66;
}

int fake_enter(const char *function) {
  if (gpu.lost_code)
    return gpu.lost_code;
  if (!gpu.fail_function || strcmp(gpu.fail_function, function) != 0)
    return FAKE_OK;
  gpu.fail_function = NULL;
  if (gpu.fail_sticky)
    gpu.lost_code = gpu.fail_code;
  return gpu.fail_code;
}

fake_allocation_t *fake_find(const void *pointer) {
  for (int i = 0; i < FAKE_MAX_ALLOCATIONS; ++i) {
    fake_allocation_t *it = &gpu.allocations[i];
    if (it->pointer && (uintptr_t)pointer >= (uintptr_t)it->pointer &&
        (uintptr_t)pointer < (uintptr_t)it->pointer + it->size)
      return it;
  }
  return NULL;
}

int fake_allocate(size_t size, void **pointer) {
  size_t used = 0;
  fake_allocation_t *slot = NULL;
  for (int i = 0; i < FAKE_MAX_ALLOCATIONS; ++i) {
    fake_allocation_t *it = &gpu.allocations[i];
    if (it->pointer)
      used += it->size;
    else
      slot = it;
  }
  if (!slot || used + size > gpu.memory_limit)
    return FAKE_OUT_OF_MEMORY;
  slot->pointer = aligned_alloc(256, (size + 255) / 256 * 256);
  memset(slot->pointer, 0xcd, size); /* device memory is not zero at first */
  slot->size = size;
  slot->device = gpu.managed_next ? -1 : gpu.current_device;
  gpu.managed_next = 0;
  *pointer = slot->pointer;
  return FAKE_OK;
}

int fake_free(void *pointer) {
  fake_allocation_t *it = fake_find(pointer);
  if (!it || it->pointer != pointer)
    return FAKE_INVALID_VALUE;
  free(it->pointer);
  it->pointer = NULL;
  return FAKE_OK;
}

static int in_bounds(const void *pointer, size_t size) {
  const fake_allocation_t *it = fake_find(pointer);
  return it && size <= it->size - (size_t)((const char *)pointer - it->pointer);
}

int fake_copy(void *destination, int destination_on_device, const void *source,
              int source_on_device, size_t size) {
  if (destination_on_device ? !in_bounds(destination, size)
                            : fake_find(destination) != NULL)
    return FAKE_INVALID_VALUE;
  if (source_on_device ? !in_bounds(source, size) : fake_find(source) != NULL)
    return FAKE_INVALID_VALUE;
  memcpy(destination, source, size);
  return FAKE_OK;
}

int fake_fill(void *pointer, uint32_t value, size_t width, size_t count) {
  if (!in_bounds(pointer, width * count))
    return FAKE_INVALID_VALUE;
  for (size_t i = 0; i < count; ++i)
    memcpy((char *)pointer + i * width, &value, width);
  return FAKE_OK;
}

int fake_module_load(const void *image, void **module) {
  const char *text = image;
  if (memcmp(text, "\177ELF", 4) != 0 && !strstr(text, ".version"))
    return FAKE_INVALID_IMAGE;
  *module = dlopen(KGEN_TEST_AXPY_PATH, RTLD_NOW | RTLD_LOCAL);
  if (!*module)
    return FAKE_INVALID_IMAGE;
  ++gpu.live_modules;
  return FAKE_OK;
}

static void run(kgen_cpu_kernel_t kernel, const unsigned grid[3],
                void **arguments) {
  _Alignas(64) char scratch[1024];
  for (int64_t z = 0; z < grid[2]; ++z)
    for (int64_t y = 0; y < grid[1]; ++y)
      for (int64_t x = 0; x < grid[0]; ++x)
        kernel(arguments, (int64_t[3]){x, y, z}, scratch);
}

int fake_launch(void *function, const unsigned grid[3], const unsigned block[3],
                unsigned shared_bytes, void *stream, void **arguments) {
  if (!function || !grid[0] || !grid[1] || !grid[2])
    return FAKE_INVALID_VALUE;
  ++gpu.launches;
  gpu.launch_device = gpu.current_device;
  memcpy(gpu.grid, grid, sizeof(gpu.grid));
  memcpy(gpu.block, block, sizeof(gpu.block));
  gpu.shared_bytes = shared_bytes;
  gpu.stream = stream;
  for (size_t i = 0; i < gpu.argument_count; ++i)
    memcpy(&gpu.arguments[i], arguments[i], sizeof(gpu.arguments[i]));
  if (gpu.has_map)
    memcpy(&gpu.map, arguments[gpu.argument_count], sizeof(gpu.map));
  kgen_cpu_kernel_t kernel;
  memcpy(&kernel, &function, sizeof(kernel));
  run(kernel, grid, arguments);
  return FAKE_OK;
}

double fake_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}
