/*===- emulated_driver.c - Run kernels without a GPU
-----------------------===*\
|*
|* Over the table of kgen_emulator.h. Device memory is memory of this process,
|* every call is finished when it returns, and there is no clock: events mark
|* order alone, and what was executed is counted.
|*
\*===----------------------------------------------------------------------===*/
#define _GNU_SOURCE
#include "cuda/cuda_arch.h"
#include "driver.h"
#include "emulated_name.h"
#include "kgen_emulator.h"
#include "library.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ERROR_SIZE = 3072 };

typedef struct {
  const kgen_emulator_api_t *api;
  kgen_emulator_device_t *device;
  uint64_t seed;        /* of the device's name */
  pthread_mutex_t lock; /* calls on one emulator device must not overlap */
} emulated_state_t;

typedef struct {
  kgen_emulator_code_t *code;
  size_t argument_count;
} emulated_code_t;

/*===-- Library
 * ------------------------------------------------------------===*/

typedef struct {
  kgen_emulator_get_api_t get_api;
} emulated_table_t;

static const kgen_symbol_t emulated_symbols[] = {
    {KGEN_EMULATOR_GET_API, offsetof(emulated_table_t, get_api)}};

static kgen_status_t emulated_initialize(const void *table) {
  const kgen_emulator_api_t *api = ((const emulated_table_t *)table)->get_api();
  if (api->version == KGEN_EMULATOR_API_VERSION &&
      api->size >= KGEN_EMULATOR_FIRST_SIZE)
    return KGEN_STATUS_OK;
  return kgen_fail(KGEN_STATUS_DRIVER_UNAVAILABLE,
                   "the emulator's table has version %u and %u bytes, this "
                   "runtime needs version %d and %zu bytes",
                   api->version, api->size, KGEN_EMULATOR_API_VERSION,
                   KGEN_EMULATOR_FIRST_SIZE);
}

/* Whether the library has what was added to its table. */
static bool has_clusters_and_maps(const kgen_emulator_api_t *api) {
  return api->size >= sizeof(*api);
}

#define EMULATOR_LIBRARY_FILE "libkgen_emulator.so"

static kgen_library_t emulator_library = {
    .file = EMULATOR_LIBRARY_FILE,
    .is_kgens = true,
    .needed_for = "emulated devices",
    .symbols = emulated_symbols,
    .symbol_count = 1,
    .table_size = sizeof(emulated_table_t),
    .initialize = emulated_initialize,
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

void kgen_emulator_set_library(const char *path) {
  kgen_library_set_file(&emulator_library, path ? path : EMULATOR_LIBRARY_FILE);
}

static kgen_status_t emulated_get_api(const kgen_emulator_api_t **api) {
  const void *table = NULL;
  KGEN_RETURN_IF_ERROR(kgen_library_get(&emulator_library, &table));
  *api = ((const emulated_table_t *)table)->get_api();
  return KGEN_STATUS_OK;
}

/* The status of a call on the emulator, with its own words. */
static kgen_status_t emulated_check(int32_t status, const char *error) {
  if (status == KGEN_STATUS_OK)
    return KGEN_STATUS_OK;
  if (strcmp(kgen_status_name((kgen_status_t)status), "Unknown") == 0)
    return kgen_fail(KGEN_STATUS_DRIVER_ERROR, "the emulator returned %d: %s",
                     status, error);
  return kgen_fail((kgen_status_t)status, "%s", error);
}

static emulated_state_t *enter(kgen_device_t *device) {
  emulated_state_t *state = device->state;
  pthread_mutex_lock(&state->lock);
  return state;
}

static void leave(emulated_state_t *state) {
  pthread_mutex_unlock(&state->lock);
}

/*===-- Devices
 * ------------------------------------------------------------===*/

static kgen_status_t emulated_count(int32_t *count) {
  *count = 0; /* they are no hardware: only a name opens one */
  return KGEN_STATUS_OK;
}

/* Never called, because there are no ordinals; the table has no holes. */
static kgen_status_t emulated_describe(int32_t ordinal,
                                       const kgen_device_options_t *options,
                                       kgen_device_info_t *info) {
  (void)options;
  (void)info;
  return kgen_fail(KGEN_STATUS_DEVICE_NOT_FOUND,
                   "emulated devices have no ordinal %d", ordinal);
}

static void fill_info(const kgen_emulator_arch_t *arch,
                      const emulated_name_t *name, kgen_device_info_t *info) {
  memset(info, 0, sizeof(*info));
  size_t prefix = (size_t)snprintf(info->name, sizeof(info->name), "%s:",
                                   kgen_emulated_driver.name);
  emulated_name_write(name, info->name + prefix, sizeof(info->name) - prefix);
  snprintf(info->description, sizeof(info->description), "%s",
           arch->description);
  snprintf(info->arch, sizeof(info->arch), "%.31s", arch->arch);
  info->target = arch->target;
  info->processors =
      name->processors ? (int32_t)name->processors : arch->processors;
  info->max_threads = arch->max_threads;
  info->max_shared_bytes = arch->max_shared_bytes;
  /* Its memory is this process' own. */
  long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0)
    info->memory_bytes = (uint64_t)pages * (uint64_t)page_bytes;
  info->emulated = 1;
}

