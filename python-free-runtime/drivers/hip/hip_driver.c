/*===- hip_driver.c - Run kernels on AMD GPUs
------------------------------===*\
|*
|* The device is made HIP's current one around each call, and the thread's
|* former device is restored after it.
|*
\*===----------------------------------------------------------------------===*/
#include "driver.h"
#include "hip_api.h"
#include "library.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const hip_api_t *api;
} hip_state_t;

typedef struct {
  hip_module_t module;
  hip_function_t function;
} hip_code_t;

/*===-- Library and errors
 * -------------------------------------------------===*/

/* Turns a code of HIP into a status; `call` names the function. */
static kgen_status_t hip_check(const hip_api_t *api, hip_result_t code,
                               const char *call) {
  if (code == 0)
    return KGEN_STATUS_OK;
  const char *name = api->getErrorName(code);
  const char *text = api->getErrorString(code);
  return kgen_fail(kgen_gpu_status(code), "%s returned %d (%s, %s)", call, code,
                   name ? name : "unnamed", text ? text : "no text");
}

static kgen_status_t hip_initialize(const void *table) {
  const hip_api_t *api = table;
  return hip_check(api, api->init(0), "hipInit");
}

static const kgen_symbol_t hip_symbols[] = {
#define HIP_SYMBOL(member, exported, parameters)                               \
  {#exported, offsetof(hip_api_t, member)},
    HIP_FUNCTIONS(HIP_SYMBOL) HIP_TEXT_FUNCTIONS(HIP_SYMBOL)
#undef HIP_SYMBOL
};

#define HIP_LIBRARY_FILE "libamdhip64.so"

static kgen_library_t hip_library = {
    .file = HIP_LIBRARY_FILE,
    .needed_for = "HIP devices",
    .symbols = hip_symbols,
    .symbol_count = sizeof(hip_symbols) / sizeof(hip_symbols[0]),
    .table_size = sizeof(hip_api_t),
    .initialize = hip_initialize,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

void kgen_hip_set_library(const char *path) {
  kgen_library_set_file(&hip_library, path ? path : HIP_LIBRARY_FILE);
}

static kgen_status_t hip_get_api(const hip_api_t **api) {
  const void *table = NULL;
  kgen_status_t status = kgen_library_get(&hip_library, &table);
  *api = table;
  return status;
}

static const hip_api_t *api_of(const kgen_device_t *device) {
  return ((const hip_state_t *)device->state)->api;
}

/* Makes the device current; *previous is what hip_leave restores. */
static kgen_status_t hip_enter(const kgen_device_t *device, int *previous) {
  const hip_api_t *api = api_of(device);
  KGEN_RETURN_IF_ERROR(
      hip_check(api, api->getDevice(previous), "hipGetDevice"));
  return hip_check(api, api->setDevice(device->info.ordinal), "hipSetDevice");
}

static void hip_leave(const kgen_device_t *device, int previous) {
  if (previous != device->info.ordinal)
    api_of(device)->setDevice(previous);
}

/* Runs one call of HIP on the device and turns its code into the status that
   the function returns. */
#define HIP_RETURN_CALL(device, name, call)                                    \
  do {                                                                         \
    int previous;                                                              \
    KGEN_RETURN_IF_ERROR(hip_enter(device, &previous));                        \
    kgen_status_t status_ =                                                    \
        hip_check(api_of(device), api_of(device)->call, name);                 \
    hip_leave(device, previous);                                               \
    return status_;                                                            \
  } while (0)

/* The same where the caller cannot use a status. */
#define HIP_CALL_AND_FORGET(device, call)                                      \
  do {                                                                         \
    int previous;                                                              \
    if (hip_enter(device, &previous) != KGEN_STATUS_OK)                        \
      break;                                                                   \
    api_of(device)->call;                                                      \
    hip_leave(device, previous);                                               \
  } while (0)

/*===-- Devices
 * ------------------------------------------------------------===*/

static kgen_status_t hip_count(int32_t *count) {
  const hip_api_t *api;
  *count = 0;
  KGEN_RETURN_IF_ERROR(hip_get_api(&api));
  int devices = 0;
  KGEN_RETURN_IF_ERROR(
      hip_check(api, api->getDeviceCount(&devices), "hipGetDeviceCount"));
  *count = devices;
  return KGEN_STATUS_OK;
}

static kgen_status_t hip_attributes(const hip_api_t *api, int32_t ordinal,
                                    kgen_device_info_t *info) {
  int l2_bytes = 0, shared_bytes = 0;
  const struct {
    int attribute;
    int *value;
  } wanted[] = {
      {HIP_MULTIPROCESSOR_COUNT, &info->processors},
      {HIP_MAX_THREADS_PER_BLOCK, &info->max_threads},
      {HIP_CLOCK_RATE, &info->clock_khz},
      {HIP_L2_CACHE_SIZE, &l2_bytes},
      {HIP_MAX_SHARED_MEMORY_PER_BLOCK, &shared_bytes},
  };
  for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); ++i)
    KGEN_RETURN_IF_ERROR(hip_check(
        api,
        api->deviceGetAttribute(wanted[i].value, wanted[i].attribute, ordinal),
        "hipDeviceGetAttribute"));
  info->l2_bytes = (uint64_t)l2_bytes;
  info->max_shared_bytes = (uint64_t)shared_bytes;
  return KGEN_STATUS_OK;
}

