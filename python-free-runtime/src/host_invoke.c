/*===- host_invoke.c - The entry that generated host code calls
------------===*\
|*
|* Keeps loaded artefacts and opened devices for the life of the process.
|*
\*===----------------------------------------------------------------------===*/
#include "driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An artefact that was loaded, and one device it was loaded on. */
typedef struct cached_t {
  struct cached_t *next;
  const void *address;
  int64_t size;
  uint64_t checksum; /* tells artefacts apart that reuse an address */
  kgen_device_t *device;
  kgen_kernel_t *kernel;
  bool is_default; /* the device was not chosen by the arguments' pointers */
} cached_t;

typedef struct opened_t {
  struct opened_t *next;
  kgen_device_t *device;
} opened_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards both lists */
static cached_t *cached_kernels;
static opened_t *opened_devices;

/*===-- Caches: called with the lock held
 * ----------------------------------===*/

static kgen_status_t remember_device(kgen_device_t *device,
                                     kgen_device_t **result) {
  opened_t *entry = malloc(sizeof(*entry));
  if (!entry) {
    kgen_device_close(device);
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a device");
  }
  *entry = (opened_t){opened_devices, device};
  opened_devices = entry;
  *result = device;
  return KGEN_STATUS_OK;
}

/* The open device of a driver with this ordinal; opens it if need be. */
static kgen_status_t get_device(const kgen_driver_t *driver, int32_t ordinal,
                                kgen_device_t **device) {
  for (opened_t *it = opened_devices; it; it = it->next)
    if (it->device->driver == driver && it->device->info.ordinal == ordinal) {
      *device = it->device;
      return KGEN_STATUS_OK;
    }
  char name[32];
  if (driver->target == KGEN_TARGET_CPU)
    snprintf(name, sizeof(name), "%s", driver->name);
  else
    snprintf(name, sizeof(name), "%s:%d", driver->name, ordinal);
  kgen_device_t *opened;
  KGEN_RETURN_IF_ERROR(kgen_device_open(name, NULL, &opened));
  return remember_device(opened, device);
}

/* The first device that can run the artefact. */
static kgen_status_t get_fitting_device(const kgen_artifact_t *artifact,
                                        kgen_device_t **device) {
  kgen_device_t *opened;
  KGEN_RETURN_IF_ERROR(kgen_device_open_for(artifact, NULL, &opened));
  for (opened_t *it = opened_devices; it; it = it->next)
    if (it->device->driver == opened->driver &&
        it->device->info.ordinal == opened->info.ordinal) {
      kgen_device_close(opened);
      *device = it->device;
      return KGEN_STATUS_OK;
    }
  return remember_device(opened, device);
}

/* The entry for a device, or the default one for NULL. */
static cached_t *find_cached(const void *address, int64_t size,
                             const kgen_device_t *device) {
  kgen_artifact_header_t header;
  if (size < (int64_t)sizeof(header))
    return NULL;
  memcpy(&header, address, sizeof(header));
  for (cached_t *it = cached_kernels; it; it = it->next)
    if (it->address == address && it->size == size &&
        it->checksum == header.checksum &&
        (device ? it->device == device : it->is_default))
      return it;
  return NULL;
}

/* Loads the artefact, which was read from `address`, on `device`. */
static kgen_status_t add_cached(const void *address, int64_t size,
                                kgen_artifact_t *artifact,
                                kgen_device_t *device, cached_t **result) {
  cached_t *entry = calloc(1, sizeof(*entry));
  if (!entry)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a kernel");
  kgen_status_t status = kgen_kernel_load(device, artifact, &entry->kernel);
  if (status != KGEN_STATUS_OK) {
    free(entry);
    return status;
  }
  entry->address = address;
  entry->size = size;
  entry->checksum = artifact->header->checksum;
  entry->device = device;
  entry->next = cached_kernels;
  cached_kernels = entry;
  *result = entry;
  return KGEN_STATUS_OK;
}

/* Finds or loads the artefact on the first device that fits. The kernel keeps
   the artefact alive. */
static kgen_status_t get_default(const void *address, int64_t size,
                                 cached_t **entry) {
  *entry = find_cached(address, size, NULL);
  if (*entry)
    return KGEN_STATUS_OK;
  kgen_artifact_t *artifact;
  kgen_device_t *device;
  KGEN_RETURN_IF_ERROR(kgen_artifact_load(address, (size_t)size, &artifact));
  kgen_status_t status = get_fitting_device(artifact, &device);
  if (status == KGEN_STATUS_OK)
    status = add_cached(address, size, artifact, device, entry);
  if (status == KGEN_STATUS_OK)
    (*entry)->is_default = true;
  kgen_artifact_destroy(artifact);
  return status;
}

