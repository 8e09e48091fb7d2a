/*===- kgen_runtime.h - Load a kgen artefact and launch it
-----------------===*\
|*
|* The one public header of the runtime: C11 (and C++), depends on libc and
|* dlopen alone. CUDA, HIP and the emulator are found when they are first asked
|* for; the CPU driver is always there. docs/Runtime.md walks through it with an
|* example.
|*
|* Order of a program:
|*   kgen_artifact_load -> kgen_device_open -> kgen_kernel_load -> kgen_launch
|*
|* Errors. Every function that can fail returns a kgen_status_t; 0 is success.
|* kgen_last_error() then says, for the calling thread, what was found and what
|* the limit is. Functions that return a handle set it to NULL on failure.
|*
|* Ownership. A handle belongs to the caller until the matching _destroy, _close
|* or _free, all of which accept NULL. A device must outlive its kernels,
|* streams, events and buffers. A kernel keeps what it needs of its artefact.
|*
|* Threads. Every function may be called from any thread. A handle may be used
|* by several threads at once, except that it must not be destroyed while used
|* and that one event must not be recorded by two threads at once.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_RUNTIME_H
#define KGEN_RUNTIME_RUNTIME_H

#include "kgen_artifact.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define KGEN_API __attribute__((visibility("default")))
#else
#define KGEN_API
#endif

/*===-- Status
 * -------------------------------------------------------------===*/

/* The number is the error code of the documentation: 7003 is KG7003. "Retry"
   says whether the same call can succeed later in this process. */
typedef enum kgen_status_t {
  KGEN_STATUS_OK = 0,
  /* A NULL, a negative size or an unknown enumerator where the call forbids it.
     Retry: no, it is a mistake in the calling program. */
  KGEN_STATUS_INVALID_ARGUMENT = 7001,
  /* Host or device memory ran out. Retry: yes, after freeing some. */
  KGEN_STATUS_OUT_OF_MEMORY = 7002,
  /* The artefact has fewer bytes than it says. Retry: no, copy it again. */
  KGEN_STATUS_ARTIFACT_TRUNCATED = 7003,
  /* The bytes do not start with the artefact magic. Retry: no. */
  KGEN_STATUS_ARTIFACT_MAGIC = 7004,
  /* Written in a format version that this runtime does not read, usually a
     newer one. Retry: no, use a runtime at least as new as the compiler. */
  KGEN_STATUS_ARTIFACT_VERSION = 7005,
  /* The checksum does not match: bits changed. Retry: no, copy it again. */
  KGEN_STATUS_ARTIFACT_CORRUPT = 7006,
  /* Intact, but a field contradicts another one. Retry: no, the program that
     wrote it is faulty. */
  KGEN_STATUS_ARTIFACT_MALFORMED = 7007,
  /* Built for another kind of device than the one given. Retry: no. */
  KGEN_STATUS_ARTIFACT_TARGET = 7008,
  /* Built for another GPU or CPU generation. Retry: no, compile for this one.
   */
  KGEN_STATUS_ARTIFACT_ARCH = 7009,
  /* A file cannot be opened or read. Retry: yes, when the file is there. */
  KGEN_STATUS_FILE_UNREADABLE = 7010,
  /* A device name that is not "cpu", "cuda[:N]", "hip[:N]" or
     "emulated:ARCH[,seed=N]". Retry: no. */
  KGEN_STATUS_UNKNOWN_DEVICE_NAME = 7011,
  /* No driver library, too old a one, or a machine without such a device.
     Retry: no. */
  KGEN_STATUS_DRIVER_UNAVAILABLE = 7012,
  /* The ordinal is not below the number of devices. Retry: no. */
  KGEN_STATUS_DEVICE_NOT_FOUND = 7013,
  /* Launch: number of arguments differs from the parameters. Retry: no. */
  KGEN_STATUS_ARGUMENT_COUNT = 7014,
  /* Launch: a scalar where a tensor is expected, or the reverse. Retry: no. */
  KGEN_STATUS_ARGUMENT_KIND = 7015,
  /* Launch: another element type than the parameter's. Retry: no. */
  KGEN_STATUS_ARGUMENT_TYPE = 7016,
  /* Launch: another rank than the parameter's. Retry: no. */
  KGEN_STATUS_ARGUMENT_RANK = 7017,
  /* Launch: a size that differs from the static one, or is negative. Retry: no.
   */
  KGEN_STATUS_ARGUMENT_SIZE = 7018,
  /* Launch: two dimensions that must be equal are not. Retry: no. */
  KGEN_STATUS_ARGUMENT_SYMBOL = 7019,
  /* Launch: a tensor with elements has no data pointer. Retry: no. */
  KGEN_STATUS_ARGUMENT_NULL = 7020,
  /* Launch: a dynamic size is not a multiple of its divisor. Retry: no. */
  KGEN_STATUS_ARGUMENT_DIVISIBILITY = 7021,
  /* Launch: a data pointer is not aligned as the kernel needs. Retry: no. */
  KGEN_STATUS_ARGUMENT_ALIGNMENT = 7022,
  /* Load or launch: shared memory, threads or grid beyond what the device has.
     Retry: no, compile with another schedule. */
  KGEN_STATUS_LAUNCH_LIMIT = 7023,
  /* The driver or the loader rejects the code, or it lacks the kernel.
     Retry: no. */
  KGEN_STATUS_CODE_REJECTED = 7024,
  /* A kernel faulted and the device's context is lost: every later call on it
     fails too. Retry: only in a new process. */
  KGEN_STATUS_DEVICE_FAULT = 7025,
  /* Any other failure that the driver reports. Retry: depends on the cause in
     kgen_last_error(). */
  KGEN_STATUS_DRIVER_ERROR = 7026,
  /* A stream, event or kernel of one device used with another's. Retry: no. */
  KGEN_STATUS_WRONG_DEVICE = 7027,
  /* The event was not recorded yet, or has not happened yet. Retry: yes, after
     kgen_event_synchronize. */
  KGEN_STATUS_NOT_READY = 7028,
  /* An emulated device saw a kernel break a rule of the machine: a race, an
     access out of bounds, a missing wait. The report is in kgen_last_error().
     Retry: no, correct the kernel; the device goes on. */
  KGEN_STATUS_EMULATION_FINDING = 7029,
  /* A time was asked of an emulated device. Retry: no, see
     kgen_device_get_counts. */
  KGEN_STATUS_NO_CLOCK = 7030,
  /* Launch: a tensor that the kernel reads through a tensor map is larger than
     a map can say, or empty although the grid has blocks. Retry: no. */
  KGEN_STATUS_TENSOR_MAP_LIMIT = 7031
} kgen_status_t;

