/*===- hip_api.h - The functions of libamdhip64 that the driver calls
------===*\
|*
|* Declared here, so that no ROCm is needed to build. Numbers and layouts are
|* those of HIP 6 (ROCm 6.0 and newer), whose properties call carries its
|* version in its name.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_HIP_HIP_API_H
#define KGEN_RUNTIME_DRIVERS_HIP_HIP_API_H

#include <stddef.h>
#include <stdint.h>

typedef int hip_result_t;
typedef struct ihipStream_t *hip_stream_t;
typedef struct ihipEvent_t *hip_event_t;
typedef struct ihipModule_t *hip_module_t;
typedef struct ihipModuleSymbol_t *hip_function_t;

enum { HIP_INVALID_VALUE = 1 };

enum { /* hipDeviceAttribute_t */
       HIP_CLOCK_RATE = 5,
       HIP_L2_CACHE_SIZE = 19,
       HIP_MAX_THREADS_PER_BLOCK = 56,
       HIP_MULTIPROCESSOR_COUNT = 63,
       HIP_MAX_SHARED_MEMORY_PER_BLOCK = 74
};
enum { /* hipFunction_attribute */
       HIP_FUNC_MAX_THREADS_PER_BLOCK = 0,
       HIP_FUNC_SHARED_SIZE_BYTES = 1,
       HIP_FUNC_LOCAL_SIZE_BYTES = 3,
       HIP_FUNC_NUM_REGS = 4
};
enum { /* hipMemoryType */
       HIP_MEMORY_DEVICE = 2,
       HIP_MEMORY_MANAGED = 3
};
enum { /* hipMemcpyKind */
       HIP_COPY_TO_DEVICE = 1,
       HIP_COPY_TO_HOST = 2,
       HIP_COPY_ON_DEVICE = 3
};
enum { HIP_STREAM_NON_BLOCKING = 1 };

/* hipDeviceProp_tR0600, of which only two fields are read. */
typedef struct hip_properties_t {
  char name[256];
  unsigned char before_arch[904];
  char arch[256]; /* "gfx942:sramecc+:xnack-" */
  unsigned char after_arch[56];
  unsigned char room[4096]; /* for fields that later versions add */
} hip_properties_t;
_Static_assert(offsetof(hip_properties_t, arch) == 1160,
               "hipDeviceProp_tR0600");
_Static_assert(offsetof(hip_properties_t, room) == 1472,
               "hipDeviceProp_tR0600");

/* hipPointerAttribute_t */
typedef struct hip_pointer_t {
  int type; /* hipMemoryType */
  int device;
  void *device_pointer, *host_pointer;
  int is_managed;
  unsigned flags;
} hip_pointer_t;

/* HIP_FUNCTION(member, exported name, parameters) */
#define HIP_FUNCTIONS(HIP_FUNCTION)                                            \
  HIP_FUNCTION(init, hipInit, (unsigned flags))                                \
  HIP_FUNCTION(driverGetVersion, hipDriverGetVersion, (int *version))          \
  HIP_FUNCTION(getDeviceCount, hipGetDeviceCount, (int *count))                \
  HIP_FUNCTION(getDevice, hipGetDevice, (int *device))                         \
  HIP_FUNCTION(setDevice, hipSetDevice, (int device))                          \
  HIP_FUNCTION(getProperties, hipGetDevicePropertiesR0600,                     \
               (hip_properties_t * properties, int device))                    \
  HIP_FUNCTION(deviceGetAttribute, hipDeviceGetAttribute,                      \
               (int *value, int attribute, int device))                        \
  HIP_FUNCTION(deviceTotalMem, hipDeviceTotalMem,                              \
               (size_t * bytes, int device))                                   \
  HIP_FUNCTION(streamCreate, hipStreamCreateWithFlags,                         \
               (hip_stream_t * stream, unsigned flags))                        \
  HIP_FUNCTION(streamDestroy, hipStreamDestroy, (hip_stream_t stream))         \
  HIP_FUNCTION(streamSynchronize, hipStreamSynchronize, (hip_stream_t stream)) \
  HIP_FUNCTION(eventCreate, hipEventCreate, (hip_event_t * event))             \
  HIP_FUNCTION(eventDestroy, hipEventDestroy, (hip_event_t event))             \
  HIP_FUNCTION(eventRecord, hipEventRecord,                                    \
               (hip_event_t event, hip_stream_t stream))                       \
  HIP_FUNCTION(eventSynchronize, hipEventSynchronize, (hip_event_t event))     \
  HIP_FUNCTION(eventElapsedTime, hipEventElapsedTime,                          \
               (float *milliseconds, hip_event_t start, hip_event_t stop))     \
  HIP_FUNCTION(allocate, hipMalloc, (void **pointer, size_t size))             \
  HIP_FUNCTION(release, hipFree, (void *pointer))                              \
  HIP_FUNCTION(copyAsync, hipMemcpyAsync,                                      \
               (void *destination, const void *source, size_t size, int kind,  \
                hip_stream_t stream))                                          \
  HIP_FUNCTION(                                                                \
      memsetD8, hipMemsetD8Async,                                              \
      (void *pointer, unsigned char value, size_t count, hip_stream_t stream)) \
  HIP_FUNCTION(memsetD16, hipMemsetD16Async,                                   \
               (void *pointer, unsigned short value, size_t count,             \
                hip_stream_t stream))                                          \
  HIP_FUNCTION(memsetD32, hipMemsetD32Async,                                   \
               (void *pointer, int value, size_t count, hip_stream_t stream))  \
  HIP_FUNCTION(pointerGetAttributes, hipPointerGetAttributes,                  \
               (hip_pointer_t * attributes, const void *pointer))              \
  HIP_FUNCTION(moduleLoad, hipModuleLoadData,                                  \
               (hip_module_t * module, const void *image))                     \
  HIP_FUNCTION(moduleUnload, hipModuleUnload, (hip_module_t module))           \
  HIP_FUNCTION(                                                                \
      moduleGetFunction, hipModuleGetFunction,                                 \
      (hip_function_t * function, hip_module_t module, const char *name))      \
  HIP_FUNCTION(funcGetAttribute, hipFuncGetAttribute,                          \
               (int *value, int attribute, hip_function_t function))           \
  HIP_FUNCTION(launchKernel, hipModuleLaunchKernel,                            \
               (hip_function_t function, unsigned grid_x, unsigned grid_y,     \
                unsigned grid_z, unsigned block_x, unsigned block_y,           \
                unsigned block_z, unsigned shared_bytes, hip_stream_t stream,  \
                void **arguments, void **extra))

/* The two functions that return text have another result type. */
#define HIP_TEXT_FUNCTIONS(HIP_FUNCTION)                                       \
  HIP_FUNCTION(getErrorName, hipGetErrorName, (hip_result_t code))             \
  HIP_FUNCTION(getErrorString, hipGetErrorString, (hip_result_t code))

typedef struct hip_api_t {
#define HIP_MEMBER(member, exported, parameters)                               \
  hip_result_t(*member) parameters;
  HIP_FUNCTIONS(HIP_MEMBER)
#undef HIP_MEMBER
#define HIP_MEMBER(member, exported, parameters)                               \
  const char *(*member)parameters;
  HIP_TEXT_FUNCTIONS(HIP_MEMBER)
#undef HIP_MEMBER
} hip_api_t;

#endif /* KGEN_RUNTIME_DRIVERS_HIP_HIP_API_H */
