/*===- stream.c - Streams, events and buffers
 * ------------------------------===*/
#include "driver.h"

#include <stdlib.h>

static kgen_status_t null_argument(const char *name) {
  return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL", name);
}

static kgen_status_t check_stream(const kgen_device_t *device,
                                  const kgen_stream_t *stream) {
  if (!device)
    return null_argument("device");
  if (stream && stream->device != device)
    return kgen_fail(KGEN_STATUS_WRONG_DEVICE, "a stream of %s is used with %s",
                     stream->device->info.name, device->info.name);
  return KGEN_STATUS_OK;
}

static void *native_of(const kgen_stream_t *stream) {
  return stream ? stream->native : NULL;
}

static kgen_status_t new_stream(kgen_device_t *device, kgen_stream_t **stream) {
  if (!stream)
    return null_argument("stream");
  *stream = NULL;
  if (!device)
    return null_argument("device");
  *stream = calloc(1, sizeof(**stream));
  if (!*stream)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a stream");
  (*stream)->device = device;
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_stream_create(kgen_device_t *device,
                                 kgen_stream_t **stream) {
  KGEN_RETURN_IF_ERROR(new_stream(device, stream));
  kgen_status_t status =
      device->driver->stream_create(device, &(*stream)->native);
  if (status != KGEN_STATUS_OK) {
    free(*stream);
    *stream = NULL;
    return status;
  }
  (*stream)->owned = true;
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_stream_adopt(kgen_device_t *device, void *native,
                                kgen_stream_t **stream) {
  if (device && native &&
      (device->info.target == KGEN_TARGET_CPU || device->info.emulated)) {
    if (stream)
      *stream = NULL;
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT,
                     "%s has no native streams, native is %p",
                     device->info.name, native);
  }
  KGEN_RETURN_IF_ERROR(new_stream(device, stream));
  (*stream)->native = native;
  return KGEN_STATUS_OK;
}

void kgen_stream_destroy(kgen_stream_t *stream) {
  if (!stream)
    return;
  if (stream->owned)
    stream->device->driver->stream_destroy(stream->device, stream->native);
  free(stream);
}

kgen_status_t kgen_stream_synchronize(kgen_device_t *device,
                                      kgen_stream_t *stream) {
  KGEN_RETURN_IF_ERROR(check_stream(device, stream));
  return device->driver->stream_synchronize(device, native_of(stream));
}

kgen_status_t kgen_event_create(kgen_device_t *device, kgen_event_t **event) {
  if (!event)
    return null_argument("event");
  *event = NULL;
  if (!device)
    return null_argument("device");
  kgen_event_t *created = calloc(1, sizeof(*created));
  if (!created)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for an event");
  created->device = device;
  atomic_init(&created->recorded, false);
  kgen_status_t status = device->driver->event_create(device, &created->native);
  if (status != KGEN_STATUS_OK) {
    free(created);
    return status;
  }
  *event = created;
  return KGEN_STATUS_OK;
}

void kgen_event_destroy(kgen_event_t *event) {
  if (!event)
    return;
  event->device->driver->event_destroy(event->device, event->native);
  free(event);
}

kgen_status_t kgen_event_record(kgen_event_t *event, kgen_stream_t *stream) {
  if (!event)
    return null_argument("event");
  KGEN_RETURN_IF_ERROR(check_stream(event->device, stream));
  KGEN_RETURN_IF_ERROR(event->device->driver->event_record(
      event->device, event->native, native_of(stream)));
  atomic_store(&event->recorded, true);
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_event_synchronize(kgen_event_t *event) {
  if (!event)
    return null_argument("event");
  if (!atomic_load(&event->recorded))
    return kgen_fail(KGEN_STATUS_NOT_READY, "the event was never recorded");
  return event->device->driver->event_synchronize(event->device, event->native);
}

kgen_status_t kgen_event_elapsed(const kgen_event_t *start,
                                 const kgen_event_t *stop,
                                 double *milliseconds) {
  if (!start || !stop || !milliseconds)
    return null_argument(!start ? "start" : !stop ? "stop" : "milliseconds");
  *milliseconds = 0;
  if (start->device != stop->device)
    return kgen_fail(KGEN_STATUS_WRONG_DEVICE, "the events are of %s and of %s",
                     start->device->info.name, stop->device->info.name);
  if (!atomic_load(&start->recorded) || !atomic_load(&stop->recorded))
    return kgen_fail(KGEN_STATUS_NOT_READY, "the %s event was never recorded",
                     atomic_load(&start->recorded) ? "stop" : "start");
  return start->device->driver->event_elapsed(start->device, start->native,
                                              stop->native, milliseconds);
}

kgen_status_t kgen_buffer_allocate(kgen_device_t *device, size_t size,
                                   void **pointer) {
  if (!pointer)
    return null_argument("pointer");
  *pointer = NULL;
  if (!device)
    return null_argument("device");
  if (size == 0)
    return KGEN_STATUS_OK;
  if (size > PTRDIFF_MAX)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                     "%zu bytes asked for, limit %zu", size,
                     (size_t)PTRDIFF_MAX);
  return device->driver->allocate(device, size, pointer);
}

kgen_status_t kgen_buffer_free(kgen_device_t *device, void *pointer) {
  if (!device)
    return null_argument("device");
  return pointer ? device->driver->release(device, pointer) : KGEN_STATUS_OK;
}

static kgen_status_t copy(kgen_device_t *device, kgen_copy_t kind,
                          void *destination, const void *source, size_t size,
                          kgen_stream_t *stream) {
  KGEN_RETURN_IF_ERROR(check_stream(device, stream));
  if (size == 0)
    return KGEN_STATUS_OK;
  if (!destination || !source)
    return null_argument(destination ? "source" : "destination");
  return device->driver->copy(device, kind, destination, source, size,
                              native_of(stream));
}

kgen_status_t kgen_copy_to_device(kgen_device_t *device, void *destination,
                                  const void *source, size_t size,
                                  kgen_stream_t *stream) {
  return copy(device, KGEN_COPY_TO_DEVICE, destination, source, size, stream);
}

kgen_status_t kgen_copy_to_host(kgen_device_t *device, void *destination,
                                const void *source, size_t size,
                                kgen_stream_t *stream) {
  return copy(device, KGEN_COPY_TO_HOST, destination, source, size, stream);
}

kgen_status_t kgen_copy_on_device(kgen_device_t *device, void *destination,
                                  const void *source, size_t size,
                                  kgen_stream_t *stream) {
  return copy(device, KGEN_COPY_ON_DEVICE, destination, source, size, stream);
}

kgen_status_t kgen_fill(kgen_device_t *device, void *pointer, uint32_t pattern,
                        size_t pattern_size, size_t size,
                        kgen_stream_t *stream) {
  KGEN_RETURN_IF_ERROR(check_stream(device, stream));
  if (pattern_size != 1 && pattern_size != 2 && pattern_size != 4)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT,
                     "pattern_size is %zu, not 1, 2 or 4", pattern_size);
  if (size % pattern_size || (uintptr_t)pointer % pattern_size)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT,
                     "size %zu or pointer %p is no multiple of the pattern's "
                     "%zu bytes",
                     size, pointer, pattern_size);
  if (size == 0)
    return KGEN_STATUS_OK;
  if (!pointer)
    return null_argument("pointer");
  return device->driver->fill(device, pointer, pattern, pattern_size,
                              size / pattern_size, native_of(stream));
}
