/*===- fake_gpu.h - What tests tell and ask the fake GPU libraries
---------===*\
|*
|* fake_gpu_core.c with fake_cuda.c or fake_hip.c makes a library that exports
the
|* driver's symbols, keeps "device" memory on the host, records launches and
runs
|* the conformance kernel. Tests get its state from fake_gpu().
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_TEST_FAKE_FAKE_GPU_H
#define KGEN_RUNTIME_TEST_FAKE_FAKE_GPU_H

#include "fake_tensor_map.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { FAKE_MAX_ALLOCATIONS = 64, FAKE_MAX_ARGUMENTS = 16 };

typedef struct fake_allocation_t {
  char *pointer; /* NULL: free slot */
  size_t size;
  int device;
} fake_allocation_t;

/* CUDA: what a test says of a stream's handle. */
typedef struct fake_stream_t {
  void *handle;
  uint64_t id;
  int capture; /* CUstreamCaptureStatus */
} fake_stream_t;
enum { FAKE_MAX_STREAMS = 4 };

typedef struct fake_gpu_t {
  int device_count;
  int major, minor;    /* CUDA */
  const char *arch;    /* HIP */
  size_t memory_limit; /* bytes of all allocations */
  /* The next call of this function returns fail_code, and, when fail_sticky,
     every call after it too. */
  const char *fail_function;
  int fail_code, fail_sticky;
  int lost_code; /* what every call returns, 0 while the device works */
  const char *assembler_log; /* what loading a module logs */

  int current_device; /* of the calling thread's context; -1: none */
  int context_depth;  /* CUDA: pushed and not popped */
  int live_streams, live_events, live_modules;
  int managed_next; /* CUDA, HIP: the next allocation is managed memory */
  fake_allocation_t allocations[FAKE_MAX_ALLOCATIONS];

  /* CUDA: while one of them is captured, the thread must be in the relaxed mode
     for calls that no graph can hold. The id of any other handle is its value
     plus 1000. */
  fake_stream_t streams[FAKE_MAX_STREAMS];
  int stream_count;
  int capture_mode; /* CUstreamCaptureMode of the thread */
  int waits;        /* calls of cuStreamWaitEvent */
  void *recorded_event, *waited_event; /* the latest ones */

  int launches;
  int launch_device;
  unsigned grid[3], block[3], shared_bytes;
  void *stream;
  int shared_limit;      /* set by cuFuncSetAttribute, 0: never */
  size_t argument_count; /* set by the test: how many to read */
  uint64_t arguments[FAKE_MAX_ARGUMENTS];
  /* CUDA: the last argument as a tensor map, when the test set has_map. */
  int has_map;
  fake_tensor_map_t map;
  int encoded;         /* calls of cuTensorMapEncodeTiled */
  unsigned cluster[3]; /* of cuLaunchKernelEx; 0: cuLaunchKernel */
  int active_clusters; /* what cuOccupancyMaxActiveClusters finds */
} fake_gpu_t;

/* The state; reset restores the start: one healthy device, nothing recorded. */
__attribute__((visibility("default"))) fake_gpu_t *fake_gpu(void);
__attribute__((visibility("default"))) void fake_gpu_reset(void);

#ifdef __cplusplus
}
#endif

#endif /* KGEN_RUNTIME_TEST_FAKE_FAKE_GPU_H */
