/*===- cuda_driver.c - Run kernels on NVIDIA GPUs
--------------------------===*\
|*
|* Works in the device's primary context, which is made current around each call
|* and taken off again, so that the caller's own context stays.
|*
\*===----------------------------------------------------------------------===*/
#include "cuda_arch.h"
#include "cuda_state.h"
#include "library.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_SHARED_BYTES = 48 * 1024 }; /* more needs an opt-in per kernel */

/*===-- Library and errors
 * -------------------------------------------------===*/

kgen_status_t cuda_check(const cuda_api_t *api, cuda_result_t code,
                         const char *call) {
  if (code == 0)
    return KGEN_STATUS_OK;
  const char *name = NULL, *text = NULL;
  api->getErrorName(code, &name);
  api->getErrorString(code, &text);
  return kgen_fail(kgen_gpu_status(code), "%s returned %d (%s, %s)", call, code,
                   name ? name : "unnamed", text ? text : "no text");
}

static kgen_status_t cuda_initialize(const void *table) {
  const cuda_api_t *api = table;
  return cuda_check(api, api->init(0), "cuInit");
}

static const kgen_symbol_t cuda_symbols[] = {
#define CUDA_SYMBOL(member, exported, parameters)                              \
  {#exported, offsetof(cuda_api_t, member)},
    CUDA_FUNCTIONS(CUDA_SYMBOL)};
static const kgen_symbol_t cuda_optional_symbols[] = {
    CUDA_OPTIONAL_FUNCTIONS(CUDA_SYMBOL)};
#undef CUDA_SYMBOL

#define CUDA_LIBRARY_FILE "libcuda.so.1"

static kgen_library_t cuda_library = {
    .file = CUDA_LIBRARY_FILE,
    .needed_for = "CUDA devices",
    .symbols = cuda_symbols,
    .symbol_count = sizeof(cuda_symbols) / sizeof(cuda_symbols[0]),
    .optional_symbols = cuda_optional_symbols,
    .optional_count =
        sizeof(cuda_optional_symbols) / sizeof(cuda_optional_symbols[0]),
    .table_size = sizeof(cuda_api_t),
    .initialize = cuda_initialize,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

void kgen_cuda_set_library(const char *path) {
  kgen_library_set_file(&cuda_library, path ? path : CUDA_LIBRARY_FILE);
}

static kgen_status_t cuda_get_api(const cuda_api_t **api) {
  const void *table = NULL;
  kgen_status_t status = kgen_library_get(&cuda_library, &table);
  *api = table;
  return status;
}

kgen_status_t cuda_enter(kgen_device_t *device, cuda_state_t **state) {
  *state = device->state;
  return cuda_check((*state)->api, (*state)->api->ctxPush((*state)->context),
                    "cuCtxPushCurrent");
}

void cuda_leave(const cuda_state_t *state) {
  cuda_context_t popped;
  state->api->ctxPop(&popped);
}

/*===-- Devices
 * ------------------------------------------------------------===*/

static kgen_status_t cuda_count(int32_t *count) {
  const cuda_api_t *api;
  *count = 0;
  KGEN_RETURN_IF_ERROR(cuda_get_api(&api));
  int devices = 0;
  KGEN_RETURN_IF_ERROR(
      cuda_check(api, api->deviceGetCount(&devices), "cuDeviceGetCount"));
  *count = devices;
  return KGEN_STATUS_OK;
}

static kgen_status_t cuda_attribute(const cuda_api_t *api, cuda_device_t device,
                                    int attribute, int32_t *value) {
  int read = 0;
  KGEN_RETURN_IF_ERROR(
      cuda_check(api, api->deviceGetAttribute(&read, attribute, device),
                 "cuDeviceGetAttribute"));
  *value = read;
  return KGEN_STATUS_OK;
}

static kgen_status_t cuda_attributes(const cuda_api_t *api,
                                     cuda_device_t device,
                                     kgen_device_info_t *info) {
  int32_t major, minor, l2_bytes, shared_bytes;
  const struct {
    int attribute;
    int32_t *value;
  } wanted[] = {
      {CUDA_COMPUTE_CAPABILITY_MAJOR, &major},
      {CUDA_COMPUTE_CAPABILITY_MINOR, &minor},
      {CUDA_MULTIPROCESSOR_COUNT, &info->processors},
      {CUDA_MAX_THREADS_PER_BLOCK, &info->max_threads},
      {CUDA_CLOCK_RATE, &info->clock_khz},
      {CUDA_L2_CACHE_SIZE, &l2_bytes},
      {CUDA_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &shared_bytes},
  };
  for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); ++i)
    KGEN_RETURN_IF_ERROR(
        cuda_attribute(api, device, wanted[i].attribute, wanted[i].value));
  snprintf(info->arch, sizeof(info->arch), "sm_%d%d", major, minor);
  info->l2_bytes = (uint64_t)l2_bytes;
  info->max_shared_bytes = (uint64_t)shared_bytes;
  return KGEN_STATUS_OK;
}