/*===-- Arguments
 * ----------------------------------------------------------===*/

static kgen_status_t take_word(const int64_t **words, int64_t *left,
                               const kgen_artifact_parameter_t *parameter,
                               int64_t *word) {
  if (*left == 0)
    return kgen_fail(KGEN_STATUS_ARGUMENT_COUNT,
                     "the packed arguments end within parameter %s",
                     parameter->name);
  *word = *(*words)++;
  --*left;
  return KGEN_STATUS_OK;
}

static kgen_status_t unpack_tensor(const int64_t **words, int64_t *left,
                                   const kgen_artifact_parameter_t *parameter,
                                   kgen_argument_t *argument) {
  int64_t pointer = 0, rank = 0;
  KGEN_RETURN_IF_ERROR(take_word(words, left, parameter, &pointer));
  KGEN_RETURN_IF_ERROR(take_word(words, left, parameter, &rank));
  if (rank != (int64_t)parameter->rank)
    return kgen_fail(KGEN_STATUS_ARGUMENT_RANK,
                     "%s has rank %lld, the kernel takes rank %u",
                     parameter->name, (long long)rank, parameter->rank);
  argument->rank = (int32_t)rank;
  argument->data = (void *)(uintptr_t)pointer;
  for (int64_t d = 0; d < rank; ++d)
    KGEN_RETURN_IF_ERROR(
        take_word(words, left, parameter, &argument->sizes[d]));
  return KGEN_STATUS_OK;
}

/* The packed form has no element types: the artefact's are meant. */
static kgen_status_t unpack(const kgen_artifact_t *artifact,
                            const int64_t *words, int64_t left,
                            kgen_argument_t *arguments) {
  for (uint32_t i = 0; i < artifact->header->parameter_count; ++i) {
    const kgen_artifact_parameter_t *parameter = &artifact->parameters[i];
    arguments[i] = (kgen_argument_t){
        .kind = (kgen_parameter_kind_t)parameter->kind,
        .element_type = (kgen_element_type_t)parameter->element_type};
    int64_t bits = 0;
    if (parameter->kind == KGEN_KIND_TENSOR) {
      KGEN_RETURN_IF_ERROR(
          unpack_tensor(&words, &left, parameter, &arguments[i]));
      continue;
    }
    KGEN_RETURN_IF_ERROR(take_word(&words, &left, parameter, &bits));
    arguments[i].value = (uint64_t)bits;
  }
  if (left != 0)
    return kgen_fail(KGEN_STATUS_ARGUMENT_COUNT,
                     "%lld words are left after the %u parameters of kernel %s",
                     (long long)left, artifact->header->parameter_count,
                     artifact->header->kernel_name);
  return KGEN_STATUS_OK;
}

/*===-- Staging of host memory
 * ---------------------------------------------===*/

/* The caller's pointers where arguments were moved to the device, else NULL. */
typedef struct {
  void *host[KGEN_MAX_PARAMETERS];
} staged_t;

static kgen_status_t stage(kgen_device_t *device, uint32_t role,
                           kgen_argument_t *argument, void **host) {
  size_t bytes = kgen_argument_bytes(argument);
  if (argument->kind != KGEN_KIND_TENSOR || bytes == 0 || !argument->data)
    return KGEN_STATUS_OK;
  int32_t location;
  KGEN_RETURN_IF_ERROR(
      device->driver->locate(device, argument->data, &location));
  if (location != KGEN_ON_HOST)
    return KGEN_STATUS_OK;
  void *buffer;
  KGEN_RETURN_IF_ERROR(kgen_buffer_allocate(device, bytes, &buffer));
  *host = argument->data;
  argument->data = buffer;
  if (role == KGEN_ROLE_OUTPUT)
    return KGEN_STATUS_OK;
  return kgen_copy_to_device(device, buffer, *host, bytes, NULL);
}

/* Copies back what the kernel wrote, if it ran, and frees the buffers. */
static kgen_status_t unstage(const cached_t *entry,
                             const kgen_argument_t *arguments,
                             const staged_t *staged, bool ran) {
  const kgen_artifact_t *artifact = entry->kernel->artifact;
  kgen_status_t status = KGEN_STATUS_OK;
  for (uint32_t i = 0; i < artifact->header->parameter_count; ++i) {
    if (!staged->host[i])
      continue;
    if (ran && status == KGEN_STATUS_OK &&
        artifact->parameters[i].role != KGEN_ROLE_INPUT)
      status =
          kgen_copy_to_host(entry->device, staged->host[i], arguments[i].data,
                            kgen_argument_bytes(&arguments[i]), NULL);
    kgen_status_t freed = kgen_buffer_free(entry->device, arguments[i].data);
    if (status == KGEN_STATUS_OK)
      status = freed;
  }
  return status;
}

