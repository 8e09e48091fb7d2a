/*===- device.c - Find, open and describe devices; buffers
 * -----------------===*/
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const kgen_driver_t *const drivers[] = {
    &kgen_cpu_driver, &kgen_cuda_driver, &kgen_hip_driver,
    &kgen_emulated_driver};
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
    int32_t devices = 0; /* emulated ones are no hardware and count 0 */
    if (drivers[i]->count(&devices) != KGEN_STATUS_OK)
      continue;
    for (int32_t ordinal = 0; ordinal < devices; ++ordinal, ++*count)
      if (*count < capacity)
        KGEN_RETURN_IF_ERROR(
            describe(drivers[i], ordinal, NULL, &infos[*count]));
  }
  return KGEN_STATUS_OK;
}

/* The ordinal in ":1", 0 for nothing; -1 if it is neither. */
static int32_t parse_ordinal(const kgen_driver_t *driver, const char *rest) {
  if (*rest == '\0')
    return 0;
  if (driver->target == KGEN_TARGET_CPU || *rest != ':' || rest[1] < '0' ||
      rest[1] > '9')
    return -1;
  char *end;
  long value = strtol(rest + 1, &end, 10);
  return *end != '\0' || value > INT32_MAX ? -1 : (int32_t)value;
}

/* The driver whose prefix the name begins with; *rest is what follows it. */
static const kgen_driver_t *find_driver(const char *name, const char **rest) {
  for (int i = 0; i < DRIVER_COUNT; ++i) {
    size_t length = strlen(drivers[i]->name);
    *rest = name + length;
    if (strncmp(name, drivers[i]->name, length) == 0)
      return drivers[i];
  }
  return NULL;
}

static kgen_status_t unknown_name(const char *name) {
  return kgen_fail(KGEN_STATUS_UNKNOWN_DEVICE_NAME, "no device is named '%s'",
                   name);
}

/* Fills *info with the device of this name, if it is there. */
static kgen_status_t describe_by_name(const kgen_driver_t *driver,
                                      const char *name, const char *rest,
                                      const kgen_device_options_t *options,
                                      kgen_device_info_t *info) {
  if (driver->describe_named) {
    memset(info, 0, sizeof(*info));
    return *rest == ':' ? driver->describe_named(rest + 1, info)
                        : unknown_name(name);
  }
  int32_t ordinal = parse_ordinal(driver, rest), count;
  if (ordinal < 0)
    return unknown_name(name);
  KGEN_RETURN_IF_ERROR(driver->count(&count));
  if (ordinal >= count)
    return kgen_fail(KGEN_STATUS_DEVICE_NOT_FOUND,
                     "%s devices here: %d, ordinal asked for: %d", driver->name,
                     count, ordinal);
  return describe(driver, ordinal, options, info);
}

static kgen_status_t open_described(const kgen_driver_t *driver,
                                    const kgen_device_info_t *info,
                                    kgen_device_t **result) {
  kgen_device_t *device = calloc(1, sizeof(*device));
  if (!device)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a device");
  device->driver = driver;
  device->info = *info;
  kgen_status_t status = driver->open(device);
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
  const char *rest;
  const kgen_driver_t *driver = find_driver(name, &rest);
  if (!driver)
    return unknown_name(name);
  kgen_device_info_t info;
  KGEN_RETURN_IF_ERROR(describe_by_name(driver, name, rest, options, &info));
  return open_described(driver, &info, device);
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
      return open_described(driver, &info, device);
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

kgen_status_t kgen_device_enumerate_emulated(kgen_device_info_t *infos,
                                             size_t capacity, size_t *count) {
  if (!count || (capacity > 0 && !infos))
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     count ? "infos" : "count");
  *count = 0;
  return kgen_emulated_enumerate(infos, capacity, count);
}

static kgen_status_t not_emulated(const kgen_device_t *device) {
  return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is no emulated device",
                   device->info.name);
}

kgen_status_t kgen_device_get_counts(kgen_device_t *device,
                                     kgen_device_counts_t *counts) {
  if (!device || !counts)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "%s is NULL",
                     device ? "counts" : "device");
  return device->driver->counts ? device->driver->counts(device, counts)
                                : not_emulated(device);
}

kgen_status_t kgen_device_vary_interleaving(kgen_device_t *device,
                                            uint64_t variation) {
  if (!device)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "device is NULL");
  return device->driver->vary_interleaving
             ? device->driver->vary_interleaving(device, variation)
             : not_emulated(device);
}