/* All architectures of the library; free() them. */
static kgen_status_t list_archs(kgen_emulator_arch_t **archs, size_t *count) {
  const kgen_emulator_api_t *api;
  KGEN_RETURN_IF_ERROR(emulated_get_api(&api));
  *count = api->architectures(NULL, 0);
  *archs = calloc(*count + 1, sizeof(**archs));
  if (!*archs)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                     "no host memory for %zu architectures", *count);
  api->architectures(*archs, *count);
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_emulated_enumerate(kgen_device_info_t *infos,
                                      size_t capacity, size_t *count) {
  kgen_emulator_arch_t *archs;
  KGEN_RETURN_IF_ERROR(list_archs(&archs, count));
  for (size_t i = 0; i < *count && i < capacity; ++i) {
    emulated_name_t name = {.seed = 0};
    snprintf(name.arch, sizeof(name.arch), "%s", archs[i].arch);
    fill_info(&archs[i], &name, &infos[i]);
  }
  free(archs);
  return KGEN_STATUS_OK;
}

static kgen_status_t unknown_arch(const char *name,
                                  const kgen_emulator_arch_t *archs,
                                  size_t count) {
  char known[512] = "none";
  size_t length = 0;
  for (size_t i = 0; i < count && length < sizeof(known); ++i)
    length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s",
                               i ? ", " : "", archs[i].arch);
  return kgen_fail(KGEN_STATUS_UNKNOWN_DEVICE_NAME,
                   "no device is named '%s:%s', emulated are %s",
                   kgen_emulated_driver.name, name, known);
}

static kgen_status_t emulated_describe_named(const char *name,
                                             kgen_device_info_t *info) {
  emulated_name_t parsed;
  if (!emulated_name_parse(name, &parsed))
    return kgen_fail(KGEN_STATUS_UNKNOWN_DEVICE_NAME,
                     "'%s' is not ARCH with, if at all, ,processors=N and "
                     "then ,seed=N",
                     name);
  kgen_emulator_arch_t *archs;
  size_t count;
  KGEN_RETURN_IF_ERROR(list_archs(&archs, &count));
  kgen_status_t status = KGEN_STATUS_UNKNOWN_DEVICE_NAME;
  for (size_t i = 0; i < count && status != KGEN_STATUS_OK; ++i)
    if (strcmp(archs[i].arch, parsed.arch) == 0) {
      fill_info(&archs[i], &parsed, info);
      status = KGEN_STATUS_OK;
    }
  if (status != KGEN_STATUS_OK)
    unknown_arch(parsed.arch, archs, count);
  free(archs);
  return status;
}

static kgen_status_t emulated_open(kgen_device_t *device) {
  emulated_name_t name;
  const char *text = device->info.name + strlen(kgen_emulated_driver.name) + 1;
  emulated_state_t *state = calloc(1, sizeof(*state));
  if (!state || !emulated_name_parse(text, &name)) {
    free(state);
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a device");
  }
  state->seed = name.seed;
  kgen_status_t status = emulated_get_api(&state->api);
  if (status == KGEN_STATUS_OK) {
    char error[ERROR_SIZE] = "";
    kgen_emulator_options_t options = {.seed = name.seed};
    status =
        emulated_check(state->api->open(name.arch, &options, &state->device,
                                        error, sizeof(error)),
                       error);
  }
  if (status != KGEN_STATUS_OK) {
    free(state);
    return status;
  }
  pthread_mutex_init(&state->lock, NULL);
  device->state = state;
  return KGEN_STATUS_OK;
}

static void emulated_close(kgen_device_t *device) {
  emulated_state_t *state = device->state;
  state->api->close(state->device);
  pthread_mutex_destroy(&state->lock);
  free(state);
}

/* PTX goes forward, as on hardware; arch-specific PTX and code objects run on
   that very arch. A cubin is machine code, which nobody emulates. */