/* The runtime's version, "0.1.0". Static. Since 0.1. */
KGEN_API const char *kgen_version(void);

/* The status' name, "ArtifactTruncated"; "Unknown" for another number. Static.
   Since 0.1. */
KGEN_API const char *kgen_status_name(kgen_status_t status);

/* One sentence to act on. Static. Since 0.1. */
KGEN_API const char *kgen_status_sentence(kgen_status_t status);

/* What the last failed call of this thread found, and the limit: "[KG7003]
   artefact has 100 bytes, needs 384: <sentence>". Empty if none failed. Belongs
   to the runtime; valid until this thread's next failing call. Since 0.1. */
KGEN_API const char *kgen_last_error(void);

/*===-- Devices
 * ------------------------------------------------------------===*/

typedef struct kgen_device_t kgen_device_t;

typedef struct kgen_device_info_t {
  char name[64];         /* what kgen_device_open takes: "cpu", "cuda:0" */
  char description[128]; /* the vendor's name of the device */
  char arch[KGEN_ARTIFACT_ARCH_SIZE]; /* "x86-64-v4", "sm_90", "gfx942" */
  kgen_target_t target;
  int32_t ordinal;           /* among the devices of its driver */
  int32_t processors;        /* SMs, compute units, or CPU threads used */
  int32_t max_threads;       /* per block */
  int32_t driver_version;    /* as the driver says it; CPU: 0 */
  int32_t clock_khz;         /* peak core clock; 0 if unknown */
  uint64_t memory_bytes;     /* device memory */
  uint64_t l2_bytes;         /* last-level cache; 0 if unknown */
  uint64_t max_shared_bytes; /* dynamic shared memory per block, opt-in */
  int32_t emulated; /* 1: kernels run in libkgen_emulator, which has counts
                       and no clock; target and arch are what it emulates */
} kgen_device_info_t;

