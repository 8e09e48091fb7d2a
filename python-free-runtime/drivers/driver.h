/*===- driver.h - What a driver provides
-----------------------------------===*\
|*
|* One table of functions for each vendor. src/ checks handles and arguments, so
|* that a driver sees only valid ones; a driver turns every code of its library
|* into a status and its text (kgen_fail). `native` is the driver's own stream
or
|* event; a NULL stream is the default one.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_DRIVER_H
#define KGEN_RUNTIME_DRIVERS_DRIVER_H

#include "internal.h"

typedef enum kgen_copy_t {
  KGEN_COPY_TO_DEVICE,
  KGEN_COPY_TO_HOST,
  KGEN_COPY_ON_DEVICE
} kgen_copy_t;

/* Where a pointer lives: the ordinal of the device that can use it directly, or
   KGEN_ON_HOST. */
#define KGEN_ON_HOST (-1)
/* Every device of the driver can use it (managed memory). */
#define KGEN_ON_EVERY_DEVICE (-2)

/* The parameters of cuTensorMapEncodeTiled, in its numbers for enumerations,
   which emulated devices share. Dimension 0 is the innermost. Interleave and
   out-of-bounds fill are 0 (none, zeros). */
typedef struct kgen_map_request_t {
  uint32_t type, rank;
  void *address;
  uint64_t sizes[KGEN_MAX_TENSOR_MAP_RANK];       /* elements */
  uint64_t strides[KGEN_MAX_TENSOR_MAP_RANK - 1]; /* bytes, of dimensions 1.. */
  uint32_t box[KGEN_MAX_TENSOR_MAP_RANK];         /* elements */
  uint32_t steps[KGEN_MAX_TENSOR_MAP_RANK];       /* all 1 */
  uint32_t swizzle, l2_promotion;
} kgen_map_request_t;

/* Which launches one is in order with: all of its queue, unless it is captured.
   A queue is one stream from its creation to its end; a handle's value may
   belong to another stream later, or, if it stands for each thread's own
   default stream, to several. */
typedef struct kgen_queue_t {
  uint64_t id;
  bool is_captured; /* into a graph: runs whenever and as often as that does */
} kgen_queue_t;

struct kgen_driver_t {
  /* Whose artefacts it runs; 0: info->target of each device says it, and no
     device is opened unless it is named. */
  kgen_target_t target;
  const char *name; /* prefix of its device names */

  /* Loads the vendor's library when it is first needed. Devices that can be
     named but are no hardware do not count. */
  kgen_status_t (*count)(int32_t *count);
  /* Fills everything but info->name; ordinal is below count. */
  kgen_status_t (*describe)(int32_t ordinal,
                            const kgen_device_options_t *options,
                            kgen_device_info_t *info);
  /* In place of both where devices have names instead of ordinals: fills all of
     info from what follows the prefix and a colon. NULL elsewhere. */
  kgen_status_t (*describe_named)(const char *name, kgen_device_info_t *info);
  /* Sets device->state; device->info is filled. */
  kgen_status_t (*open)(kgen_device_t *device);
  void (*close)(kgen_device_t *device);
  /* Whether a device of this arch runs the artefact's code, and if not, why. */
  kgen_status_t (*check_arch)(const kgen_device_info_t *info,
                              const kgen_artifact_header_t *header);

  kgen_status_t (*stream_create)(kgen_device_t *device, void **native);
  void (*stream_destroy)(kgen_device_t *device, void *native);
  kgen_status_t (*stream_synchronize)(kgen_device_t *device, void *native);

  kgen_status_t (*event_create)(kgen_device_t *device, void **native);
  void (*event_destroy)(kgen_device_t *device, void *native);
  kgen_status_t (*event_record)(kgen_device_t *device, void *native,
                                void *stream);
  kgen_status_t (*event_synchronize)(kgen_device_t *device, void *native);
  kgen_status_t (*event_elapsed)(kgen_device_t *device, void *start, void *stop,
                                 double *milliseconds);

  kgen_status_t (*allocate)(kgen_device_t *device, size_t size, void **pointer);
  kgen_status_t (*release)(kgen_device_t *device, void *pointer);
  kgen_status_t (*copy)(kgen_device_t *device, kgen_copy_t kind,
                        void *destination, const void *source, size_t size,
                        void *stream);
  /* `count` elements of pattern_size (1, 2 or 4) bytes. */
  kgen_status_t (*fill)(kgen_device_t *device, void *pointer, uint32_t pattern,
                        size_t pattern_size, size_t count, void *stream);
  kgen_status_t (*locate)(kgen_device_t *device, const void *pointer,
                          int32_t *location);

  kgen_status_t (*load)(kgen_device_t *device, const kgen_artifact_t *artifact,
                        void **code);
  void (*unload)(kgen_device_t *device, void *code);
  kgen_status_t (*resources)(kgen_device_t *device, void *code,
                             kgen_resources_t *resources);
  /* Lowers *clusters to those of a kernel that run at once. NULL: all that the
     processors hold do. */
  kgen_status_t (*resident_clusters)(kgen_device_t *device, void *code,
                                     const kgen_artifact_header_t *header,
                                     int64_t *clusters);
  /* Every grid dimension is at least 1 and within the driver's limit. A launch
     that fails leaves its tile counter at 0, or the device unusable. */
  kgen_status_t (*launch)(kgen_device_t *device, void *code,
                          const kgen_artifact_header_t *header,
                          const int64_t grid[3], void **arguments,
                          void *stream);
  /* Fills 128 bytes, aligned to 64. Asked only for kernels that `load` took.
     NULL: the driver takes no artefacts with tensor maps. */
  kgen_status_t (*encode_map)(kgen_device_t *device,
                              const kgen_map_request_t *request, void *map);
  /* Kernels with a tile counter. NULL: the driver takes none. */
  kgen_status_t (*find_queue)(kgen_device_t *device, void *stream,
                              kgen_queue_t *queue);
  /* Device memory of zeros, aligned to 128 bytes at least; also while streams
     are captured, by this thread or another one. */
  kgen_status_t (*allocate_zeros)(kgen_device_t *device, size_t size,
                                  void **pointer);
  void (*release_zeros)(kgen_device_t *device, void *pointer);
  /* Greatest number of blocks in x, y, z. */
  int64_t grid_limit[3];

  /* Emulated devices only, NULL elsewhere. */
  kgen_status_t (*counts)(kgen_device_t *device, kgen_device_counts_t *counts);
  kgen_status_t (*vary_interleaving)(kgen_device_t *device, uint64_t variation);
  kgen_status_t (*describe_code)(kgen_device_t *device, void *code, char *text,
                            size_t size);
};

extern const kgen_driver_t kgen_cpu_driver;
extern const kgen_driver_t kgen_cuda_driver;
extern const kgen_driver_t kgen_hip_driver;
extern const kgen_driver_t kgen_emulated_driver;

/* kgen_device_enumerate_emulated, with its arguments checked. */
kgen_status_t kgen_emulated_enumerate(kgen_device_info_t *infos,
                                      size_t capacity, size_t *count);

/* For tests: loads the vendor's functions from this path instead of the usual
   name; NULL restores it. Handles made before keep working. */
void kgen_cuda_set_library(const char *path);
void kgen_hip_set_library(const char *path);
void kgen_emulator_set_library(const char *path);

#endif /* KGEN_RUNTIME_DRIVERS_DRIVER_H */