static kgen_status_t cuda_describe(int32_t ordinal,
                                   const kgen_device_options_t *options,
                                   kgen_device_info_t *info) {
  (void)options;
  const cuda_api_t *api;
  KGEN_RETURN_IF_ERROR(cuda_get_api(&api));
  cuda_device_t device;
  size_t bytes = 0;
  KGEN_RETURN_IF_ERROR(
      cuda_check(api, api->deviceGet(&device, ordinal), "cuDeviceGet"));
  KGEN_RETURN_IF_ERROR(
      cuda_check(api,
                 api->deviceGetName(info->description,
                                    (int)sizeof(info->description), device),
                 "cuDeviceGetName"));
  KGEN_RETURN_IF_ERROR(
      cuda_check(api, api->deviceTotalMem(&bytes, device), "cuDeviceTotalMem"));
  KGEN_RETURN_IF_ERROR(cuda_check(
      api, api->driverGetVersion(&info->driver_version), "cuDriverGetVersion"));
  info->memory_bytes = bytes;
  return cuda_attributes(api, device, info);
}

static kgen_status_t cuda_open(kgen_device_t *device) {
  cuda_state_t *state = calloc(1, sizeof(*state));
  if (!state)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a device");
  kgen_status_t status = cuda_get_api(&state->api);
  if (status == KGEN_STATUS_OK)
    status = cuda_check(
        state->api, state->api->deviceGet(&state->device, device->info.ordinal),
        "cuDeviceGet");
  if (status == KGEN_STATUS_OK)
    status = cuda_check(
        state->api, state->api->primaryRetain(&state->context, state->device),
        "cuDevicePrimaryCtxRetain");
  if (status != KGEN_STATUS_OK) {
    free(state);
    return status;
  }
  device->state = state;
  return KGEN_STATUS_OK;
}

static void cuda_close(kgen_device_t *device) {
  cuda_state_t *state = device->state;
  state->api->primaryRelease(state->device);
  free(state);
}

static kgen_status_t cuda_check_arch(const kgen_device_info_t *info,
                                     const kgen_artifact_header_t *header) {
  cuda_arch_t device, code;
  bool is_ptx = header->code_format == KGEN_CODE_PTX;
  if (cuda_arch_parse(info->arch, &device) &&
      cuda_arch_parse(header->arch, &code) &&
      cuda_arch_runs(device, code, is_ptx))
    return KGEN_STATUS_OK;
  return kgen_fail(KGEN_STATUS_ARTIFACT_ARCH,
                   "artefact has %s for %s, %s (%s) is %s",
                   is_ptx ? "PTX" : "a cubin", header->arch, info->name,
                   info->description, info->arch);
}

/*===-- Streams and events
 * -------------------------------------------------===*/

static kgen_status_t cuda_stream_create(kgen_device_t *device, void **native) {
  CUDA_RETURN_CALL(
      device, "cuStreamCreate",
      streamCreate((cuda_stream_t *)native, CUDA_STREAM_NON_BLOCKING));
}

static void cuda_stream_destroy(kgen_device_t *device, void *native) {
  cuda_state_t *state;
  if (cuda_enter(device, &state) != KGEN_STATUS_OK)
    return;
  state->api->streamDestroy(native);
  cuda_leave(state);
}

static kgen_status_t cuda_stream_synchronize(kgen_device_t *device,
                                             void *native) {
  CUDA_RETURN_CALL(device, "cuStreamSynchronize", streamSynchronize(native));
}

