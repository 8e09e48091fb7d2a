/*===- cpu_driver.c - Run kernels on this machine's processors
-------------===*\
|*
|* Every call is finished when it returns, so streams have no state and events
|* are clock readings.
|*
\*===----------------------------------------------------------------------===*/
#define _GNU_SOURCE
#include "code_loader.h"
#include "cpu_arch.h"
#include "driver.h"
#include "thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_ALIGNMENT = 256 };

typedef struct {
  pthread_mutex_t lock; /* guards the making of the pool */
  kgen_thread_pool_t *pool;
} cpu_state_t;

static kgen_status_t cpu_count(int32_t *count) {
  *count = 1;
  return KGEN_STATUS_OK;
}

/* The CPUs that this process may use, which a container can limit. */
static int32_t usable_cpus(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN); /* more than 1024 CPUs */
  return online > 0 ? (int32_t)online : 1;
}

static uint64_t positive(long value) { return value > 0 ? (uint64_t)value : 0; }

static kgen_status_t cpu_describe(int32_t ordinal,
                                  const kgen_device_options_t *options,
                                  kgen_device_info_t *info) {
  (void)ordinal;
  kgen_cpu_description(info->description, sizeof(info->description));
  snprintf(info->arch, sizeof(info->arch), "%s", kgen_cpu_host_arch());
  info->processors =
      options && options->cpu_threads ? options->cpu_threads : usable_cpus();
  info->max_threads = 1;
  info->memory_bytes =
      positive(sysconf(_SC_PHYS_PAGES)) * positive(sysconf(_SC_PAGESIZE));
  info->l2_bytes = positive(sysconf(_SC_LEVEL3_CACHE_SIZE));
  if (info->l2_bytes == 0)
    info->l2_bytes = positive(sysconf(_SC_LEVEL2_CACHE_SIZE));
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_open(kgen_device_t *device) {
  cpu_state_t *state = calloc(1, sizeof(*state));
  if (!state)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a device");
  pthread_mutex_init(&state->lock, NULL);
  device->state = state;
  return KGEN_STATUS_OK;
}

static void cpu_close(kgen_device_t *device) {
  cpu_state_t *state = device->state;
  kgen_thread_pool_destroy(state->pool);
  pthread_mutex_destroy(&state->lock);
  free(state);
}

static kgen_status_t cpu_check_arch(const kgen_device_info_t *info,
                                    const kgen_artifact_header_t *header) {
  if (kgen_cpu_arch_runs(info->arch, header->arch))
    return KGEN_STATUS_OK;
  return kgen_fail(KGEN_STATUS_ARTIFACT_ARCH,
                   "artefact is for %s, this processor is %s", header->arch,
                   info->arch);
}

static kgen_status_t cpu_stream_create(kgen_device_t *device, void **native) {
  (void)device;
  *native = NULL;
  return KGEN_STATUS_OK;
}

static void cpu_stream_destroy(kgen_device_t *device, void *native) {
  (void)device;
  (void)native;
}

static kgen_status_t cpu_stream_synchronize(kgen_device_t *device,
                                            void *native) {
  (void)device;
  (void)native;
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_event_create(kgen_device_t *device, void **native) {
  (void)device;
  *native = calloc(1, sizeof(struct timespec));
  if (!*native)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for an event");
  return KGEN_STATUS_OK;
}

static void cpu_event_destroy(kgen_device_t *device, void *native) {
  (void)device;
  free(native);
}

static kgen_status_t cpu_event_record(kgen_device_t *device, void *native,
                                      void *stream) {
  (void)device;
  (void)stream;
  clock_gettime(CLOCK_MONOTONIC, native);
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_event_synchronize(kgen_device_t *device,
                                           void *native) {
  return cpu_stream_synchronize(device, native);
}

static kgen_status_t cpu_event_elapsed(kgen_device_t *device, void *start,
                                       void *stop, double *milliseconds) {
  (void)device;
  const struct timespec *from = start, *to = stop;
  *milliseconds = (double)(to->tv_sec - from->tv_sec) * 1e3 +
                  (double)(to->tv_nsec - from->tv_nsec) * 1e-6;
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_allocate(kgen_device_t *device, size_t size,
                                  void **pointer) {
  (void)device;
  if (posix_memalign(pointer, BUFFER_ALIGNMENT, size) == 0)
    return KGEN_STATUS_OK;
  *pointer = NULL;
  return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                   "no host memory for a buffer of %zu bytes", size);
}

static kgen_status_t cpu_release(kgen_device_t *device, void *pointer) {
  (void)device;
  free(pointer);
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_copy(kgen_device_t *device, kgen_copy_t kind,
                              void *destination, const void *source,
                              size_t size, void *stream) {
  (void)device;
  (void)kind;
  (void)stream;
  memmove(destination, source, size);
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_fill(kgen_device_t *device, void *pointer,
                              uint32_t pattern, size_t pattern_size,
                              size_t count, void *stream) {
  (void)device;
  (void)stream;
  if (pattern_size == 1) {
    memset(pointer, (int)(pattern & 0xff), count);
    return KGEN_STATUS_OK;
  }
  unsigned char *bytes = pointer;
  for (size_t i = 0; i < count; ++i, bytes += pattern_size)
    memcpy(bytes, &pattern, pattern_size); /* little endian: the low bytes */
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_locate(kgen_device_t *device, const void *pointer,
                                int32_t *location) {
  (void)device;
  (void)pointer;
  *location = KGEN_ON_EVERY_DEVICE;
  return KGEN_STATUS_OK;
}

static kgen_status_t cpu_load(kgen_device_t *device,
                              const kgen_artifact_t *artifact, void **code) {
  (void)device;
  const kgen_artifact_header_t *header = artifact->header;
  kgen_cpu_code_t *loaded = NULL;
  KGEN_RETURN_IF_ERROR(kgen_cpu_code_load(artifact->bytes + header->code_offset,
                                          (size_t)header->code_size,
                                          header->kernel_name, &loaded));
  *code = loaded;
  return KGEN_STATUS_OK;
}

static void cpu_unload(kgen_device_t *device, void *code) {
  (void)device;
  kgen_cpu_code_unload(code);
}

static kgen_status_t cpu_resources(kgen_device_t *device, void *code,
                                   kgen_resources_t *resources) {
  (void)device;
  (void)code;
  resources->max_threads = 1;
  return KGEN_STATUS_OK;
}

static kgen_thread_pool_t *pool_of(const kgen_device_t *device) {
  cpu_state_t *state = device->state;
  pthread_mutex_lock(&state->lock);
  if (!state->pool)
    state->pool = kgen_thread_pool_create(device->info.processors);
  kgen_thread_pool_t *pool = state->pool;
  pthread_mutex_unlock(&state->lock);
  return pool;
}

static kgen_status_t cpu_launch(kgen_device_t *device, void *code,
                                const kgen_artifact_header_t *header,
                                const int64_t grid[3], void **arguments,
                                void *stream) {
  (void)stream;
  kgen_thread_pool_t *pool = pool_of(device);
  if (!pool)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for %d threads",
                     device->info.processors);
  return kgen_thread_pool_run(pool, ((kgen_cpu_code_t *)code)->kernel,
                              arguments, grid, header->scratch_bytes);
}

const kgen_driver_t kgen_cpu_driver = {
    .target = KGEN_TARGET_CPU,
    .name = "cpu",
    .count = cpu_count,
    .describe = cpu_describe,
    .open = cpu_open,
    .close = cpu_close,
    .check_arch = cpu_check_arch,
    .stream_create = cpu_stream_create,
    .stream_destroy = cpu_stream_destroy,
    .stream_synchronize = cpu_stream_synchronize,
    .event_create = cpu_event_create,
    .event_destroy = cpu_event_destroy,
    .event_record = cpu_event_record,
    .event_synchronize = cpu_event_synchronize,
    .event_elapsed = cpu_event_elapsed,
    .allocate = cpu_allocate,
    .release = cpu_release,
    .copy = cpu_copy,
    .fill = cpu_fill,
    .locate = cpu_locate,
    .load = cpu_load,
    .unload = cpu_unload,
    .resources = cpu_resources,
    .launch = cpu_launch,
    .grid_limit = {INT64_MAX, INT64_MAX, INT64_MAX},
};
