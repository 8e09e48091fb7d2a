/*===- fake_cuda.c - A libcuda for tests
 * -----------------------------------===*/
#include "cuda/cuda_api.h"
#include "fake_gpu_core.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Contexts are numbered by device, from 1. */
static cuda_context_t context_of(int device) {
  return (cuda_context_t)(uintptr_t)(device + 1);
}
static int device_of(cuda_context_t context) {
  return (int)(uintptr_t)context - 1;
}
static void *pointer_of(cuda_address_t address) {
  return (void *)(uintptr_t)address;
}

#define CUDA_PROTOTYPE(member, exported, parameters)                           \
  cuda_result_t exported parameters;
CUDA_FUNCTIONS(CUDA_PROTOTYPE)
CUDA_OPTIONAL_FUNCTIONS(CUDA_PROTOTYPE)

static int stack[16];

int cuInit(unsigned flags) {
  FAKE_ENTER();
  return flags == 0 ? FAKE_OK : FAKE_INVALID_VALUE;
}
int cuGetErrorName(int code, const char **text) {
  *text = code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "CUDA_ERROR_OTHER";
  return FAKE_OK;
}
int cuGetErrorString(int code, const char **text) {
  *text = code == 700 ? "an illegal memory access was encountered" : "other";
  return FAKE_OK;
}
int cuDriverGetVersion(int *version) {
  FAKE_ENTER();
  *version = 13000;
  return FAKE_OK;
}
int cuDeviceGetCount(int *count) {
  FAKE_ENTER();
  *count = fake_gpu()->device_count;
  return FAKE_OK;
}
int cuDeviceGet(int *device, int ordinal) {
  FAKE_ENTER();
  *device = ordinal;
  return ordinal < fake_gpu()->device_count ? FAKE_OK : FAKE_INVALID_DEVICE;
}
int cuDeviceGetName(char *name, int size, int device) {
  FAKE_ENTER();
  snprintf(name, (size_t)size, "Fake CUDA device %d", device);
  return FAKE_OK;
}
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  FAKE_ENTER();
  (void)device;
  switch (attribute) {
  case CUDA_COMPUTE_CAPABILITY_MAJOR:
    *value = fake_gpu()->major;
    return FAKE_OK;
  case CUDA_COMPUTE_CAPABILITY_MINOR:
    *value = fake_gpu()->minor;
    return FAKE_OK;
  case CUDA_MULTIPROCESSOR_COUNT:
    *value = 132;
    return FAKE_OK;
  case CUDA_MAX_THREADS_PER_BLOCK:
    *value = 1024;
    return FAKE_OK;
  case CUDA_CLOCK_RATE:
    *value = 1980000;
    return FAKE_OK;
  case CUDA_L2_CACHE_SIZE:
    *value = 52428800;
    return FAKE_OK;
  case CUDA_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
    *value = 232448;
    return FAKE_OK;
  default:
    return FAKE_INVALID_VALUE;
  }
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  FAKE_ENTER();
  (void)device;
  *bytes = fake_gpu()->memory_limit;
  return FAKE_OK;
}
int cuDevicePrimaryCtxRetain(cuda_context_t *context, int device) {
  FAKE_ENTER();
  *context = context_of(device);
  return FAKE_OK;
}
int cuDevicePrimaryCtxRelease_v2(int device) {
  FAKE_ENTER();
  (void)device;
  return FAKE_OK;
}
int cuCtxPushCurrent_v2(cuda_context_t context) {
  fake_gpu_t *gpu = fake_gpu();
  stack[gpu->context_depth++] = gpu->current_device;
  gpu->current_device = device_of(context);
  return FAKE_OK;
}
int cuCtxPopCurrent_v2(cuda_context_t *context) {
  fake_gpu_t *gpu = fake_gpu();
  *context = context_of(gpu->current_device);
  gpu->current_device = stack[--gpu->context_depth];
  return FAKE_OK;
}

