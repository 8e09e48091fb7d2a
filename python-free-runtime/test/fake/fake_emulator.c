/*===- fake_emulator.c - A libkgen_emulator that runs host functions
 * -------===*/
#define _GNU_SOURCE
#include "fake_emulator.h"

#include "kgen_emulator.h"
#include "kgen_runtime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BUFFERS = 64 };

struct kgen_emulator_device_t {
  uint64_t seed;
  kgen_emulator_counts_t counts;
  struct {
    char *pointer;
    size_t size;
  } buffers[MAX_BUFFERS];
};

struct kgen_emulator_code_t {
  kgen_emulator_device_t *device;
  void *library;
  kgen_cpu_kernel_t kernel;
  char *text;
};

static fake_emulator_t state;

fake_emulator_t *fake_emulator(void) { return &state; }

static int32_t fail(int32_t status, const char *text, char *error,
                    size_t error_size) {
  snprintf(error, error_size, "%s", text);
  return status;
}

static const kgen_emulator_arch_t archs[] = {
    {KGEN_TARGET_CUDA, "sm_80", "Fake A100, emulated", 32, 1024, 108, 166912},
    {KGEN_TARGET_CUDA, "sm_90a", "Fake H100, emulated", 32, 1024, 132, 232448},
    {KGEN_TARGET_HIP, "gfx942", "Fake MI300X, emulated", 64, 1024, 304, 65536},
};
enum { ARCH_COUNT = sizeof(archs) / sizeof(archs[0]) };

static size_t list_architectures(kgen_emulator_arch_t *into, size_t capacity) {
  for (size_t i = 0; i < ARCH_COUNT && i < capacity; ++i)
    into[i] = archs[i];
  return ARCH_COUNT;
}

static int32_t open_device(const char *arch,
                           const kgen_emulator_options_t *options,
                           kgen_emulator_device_t **device, char *error,
                           size_t error_size) {
  (void)arch;
  *device = calloc(1, sizeof(**device));
  if (!*device)
    return fail(KGEN_STATUS_OUT_OF_MEMORY, "no memory", error, error_size);
  (*device)->seed = options->seed;
  ++state.live_devices;
  return KGEN_STATUS_OK;
}

static void close_device(kgen_emulator_device_t *device) {
  --state.live_devices;
  free(device);
}

static int32_t allocate(kgen_emulator_device_t *device, size_t size,
                        void **pointer, char *error, size_t error_size) {
  if (size >> 40)
    return fail(KGEN_STATUS_OUT_OF_MEMORY, "too large", error, error_size);
  for (int i = 0; i < MAX_BUFFERS; ++i) {
    if (device->buffers[i].pointer)
      continue;
    *pointer = aligned_alloc(256, (size + 255) / 256 * 256);
    memset(*pointer, 0xcd, size); /* device memory is not zero at first */
    device->buffers[i].pointer = *pointer;
    device->buffers[i].size = size;
    ++state.live_buffers;
    return KGEN_STATUS_OK;
  }
  return fail(KGEN_STATUS_OUT_OF_MEMORY, "no slot", error, error_size);
}

static int32_t release(kgen_emulator_device_t *device, void *pointer,
                       char *error, size_t error_size) {
  for (int i = 0; i < MAX_BUFFERS; ++i)
    if (device->buffers[i].pointer == pointer) {
      free(pointer);
      device->buffers[i].pointer = NULL;
      --state.live_buffers;
      return KGEN_STATUS_OK;
    }
  return fail(KGEN_STATUS_INVALID_ARGUMENT, "no such buffer", error,
              error_size);
}

static int32_t owns(kgen_emulator_device_t *device, const void *pointer,
                    size_t size) {
  const char *at = pointer;
  for (int i = 0; i < MAX_BUFFERS; ++i) {
    const char *start = device->buffers[i].pointer;
    if (start && at >= start && at + size <= start + device->buffers[i].size)
      return 1;
  }
  return 0;
}

/* The rest of the line that begins with `label`, copied; NULL without one. */
static char *line_after(const char *text, const char *label) {
  const char *at = strstr(text, label);
  if (!at)
    return NULL;
  at += strlen(label);
  return strndup(at, strcspn(at, "\n"));
}

static void unload(kgen_emulator_code_t *code) {
  --state.live_codes;
  dlclose(code->library);
  free(code->text);
  free(code);
}

static int32_t load(kgen_emulator_device_t *device, kgen_code_format_t format,
                    const void *bytes, size_t size, const char *kernel,
                    kgen_emulator_code_t **loaded, char *error,
                    size_t error_size) {
  char *text = strndup(bytes, size);
  if (format == KGEN_CODE_PTX ? !strstr(text, ".version")
                              : memcmp(text, "\177ELF", 4) != 0) {
    free(text);
    return fail(KGEN_STATUS_CODE_REJECTED, "[KG9001] line 1: no program", error,
                error_size);
  }
  char *path = line_after(text, "// runs: ");
  kgen_emulator_code_t *code = calloc(1, sizeof(*code));
  *code = (kgen_emulator_code_t){device, NULL, NULL, text};
  code->library = dlopen(path ? path : KGEN_TEST_AXPY_PATH, RTLD_NOW);
  free(path);
  ++state.live_codes;
  void *symbol = code->library ? dlsym(code->library, kernel) : NULL;
  if (!symbol) {
    snprintf(error, error_size, "[KG9004] no kernel is named %s", kernel);
    unload(code);
    return KGEN_STATUS_CODE_REJECTED;
  }
  memcpy(&code->kernel, &symbol, sizeof(symbol));
  *loaded = code;
  return KGEN_STATUS_OK;
}