static kgen_status_t run_staged(const cached_t *entry,
                                kgen_argument_t *arguments) {
  const kgen_artifact_t *artifact = entry->kernel->artifact;
  uint32_t count = artifact->header->parameter_count;
  KGEN_RETURN_IF_ERROR(kgen_check_shapes(artifact, arguments, count));
  staged_t staged;
  memset(&staged, 0, sizeof(staged));
  kgen_status_t status = KGEN_STATUS_OK;
  for (uint32_t i = 0; i < count && status == KGEN_STATUS_OK; ++i)
    status = stage(entry->device, artifact->parameters[i].role, &arguments[i],
                   &staged.host[i]);
  if (status == KGEN_STATUS_OK)
    status = kgen_launch(entry->kernel, arguments, count, NULL);
  if (status == KGEN_STATUS_OK)
    status = kgen_stream_synchronize(entry->device, NULL);
  if (status == KGEN_STATUS_OK)
    return unstage(entry, arguments, &staged, true);
  /* Freeing can fail too, after a device fault; the first error is the cause.
   */
  char first[KGEN_ERROR_TEXT_SIZE];
  snprintf(first, sizeof(first), "%s", kgen_last_error());
  unstage(entry, arguments, &staged, false);
  kgen_restore_error(first);
  return status;
}

/*===-- Entry
 * --------------------------------------------------------------===*/

/* The ordinal of the device that holds the first device pointer, or of
   `fallback`. */
static kgen_status_t choose_ordinal(const kgen_artifact_t *artifact,
                                    const kgen_argument_t *arguments,
                                    kgen_device_t *fallback, int32_t *ordinal) {
  *ordinal = fallback->info.ordinal;
  for (uint32_t i = 0; i < artifact->header->parameter_count; ++i) {
    if (arguments[i].kind != KGEN_KIND_TENSOR || !arguments[i].data)
      continue;
    int32_t location;
    KGEN_RETURN_IF_ERROR(
        fallback->driver->locate(fallback, arguments[i].data, &location));
    if (location < 0)
      continue;
    *ordinal = location;
    break;
  }
  return KGEN_STATUS_OK;
}

/* Finds the kernel on the device that the arguments ask for. */
static kgen_status_t prepare(const void *address, int64_t size,
                             const int64_t *words, int64_t count,
                             kgen_argument_t *arguments, cached_t **entry) {
  KGEN_RETURN_IF_ERROR(get_default(address, size, entry));
  kgen_artifact_t *artifact = (*entry)->kernel->artifact;
  KGEN_RETURN_IF_ERROR(unpack(artifact, words, count, arguments));
  kgen_device_t *device = (*entry)->device;
  int32_t ordinal;
  KGEN_RETURN_IF_ERROR(choose_ordinal(artifact, arguments, device, &ordinal));
  if (ordinal == device->info.ordinal)
    return KGEN_STATUS_OK;
  KGEN_RETURN_IF_ERROR(get_device(device->driver, ordinal, &device));
  cached_t *there = find_cached(address, size, device);
  if (!there)
    KGEN_RETURN_IF_ERROR(add_cached(address, size, artifact, device, &there));
  *entry = there;
  return KGEN_STATUS_OK;
}

static kgen_status_t invoke(const void *address, int64_t size,
                            const int64_t *words, int64_t count) {
  if (!address || size < 0 || count < 0 || (count > 0 && !words))
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT,
                     "artefact at %p with %lld bytes, %lld words at %p",
                     address, (long long)size, (long long)count,
                     (const void *)words);
  kgen_argument_t arguments[KGEN_MAX_PARAMETERS];
  cached_t *entry = NULL;
  pthread_mutex_lock(&lock);
  kgen_status_t status =
      prepare(address, size, words, count, arguments, &entry);
  pthread_mutex_unlock(&lock);
  KGEN_RETURN_IF_ERROR(status);
  return run_staged(entry, arguments);
}

int32_t kgen_host_invoke(const void *artifact, int64_t size,
                         const int64_t *packed_args, int64_t count) {
  kgen_status_t status = invoke(artifact, size, packed_args, count);
  if (status != KGEN_STATUS_OK)
    fprintf(stderr, "kgen: %s\n", kgen_last_error());
  return (int32_t)status;
}