/* Zero-initialise, then set what should differ from the default. */
typedef struct kgen_device_options_t {
  int32_t cpu_threads; /* CPU: threads that run blocks; 0: every CPU that this
                          process may use */
} kgen_device_options_t;

/* Lists the devices of every driver that can be loaded; a driver that cannot is
   left out. Writes at most `capacity` entries and sets *count to how many there
   are. infos may be NULL when capacity is 0. Since 0.1. */
KGEN_API kgen_status_t kgen_device_enumerate(kgen_device_info_t *infos,
                                             size_t capacity, size_t *count);

/* Opens "cpu", "cuda", "cuda:N", "hip" or "hip:N" (no N: 0), or an emulated
   device by the architecture that it emulates, "emulated:sm_80", perhaps with
   the number of the interleaving of its threads, "emulated:sm_80,seed=7" (else
   0). CUDA: retains the device's primary context, so that it shares memory and
   streams with other users of it in this process. options may be NULL.
   Since 0.1. */
KGEN_API kgen_status_t kgen_device_open(const char *name,
                                        const kgen_device_options_t *options,
                                        kgen_device_t **device);

/* Closes it; its kernels, streams, events and buffers must be gone. Since 0.1.
 */
KGEN_API void kgen_device_close(kgen_device_t *device);

/* Describes an open device. Since 0.1. */
KGEN_API kgen_status_t kgen_device_get_info(const kgen_device_t *device,
                                            kgen_device_info_t *info);

/*===-- Emulated devices
 * ---------------------------------------------------===*/

/* Lists the devices that libkgen_emulator.so can emulate, as
   kgen_device_enumerate lists hardware, which never includes these. Since 0.1.
 */
KGEN_API kgen_status_t kgen_device_enumerate_emulated(kgen_device_info_t *infos,
                                                      size_t capacity,
                                                      size_t *count);

/* What an emulated device executed since it was opened: numbers of events,
   never times. A warp's instruction counts once, however many lanes take part;
   a launch that failed counts as far as it came. docs/Emulator.md defines each.
 */
typedef struct kgen_device_counts_t {
  uint64_t launches;
  uint64_t instructions; /* of warps (waves); the classes below add up to it */
  uint64_t integer_instructions;
  uint64_t float_instructions;
  uint64_t conversion_instructions;
  uint64_t transcendental_instructions;
  uint64_t tensor_instructions; /* mma, wgmma, mfma */
  uint64_t global_memory_instructions;
  uint64_t shared_memory_instructions;
  uint64_t shuffle_instructions;
  uint64_t barrier_instructions;
  uint64_t control_instructions;
  uint64_t scalar_instructions; /* AMD */
  uint64_t other_instructions;
  uint64_t tensor_flops;         /* 2 m n k of each tensor instruction */
  uint64_t global_bytes;         /* loaded and stored, bulk copies included */
  uint64_t shared_bytes;         /* the same of shared memory */
  uint64_t bank_conflict_cycles; /* beyond one access per bank and cycle */
  uint64_t divergent_branches;   /* that split a warp */
  uint64_t lane_slots;           /* warp size, summed over instructions */
  uint64_t inactive_lane_slots;  /* of them, lanes that were switched off */
  uint64_t tensor_cycles;        /* of the tensor unit, at ideal issue */
  uint64_t issue_cycles; /* estimate for one processor that runs all blocks */
} kgen_device_counts_t;

/* Reads the counts of an emulated device; a device that is not has none
   (KGEN_STATUS_INVALID_ARGUMENT). Since 0.1. */
KGEN_API kgen_status_t kgen_device_get_counts(kgen_device_t *device,
                                              kgen_device_counts_t *counts);

/* Runs later launches in the interleaving `seed of the name + variation`. The
   interleavings of a correct kernel all give the same result. Other devices:
   KGEN_STATUS_INVALID_ARGUMENT. Since 0.1. */