static bool arch_runs(const char *device, const char *code, bool is_ptx) {
  cuda_arch_t device_arch, code_arch;
  if (!is_ptx)
    return strlen(device) == strcspn(code, ":") &&
           strncmp(device, code, strlen(device)) == 0;
  if (!cuda_arch_parse(device, &device_arch) ||
      !cuda_arch_parse(code, &code_arch))
    return false;
  return code_arch.suffix ? strcmp(device, code) == 0
                          : cuda_arch_runs(device_arch, code_arch, true);
}

static kgen_status_t emulated_check_arch(const kgen_device_info_t *info,
                                         const kgen_artifact_header_t *header) {
  if (header->code_format == KGEN_CODE_CUBIN)
    return kgen_fail(KGEN_STATUS_CODE_REJECTED,
                     "the artefact holds a cubin, %s executes PTX: compile "
                     "with ptxas=none or with target=%s",
                     info->name, info->name);
  if (arch_runs(info->arch, header->arch, header->code_format == KGEN_CODE_PTX))
    return KGEN_STATUS_OK;
  return kgen_fail(KGEN_STATUS_ARTIFACT_ARCH, "artefact is for %s, %s is %s",
                   header->arch, info->name, info->arch);
}

/*===-- Streams and events: every call is finished when it returns
 * ---------===*/

static kgen_status_t emulated_create(kgen_device_t *device, void **native) {
  (void)device;
  *native = NULL;
  return KGEN_STATUS_OK;
}

static void emulated_destroy(kgen_device_t *device, void *native) {
  (void)device;
  (void)native;
}

static kgen_status_t emulated_synchronize(kgen_device_t *device, void *native) {
  (void)device;
  (void)native;
  return KGEN_STATUS_OK;
}

static kgen_status_t emulated_event_record(kgen_device_t *device, void *native,
                                           void *stream) {
  (void)stream;
  return emulated_synchronize(device, native);
}

static kgen_status_t emulated_event_elapsed(kgen_device_t *device, void *start,
                                            void *stop, double *milliseconds) {
  (void)start;
  (void)stop;
  (void)milliseconds;
  return kgen_fail(KGEN_STATUS_NO_CLOCK, "%s was asked for a time",
                   device->info.name);
}

/*===-- Memory
 * -------------------------------------------------------------===*/

static kgen_status_t emulated_allocate(kgen_device_t *device, size_t size,
                                       void **pointer) {
  char error[ERROR_SIZE] = "";
  emulated_state_t *state = enter(device);
  int32_t status =
      state->api->allocate(state->device, size, pointer, error, sizeof(error));
  leave(state);
  if (status != KGEN_STATUS_OK)
    *pointer = NULL;
  if (status == KGEN_STATUS_OUT_OF_MEMORY)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                     "no memory on %s for a buffer of %zu bytes",
                     device->info.name, size);
  return emulated_check(status, error);
}

static kgen_status_t emulated_release(kgen_device_t *device, void *pointer) {
  char error[ERROR_SIZE] = "";
  emulated_state_t *state = enter(device);
  int32_t status =
      state->api->release(state->device, pointer, error, sizeof(error));
  leave(state);
  return emulated_check(status, error);
}

static bool owns(kgen_device_t *device, const void *pointer, size_t size) {
  emulated_state_t *state = enter(device);
  bool is_owned = state->api->owns(state->device, pointer, size) != 0;
  leave(state);
  return is_owned;
}

static kgen_status_t check_owned(kgen_device_t *device, const void *pointer,
                                 size_t size) {
  if (owns(device, pointer, size))
    return KGEN_STATUS_OK;
  return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT,
                   "%zu bytes at %p lie in no buffer of %s", size, pointer,
                   device->info.name);
}

static kgen_status_t emulated_copy(kgen_device_t *device, kgen_copy_t kind,
                                   void *destination, const void *source,
                                   size_t size, void *stream) {
  (void)stream;
  if (kind != KGEN_COPY_TO_HOST)
    KGEN_RETURN_IF_ERROR(check_owned(device, destination, size));
  if (kind != KGEN_COPY_TO_DEVICE)
    KGEN_RETURN_IF_ERROR(check_owned(device, source, size));
  memmove(destination, source, size);
  return KGEN_STATUS_OK;
}

static kgen_status_t emulated_fill(kgen_device_t *device, void *pointer,
                                   uint32_t pattern, size_t pattern_size,
                                   size_t count, void *stream) {
  (void)stream;
  KGEN_RETURN_IF_ERROR(check_owned(device, pointer, pattern_size * count));
  unsigned char *bytes = pointer;
  for (size_t i = 0; i < count; ++i, bytes += pattern_size)
    memcpy(bytes, &pattern, pattern_size); /* little endian: the low bytes */
  return KGEN_STATUS_OK;
}

