/*===- fake_hip.c - A libamdhip64 for tests
 * --------------------------------===*/
#include "fake_gpu_core.h"
#include "hip/hip_api.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HIP_PROTOTYPE(member, exported, parameters)                            \
  hip_result_t exported parameters;
HIP_FUNCTIONS(HIP_PROTOTYPE)
#undef HIP_PROTOTYPE
#define HIP_PROTOTYPE(member, exported, parameters)                            \
  const char *exported parameters;
HIP_TEXT_FUNCTIONS(HIP_PROTOTYPE)

const char *hipGetErrorName(int code) {
  return code == 700 ? "hipErrorIllegalAddress" : "hipErrorOther";
}
const char *hipGetErrorString(int code) {
  return code == 700 ? "an illegal memory access was encountered" : "other";
}
int hipInit(unsigned flags) {
  FAKE_ENTER();
  return flags == 0 ? FAKE_OK : FAKE_INVALID_VALUE;
}
int hipDriverGetVersion(int *version) {
  FAKE_ENTER();
  *version = 60300;
  return FAKE_OK;
}
int hipGetDeviceCount(int *count) {
  FAKE_ENTER();
  *count = fake_gpu()->device_count;
  return FAKE_OK;
}
int hipGetDevice(int *device) {
  int current = fake_gpu()->current_device;
  *device = current < 0 ? 0 : current;
  return FAKE_OK;
}
int hipSetDevice(int device) {
  if (device < 0 || device >= fake_gpu()->device_count)
    return FAKE_INVALID_DEVICE;
  fake_gpu()->current_device = device;
  return FAKE_OK;
}
int hipGetDevicePropertiesR0600(hip_properties_t *properties, int device) {
  FAKE_ENTER();
  snprintf(properties->name, sizeof(properties->name), "Fake HIP device %d",
           device);
  snprintf(properties->arch, sizeof(properties->arch), "%s", fake_gpu()->arch);
  return FAKE_OK;
}
int hipDeviceGetAttribute(int *value, int attribute, int device) {
  FAKE_ENTER();
  (void)device;
  switch (attribute) {
  case HIP_MULTIPROCESSOR_COUNT:
    *value = 304;
    return FAKE_OK;
  case HIP_MAX_THREADS_PER_BLOCK:
    *value = 1024;
    return FAKE_OK;
  case HIP_CLOCK_RATE:
    *value = 2100000;
    return FAKE_OK;
  case HIP_L2_CACHE_SIZE:
    *value = 4194304;
    return FAKE_OK;
  case HIP_MAX_SHARED_MEMORY_PER_BLOCK:
    *value = 65536;
    return FAKE_OK;
  default:
    return FAKE_INVALID_VALUE;
  }
}
int hipDeviceTotalMem(size_t *bytes, int device) {
  FAKE_ENTER();
  (void)device;
  *bytes = fake_gpu()->memory_limit;
  return FAKE_OK;
}
int hipStreamCreateWithFlags(hip_stream_t *stream, unsigned flags) {
  FAKE_ENTER();
  if (flags != HIP_STREAM_NON_BLOCKING)
    return FAKE_INVALID_VALUE;
  *stream = malloc(1);
  ++fake_gpu()->live_streams;
  return FAKE_OK;
}
int hipStreamDestroy(hip_stream_t stream) {
  FAKE_ENTER();
  free(stream);
  --fake_gpu()->live_streams;
  return FAKE_OK;
}
int hipStreamSynchronize(hip_stream_t stream) {
  FAKE_ENTER();
  (void)stream;
  return FAKE_OK;
}
int hipEventCreate(hip_event_t *event) {
  FAKE_ENTER();
  *event = calloc(1, sizeof(double));
  ++fake_gpu()->live_events;
  return FAKE_OK;
}
int hipEventDestroy(hip_event_t event) {
  FAKE_ENTER();
  free(event);
  --fake_gpu()->live_events;
  return FAKE_OK;
}
int hipEventRecord(hip_event_t event, hip_stream_t stream) {
  FAKE_ENTER();
  (void)stream;
  *(double *)(void *)event = fake_now();
  return FAKE_OK;
}
int hipEventSynchronize(hip_event_t event) {
  FAKE_ENTER();
  (void)event;
  return FAKE_OK;
}
int hipEventElapsedTime(float *milliseconds, hip_event_t start,
                        hip_event_t stop) {
  FAKE_ENTER();
  *milliseconds = (float)(*(double *)(void *)stop - *(double *)(void *)start);
  return FAKE_OK;
}
int hipMalloc(void **pointer, size_t size) {
  FAKE_ENTER();
  return fake_allocate(size, pointer);
}
int hipFree(void *pointer) {
  FAKE_ENTER();
  return fake_free(pointer);
}
int hipMemcpyAsync(void *destination, const void *source, size_t size, int kind,
                   hip_stream_t stream) {
  FAKE_ENTER();
  (void)stream;
  return fake_copy(destination, kind != HIP_COPY_TO_HOST, source,
                   kind != HIP_COPY_TO_DEVICE, size);
}
int hipMemsetD8Async(void *pointer, unsigned char value, size_t count,
                     hip_stream_t stream) {
  FAKE_ENTER();
  (void)stream;
  return fake_fill(pointer, value, 1, count);
}
int hipMemsetD16Async(void *pointer, unsigned short value, size_t count,
                      hip_stream_t stream) {
  FAKE_ENTER();
  (void)stream;
  return fake_fill(pointer, value, 2, count);
}
int hipMemsetD32Async(void *pointer, int value, size_t count,
                      hip_stream_t stream) {
  FAKE_ENTER();
  (void)stream;
  return fake_fill(pointer, (uint32_t)value, 4, count);
}
int hipPointerGetAttributes(hip_pointer_t *attributes, const void *pointer) {
  FAKE_ENTER();
  const fake_allocation_t *it = fake_find(pointer);
  if (!it)
    return FAKE_INVALID_VALUE;
  attributes->type = HIP_MEMORY_DEVICE;
  attributes->device = it->device;
  attributes->is_managed = it->device < 0;
  return FAKE_OK;
}
int hipModuleLoadData(hip_module_t *module, const void *image) {
  FAKE_ENTER();
  return fake_module_load(image, (void **)module);
}
int hipModuleUnload(hip_module_t module) {
  FAKE_ENTER();
  dlclose(module);
  --fake_gpu()->live_modules;
  return FAKE_OK;
}
int hipModuleGetFunction(hip_function_t *function, hip_module_t module,
                         const char *name) {
  FAKE_ENTER();
  *function = dlsym(module, name);
  return *function ? FAKE_OK : FAKE_NOT_FOUND;
}
int hipFuncGetAttribute(int *value, int attribute, hip_function_t function) {
  FAKE_ENTER();
  (void)function;
  *value = 100 + attribute;
  return FAKE_OK;
}
int hipModuleLaunchKernel(hip_function_t function, unsigned grid_x,
                          unsigned grid_y, unsigned grid_z, unsigned block_x,
                          unsigned block_y, unsigned block_z,
                          unsigned shared_bytes, hip_stream_t stream,
                          void **arguments, void **extra) {
  FAKE_ENTER();
  if (extra)
    return FAKE_INVALID_VALUE;
  return fake_launch(function, (unsigned[3]){grid_x, grid_y, grid_z},
                     (unsigned[3]){block_x, block_y, block_z}, shared_bytes,
                     stream, arguments);
}