static kgen_status_t cuda_event_create(kgen_device_t *device, void **native) {
  CUDA_RETURN_CALL(device, "cuEventCreate",
                   eventCreate((cuda_event_t *)native, 0));
}

static void cuda_event_destroy(kgen_device_t *device, void *native) {
  cuda_state_t *state;
  if (cuda_enter(device, &state) != KGEN_STATUS_OK)
    return;
  state->api->eventDestroy(native);
  cuda_leave(state);
}

static kgen_status_t cuda_event_record(kgen_device_t *device, void *native,
                                       void *stream) {
  CUDA_RETURN_CALL(device, "cuEventRecord", eventRecord(native, stream));
}

static kgen_status_t cuda_event_synchronize(kgen_device_t *device,
                                            void *native) {
  CUDA_RETURN_CALL(device, "cuEventSynchronize", eventSynchronize(native));
}

static kgen_status_t cuda_event_elapsed(kgen_device_t *device, void *start,
                                        void *stop, double *milliseconds) {
  cuda_state_t *state;
  float elapsed = 0;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  kgen_status_t status = cuda_check(
      state->api, state->api->eventElapsedTime(&elapsed, start, stop),
      "cuEventElapsedTime");
  cuda_leave(state);
  *milliseconds = (double)elapsed;
  return status;
}

/*===-- Memory
 * -------------------------------------------------------------===*/

static kgen_status_t cuda_allocate(kgen_device_t *device, size_t size,
                                   void **pointer) {
  cuda_state_t *state;
  cuda_address_t address = 0;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  cuda_result_t code = state->api->memAlloc(&address, size);
  kgen_status_t status = cuda_check(state->api, code, "cuMemAlloc");
  cuda_leave(state);
  if (status == KGEN_STATUS_OUT_OF_MEMORY)
    return kgen_fail(status, "no memory on %s for a buffer of %zu bytes",
                     device->info.name, size);
  *pointer = (void *)(uintptr_t)address;
  return status;
}

static kgen_status_t cuda_release(kgen_device_t *device, void *pointer) {
  CUDA_RETURN_CALL(device, "cuMemFree", memFree(cuda_address_of(pointer)));
}

static cuda_result_t start_copy(const cuda_api_t *api, kgen_copy_t kind,
                                void *destination, const void *source,
                                size_t size, void *stream) {
  switch (kind) {
  case KGEN_COPY_TO_DEVICE:
    return api->copyToDevice(cuda_address_of(destination), source, size,
                             stream);
  case KGEN_COPY_TO_HOST:
    return api->copyToHost(destination, cuda_address_of(source), size, stream);
  case KGEN_COPY_ON_DEVICE:
    return api->copyOnDevice(cuda_address_of(destination),
                             cuda_address_of(source), size, stream);
  }
  return CUDA_INVALID_VALUE;
}

static kgen_status_t cuda_copy(kgen_device_t *device, kgen_copy_t kind,
                               void *destination, const void *source,
                               size_t size, void *stream) {
  cuda_state_t *state;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  kgen_status_t status = cuda_check(
      state->api,
      start_copy(state->api, kind, destination, source, size, stream),
      "cuMemcpyAsync");
  if (status == KGEN_STATUS_OK)
    status = cuda_check(state->api, state->api->streamSynchronize(stream),
                        "cuStreamSynchronize");
  cuda_leave(state);
  return status;
}

static kgen_status_t cuda_fill(kgen_device_t *device, void *pointer,
                               uint32_t pattern, size_t pattern_size,
                               size_t count, void *stream) {
  cuda_address_t address = cuda_address_of(pointer);
  if (pattern_size == 1)
    CUDA_RETURN_CALL(device, "cuMemsetD8Async",
                     memsetD8(address, (unsigned char)pattern, count, stream));
  if (pattern_size == 2)
    CUDA_RETURN_CALL(
        device, "cuMemsetD16Async",
        memsetD16(address, (unsigned short)pattern, count, stream));
  CUDA_RETURN_CALL(device, "cuMemsetD32Async",
                   memsetD32(address, pattern, count, stream));
}