static kgen_status_t emulated_locate(kgen_device_t *device, const void *pointer,
                                     int32_t *location) {
  *location = owns(device, pointer, 1) ? device->info.ordinal : KGEN_ON_HOST;
  return KGEN_STATUS_OK;
}

/*===-- Kernels
 * ------------------------------------------------------------===*/

/* By the kernel ABI of kgen_artifact.h. */
static size_t count_arguments(const kgen_artifact_t *artifact) {
  size_t count = artifact->header->parameter_count +
                 artifact->header->tensor_map_count +
                 artifact->header->tile_counter;
  for (uint32_t i = 0; i < artifact->header->parameter_count; ++i)
    for (uint32_t d = 0; d < artifact->parameters[i].rank; ++d)
      count += artifact->parameters[i].dimensions[d].size == KGEN_DYNAMIC_SIZE;
  return count;
}

static kgen_status_t emulated_load(kgen_device_t *device,
                                   const kgen_artifact_t *artifact,
                                   void **result) {
  const kgen_artifact_header_t *header = artifact->header;
  char error[ERROR_SIZE] = "";
  emulated_state_t *state = device->state;
  if ((header->tensor_map_count || header->cluster[0]) &&
      !has_clusters_and_maps(state->api))
    return kgen_fail(KGEN_STATUS_DRIVER_UNAVAILABLE,
                     "kernel %s has tensor maps or clusters, which this %s "
                     "does not emulate yet",
                     header->kernel_name, emulator_library.file);
  emulated_code_t *code = calloc(1, sizeof(*code));
  if (!code)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a kernel");
  code->argument_count = count_arguments(artifact);
  enter(device);
  int32_t status = state->api->load(
      state->device, (kgen_code_format_t)header->code_format,
      artifact->bytes + header->code_offset, (size_t)header->code_size,
      header->kernel_name, &code->code, error, sizeof(error));
  leave(state);
  if (status == KGEN_STATUS_OK)
    *result = code;
  else
    free(code);
  return emulated_check(status, error);
}

static void emulated_unload(kgen_device_t *device, void *native) {
  emulated_code_t *code = native;
  emulated_state_t *state = enter(device);
  state->api->unload(code->code);
  leave(state);
  free(code);
}

static kgen_status_t emulated_resources(kgen_device_t *device, void *native,
                                        kgen_resources_t *resources) {
  kgen_emulator_resources_t declared = {-1, -1, -1, -1};
  emulated_state_t *state = enter(device);
  state->api->resources(((emulated_code_t *)native)->code, &declared);
  leave(state);
  resources->registers = declared.registers;
  resources->local_bytes = declared.local_bytes;
  resources->static_shared_bytes = declared.static_shared_bytes;
  resources->max_threads = device->info.max_threads;
  return KGEN_STATUS_OK;
}

static kgen_status_t emulated_describe_code(kgen_device_t *device, void *native,
                                       char *text, size_t size) {
  emulated_state_t *state = enter(device);
  state->api->describe(((emulated_code_t *)native)->code, text, size);
  leave(state);
  return KGEN_STATUS_OK;
}

static kgen_status_t emulated_launch(kgen_device_t *device, void *native,
                                     const kgen_artifact_header_t *header,
                                     const int64_t grid[3], void **arguments,
                                     void *stream) {
  (void)stream;
  char error[ERROR_SIZE] = "";
  emulated_state_t *state = enter(device);
  emulated_code_t *code = native;
  int32_t status =
      header->cluster[0]
          ? state->api->launch_clusters(
                code->code, grid, header->cluster, header->threads_per_block,
                header->dynamic_shared_bytes, arguments, code->argument_count,
                error, sizeof(error))
          : state->api->launch(code->code, grid, header->threads_per_block,
                               header->dynamic_shared_bytes, arguments,
                               code->argument_count, error, sizeof(error));
  /* A finding stops the kernel anywhere, and the device goes on. */
  if (status != KGEN_STATUS_OK && header->tile_counter) {
    void **counter = arguments[code->argument_count - 1];
    memset(*counter, 0, sizeof(uint32_t));
  }
  leave(state);
  return emulated_check(status, error);
}

/* Launches are over when they return: all are in order. */
static kgen_status_t emulated_find_queue(kgen_device_t *device, void *stream,
                                         kgen_queue_t *queue) {
  (void)device;
  (void)stream;
  *queue = (kgen_queue_t){0, false};
  return KGEN_STATUS_OK;
}

