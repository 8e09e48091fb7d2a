/*===- kgen_emulator.h - What libkgen_emulator gives to the runtime
--------===*\
|*
|* The runtime's "emulated" driver (devices "emulated:sm_80", "emulated:gfx942")
|* finds this table of functions in libkgen_emulator.so, as the CUDA driver
|* finds its own in libcuda: the runtime stays free of C++ and LLVM. C11 and
|* C++.
|*
|* Every int32_t result is a kgen_status_t: 0, or a failure whose text is then
|* in `error` (zero terminated, at most error_size bytes). Device memory is
|* memory of this process behind red zones; device addresses are host addresses.
|* Calls on one device must not overlap.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_EMULATOR_H
#define KGEN_RUNTIME_EMULATOR_H

#include "kgen_artifact.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KGEN_EMULATOR_API_VERSION 1

typedef struct kgen_emulator_device_t kgen_emulator_device_t;
typedef struct kgen_emulator_code_t kgen_emulator_code_t;

/* Classes of instructions, by the unit that executes them. The order is that of
   kgen::emulator::InstructionClass. */
typedef enum kgen_emulator_class_t {
  KGEN_CLASS_INTEGER,
  KGEN_CLASS_FLOAT,
  KGEN_CLASS_CONVERSION,
  KGEN_CLASS_TRANSCENDENTAL,
  KGEN_CLASS_TENSOR,
  KGEN_CLASS_GLOBAL_MEMORY,
  KGEN_CLASS_SHARED_MEMORY,
  KGEN_CLASS_SHUFFLE,
  KGEN_CLASS_BARRIER,
  KGEN_CLASS_CONTROL,
  KGEN_CLASS_SCALAR,
  KGEN_CLASS_OTHER,
  KGEN_EMULATOR_CLASSES
} kgen_emulator_class_t;

/* What an emulated device did since it was opened. Exact numbers of executed
   events, never times. One event of a warp (wave) counts once, however many
   lanes take part. A launch that failed counts as far as it came. */
typedef struct kgen_emulator_counts_t {
  uint64_t launches;
  uint64_t instructions;        /* warp instructions, all classes */
  uint64_t tensor_instructions; /* mma, wgmma, mfma */
  uint64_t tensor_flops;        /* 2 m n k of each, summed */
  uint64_t global_bytes;        /* loaded and stored, bulk copies included */
  uint64_t shared_bytes;
  uint64_t bank_conflict_cycles; /* beyond one access per bank and cycle */
  uint64_t barriers;
  uint64_t divergent_branches;
  uint64_t issue_cycles;  /* estimate: see docs/Emulator.md */
  uint64_t tensor_cycles; /* of the issue cycles' tensor pipe, at ideal issue */
  uint64_t lane_slots;    /* warp size, summed over instructions */
  uint64_t inactive_lane_slots; /* of them, lanes that were switched off */
  uint64_t class_instructions[KGEN_EMULATOR_CLASSES];
} kgen_emulator_counts_t;

/* What a loaded program declares. -1: it does not say (PTX has no registers
   until ptxas assigned them). */
typedef struct kgen_emulator_resources_t {
  int32_t registers; /* per thread; AMD: VGPRs and AGPRs */
  int32_t scalar_registers;
  int32_t local_bytes; /* per thread: stack and spills */
  int32_t static_shared_bytes;
} kgen_emulator_resources_t;

typedef struct kgen_emulator_arch_t {
  kgen_target_t target; /* whose artefacts it runs: CUDA or HIP */
  char arch[KGEN_ARTIFACT_ARCH_SIZE];
  char description[128]; /* says that it is emulated, "NVIDIA A100, emulated" */
  int32_t warp_size;
  int32_t max_threads; /* per block */
  int32_t processors;
  uint64_t max_shared_bytes; /* per block */
} kgen_emulator_arch_t;

/* How threads are interleaved and what is checked. Zero is the default. */
typedef struct kgen_emulator_options_t {
  uint64_t seed; /* of the interleaving; the same seed repeats it */
  uint64_t instruction_limit; /* per launch, over all warps; 0: 4e9 */
} kgen_emulator_options_t;

