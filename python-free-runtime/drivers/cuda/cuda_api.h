/*===- cuda_api.h - The functions of libcuda that the driver calls
---------===*\
|*
|* Declared here, so that no CUDA toolkit is needed to build. Types and numbers
|* are those of the CUDA driver API, which keeps them stable.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_CUDA_CUDA_API_H
#define KGEN_RUNTIME_DRIVERS_CUDA_CUDA_API_H

#include <stddef.h>
#include <stdint.h>

typedef int cuda_result_t;
typedef int cuda_device_t;
typedef unsigned long long cuda_address_t;
typedef struct CUctx_st *cuda_context_t;
typedef struct CUstream_st *cuda_stream_t;
typedef struct CUevent_st *cuda_event_t;
typedef struct CUmod_st *cuda_module_t;
typedef struct CUfunc_st *cuda_function_t;

enum { CUDA_INVALID_VALUE = 1 };

enum { /* CUdevice_attribute */
       CUDA_MAX_THREADS_PER_BLOCK = 1,
       CUDA_CLOCK_RATE = 13,
       CUDA_MULTIPROCESSOR_COUNT = 16,
       CUDA_L2_CACHE_SIZE = 38,
       CUDA_COMPUTE_CAPABILITY_MAJOR = 75,
       CUDA_COMPUTE_CAPABILITY_MINOR = 76,
       CUDA_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97
};
enum { /* CUfunction_attribute */
       CUDA_FUNC_MAX_THREADS_PER_BLOCK = 0,
       CUDA_FUNC_SHARED_SIZE_BYTES = 1,
       CUDA_FUNC_LOCAL_SIZE_BYTES = 3,
       CUDA_FUNC_NUM_REGS = 4,
       CUDA_FUNC_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8
};
enum { /* CUpointer_attribute, CUmemorytype */
       CUDA_POINTER_MEMORY_TYPE = 2,
       CUDA_POINTER_IS_MANAGED = 8,
       CUDA_POINTER_DEVICE_ORDINAL = 9,
       CUDA_MEMORY_DEVICE = 2
};
enum { /* CUjit_option */
       CUDA_JIT_ERROR_LOG_BUFFER = 5,
       CUDA_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6
};
enum { CUDA_STREAM_NON_BLOCKING = 1 };
enum { CUDA_EVENT_DISABLE_TIMING = 2 };
enum { CUDA_CAPTURE_NONE = 0 };    /* CUstreamCaptureStatus */
enum { CUDA_CAPTURE_RELAXED = 2 }; /* CUstreamCaptureMode */