KGEN_API kgen_status_t kgen_device_vary_interleaving(kgen_device_t *device,
                                                     uint64_t variation);

/*===-- Streams and events
 * -------------------------------------------------===*/

/* An in-order queue of work. Wherever a stream is asked for, NULL means the
   device's default stream. Streams of the CPU and of emulated devices finish
   every call before they return. */
typedef struct kgen_stream_t kgen_stream_t;

/* Creates a stream that does not wait for the default one. Since 0.1. */
KGEN_API kgen_status_t kgen_stream_create(kgen_device_t *device,
                                          kgen_stream_t **stream);

/* Wraps a CUstream or hipStream_t that the caller owns and that outlives the
   wrapper; NULL is the driver's default stream. CPU and emulated devices:
   native must be NULL. Since 0.1. */
KGEN_API kgen_status_t kgen_stream_adopt(kgen_device_t *device, void *native,
                                         kgen_stream_t **stream);

/* Destroys the handle, and the native stream if kgen_stream_create made it.
   Since 0.1. */
KGEN_API void kgen_stream_destroy(kgen_stream_t *stream);

/* Waits for all work on the stream and reports a fault of any of it. NULL
   stream: the default stream of `device`. Since 0.1. */
KGEN_API kgen_status_t kgen_stream_synchronize(kgen_device_t *device,
                                               kgen_stream_t *stream);

/* A point in a stream, with a time stamp. */
typedef struct kgen_event_t kgen_event_t;

/* Since 0.1. */
KGEN_API kgen_status_t kgen_event_create(kgen_device_t *device,
                                         kgen_event_t **event);
/* Since 0.1. */
KGEN_API void kgen_event_destroy(kgen_event_t *event);
/* Marks the point after everything enqueued on the stream so far. Since 0.1. */
KGEN_API kgen_status_t kgen_event_record(kgen_event_t *event,
                                         kgen_stream_t *stream);
/* Waits until the last recorded point is reached. Since 0.1. */
KGEN_API kgen_status_t kgen_event_synchronize(kgen_event_t *event);
/* Milliseconds of device time from `start` to `stop`; both must have happened,
   else KGEN_STATUS_NOT_READY. Emulated devices have no time:
   KGEN_STATUS_NO_CLOCK. Since 0.1. */
KGEN_API kgen_status_t kgen_event_elapsed(const kgen_event_t *start,
                                          const kgen_event_t *stop,
                                          double *milliseconds);

/*===-- Buffers
 * ------------------------------------------------------------===*/

/* Buffers are plain device addresses, so that they mix with those of other
   libraries. Sizes are in bytes. */

/* Allocates `size` bytes, at least 256-byte aligned, not zeroed; size 0 gives
   NULL. Since 0.1. */
KGEN_API kgen_status_t kgen_buffer_allocate(kgen_device_t *device, size_t size,
                                            void **pointer);
/* Frees what kgen_buffer_allocate gave; waits for work that uses it. Since 0.1.
 */
KGEN_API kgen_status_t kgen_buffer_free(kgen_device_t *device, void *pointer);

/* The three copies run in the stream's order and return when they are done.
   Since 0.1. */
KGEN_API kgen_status_t kgen_copy_to_device(kgen_device_t *device,
                                           void *destination,
                                           const void *source, size_t size,
                                           kgen_stream_t *stream);
KGEN_API kgen_status_t kgen_copy_to_host(kgen_device_t *device,
                                         void *destination, const void *source,
                                         size_t size, kgen_stream_t *stream);
KGEN_API kgen_status_t kgen_copy_on_device(kgen_device_t *device,
                                           void *destination,
                                           const void *source, size_t size,
                                           kgen_stream_t *stream);

/* Enqueues a fill with the low `pattern_size` (1, 2 or 4) bytes of `pattern`;
   size must be a multiple of pattern_size and the pointer aligned to it.
   Since 0.1. */
KGEN_API kgen_status_t kgen_fill(kgen_device_t *device, void *pointer,
                                 uint32_t pattern, size_t pattern_size,
                                 size_t size, kgen_stream_t *stream);