/* An ordinary host pointer is an "invalid value" to libcuda. */
static kgen_status_t cuda_locate(kgen_device_t *device, const void *pointer,
                                 int32_t *location) {
  cuda_state_t *state;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  unsigned type = 0, managed = 0;
  int ordinal = KGEN_ON_HOST;
  cuda_address_t address = cuda_address_of(pointer);
  cuda_result_t code =
      state->api->pointerGetAttribute(&type, CUDA_POINTER_MEMORY_TYPE, address);
  if (code == 0)
    code = state->api->pointerGetAttribute(&managed, CUDA_POINTER_IS_MANAGED,
                                           address);
  if (code == 0 && !(managed & 0xff) && type == CUDA_MEMORY_DEVICE)
    code = state->api->pointerGetAttribute(
        &ordinal, CUDA_POINTER_DEVICE_ORDINAL, address);
  if (code == CUDA_INVALID_VALUE)
    code = 0;
  kgen_status_t status = cuda_check(state->api, code, "cuPointerGetAttribute");
  cuda_leave(state);
  *location = managed & 0xff ? KGEN_ON_EVERY_DEVICE : ordinal;
  return status;
}

/*===-- Kernels
 * ------------------------------------------------------------===*/

/* Says what the assembler said, which the code alone does not. */
static kgen_status_t load_module(const cuda_api_t *api, const void *image,
                                 cuda_module_t *module) {
  char log[2048] = "";
  int options[] = {CUDA_JIT_ERROR_LOG_BUFFER,
                   CUDA_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, (void *)(uintptr_t)sizeof(log)};
  cuda_result_t code = api->moduleLoad(module, image, 2, options, values);
  kgen_status_t status = cuda_check(api, code, "cuModuleLoadDataEx");
  log[sizeof(log) - 1] = '\0';
  if (status != KGEN_STATUS_OK && log[0])
    return kgen_fail(status, "cuModuleLoadDataEx returned %d, %s", code, log);
  return status;
}

static kgen_status_t load_function(const cuda_api_t *api,
                                   const kgen_artifact_t *artifact,
                                   cuda_code_t *code) {
  const kgen_artifact_header_t *header = artifact->header;
  KGEN_RETURN_IF_ERROR(
      load_module(api, artifact->bytes + header->code_offset, &code->module));
  kgen_status_t status =
      cuda_check(api,
                 api->moduleGetFunction(&code->function, code->module,
                                        header->kernel_name),
                 "cuModuleGetFunction");
  if (status == KGEN_STATUS_CODE_REJECTED)
    status = kgen_fail(status, "the code has no kernel named %s",
                       header->kernel_name);
  if (status == KGEN_STATUS_OK &&
      header->dynamic_shared_bytes > DEFAULT_SHARED_BYTES)
    status =
        cuda_check(api,
                   api->funcSetAttribute(
                       code->function, CUDA_FUNC_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                       (int)header->dynamic_shared_bytes),
                   "cuFuncSetAttribute(dynamic shared memory)");
  if (status == KGEN_STATUS_OK && header->tile_counter && !api->streamGetId)
    status = cuda_check(
        api, api->eventCreate(&code->latest, CUDA_EVENT_DISABLE_TIMING),
        "cuEventCreate");
  if (status != KGEN_STATUS_OK)
    api->moduleUnload(code->module);
  return status;
}

/* What older drivers and devices lack. */
static kgen_status_t check_features(const kgen_device_t *device,
                                    const kgen_artifact_header_t *header) {
  const cuda_api_t *api = ((const cuda_state_t *)device->state)->api;
  const char *missing = NULL;
  if (cuda_has_clusters(header) && !api->launchKernelEx)
    missing = "cuLaunchKernelEx (CUDA 11.8)";
  if (header->tensor_map_count && !api->tensorMapEncodeTiled)
    missing = "cuTensorMapEncodeTiled (CUDA 12.0)";
  if (missing)
    return kgen_fail(KGEN_STATUS_DRIVER_UNAVAILABLE,
                     "kernel %s needs %s, which this %s (version %d) lacks",
                     header->kernel_name, missing, cuda_library.file,
                     device->info.driver_version);
  cuda_arch_t arch;
  bool is_hopper = cuda_arch_parse(device->info.arch, &arch) && arch.major >= 9;
  if (!is_hopper && (cuda_has_clusters(header) || header->tensor_map_count))
    return kgen_fail(KGEN_STATUS_ARTIFACT_ARCH,
                     "kernel %s has clusters or tensor maps, which start with "
                     "sm_90, %s is %s",
                     header->kernel_name, device->info.name, device->info.arch);
  return KGEN_STATUS_OK;
}