#define NEED_CONTEXT()                                                         \
  do {                                                                         \
    FAKE_ENTER();                                                              \
    if (fake_gpu()->current_device < 0)                                        \
      return FAKE_INVALID_CONTEXT;                                             \
  } while (0)

/* NULL: the test said nothing of this handle. */
static const fake_stream_t *find_stream(const void *handle) {
  for (int i = 0; i < fake_gpu()->stream_count; ++i)
    if (fake_gpu()->streams[i].handle == handle)
      return &fake_gpu()->streams[i];
  return NULL;
}
/* The code of a call that no graph can hold; 0: it is allowed now. */
static int check_uncaptured(void) {
  for (int i = 0; i < fake_gpu()->stream_count; ++i)
    if (fake_gpu()->streams[i].capture &&
        fake_gpu()->capture_mode != CUDA_CAPTURE_RELAXED)
      return FAKE_CAPTURE_UNSUPPORTED;
  return FAKE_OK;
}
/* The same of work on the legacy default stream, whatever the mode is. */
static int check_legacy(cuda_stream_t stream) {
  for (int i = 0; i < fake_gpu()->stream_count && !stream; ++i)
    if (fake_gpu()->streams[i].capture)
      return FAKE_CAPTURE_IMPLICIT;
  return FAKE_OK;
}