/*===-- Artefacts
 * ----------------------------------------------------------===*/

/* A checked copy of an artefact, bound to no device. */
typedef struct kgen_artifact_t kgen_artifact_t;

typedef struct kgen_artifact_info_t {
  uint32_t format_version;
  kgen_target_t target;
  kgen_code_format_t code_format;
  uint32_t threads_per_block;
  uint64_t dynamic_shared_bytes;
  uint64_t scratch_bytes;
  uint64_t checksum; /* identifies the artefact */
  uint32_t parameter_count;
  uint32_t symbol_count;
  uint32_t tensor_map_count;
  uint32_t cluster[3]; /* blocks in x, y, z; all 0: no clusters */
  uint32_t tile_counter; /* 1: the kernel draws its tiles from a counter */
  const char *arch; /* this and what follows belongs to the artefact */
  const char *kernel_name;
  const char *info_json; /* problem, schedule, compiler, ...; "" if none */
  size_t info_json_size;
  const void *code;
  size_t code_size;
} kgen_artifact_info_t;

/* Copies and checks an artefact: magic, version, size, checksum, every field.
   Bytes after its total size are ignored. `data` needs no alignment. Since 0.1.
 */
KGEN_API kgen_status_t kgen_artifact_load(const void *data, size_t size,
                                          kgen_artifact_t **artifact);
/* The same, from a file. Since 0.1. */
KGEN_API kgen_status_t kgen_artifact_load_file(const char *path,
                                               kgen_artifact_t **artifact);
/* Since 0.1. */
KGEN_API void kgen_artifact_destroy(kgen_artifact_t *artifact);
/* Since 0.1. */
KGEN_API kgen_status_t kgen_artifact_get_info(const kgen_artifact_t *artifact,
                                              kgen_artifact_info_t *info);
/* The parameter's description in the artefact's own words: name, role, kind,
   element type, dimensions. It belongs to the artefact; NULL if index is out of
   range. Since 0.1. */
KGEN_API const kgen_artifact_parameter_t *
kgen_artifact_get_parameter(const kgen_artifact_t *artifact, size_t index);

/* Bytes of one element; 0 for an unknown type. Since 0.1. */
KGEN_API size_t kgen_element_size(kgen_element_type_t type);

/* Opens the first device that can run the artefact, never an emulated one.
   Since 0.1. */
KGEN_API kgen_status_t kgen_device_open_for(
    const kgen_artifact_t *artifact, const kgen_device_options_t *options,
    kgen_device_t **device);

/*===-- Kernels
 * ------------------------------------------------------------===*/

/* An artefact loaded on a device: immutable, any number of threads may launch
   it at once. */
typedef struct kgen_kernel_t kgen_kernel_t;

/* What the driver reports for the loaded code; -1 where it does not say. */
typedef struct kgen_resources_t {
  int32_t registers;             /* per thread */
  int32_t local_bytes;           /* per thread: stack and spills */
  int32_t static_shared_bytes;   /* per block */
  int32_t max_threads;           /* per block, for this kernel */
  uint64_t dynamic_shared_bytes; /* per block */
  uint64_t scratch_bytes;        /* CPU, per thread */
} kgen_resources_t;

/* Checks target and arch against the device and loads the code. The artefact
   may be destroyed afterwards. Since 0.1. */
KGEN_API kgen_status_t kgen_kernel_load(kgen_device_t *device,
                                        kgen_artifact_t *artifact,
                                        kgen_kernel_t **kernel);
/* Unloads it; launches of it must have finished. Since 0.1. */
KGEN_API void kgen_kernel_destroy(kgen_kernel_t *kernel);
/* The kernel's artefact, valid as long as the kernel. Since 0.1. */
KGEN_API const kgen_artifact_t *
kgen_kernel_artifact(const kgen_kernel_t *kernel);
/* Since 0.1. */
KGEN_API kgen_status_t kgen_kernel_get_resources(const kgen_kernel_t *kernel,
                                                 kgen_resources_t *resources);
/* What the text of a kernel on an emulated device holds: instructions by class
   and declared memory, a table for people of at most `size` bytes, zero
   included. Other devices: KGEN_STATUS_INVALID_ARGUMENT. Since 0.1. */