static kgen_status_t hip_describe(int32_t ordinal,
                                  const kgen_device_options_t *options,
                                  kgen_device_info_t *info) {
  (void)options;
  const hip_api_t *api;
  KGEN_RETURN_IF_ERROR(hip_get_api(&api));
  hip_properties_t properties;
  memset(&properties, 0, sizeof(properties));
  size_t bytes = 0;
  KGEN_RETURN_IF_ERROR(hip_check(api, api->getProperties(&properties, ordinal),
                                 "hipGetDeviceProperties"));
  KGEN_RETURN_IF_ERROR(hip_check(api, api->deviceTotalMem(&bytes, ordinal),
                                 "hipDeviceTotalMem"));
  KGEN_RETURN_IF_ERROR(hip_check(api,
                                 api->driverGetVersion(&info->driver_version),
                                 "hipDriverGetVersion"));
  snprintf(info->description, sizeof(info->description), "%.*s",
           (int)sizeof(info->description) - 1, properties.name);
  /* "gfx942:sramecc+:xnack-": the features are the code object's business. */
  snprintf(info->arch, sizeof(info->arch), "%.*s",
           (int)strcspn(properties.arch, ":"), properties.arch);
  info->memory_bytes = bytes;
  return hip_attributes(api, ordinal, info);
}

static kgen_status_t hip_open(kgen_device_t *device) {
  hip_state_t *state = calloc(1, sizeof(*state));
  if (!state)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a device");
  kgen_status_t status = hip_get_api(&state->api);
  if (status != KGEN_STATUS_OK) {
    free(state);
    return status;
  }
  device->state = state;
  return KGEN_STATUS_OK;
}

static void hip_close(kgen_device_t *device) { free(device->state); }

static kgen_status_t hip_check_arch(const kgen_device_info_t *info,
                                    const kgen_artifact_header_t *header) {
  size_t length = strcspn(header->arch, ":");
  if (length == strlen(info->arch) &&
      strncmp(header->arch, info->arch, length) == 0)
    return KGEN_STATUS_OK;
  return kgen_fail(KGEN_STATUS_ARTIFACT_ARCH,
                   "artefact is for %s, %s (%s) is %s", header->arch,
                   info->name, info->description, info->arch);
}

/*===-- Streams and events
 * -------------------------------------------------===*/

static kgen_status_t hip_stream_create(kgen_device_t *device, void **native) {
  HIP_RETURN_CALL(
      device, "hipStreamCreateWithFlags",
      streamCreate((hip_stream_t *)native, HIP_STREAM_NON_BLOCKING));
}

static void hip_stream_destroy(kgen_device_t *device, void *native) {
  HIP_CALL_AND_FORGET(device, streamDestroy(native));
}

static kgen_status_t hip_stream_synchronize(kgen_device_t *device,
                                            void *native) {
  HIP_RETURN_CALL(device, "hipStreamSynchronize", streamSynchronize(native));
}

static kgen_status_t hip_event_create(kgen_device_t *device, void **native) {
  HIP_RETURN_CALL(device, "hipEventCreate", eventCreate((hip_event_t *)native));
}

static void hip_event_destroy(kgen_device_t *device, void *native) {
  HIP_CALL_AND_FORGET(device, eventDestroy(native));
}

static kgen_status_t hip_event_record(kgen_device_t *device, void *native,
                                      void *stream) {
  HIP_RETURN_CALL(device, "hipEventRecord", eventRecord(native, stream));
}

static kgen_status_t hip_event_synchronize(kgen_device_t *device,
                                           void *native) {
  HIP_RETURN_CALL(device, "hipEventSynchronize", eventSynchronize(native));
}