static kgen_status_t emulated_allocate_zeros(kgen_device_t *device, size_t size,
                                             void **pointer) {
  KGEN_RETURN_IF_ERROR(emulated_allocate(device, size, pointer));
  memset(*pointer, 0, size);
  return KGEN_STATUS_OK;
}

static void emulated_release_zeros(kgen_device_t *device, void *pointer) {
  (void)emulated_release(device, pointer);
}

static kgen_status_t emulated_encode_map(kgen_device_t *device,
                                         const kgen_map_request_t *it,
                                         void *map) {
  char error[ERROR_SIZE] = "";
  emulated_state_t *state = enter(device);
  int32_t status = state->api->encode_tensor_map(
      state->device, map, it->type, it->rank, it->address, it->sizes,
      it->strides, it->box, it->steps, 0, it->swizzle, it->l2_promotion, 0,
      error, sizeof(error));
  leave(state);
  return emulated_check(status, error);
}

/*===-- Counts
 * -------------------------------------------------------------===*/

static void copy_counts(const kgen_emulator_counts_t *from,
                        kgen_device_counts_t *to) {
  const uint64_t *classes = from->class_instructions;
  *to = (kgen_device_counts_t){
      .launches = from->launches,
      .instructions = from->instructions,
      .integer_instructions = classes[KGEN_CLASS_INTEGER],
      .float_instructions = classes[KGEN_CLASS_FLOAT],
      .conversion_instructions = classes[KGEN_CLASS_CONVERSION],
      .transcendental_instructions = classes[KGEN_CLASS_TRANSCENDENTAL],
      .tensor_instructions = classes[KGEN_CLASS_TENSOR],
      .global_memory_instructions = classes[KGEN_CLASS_GLOBAL_MEMORY],
      .shared_memory_instructions = classes[KGEN_CLASS_SHARED_MEMORY],
      .shuffle_instructions = classes[KGEN_CLASS_SHUFFLE],
      .barrier_instructions = classes[KGEN_CLASS_BARRIER],
      .control_instructions = classes[KGEN_CLASS_CONTROL],
      .scalar_instructions = classes[KGEN_CLASS_SCALAR],
      .other_instructions = classes[KGEN_CLASS_OTHER],
      .tensor_flops = from->tensor_flops,
      .global_bytes = from->global_bytes,
      .shared_bytes = from->shared_bytes,
      .bank_conflict_cycles = from->bank_conflict_cycles,
      .divergent_branches = from->divergent_branches,
      .lane_slots = from->lane_slots,
      .inactive_lane_slots = from->inactive_lane_slots,
      .tensor_cycles = from->tensor_cycles,
      .issue_cycles = from->issue_cycles,
  };
}

static kgen_status_t emulated_counts(kgen_device_t *device,
                                     kgen_device_counts_t *counts) {
  kgen_emulator_counts_t now;
  memset(&now, 0, sizeof(now));
  emulated_state_t *state = enter(device);
  state->api->counts(state->device, &now);
  leave(state);
  copy_counts(&now, counts);
  return KGEN_STATUS_OK;
}

static kgen_status_t emulated_vary_interleaving(kgen_device_t *device,
                                                uint64_t variation) {
  emulated_state_t *state = enter(device);
  state->api->set_seed(state->device, state->seed + variation);
  leave(state);
  return KGEN_STATUS_OK;
}

const kgen_driver_t kgen_emulated_driver = {
    .name = "emulated",
    .count = emulated_count,
    .describe = emulated_describe,
    .describe_named = emulated_describe_named,
    .open = emulated_open,
    .close = emulated_close,
    .check_arch = emulated_check_arch,
    .stream_create = emulated_create,
    .stream_destroy = emulated_destroy,
    .stream_synchronize = emulated_synchronize,
    .event_create = emulated_create,
    .event_destroy = emulated_destroy,
    .event_record = emulated_event_record,
    .event_synchronize = emulated_synchronize,
    .event_elapsed = emulated_event_elapsed,
    .allocate = emulated_allocate,
    .release = emulated_release,
    .copy = emulated_copy,
    .fill = emulated_fill,
    .locate = emulated_locate,
    .load = emulated_load,
    .unload = emulated_unload,
    .resources = emulated_resources,
    .launch = emulated_launch,
    .encode_map = emulated_encode_map,
    .find_queue = emulated_find_queue,
    .allocate_zeros = emulated_allocate_zeros,
    .release_zeros = emulated_release_zeros,
    /* As CUDA's and HIP's; HIP counts work items, which is the stricter one. */
    .grid_limit = {INT_MAX, 65535, 65535},
    .counts = emulated_counts,
    .vary_interleaving = emulated_vary_interleaving,
    .describe_code = emulated_describe_code,
};
