/*===- device.c - Find, open and describe devices; buffers
 * -----------------===*/
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const kgen_driver_t *const drivers[] = {
    &kgen_cpu_driver, &kgen_cuda_driver, &kgen_hip_driver};
enum { DRIVER_COUNT = sizeof(drivers) / sizeof(drivers[0]) };

const kgen_driver_t *kgen_driver_for(kgen_target_t target) {
  for (int i = 0; i < DRIVER_COUNT; ++i)
    if (drivers[i]->target == target)
      return drivers[i];
  return NULL;
}

static kgen_status_t describe(const kgen_driver_t *driver, int32_t ordinal,
                              const kgen_device_options_t *options,
                              kgen_device_info_t *info) {
  memset(info, 0, sizeof(*info));
  info->target = driver->target;
  info->ordinal = ordinal;
  if (driver->target == KGEN_TARGET_CPU)
    snprintf(info->name, sizeof(info->name), "%s", driver->name);
  else
    snprintf(info->name, sizeof(info->name), "%s:%d", driver->name, ordinal);
  return driver->describe(ordinal, options, info);
}

kgen_status_t kgen_device_enumerate(kgen_device_info_t *infos, size_t capacity,
                                    size_t *count) {
  if (!count || (capacity > 0 && !infos))
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     count ? "infos" : "count");
  *count = 0;
  for (int i = 0; i < DRIVER_COUNT; ++i) {
    int32_t devices = 0;
    if (drivers[i]->count(&devices) != KGEN_STATUS_OK)
      continue;
    for (int32_t ordinal = 0; ordinal < devices; ++ordinal, ++*count)
      if (*count < capacity)
        KGEN_RETURN_IF_ERROR(
            describe(drivers[i], ordinal, NULL, &infos[*count]));
  }
  return KGEN_STATUS_OK;
}

/* Splits "cuda:1" into its driver and ordinal. */
static const kgen_driver_t *parse_name(const char *name, int32_t *ordinal) {
  for (int i = 0; i < DRIVER_COUNT; ++i) {
    size_t length = strlen(drivers[i]->name);
    if (strncmp(name, drivers[i]->name, length) != 0)
      continue;
    const char *rest = name + length;
    *ordinal = 0;
    if (*rest == '\0')
      return drivers[i];
    if (drivers[i]->target == KGEN_TARGET_CPU || *rest != ':' ||
        rest[1] < '0' || rest[1] > '9')
      return NULL;
    char *end;
    long value = strtol(rest + 1, &end, 10);
    if (*end != '\0' || value > INT32_MAX)
      return NULL;
    *ordinal = (int32_t)value;
    return drivers[i];
  }
  return NULL;
}

static kgen_status_t open_ordinal(const kgen_driver_t *driver, int32_t ordinal,
                                  const kgen_device_options_t *options,
                                  kgen_device_t **result) {
  kgen_device_t *device = calloc(1, sizeof(*device));
  if (!device)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a device");
  device->driver = driver;
  kgen_status_t status = describe(driver, ordinal, options, &device->info);
  if (status == KGEN_STATUS_OK)
    status = driver->open(device);
  if (status != KGEN_STATUS_OK) {
    free(device);
    return status;
  }
  *result = device;
  return KGEN_STATUS_OK;
}

static kgen_status_t check_options(const kgen_device_options_t *options) {
  if (options && options->cpu_threads < 0)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT,
                     "cpu_threads is %d, limit >= 0", options->cpu_threads);
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_device_open(const char *name,
                               const kgen_device_options_t *options,
                               kgen_device_t **device) {
  if (!device)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "device is NULL");
  *device = NULL;
  if (!name)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "name is NULL");
  KGEN_RETURN_IF_ERROR(check_options(options));
  int32_t ordinal, count;
  const kgen_driver_t *driver = parse_name(name, &ordinal);
  if (!driver)
    return kgen_fail(KGEN_STATUS_UNKNOWN_DEVICE_NAME, "no device is named '%s'",
                     name);
  KGEN_RETURN_IF_ERROR(driver->count(&count));
  if (ordinal >= count)
    return kgen_fail(KGEN_STATUS_DEVICE_NOT_FOUND,
                     "%s devices here: %d, ordinal asked for: %d", driver->name,
                     count, ordinal);
  return open_ordinal(driver, ordinal, options, device);
}

kgen_status_t kgen_device_open_for(const kgen_artifact_t *artifact,
                                   const kgen_device_options_t *options,
                                   kgen_device_t **device) {
  if (!artifact || !device)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     artifact ? "device" : "artifact");
  *device = NULL;
  KGEN_RETURN_IF_ERROR(check_options(options));
  const kgen_driver_t *driver =
      kgen_driver_for((kgen_target_t)artifact->header->target);
  int32_t count;
  KGEN_RETURN_IF_ERROR(driver->count(&count));
  /* When none fits, the error of the last one says why. */
  kgen_status_t status = KGEN_STATUS_DEVICE_NOT_FOUND;
  for (int32_t ordinal = 0; ordinal < count; ++ordinal) {
    kgen_device_info_t info;
    KGEN_RETURN_IF_ERROR(describe(driver, ordinal, options, &info));
    status = driver->check_arch(&info, artifact->header);
    if (status == KGEN_STATUS_OK)
      return open_ordinal(driver, ordinal, options, device);
  }
  if (count == 0)
    kgen_fail(status, "%s devices here: 0", driver->name);
  return status;
}

void kgen_device_close(kgen_device_t *device) {
  if (!device)
    return;
  device->driver->close(device);
  free(device);
}

kgen_status_t kgen_device_get_info(const kgen_device_t *device,
                                   kgen_device_info_t *info) {
  if (!device || !info)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     device ? "info" : "device");
  *info = device->info;
  return KGEN_STATUS_OK;
}
