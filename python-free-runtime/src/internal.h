/*===- internal.h - What the runtime's own files share
 * ---------------------===*/
#ifndef KGEN_RUNTIME_SRC_INTERNAL_H
#define KGEN_RUNTIME_SRC_INTERNAL_H

#include "kgen_runtime.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct kgen_driver_t kgen_driver_t;

/* Sets this thread's kgen_last_error to "[KG<status>] <detail>: <sentence>" and
   returns `status`. */
kgen_status_t kgen_fail(kgen_status_t status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for a driver's assembler log; longer texts are cut. */
#define KGEN_ERROR_TEXT_SIZE 4096

/* Sets this thread's kgen_last_error to a text that it gave before. */
void kgen_restore_error(const char *text);

#define KGEN_RETURN_IF_ERROR(expression)                                       \
  do {                                                                         \
    kgen_status_t status_ = (expression);                                      \
    if (status_ != KGEN_STATUS_OK)                                             \
      return status_;                                                          \
  } while (0)

/* Reference counted, so that a kernel can outlive the caller's handle. */
struct kgen_artifact_t {
  atomic_int references;
  const kgen_artifact_header_t *header;
  const kgen_artifact_parameter_t *parameters;
  const kgen_artifact_tensor_map_t *tensor_maps; /* tensor_map_count of them */
  _Alignas(16) unsigned char bytes[];
};

void kgen_artifact_retain(kgen_artifact_t *artifact);

struct kgen_device_t {
  const kgen_driver_t *driver;
  kgen_device_info_t info;
  void *state; /* the driver's */
};

struct kgen_stream_t {
  kgen_device_t *device;
  void *native;
  bool owned;
};

struct kgen_event_t {
  kgen_device_t *device;
  void *native;
  atomic_bool recorded;
};

/* Tensor maps of a kernel's latest launches (tensor_map.c). */
typedef struct kgen_map_cache_t kgen_map_cache_t;

/* Tile counters of a kernel's launches (tile_counter.c). */
typedef struct kgen_counter_pool_t kgen_counter_pool_t;

struct kgen_kernel_t {
  kgen_device_t *device;
  kgen_artifact_t *artifact;
  kgen_map_cache_t *maps; /* NULL: the kernel has no tensor maps */
  kgen_counter_pool_t *counters; /* NULL: the kernel has no tile counter */
  void *code; /* the driver's */
  /* Of persistent grids, when the kernel has the device for itself. */
  int64_t resident_blocks;
};

/* Greatest number of kernel arguments: a pointer and its dynamic sizes each,
   then tensor maps and the tile counter. */
#define KGEN_MAX_KERNEL_ARGUMENTS                                              \
  (KGEN_MAX_PARAMETERS * (1 + KGEN_MAX_RANK) + KGEN_MAX_TENSOR_MAPS + 1)

/* The bytes of one tensor map, as the driver encodes them. */
typedef struct kgen_map_t {
  _Alignas(KGEN_TENSOR_MAP_ALIGNMENT) unsigned char bytes[KGEN_TENSOR_MAP_SIZE];
} kgen_map_t;

/* Kernel arguments as the drivers take them: pointers[i] points at values[i].
 */
typedef struct kgen_packed_arguments_t {
  uint64_t values[KGEN_MAX_KERNEL_ARGUMENTS];
  void *pointers[KGEN_MAX_KERNEL_ARGUMENTS];
  size_t count;
} kgen_packed_arguments_t;

/* Checks number, kinds, types, ranks and sizes against the parameters. */
kgen_status_t kgen_check_shapes(const kgen_artifact_t *artifact,
                                const kgen_argument_t *arguments, size_t count);
/* Checks null and alignment; shapes must have been checked. */
kgen_status_t kgen_check_pointers(const kgen_artifact_t *artifact,
                                  const kgen_argument_t *arguments);
/* Bytes of a tensor argument whose shape has been checked. */
size_t kgen_argument_bytes(const kgen_argument_t *argument);
/* Evaluates the grid rules; shapes must have been checked. */
kgen_status_t kgen_compute_grid(const kgen_kernel_t *kernel,
                                const kgen_argument_t *arguments,
                                int64_t grid[3]);
/* Packs checked arguments by the kernel ABI. */
void kgen_pack_arguments(const kgen_artifact_t *artifact,
                         const kgen_argument_t *arguments,
                         kgen_packed_arguments_t *packed);

/* Checks what of a tensor map does not depend on a launch. */
kgen_status_t kgen_check_tensor_map(const kgen_artifact_t *artifact,
                                    uint32_t index);
kgen_status_t kgen_map_cache_create(const kgen_artifact_t *artifact,
                                    kgen_map_cache_t **cache);
void kgen_map_cache_destroy(kgen_map_cache_t *cache);
/* Encodes the kernel's tensor maps for checked arguments, or takes them from
   the cache; maps has room for tensor_map_count. Thread-safe. */
kgen_status_t kgen_encode_maps(const kgen_kernel_t *kernel,
                               const kgen_argument_t *arguments,
                               kgen_map_t *maps);

/* One tile counter. */
typedef struct kgen_counter_t {
  void *address;               /* in device memory: the kernel's argument */
  struct kgen_counter_t *next; /* while nobody has it */
  bool is_captured;            /* of one captured launch, not of a queue */
} kgen_counter_t;

/* NULL without failing if the artefact has no tile counter. */
kgen_status_t kgen_counters_create(kgen_device_t *device,
                                   const kgen_artifact_t *artifact,
                                   kgen_counter_pool_t **pool);
/* Frees all counters; launches with them must have finished. */
void kgen_counters_destroy(kgen_device_t *device, kgen_counter_pool_t *pool);
/* The counter for one launch on the driver's own stream, at 0 when the launch
   starts. Thread-safe. */
kgen_status_t kgen_counter_take(const kgen_kernel_t *kernel, void *stream,
                                kgen_counter_t **counter);
/* Takes back the counter of a launch that failed before it reached the device.
   Thread-safe. */
void kgen_counter_return(const kgen_kernel_t *kernel, kgen_counter_t *counter);

/* "tensor", "f32", ... for messages. */
const char *kgen_kind_name(kgen_parameter_kind_t kind);
const char *kgen_element_name(kgen_element_type_t type);

/* The driver of a target; NULL for an unknown one. */
const kgen_driver_t *kgen_driver_for(kgen_target_t target);

#endif /* KGEN_RUNTIME_SRC_INTERNAL_H */