/* What the program's text says of this interleaving, copied; NULL: nothing. */
static char *find_finding(const kgen_emulator_code_t *code, uint64_t seed) {
  char label[64];
  snprintf(label, sizeof(label),
           "// finding at %llu: ", (unsigned long long)seed);
  char *text = line_after(code->text, label);
  return text ? text : line_after(code->text, "// finding: ");
}

static void run(const kgen_emulator_code_t *code, const int64_t grid[3],
                void **arguments) {
  _Alignas(64) char scratch[4096];
  for (int64_t z = 0; z < grid[2]; ++z)
    for (int64_t y = 0; y < grid[1]; ++y)
      for (int64_t x = 0; x < grid[0]; ++x) {
        memcpy(scratch, &code->device->seed, sizeof(uint64_t));
        code->kernel(arguments, (int64_t[3]){x, y, z}, scratch);
      }
}

static void count(kgen_emulator_counts_t *counts, const int64_t grid[3]) {
  uint64_t blocks = (uint64_t)(grid[0] * grid[1] * grid[2]);
  ++counts->launches;
  counts->instructions += blocks * FAKE_INSTRUCTIONS_PER_BLOCK;
  counts->class_instructions[KGEN_CLASS_INTEGER] +=
      blocks * FAKE_INSTRUCTIONS_PER_BLOCK;
  counts->lane_slots += blocks * FAKE_INSTRUCTIONS_PER_BLOCK * 32;
  counts->issue_cycles += blocks * FAKE_CYCLES_PER_BLOCK;
}

static int32_t launch_clusters(kgen_emulator_code_t *code,
                               const int64_t grid[3], const uint32_t cluster[3],
                               uint32_t threads, uint64_t dynamic_shared_bytes,
                               void **arguments, size_t argument_count,
                               char *error, size_t error_size) {
  (void)threads;
  (void)dynamic_shared_bytes;
  ++state.launches;
  memcpy(state.grid, grid, sizeof(state.grid));
  memcpy(state.cluster, cluster, sizeof(state.cluster));
  if (state.counter_index)
    memcpy(&state.counter, arguments[state.counter_index],
           sizeof(state.counter));
  if (state.has_map)
    memcpy(&state.map, arguments[state.argument_count], sizeof(state.map));
  state.last_seed = code->device->seed;
  state.last_argument_count = argument_count;
  int32_t status = state.fail_status;
  state.fail_status = KGEN_STATUS_OK;
  if (status != KGEN_STATUS_OK)
    return fail(status, "as the test asked", error, error_size);
  char *finding = find_finding(code, code->device->seed);
  if (finding) {
    fail(0, finding, error, error_size);
    free(finding);
    if (state.counter_index) /* it stops in the middle */
      *state.counter = 3;
    return KGEN_STATUS_EMULATION_FINDING;
  }
  run(code, grid, arguments);
  count(&code->device->counts, grid);
  return KGEN_STATUS_OK;
}

static int32_t launch(kgen_emulator_code_t *code, const int64_t grid[3],
                      uint32_t threads, uint64_t dynamic_shared_bytes,
                      void **arguments, size_t argument_count, char *error,
                      size_t error_size) {
  static const uint32_t none[3];
  return launch_clusters(code, grid, none, threads, dynamic_shared_bytes,
                         arguments, argument_count, error, error_size);
}

static int32_t encode_tensor_map(kgen_emulator_device_t *device, void *map,
                                 uint32_t type, uint32_t rank, void *address,
                                 const uint64_t *sizes, const uint64_t *strides,
                                 const uint32_t *box, const uint32_t *steps,
                                 uint32_t interleave, uint32_t swizzle,
                                 uint32_t l2_promotion, uint32_t fill,
                                 char *error, size_t error_size) {
  (void)device;
  ++state.encoded;
  if (fake_encode_tensor_map(map, type, rank, address, sizes, strides, box,
                             steps, interleave, swizzle, l2_promotion, fill))
    return KGEN_STATUS_OK;
  return fail(KGEN_STATUS_INVALID_ARGUMENT, "no such tensor map", error,
              error_size);
}

static void counts(const kgen_emulator_device_t *device,
                   kgen_emulator_counts_t *into) {
  *into = device->counts;
}

static void set_seed(kgen_emulator_device_t *device, uint64_t seed) {
  device->seed = seed;
}

static void resources(const kgen_emulator_code_t *code,
                      kgen_emulator_resources_t *into) {
  (void)code;
  *into = (kgen_emulator_resources_t){-1, 17, 16, 48};
}

static void describe(const kgen_emulator_code_t *code, char *text,
                     size_t size) {
  (void)code;
  snprintf(text, size, "a program");
}

__attribute__((visibility("default"))) const kgen_emulator_api_t *
kgen_emulator_get_api(void);
const kgen_emulator_api_t *kgen_emulator_get_api(void) {
  static kgen_emulator_api_t api = {
      KGEN_EMULATOR_API_VERSION,
      sizeof(api),
      list_architectures,
      open_device,
      close_device,
      allocate,
      release,
      owns,
      load,
      unload,
      launch,
      counts,
      set_seed,
      resources,
      describe,
      encode_tensor_map,
      launch_clusters,
  };
  api.version = state.version ? state.version : KGEN_EMULATOR_API_VERSION;
  api.size = state.size ? state.size : sizeof(api);
  return &api;
}