KGEN_API kgen_status_t kgen_kernel_describe(const kgen_kernel_t *kernel,
                                            char *text, size_t size);

/* One argument of a launch. Fill it with the helpers below. */
typedef struct kgen_argument_t {
  kgen_parameter_kind_t kind;
  kgen_element_type_t element_type;
  int32_t rank;                 /* tensors */
  int64_t sizes[KGEN_MAX_RANK]; /* tensors: every dimension, static ones too */
  void *data;     /* tensors: device address of element [0,..,0], row-major */
  uint64_t value; /* scalars: the value's bytes from the low end; the rest is
                     ignored */
} kgen_argument_t;

/* Launches the kernel on the stream and returns without waiting (the CPU
   and emulated devices return when it is done). Checks number, kind, element
   type, rank, static and symbolic sizes, divisors, null and alignment of the
   arguments, in parameter order; nothing runs if one is wrong. A tensor that
   makes the grid empty is a success that launches nothing. Arguments are
   copied. A stream that is being captured into a CUDA graph takes the launch
   into the graph, whose executables must not run after the kernel is destroyed;
   of a kernel with a tile counter, two executables of one graph must not run at
   the same time. Since 0.1. */
KGEN_API kgen_status_t kgen_launch(const kgen_kernel_t *kernel,
                                   const kgen_argument_t *arguments,
                                   size_t count, kgen_stream_t *stream);

/* The checks and the grid of kgen_launch, without the launch. Since 0.1. */
KGEN_API kgen_status_t kgen_kernel_get_grid(const kgen_kernel_t *kernel,
                                            const kgen_argument_t *arguments,
                                            size_t count, int64_t grid[3]);

/* Called by the host code that --attention-lower generates; programs written by
   hand use kgen_launch. `artifact` is the embedded blob, kept alive and
   unchanged by the caller; it is loaded on first use and cached by address.
   packed_args has `count` words, parameter by parameter:
     tensor: pointer, rank, size of each dimension       scalar: value bits
   Runs the kernel and waits for it. CPU artefacts run on the CPU. GPU artefacts
   run on the device that holds the first device pointer among the arguments,
   else on the first device that fits; device and managed pointers are used as
   they are, other host pointers are copied to the device before and, unless
   they are inputs, back afterwards. Returns the status as a number; on failure
   the error text goes to stderr as well. Thread-safe. Since 0.1. */
KGEN_API int32_t kgen_host_invoke(const void *artifact, int64_t size,
                                  const int64_t *packed_args, int64_t count);

/*===-- Helpers
 * ------------------------------------------------------------===*/

/* A tensor argument. Ranks beyond KGEN_MAX_RANK are refused by kgen_launch.
   Since 0.1. */
static inline kgen_argument_t kgen_tensor_argument(void *data,
                                                   kgen_element_type_t type,
                                                   int32_t rank,
                                                   const int64_t *sizes) {
  kgen_argument_t argument = {KGEN_KIND_TENSOR, type, rank, {0}, data, 0};
  for (int32_t i = 0; i < rank && i < KGEN_MAX_RANK; ++i)
    argument.sizes[i] = sizes[i];
  return argument;
}

/* A scalar argument of any type from its bits. Since 0.1. */
static inline kgen_argument_t kgen_scalar_argument(kgen_element_type_t type,
                                                   uint64_t bits) {
  kgen_argument_t argument = {KGEN_KIND_SCALAR, type, 0, {0}, NULL, bits};
  return argument;
}

/* An f32 scalar argument. Since 0.1. */
static inline kgen_argument_t kgen_f32_argument(float value) {
  union {
    float value;
    uint32_t bits;
  } convert;
  convert.value = value;
  return kgen_scalar_argument(KGEN_F32, convert.bits);
}

/* An i64 (MLIR index) scalar argument. Since 0.1. */
static inline kgen_argument_t kgen_i64_argument(int64_t value) {
  return kgen_scalar_argument(KGEN_I64, (uint64_t)value);
}

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* KGEN_RUNTIME_RUNTIME_H */