/* CUDA_FUNCTION(member, exported name, parameters) */
#define CUDA_FUNCTIONS(CUDA_FUNCTION)                                          \
  CUDA_FUNCTION(init, cuInit, (unsigned flags))                                \
  CUDA_FUNCTION(getErrorName, cuGetErrorName,                                  \
                (cuda_result_t code, const char **text))                       \
  CUDA_FUNCTION(getErrorString, cuGetErrorString,                              \
                (cuda_result_t code, const char **text))                       \
  CUDA_FUNCTION(driverGetVersion, cuDriverGetVersion, (int *version))          \
  CUDA_FUNCTION(deviceGetCount, cuDeviceGetCount, (int *count))                \
  CUDA_FUNCTION(deviceGet, cuDeviceGet, (cuda_device_t * device, int ordinal)) \
  CUDA_FUNCTION(deviceGetName, cuDeviceGetName,                                \
                (char *name, int size, cuda_device_t device))                  \
  CUDA_FUNCTION(deviceGetAttribute, cuDeviceGetAttribute,                      \
                (int *value, int attribute, cuda_device_t device))             \
  CUDA_FUNCTION(deviceTotalMem, cuDeviceTotalMem_v2,                           \
                (size_t * bytes, cuda_device_t device))                        \
  CUDA_FUNCTION(primaryRetain, cuDevicePrimaryCtxRetain,                       \
                (cuda_context_t * context, cuda_device_t device))              \
  CUDA_FUNCTION(primaryRelease, cuDevicePrimaryCtxRelease_v2,                  \
                (cuda_device_t device))                                        \
  CUDA_FUNCTION(ctxPush, cuCtxPushCurrent_v2, (cuda_context_t context))        \
  CUDA_FUNCTION(ctxPop, cuCtxPopCurrent_v2, (cuda_context_t * context))        \
  CUDA_FUNCTION(streamCreate, cuStreamCreate,                                  \
                (cuda_stream_t * stream, unsigned flags))                      \
  CUDA_FUNCTION(streamDestroy, cuStreamDestroy_v2, (cuda_stream_t stream))     \
  CUDA_FUNCTION(streamSynchronize, cuStreamSynchronize,                        \
                (cuda_stream_t stream))                                        \
  CUDA_FUNCTION(streamIsCapturing, cuStreamIsCapturing,                        \
                (cuda_stream_t stream, int *status))                           \
  CUDA_FUNCTION(exchangeCaptureMode, cuThreadExchangeStreamCaptureMode,        \
                (int *mode))                                                   \
  CUDA_FUNCTION(streamWaitEvent, cuStreamWaitEvent,                            \
                (cuda_stream_t stream, cuda_event_t event, unsigned flags))    \
  CUDA_FUNCTION(eventCreate, cuEventCreate,                                    \
                (cuda_event_t * event, unsigned flags))                        \
  CUDA_FUNCTION(eventDestroy, cuEventDestroy_v2, (cuda_event_t event))         \
  CUDA_FUNCTION(eventRecord, cuEventRecord,                                    \
                (cuda_event_t event, cuda_stream_t stream))                    \
  CUDA_FUNCTION(eventSynchronize, cuEventSynchronize, (cuda_event_t event))    \
  CUDA_FUNCTION(eventElapsedTime, cuEventElapsedTime,                          \
                (float *milliseconds, cuda_event_t start, cuda_event_t stop))  \
  CUDA_FUNCTION(memAlloc, cuMemAlloc_v2,                                       \
                (cuda_address_t * address, size_t size))                       \
  CUDA_FUNCTION(memFree, cuMemFree_v2, (cuda_address_t address))               \
  CUDA_FUNCTION(copyToDevice, cuMemcpyHtoDAsync_v2,                            \
                (cuda_address_t destination, const void *source, size_t size,  \
                 cuda_stream_t stream))                                        \
  CUDA_FUNCTION(copyToHost, cuMemcpyDtoHAsync_v2,                              \
                (void *destination, cuda_address_t source, size_t size,        \
                 cuda_stream_t stream))                                        \
  CUDA_FUNCTION(copyOnDevice, cuMemcpyDtoDAsync_v2,                            \
                (cuda_address_t destination, cuda_address_t source,            \
                 size_t size, cuda_stream_t stream))                           \
  CUDA_FUNCTION(memsetD8, cuMemsetD8Async,                                     \
                (cuda_address_t address, unsigned char value, size_t count,    \
                 cuda_stream_t stream))                                        \
  CUDA_FUNCTION(memsetD16, cuMemsetD16Async,                                   \
                (cuda_address_t address, unsigned short value, size_t count,   \
                 cuda_stream_t stream))                                        \
  CUDA_FUNCTION(memsetD32, cuMemsetD32Async,                                   \
                (cuda_address_t address, unsigned value, size_t count,         \
                 cuda_stream_t stream))                                        \
  CUDA_FUNCTION(pointerGetAttribute, cuPointerGetAttribute,                    \
                (void *value, int attribute, cuda_address_t address))          \
  CUDA_FUNCTION(moduleLoad, cuModuleLoadDataEx,                                \
                (cuda_module_t * module, const void *image, unsigned count,    \
                 int *options, void **values))                                 \
  CUDA_FUNCTION(moduleUnload, cuModuleUnload, (cuda_module_t module))          \
  CUDA_FUNCTION(                                                               \
      moduleGetFunction, cuModuleGetFunction,                                  \
      (cuda_function_t * function, cuda_module_t module, const char *name))    \
  CUDA_FUNCTION(funcGetAttribute, cuFuncGetAttribute,                          \
                (int *value, int attribute, cuda_function_t function))         \
  CUDA_FUNCTION(funcSetAttribute, cuFuncSetAttribute,                          \
                (cuda_function_t function, int attribute, int value))          \
  CUDA_FUNCTION(launchKernel, cuLaunchKernel,                                  \
                (cuda_function_t function, unsigned grid_x, unsigned grid_y,   \
                 unsigned grid_z, unsigned block_x, unsigned block_y,          \
                 unsigned block_z, unsigned shared_bytes,                      \
                 cuda_stream_t stream, void **arguments, void **extra))

/* cuLaunchKernelEx: CUlaunchConfig and CUlaunchAttribute, whose value is a
   union of 64 bytes. */
enum { CUDA_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION = 4 };
typedef struct cuda_launch_attribute_t {
  int id;
  int padding;
  union {
    unsigned cluster[3]; /* blocks in x, y, z */
    uint64_t size[8];
  } value;
} cuda_launch_attribute_t;
typedef struct cuda_launch_config_t {
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned shared_bytes;
  cuda_stream_t stream;
  cuda_launch_attribute_t *attributes;
  unsigned attribute_count;
} cuda_launch_config_t;

/* The same for functions that older drivers lack, which only some kernels need:
   cuLaunchKernelEx and cuOccupancyMaxActiveClusters are there since CUDA 11.8,
   cuTensorMapEncodeTiled and cuStreamGetId since 12.0.
   `map` is a CUtensorMap: 128 bytes, aligned to 64. */
#define CUDA_OPTIONAL_FUNCTIONS(CUDA_FUNCTION)                                 \
  CUDA_FUNCTION(streamGetId, cuStreamGetId,                                    \
                (cuda_stream_t stream, unsigned long long *id))                \
  CUDA_FUNCTION(launchKernelEx, cuLaunchKernelEx,                              \
                (const cuda_launch_config_t *config, cuda_function_t function, \
                 void **arguments, void **extra))                              \
  CUDA_FUNCTION(maxActiveClusters, cuOccupancyMaxActiveClusters,               \
                (int *clusters, cuda_function_t function,                      \
                 const cuda_launch_config_t *config))                          \
  CUDA_FUNCTION(                                                               \
      tensorMapEncodeTiled, cuTensorMapEncodeTiled,                            \
      (void *map, int type, uint32_t rank, void *address,                      \
       const uint64_t *sizes, const uint64_t *strides, const uint32_t *box,    \
       const uint32_t *steps, int interleave, int swizzle, int l2_promotion,   \
       int fill))

typedef struct cuda_api_t {
#define CUDA_MEMBER(member, exported, parameters)                              \
  cuda_result_t(*member) parameters;
  CUDA_FUNCTIONS(CUDA_MEMBER)
  CUDA_OPTIONAL_FUNCTIONS(CUDA_MEMBER)
#undef CUDA_MEMBER
} cuda_api_t;

#endif /* KGEN_RUNTIME_DRIVERS_CUDA_CUDA_API_H */