static kgen_status_t cuda_load(kgen_device_t *device,
                               const kgen_artifact_t *artifact, void **result) {
  KGEN_RETURN_IF_ERROR(check_features(device, artifact->header));
  cuda_code_t *code = calloc(1, sizeof(*code));
  if (!code)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a kernel");
  cuda_state_t *state;
  kgen_status_t status = cuda_enter(device, &state);
  if (status == KGEN_STATUS_OK) {
    status = load_function(state->api, artifact, code);
    cuda_leave(state);
  }
  if (status != KGEN_STATUS_OK) {
    free(code);
    return status;
  }
  pthread_mutex_init(&code->order_lock, NULL);
  *result = code;
  return KGEN_STATUS_OK;
}

static void cuda_unload(kgen_device_t *device, void *native) {
  cuda_code_t *code = native;
  cuda_state_t *state;
  if (cuda_enter(device, &state) == KGEN_STATUS_OK) {
    if (code->latest)
      state->api->eventDestroy(code->latest);
    state->api->moduleUnload(code->module);
    cuda_leave(state);
  }
  pthread_mutex_destroy(&code->order_lock);
  free(code);
}

static kgen_status_t cuda_resources(kgen_device_t *device, void *native,
                                    kgen_resources_t *resources) {
  const struct {
    int attribute;
    int32_t *value;
  } wanted[] = {
      {CUDA_FUNC_NUM_REGS, &resources->registers},
      {CUDA_FUNC_LOCAL_SIZE_BYTES, &resources->local_bytes},
      {CUDA_FUNC_SHARED_SIZE_BYTES, &resources->static_shared_bytes},
      {CUDA_FUNC_MAX_THREADS_PER_BLOCK, &resources->max_threads},
  };
  cuda_code_t *code = native;
  cuda_state_t *state;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  kgen_status_t status = KGEN_STATUS_OK;
  for (size_t i = 0;
       i < sizeof(wanted) / sizeof(wanted[0]) && status == KGEN_STATUS_OK; ++i)
    status =
        cuda_check(state->api,
                   state->api->funcGetAttribute(
                       wanted[i].value, wanted[i].attribute, code->function),
                   "cuFuncGetAttribute");
  cuda_leave(state);
  return status;
}

/* Touches no device memory, but the driver wants a current context. */
static kgen_status_t cuda_encode_map(kgen_device_t *device,
                                     const kgen_map_request_t *it, void *map) {
  CUDA_RETURN_CALL(device, "cuTensorMapEncodeTiled",
                   tensorMapEncodeTiled(map, (int)it->type, it->rank,
                                        it->address, it->sizes, it->strides,
                                        it->box, it->steps, 0,
                                        (int)it->swizzle, (int)it->l2_promotion,
                                        0));
}

const kgen_driver_t kgen_cuda_driver = {
    .target = KGEN_TARGET_CUDA,
    .name = "cuda",
    .count = cuda_count,
    .describe = cuda_describe,
    .open = cuda_open,
    .close = cuda_close,
    .check_arch = cuda_check_arch,
    .stream_create = cuda_stream_create,
    .stream_destroy = cuda_stream_destroy,
    .stream_synchronize = cuda_stream_synchronize,
    .event_create = cuda_event_create,
    .event_destroy = cuda_event_destroy,
    .event_record = cuda_event_record,
    .event_synchronize = cuda_event_synchronize,
    .event_elapsed = cuda_event_elapsed,
    .allocate = cuda_allocate,
    .release = cuda_release,
    .copy = cuda_copy,
    .fill = cuda_fill,
    .locate = cuda_locate,
    .load = cuda_load,
    .unload = cuda_unload,
    .resources = cuda_resources,
    .resident_clusters = cuda_resident_clusters,
    .launch = cuda_launch,
    .encode_map = cuda_encode_map,
    .find_queue = cuda_find_queue,
    .allocate_zeros = cuda_allocate_zeros,
    .release_zeros = cuda_release_zeros,
    /* "Technical specifications per compute capability", CUDA Programming
       Guide: maximum grid dimensions. */
    .grid_limit = {INT_MAX, 65535, 65535},
};