int cuStreamIsCapturing(cuda_stream_t stream, int *status) {
  NEED_CONTEXT();
  const fake_stream_t *it = find_stream(stream);
  *status = it ? it->capture : CUDA_CAPTURE_NONE;
  return check_legacy(stream);
}
int cuThreadExchangeStreamCaptureMode(int *mode) {
  FAKE_ENTER();
  int before = fake_gpu()->capture_mode;
  fake_gpu()->capture_mode = *mode;
  *mode = before;
  return FAKE_OK;
}
int cuStreamWaitEvent(cuda_stream_t stream, cuda_event_t event,
                      unsigned flags) {
  NEED_CONTEXT();
  const fake_stream_t *it = find_stream(stream);
  if (it && it->capture) /* the event was recorded outside of the graph */
    return FAKE_CAPTURE_ISOLATION;
  ++fake_gpu()->waits;
  fake_gpu()->waited_event = event;
  return flags == 0 ? FAKE_OK : FAKE_INVALID_VALUE;
}
int cuStreamCreate(cuda_stream_t *stream, unsigned flags) {
  NEED_CONTEXT();
  if (flags != CUDA_STREAM_NON_BLOCKING)
    return FAKE_INVALID_VALUE;
  *stream = malloc(1);
  ++fake_gpu()->live_streams;
  return FAKE_OK;
}
int cuStreamDestroy_v2(cuda_stream_t stream) {
  NEED_CONTEXT();
  free(stream);
  --fake_gpu()->live_streams;
  return FAKE_OK;
}
int cuStreamSynchronize(cuda_stream_t stream) {
  NEED_CONTEXT();
  int code = check_uncaptured();
  return code ? code : check_legacy(stream);
}
int cuEventCreate(cuda_event_t *event, unsigned flags) {
  NEED_CONTEXT();
  (void)flags;
  *event = calloc(1, sizeof(double));
  ++fake_gpu()->live_events;
  return FAKE_OK;
}
int cuEventDestroy_v2(cuda_event_t event) {
  NEED_CONTEXT();
  free(event);
  --fake_gpu()->live_events;
  return FAKE_OK;
}
int cuEventRecord(cuda_event_t event, cuda_stream_t stream) {
  NEED_CONTEXT();
  (void)stream;
  *(double *)(void *)event = fake_now();
  fake_gpu()->recorded_event = event;
  return FAKE_OK;
}
int cuEventSynchronize(cuda_event_t event) {
  NEED_CONTEXT();
  (void)event;
  return FAKE_OK;
}
int cuEventElapsedTime(float *milliseconds, cuda_event_t start,
                       cuda_event_t stop) {
  NEED_CONTEXT();
  *milliseconds = (float)(*(double *)(void *)stop - *(double *)(void *)start);
  return FAKE_OK;
}
int cuMemAlloc_v2(cuda_address_t *address, size_t size) {
  NEED_CONTEXT();
  void *pointer = NULL;
  int code = check_uncaptured();
  if (code)
    return code;
  code = fake_allocate(size, &pointer);
  *address = (cuda_address_t)(uintptr_t)pointer;
  return code;
}
int cuMemFree_v2(cuda_address_t address) {
  NEED_CONTEXT();
  int code = check_uncaptured();
  if (code)
    return code;
  return fake_free(pointer_of(address));
}
int cuMemcpyHtoDAsync_v2(cuda_address_t destination, const void *source,
                         size_t size, cuda_stream_t stream) {
  NEED_CONTEXT();
  (void)stream;
  return fake_copy(pointer_of(destination), 1, source, 0, size);
}
int cuMemcpyDtoHAsync_v2(void *destination, cuda_address_t source, size_t size,
                         cuda_stream_t stream) {
  NEED_CONTEXT();
  (void)stream;
  return fake_copy(destination, 0, pointer_of(source), 1, size);
}
int cuMemcpyDtoDAsync_v2(cuda_address_t destination, cuda_address_t source,
                         size_t size, cuda_stream_t stream) {
  NEED_CONTEXT();
  (void)stream;
  return fake_copy(pointer_of(destination), 1, pointer_of(source), 1, size);
}
int cuMemsetD8Async(cuda_address_t address, unsigned char value, size_t count,
                    cuda_stream_t stream) {
  NEED_CONTEXT();
  int code = check_legacy(stream);
  return code ? code : fake_fill(pointer_of(address), value, 1, count);
}
int cuMemsetD16Async(cuda_address_t address, unsigned short value, size_t count,
                     cuda_stream_t stream) {
  NEED_CONTEXT();
  (void)stream;
  return fake_fill(pointer_of(address), value, 2, count);
}
int cuMemsetD32Async(cuda_address_t address, unsigned value, size_t count,
                     cuda_stream_t stream) {
  NEED_CONTEXT();
  (void)stream;
  return fake_fill(pointer_of(address), value, 4, count);
}
int cuPointerGetAttribute(void *value, int attribute, cuda_address_t address) {
  NEED_CONTEXT();
  const fake_allocation_t *it = fake_find(pointer_of(address));
  if (!it)
    return FAKE_INVALID_VALUE;
  switch (attribute) {
  case CUDA_POINTER_MEMORY_TYPE:
    *(unsigned *)value = CUDA_MEMORY_DEVICE;
    return FAKE_OK;
  case CUDA_POINTER_IS_MANAGED: /* a bool: one byte is written */
    *(unsigned char *)value = it->device < 0;
    return FAKE_OK;
  case CUDA_POINTER_DEVICE_ORDINAL:
    *(int *)value = it->device;
    return FAKE_OK;
  default:
    return FAKE_INVALID_VALUE;
  }
}
int cuModuleLoadDataEx(cuda_module_t *module, const void *image, unsigned count,
                       int *options, void **values) {
  const char *log = fake_gpu()->assembler_log;
  if (log && count == 2 && options[0] == CUDA_JIT_ERROR_LOG_BUFFER)
    snprintf(values[0], (size_t)(uintptr_t)values[1], "%s", log);
  NEED_CONTEXT();
  return fake_module_load(image, (void **)module);
}
int cuModuleUnload(cuda_module_t module) {
  NEED_CONTEXT();
  dlclose(module);
  --fake_gpu()->live_modules;
  return FAKE_OK;
}
int cuModuleGetFunction(cuda_function_t *function, cuda_module_t module,
                        const char *name) {
  NEED_CONTEXT();
  *function = dlsym(module, name);
  return *function ? FAKE_OK : FAKE_NOT_FOUND;
}
int cuFuncGetAttribute(int *value, int attribute, cuda_function_t function) {
  NEED_CONTEXT();
  (void)function;
  *value = 100 + attribute;
  return FAKE_OK;
}
int cuFuncSetAttribute(cuda_function_t function, int attribute, int value) {
  NEED_CONTEXT();
  (void)function;
  if (attribute != CUDA_FUNC_MAX_DYNAMIC_SHARED_SIZE_BYTES)
    return FAKE_INVALID_VALUE;
  fake_gpu()->shared_limit = value;
  return FAKE_OK;
}
int cuLaunchKernel(cuda_function_t function, unsigned grid_x, unsigned grid_y,
                   unsigned grid_z, unsigned block_x, unsigned block_y,
                   unsigned block_z, unsigned shared_bytes,
                   cuda_stream_t stream, void **arguments, void **extra) {
  NEED_CONTEXT();
  if (extra || (shared_bytes > 48 * 1024 &&
                (int)shared_bytes > fake_gpu()->shared_limit))
    return FAKE_INVALID_VALUE;
  memset(fake_gpu()->cluster, 0, sizeof(fake_gpu()->cluster));
  return fake_launch(function, (unsigned[3]){grid_x, grid_y, grid_z},
                     (unsigned[3]){block_x, block_y, block_z}, shared_bytes,
                     stream, arguments);
}
#ifndef KGEN_FAKE_OLD_CUDA
int cuStreamGetId(cuda_stream_t stream, unsigned long long *id) {
  NEED_CONTEXT();
  const fake_stream_t *it = find_stream(stream);
  if (it && it->capture)
    return FAKE_CAPTURE_UNSUPPORTED;
  *id = it ? it->id : (uintptr_t)stream + 1000;
  return FAKE_OK;
}
int cuLaunchKernelEx(const cuda_launch_config_t *config,
                     cuda_function_t function, void **arguments, void **extra) {
  NEED_CONTEXT();
  const cuda_launch_attribute_t *it = config->attributes;
  if (extra || config->attribute_count != 1 ||
      it->id != CUDA_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION ||
      config->grid_x % it->value.cluster[0] ||
      config->grid_y % it->value.cluster[1] ||
      config->grid_z % it->value.cluster[2])
    return FAKE_INVALID_VALUE;
  memcpy(fake_gpu()->cluster, it->value.cluster, sizeof(fake_gpu()->cluster));
  return fake_launch(
      function, (unsigned[3]){config->grid_x, config->grid_y, config->grid_z},
      (unsigned[3]){config->block_x, config->block_y, config->block_z},
      config->shared_bytes, config->stream, arguments);
}
int cuOccupancyMaxActiveClusters(int *clusters, cuda_function_t function,
                                 const cuda_launch_config_t *config) {
  NEED_CONTEXT();
  if (!function || config->attribute_count != 1 ||
      config->grid_x % config->attributes->value.cluster[0])
    return FAKE_INVALID_VALUE;
  *clusters = fake_gpu()->active_clusters;
  return FAKE_OK;
}
int cuTensorMapEncodeTiled(void *map, int type, uint32_t rank, void *address,
                           const uint64_t *sizes, const uint64_t *strides,
                           const uint32_t *box, const uint32_t *steps,
                           int interleave, int swizzle, int l2_promotion,
                           int fill) {
  NEED_CONTEXT();
  ++fake_gpu()->encoded;
  return fake_encode_tensor_map(map, (uint32_t)type, rank, address, sizes,
                                strides, box, steps, (uint32_t)interleave,
                                (uint32_t)swizzle, (uint32_t)l2_promotion,
                                (uint32_t)fill)
             ? FAKE_OK
             : FAKE_INVALID_VALUE;
}
#endif