static kgen_status_t hip_event_elapsed(kgen_device_t *device, void *start,
                                       void *stop, double *milliseconds) {
  float elapsed = 0;
  int previous;
  KGEN_RETURN_IF_ERROR(hip_enter(device, &previous));
  kgen_status_t status = hip_check(
      api_of(device), api_of(device)->eventElapsedTime(&elapsed, start, stop),
      "hipEventElapsedTime");
  hip_leave(device, previous);
  *milliseconds = (double)elapsed;
  return status;
}

/*===-- Memory
 * -------------------------------------------------------------===*/

static kgen_status_t hip_allocate(kgen_device_t *device, size_t size,
                                  void **pointer) {
  int previous;
  KGEN_RETURN_IF_ERROR(hip_enter(device, &previous));
  hip_result_t code = api_of(device)->allocate(pointer, size);
  kgen_status_t status = hip_check(api_of(device), code, "hipMalloc");
  hip_leave(device, previous);
  if (status == KGEN_STATUS_OK)
    return status;
  *pointer = NULL;
  if (status == KGEN_STATUS_OUT_OF_MEMORY)
    return kgen_fail(status, "no memory on %s for a buffer of %zu bytes",
                     device->info.name, size);
  return status;
}

static kgen_status_t hip_release(kgen_device_t *device, void *pointer) {
  HIP_RETURN_CALL(device, "hipFree", release(pointer));
}

static kgen_status_t hip_copy(kgen_device_t *device, kgen_copy_t kind,
                              void *destination, const void *source,
                              size_t size, void *stream) {
  static const int kinds[] = {
      [KGEN_COPY_TO_DEVICE] = HIP_COPY_TO_DEVICE,
      [KGEN_COPY_TO_HOST] = HIP_COPY_TO_HOST,
      [KGEN_COPY_ON_DEVICE] = HIP_COPY_ON_DEVICE,
  };
  const hip_api_t *api = api_of(device);
  int previous;
  KGEN_RETURN_IF_ERROR(hip_enter(device, &previous));
  kgen_status_t status = hip_check(
      api, api->copyAsync(destination, source, size, kinds[kind], stream),
      "hipMemcpyAsync");
  if (status == KGEN_STATUS_OK)
    status =
        hip_check(api, api->streamSynchronize(stream), "hipStreamSynchronize");
  hip_leave(device, previous);
  return status;
}

static kgen_status_t hip_fill(kgen_device_t *device, void *pointer,
                              uint32_t pattern, size_t pattern_size,
                              size_t count, void *stream) {
  if (pattern_size == 1)
    HIP_RETURN_CALL(device, "hipMemsetD8Async",
                    memsetD8(pointer, (unsigned char)pattern, count, stream));
  if (pattern_size == 2)
    HIP_RETURN_CALL(device, "hipMemsetD16Async",
                    memsetD16(pointer, (unsigned short)pattern, count, stream));
  HIP_RETURN_CALL(device, "hipMemsetD32Async",
                  memsetD32(pointer, (int)pattern, count, stream));
}

/* An ordinary host pointer is an "invalid value", or unregistered, to HIP. */
static kgen_status_t hip_locate(kgen_device_t *device, const void *pointer,
                                int32_t *location) {
  int previous;
  KGEN_RETURN_IF_ERROR(hip_enter(device, &previous));
  hip_pointer_t found;
  memset(&found, 0, sizeof(found));
  hip_result_t code = api_of(device)->pointerGetAttributes(&found, pointer);
  kgen_status_t status =
      hip_check(api_of(device), code == HIP_INVALID_VALUE ? 0 : code,
                "hipPointerGetAttributes");
  hip_leave(device, previous);
  *location = KGEN_ON_HOST;
  if (code == 0 && (found.is_managed || found.type == HIP_MEMORY_MANAGED))
    *location = KGEN_ON_EVERY_DEVICE;
  else if (code == 0 && found.type == HIP_MEMORY_DEVICE)
    *location = found.device;
  return status;
}

/*===-- Kernels
 * ------------------------------------------------------------===*/

