/*===- cuda_state.h - What the files of the CUDA driver share --------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_CUDA_CUDA_STATE_H
#define KGEN_RUNTIME_DRIVERS_CUDA_CUDA_STATE_H

#include "cuda_api.h"
#include "driver.h"

#include <pthread.h>

typedef struct {
  const cuda_api_t *api;
  cuda_device_t device;
  cuda_context_t context;
} cuda_state_t;

typedef struct {
  cuda_module_t module;
  cuda_function_t function;
  /* Only of kernels with a tile counter on drivers without cuStreamGetId: the
     end of the latest launch, which the next one waits for. */
  cuda_event_t latest;
  pthread_mutex_t order_lock;
} cuda_code_t;

/* Turns a code of libcuda into a status; `call` names the function. */
kgen_status_t cuda_check(const cuda_api_t *api, cuda_result_t code,
                         const char *call);

/* Makes the device's context current and returns its state. */
kgen_status_t cuda_enter(kgen_device_t *device, cuda_state_t **state);
/* Makes the context current that was before cuda_enter. */
void cuda_leave(const cuda_state_t *state);

/* Runs one call of libcuda in the device's context and turns its code into the
   status that the function returns. */
#define CUDA_RETURN_CALL(device, name, call)                                   \
  do {                                                                         \
    cuda_state_t *state;                                                       \
    KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));                          \
    kgen_status_t status_ = cuda_check(state->api, state->api->call, name);    \
    cuda_leave(state);                                                         \
    return status_;                                                            \
  } while (0)

static inline cuda_address_t cuda_address_of(const void *pointer) {
  return (cuda_address_t)(uintptr_t)pointer;
}

static inline bool cuda_has_clusters(const kgen_artifact_header_t *header) {
  return header->cluster[0] * header->cluster[1] * header->cluster[2] > 1;
}

/* Functions of the driver's table that live in cuda_launch.c. */
kgen_status_t cuda_launch(kgen_device_t *device, void *native,
                          const kgen_artifact_header_t *header,
                          const int64_t grid[3], void **arguments,
                          void *stream);
kgen_status_t cuda_resident_clusters(kgen_device_t *device, void *native,
                                     const kgen_artifact_header_t *header,
                                     int64_t *clusters);
kgen_status_t cuda_find_queue(kgen_device_t *device, void *stream,
                              kgen_queue_t *queue);
kgen_status_t cuda_allocate_zeros(kgen_device_t *device, size_t size,
                                  void **pointer);
void cuda_release_zeros(kgen_device_t *device, void *pointer);

#endif /* KGEN_RUNTIME_DRIVERS_CUDA_CUDA_STATE_H */