typedef struct kgen_emulator_api_t {
  uint32_t version; /* KGEN_EMULATOR_API_VERSION */
  uint32_t size;    /* sizeof(kgen_emulator_api_t) */

  /* Writes at most `capacity` known architectures; returns how many there are.
   */
  size_t (*architectures)(kgen_emulator_arch_t *archs, size_t capacity);

  int32_t (*open)(const char *arch, const kgen_emulator_options_t *options,
                  kgen_emulator_device_t **device, char *error,
                  size_t error_size);
  void (*close)(kgen_emulator_device_t *device);

  /* 256-byte aligned, not zeroed, with red zones on both sides. */
  int32_t (*allocate)(kgen_emulator_device_t *device, size_t size,
                      void **pointer, char *error, size_t error_size);
  /* Refuses what `allocate` did not give. */
  int32_t (*release)(kgen_emulator_device_t *device, void *pointer, char *error,
                     size_t error_size);
  /* 1 if all bytes [pointer, pointer + size) lie in one live allocation. */
  int32_t (*owns)(kgen_emulator_device_t *device, const void *pointer,
                  size_t size);

  /* PTX text (KGEN_CODE_PTX) or a code object (KGEN_CODE_HSACO); copied. */
  int32_t (*load)(kgen_emulator_device_t *device, kgen_code_format_t format,
                  const void *code, size_t size, const char *kernel,
                  kgen_emulator_code_t **loaded, char *error,
                  size_t error_size);
  void (*unload)(kgen_emulator_code_t *code);

  /* Runs the whole grid and returns when it is done. arguments[i] points at the
     value of kernel argument i, as for cuLaunchKernel. A broken rule (a race,
     an access out of bounds, a deadlock, ...) is a failure of status
     KGEN_STATUS_EMULATION_FINDING whose text is the report. */
  int32_t (*launch)(kgen_emulator_code_t *code, const int64_t grid[3],
                    uint32_t threads, uint64_t dynamic_shared_bytes,
                    void **arguments, size_t argument_count, char *error,
                    size_t error_size);

  void (*counts)(const kgen_emulator_device_t *device,
                 kgen_emulator_counts_t *counts);

  /* The interleaving of the launches that follow; `open` sets options->seed. */
  void (*set_seed)(kgen_emulator_device_t *device, uint64_t seed);

  void (*resources)(const kgen_emulator_code_t *code,
                    kgen_emulator_resources_t *resources);

  /* What the program's text holds before anything runs: instructions by class
     and declared memory and registers, a table for people. Writes at most
     `size` bytes, zero terminated. */
  void (*describe)(const kgen_emulator_code_t *code, char *text, size_t size);
  /* What follows was added later: it is there if `size` covers it. */

  /* Writes a tensor map (128 bytes at `map`, aligned to 64) for the emulated
     TMA. The parameters are those of cuTensorMapEncodeTiled, with its numbers
     for enumerations: sizes, box and steps have `rank` entries, innermost
     first, strides (bytes) one less. Refuses what CUDA documents as invalid. */
  int32_t (*encode_tensor_map)(kgen_emulator_device_t *device, void *map,
                               uint32_t type, uint32_t rank, void *address,
                               const uint64_t *sizes, const uint64_t *strides,
                               const uint32_t *box, const uint32_t *steps,
                               uint32_t interleave, uint32_t swizzle,
                               uint32_t l2_promotion, uint32_t fill,
                               char *error, size_t error_size);

  /* `launch` in clusters of cluster[0] x cluster[1] x cluster[2] blocks, of
     which the grid holds a whole number. arguments[i] of a tensor map points at
     its 128 bytes. */
  int32_t (*launch_clusters)(kgen_emulator_code_t *code, const int64_t grid[3],
                             const uint32_t cluster[3], uint32_t threads,
                             uint64_t dynamic_shared_bytes, void **arguments,
                             size_t argument_count, char *error,
                             size_t error_size);
} kgen_emulator_api_t;

/* sizeof of the first table: what every library has. */
#define KGEN_EMULATOR_FIRST_SIZE                                               \
  offsetof(kgen_emulator_api_t, encode_tensor_map)

/* Exported by libkgen_emulator.so under this name. Static. */
typedef const kgen_emulator_api_t *(*kgen_emulator_get_api_t)(void);
#define KGEN_EMULATOR_GET_API "kgen_emulator_get_api"

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* KGEN_RUNTIME_EMULATOR_H */