static kgen_status_t load_function(const hip_api_t *api,
                                   const kgen_artifact_t *artifact,
                                   hip_code_t *code) {
  const kgen_artifact_header_t *header = artifact->header;
  KGEN_RETURN_IF_ERROR(hip_check(
      api,
      api->moduleLoad(&code->module, artifact->bytes + header->code_offset),
      "hipModuleLoadData"));
  kgen_status_t status =
      hip_check(api,
                api->moduleGetFunction(&code->function, code->module,
                                       header->kernel_name),
                "hipModuleGetFunction");
  if (status == KGEN_STATUS_CODE_REJECTED)
    status = kgen_fail(status, "the code has no kernel named %s",
                       header->kernel_name);
  if (status != KGEN_STATUS_OK)
    api->moduleUnload(code->module);
  return status;
}

static kgen_status_t hip_load(kgen_device_t *device,
                              const kgen_artifact_t *artifact, void **result) {
  hip_code_t *code = calloc(1, sizeof(*code));
  if (!code)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a kernel");
  int previous;
  kgen_status_t status = hip_enter(device, &previous);
  if (status == KGEN_STATUS_OK) {
    status = load_function(api_of(device), artifact, code);
    hip_leave(device, previous);
  }
  if (status != KGEN_STATUS_OK) {
    free(code);
    return status;
  }
  *result = code;
  return KGEN_STATUS_OK;
}

static void hip_unload(kgen_device_t *device, void *native) {
  hip_code_t *code = native;
  HIP_CALL_AND_FORGET(device, moduleUnload(code->module));
  free(code);
}

static kgen_status_t hip_resources(kgen_device_t *device, void *native,
                                   kgen_resources_t *resources) {
  const struct {
    int attribute;
    int32_t *value;
  } wanted[] = {
      {HIP_FUNC_NUM_REGS, &resources->registers},
      {HIP_FUNC_LOCAL_SIZE_BYTES, &resources->local_bytes},
      {HIP_FUNC_SHARED_SIZE_BYTES, &resources->static_shared_bytes},
      {HIP_FUNC_MAX_THREADS_PER_BLOCK, &resources->max_threads},
  };
  hip_code_t *code = native;
  const hip_api_t *api = api_of(device);
  int previous;
  KGEN_RETURN_IF_ERROR(hip_enter(device, &previous));
  kgen_status_t status = KGEN_STATUS_OK;
  for (size_t i = 0;
       i < sizeof(wanted) / sizeof(wanted[0]) && status == KGEN_STATUS_OK; ++i)
    status =
        hip_check(api,
                  api->funcGetAttribute(wanted[i].value, wanted[i].attribute,
                                        code->function),
                  "hipFuncGetAttribute");
  hip_leave(device, previous);
  return status;
}

static kgen_status_t hip_launch(kgen_device_t *device, void *native,
                                const kgen_artifact_header_t *header,
                                const int64_t grid[3], void **arguments,
                                void *stream) {
  hip_code_t *code = native;
  /* HIP counts work items, not blocks, in 32 bits. */
  if ((uint64_t)grid[0] * header->threads_per_block > UINT_MAX)
    return kgen_fail(KGEN_STATUS_LAUNCH_LIMIT,
                     "kernel %s has %lld blocks of %u threads in grid "
                     "dimension x, HIP has a limit of %u threads",
                     header->kernel_name, (long long)grid[0],
                     header->threads_per_block, UINT_MAX);
  HIP_RETURN_CALL(device, "hipModuleLaunchKernel",
                  launchKernel(code->function, (unsigned)grid[0],
                               (unsigned)grid[1], (unsigned)grid[2],
                               header->threads_per_block, 1, 1,
                               (unsigned)header->dynamic_shared_bytes, stream,
                               arguments, NULL));
}

const kgen_driver_t kgen_hip_driver = {
    .target = KGEN_TARGET_HIP,
    .name = "hip",
    .count = hip_count,
    .describe = hip_describe,
    .open = hip_open,
    .close = hip_close,
    .check_arch = hip_check_arch,
    .stream_create = hip_stream_create,
    .stream_destroy = hip_stream_destroy,
    .stream_synchronize = hip_stream_synchronize,
    .event_create = hip_event_create,
    .event_destroy = hip_event_destroy,
    .event_record = hip_event_record,
    .event_synchronize = hip_event_synchronize,
    .event_elapsed = hip_event_elapsed,
    .allocate = hip_allocate,
    .release = hip_release,
    .copy = hip_copy,
    .fill = hip_fill,
    .locate = hip_locate,
    .load = hip_load,
    .unload = hip_unload,
    .resources = hip_resources,
    .launch = hip_launch,
    /* hipDeviceProp_t::maxGridSize of gfx90a and gfx942: 2^31-1, 65536, 65536.
     */
    .grid_limit = {INT_MAX, 65535, 65535},
};
