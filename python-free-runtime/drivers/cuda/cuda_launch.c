/*===- cuda_launch.c - Launches, and what tile counters need of libcuda ----===*/
#include "cuda_state.h"

static cuda_launch_attribute_t
cluster_attribute(const kgen_artifact_header_t *header) {
  return (cuda_launch_attribute_t){
      .id = CUDA_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION,
      .value.cluster = {header->cluster[0], header->cluster[1],
                        header->cluster[2]}};
}

static cuda_launch_config_t cluster_config(const kgen_artifact_header_t *header,
                                           const int64_t grid[3], void *stream,
                                           cuda_launch_attribute_t *cluster) {
  return (cuda_launch_config_t){.grid_x = (unsigned)grid[0],
                                .grid_y = (unsigned)grid[1],
                                .grid_z = (unsigned)grid[2],
                                .block_x = header->threads_per_block,
                                .block_y = 1,
                                .block_z = 1,
                                .shared_bytes =
                                    (unsigned)header->dynamic_shared_bytes,
                                .stream = stream,
                                .attributes = cluster,
                                .attribute_count = 1};
}

static kgen_status_t launch_clusters(kgen_device_t *device,
                                     const cuda_code_t *code,
                                     const kgen_artifact_header_t *header,
                                     const int64_t grid[3], void **arguments,
                                     void *stream) {
  cuda_launch_attribute_t cluster = cluster_attribute(header);
  cuda_launch_config_t config = cluster_config(header, grid, stream, &cluster);
  CUDA_RETURN_CALL(device, "cuLaunchKernelEx",
                   launchKernelEx(&config, code->function, arguments, NULL));
}

/* The processors of a cluster are of one group, of which a device may have some
   with an odd number of processors. */
kgen_status_t cuda_resident_clusters(kgen_device_t *device, void *native,
                                     const kgen_artifact_header_t *header,
                                     int64_t *clusters) {
  const cuda_code_t *code = native;
  cuda_state_t *state;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  kgen_status_t status = KGEN_STATUS_OK;
  if (state->api->maxActiveClusters) {
    const int64_t grid[3] = {*clusters * header->cluster[0], 1, 1};
    cuda_launch_attribute_t cluster = cluster_attribute(header);
    cuda_launch_config_t config = cluster_config(header, grid, NULL, &cluster);
    int active = 0;
    status = cuda_check(
        state->api,
        state->api->maxActiveClusters(&active, code->function, &config),
        "cuOccupancyMaxActiveClusters");
    if (status == KGEN_STATUS_OK && active < *clusters)
      *clusters = active;
  }
  cuda_leave(state);
  return status;
}

static kgen_status_t launch_now(kgen_device_t *device, const cuda_code_t *code,
                                const kgen_artifact_header_t *header,
                                const int64_t grid[3], void **arguments,
                                void *stream) {
  if (cuda_has_clusters(header))
    return launch_clusters(device, code, header, grid, arguments, stream);
  CUDA_RETURN_CALL(device, "cuLaunchKernel",
                   launchKernel(code->function, (unsigned)grid[0],
                                (unsigned)grid[1], (unsigned)grid[2],
                                header->threads_per_block, 1, 1,
                                (unsigned)header->dynamic_shared_bytes, stream,
                                arguments, NULL));
}

/*===-- Tile counters
 * ------------------------------------------------------===*/

/* The id of a stream that is captured must not be asked for. */
static kgen_status_t find_queue(const cuda_api_t *api, cuda_stream_t stream,
                                kgen_queue_t *queue) {
  int capture = CUDA_CAPTURE_NONE;
  unsigned long long id = 0; /* without cuStreamGetId: one queue, see below */
  KGEN_RETURN_IF_ERROR(cuda_check(api, api->streamIsCapturing(stream, &capture),
                                  "cuStreamIsCapturing"));
  queue->is_captured = capture != CUDA_CAPTURE_NONE;
  if (!queue->is_captured && api->streamGetId)
    KGEN_RETURN_IF_ERROR(
        cuda_check(api, api->streamGetId(stream, &id), "cuStreamGetId"));
  queue->id = id;
  return KGEN_STATUS_OK;
}

kgen_status_t cuda_find_queue(kgen_device_t *device, void *stream,
                              kgen_queue_t *queue) {
  cuda_state_t *state;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  kgen_status_t status = find_queue(state->api, stream, queue);
  cuda_leave(state);
  return status;
}

/* On a stream of its own: the legacy default stream must not be touched while
   other streams are captured. */
static kgen_status_t clear(const cuda_api_t *api, cuda_address_t address,
                           size_t size) {
  cuda_stream_t stream;
  KGEN_RETURN_IF_ERROR(
      cuda_check(api, api->streamCreate(&stream, CUDA_STREAM_NON_BLOCKING),
                 "cuStreamCreate"));
  kgen_status_t status = cuda_check(
      api, api->memsetD8(address, 0, size, stream), "cuMemsetD8Async");
  if (status == KGEN_STATUS_OK)
    status =
        cuda_check(api, api->streamSynchronize(stream), "cuStreamSynchronize");
  api->streamDestroy(stream);
  return status;
}

/* In the relaxed mode, calls that the driver must not take into a graph, such
   as an allocation, neither fail nor end a capture of this thread or of others.
 */
kgen_status_t cuda_allocate_zeros(kgen_device_t *device, size_t size,
                                  void **pointer) {
  cuda_state_t *state;
  cuda_address_t address = 0;
  int mode = CUDA_CAPTURE_RELAXED;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  const cuda_api_t *api = state->api;
  kgen_status_t status = cuda_check(api, api->exchangeCaptureMode(&mode),
                                    "cuThreadExchangeStreamCaptureMode");
  if (status != KGEN_STATUS_OK) {
    cuda_leave(state);
    return status;
  }
  status = cuda_check(api, api->memAlloc(&address, size), "cuMemAlloc");
  if (status == KGEN_STATUS_OUT_OF_MEMORY)
    status = kgen_fail(status, "no memory on %s for %zu bytes of tile counters",
                       device->info.name, size);
  else if (status == KGEN_STATUS_OK)
    status = clear(api, address, size);
  if (status != KGEN_STATUS_OK && address)
    api->memFree(address);
  api->exchangeCaptureMode(&mode);
  cuda_leave(state);
  *pointer = (void *)(uintptr_t)address;
  return status;
}

void cuda_release_zeros(kgen_device_t *device, void *pointer) {
  cuda_state_t *state;
  int mode = CUDA_CAPTURE_RELAXED;
  if (cuda_enter(device, &state) != KGEN_STATUS_OK)
    return;
  bool relaxed = state->api->exchangeCaptureMode(&mode) == 0;
  state->api->memFree(cuda_address_of(pointer));
  if (relaxed)
    state->api->exchangeCaptureMode(&mode);
  cuda_leave(state);
}

/* Waits for the latest launch, on the device, and becomes the latest one. */
static kgen_status_t launch_after_latest(kgen_device_t *device,
                                         const cuda_code_t *code,
                                         const kgen_artifact_header_t *header,
                                         const int64_t grid[3],
                                         void **arguments, void *stream) {
  const cuda_api_t *api = ((const cuda_state_t *)device->state)->api;
  cuda_state_t *state;
  KGEN_RETURN_IF_ERROR(cuda_enter(device, &state));
  kgen_status_t status = cuda_check(
      api, api->streamWaitEvent(stream, code->latest, 0), "cuStreamWaitEvent");
  if (status == KGEN_STATUS_OK)
    status = launch_now(device, code, header, grid, arguments, stream);
  /* A launch that no event ends must be over before the next one starts. */
  if (status == KGEN_STATUS_OK && api->eventRecord(code->latest, stream) != 0)
    status =
        cuda_check(api, api->streamSynchronize(stream), "cuStreamSynchronize");
  cuda_leave(state);
  return status;
}

/* A driver before CUDA 12 cannot tell whether a stream is the one that had the
   same handle before. There all launches of a kernel with a tile counter, but
   for captured ones, share one counter and run one after another. */
kgen_status_t cuda_launch(kgen_device_t *device, void *native,
                          const kgen_artifact_header_t *header,
                          const int64_t grid[3], void **arguments,
                          void *stream) {
  cuda_code_t *code = native;
  bool shares_counter = false;
  if (code->latest) {
    kgen_queue_t queue;
    KGEN_RETURN_IF_ERROR(cuda_find_queue(device, stream, &queue));
    shares_counter = !queue.is_captured;
  }
  if (!shares_counter)
    return launch_now(device, code, header, grid, arguments, stream);
  pthread_mutex_lock(&code->order_lock);
  kgen_status_t status =
      launch_after_latest(device, code, header, grid, arguments, stream);
  pthread_mutex_unlock(&code->order_lock);
  return status;
}
