/*===- library.c - Find a vendor's functions at run time
 * -------------------===*/
#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Writes the path of `file` beside `binary` or in the lib folder beside its
   folder; false if it is in neither. */
static bool find_beside(const char *binary, const char *file,
                        char path[PATH_MAX]) {
  const char *slash = strrchr(binary, '/');
  static const char *const folders[] = {"", "../lib/"};
  for (int i = 0; slash && i < 2; ++i) {
    int length = snprintf(path, PATH_MAX, "%.*s%s%s", (int)(slash + 1 - binary),
                          binary, folders[i], file);
    if (length < PATH_MAX && access(path, R_OK) == 0)
      return true;
  }
  return false;
}

static const char anchor = 0; /* an address in this shared object */

/* Beside the shared object that holds this code, or, where it is linked in,
   beside the program. */
static bool find_installed(const char *file, char path[PATH_MAX]) {
  Dl_info here;
  if (dladdr(&anchor, &here) && here.dli_fname &&
      find_beside(here.dli_fname, file, path))
    return true;
  char program[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
  if (length <= 0)
    return false;
  program[length] = '\0';
  return find_beside(program, file, path);
}

static kgen_status_t find_symbols(const kgen_library_t *library, void *handle,
                                  char *table) {
  for (size_t i = 0; i < library->symbol_count; ++i) {
    void *function = dlsym(handle, library->symbols[i].name);
    if (!function)
      return kgen_fail(KGEN_STATUS_DRIVER_UNAVAILABLE,
                       "%s has no function %s and is too old", library->file,
                       library->symbols[i].name);
    memcpy(table + library->symbols[i].offset, &function, sizeof(function));
  }
  for (size_t i = 0; i < library->optional_count; ++i) {
    const kgen_symbol_t *symbol = &library->optional_symbols[i];
    void *function = dlsym(handle, symbol->name);
    memcpy(table + symbol->offset, &function, sizeof(function));
  }
  return library->initialize(table);
}

static kgen_status_t load(kgen_library_t *library) {
  char path[PATH_MAX];
  const char *file = library->file;
  if (library->is_kgens && !strchr(file, '/') && find_installed(file, path))
    file = path;
  void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return kgen_fail(KGEN_STATUS_DRIVER_UNAVAILABLE,
                     "%s need %s, which cannot be loaded: %s",
                     library->needed_for, library->file, dlerror());
  char *table = calloc(1, library->table_size);
  kgen_status_t status =
      table
          ? find_symbols(library, handle, table)
          : kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                      "no host memory for the functions of %s", library->file);
  if (status != KGEN_STATUS_OK) {
    free(table);
    dlclose(handle);
    return status;
  }
  library->table = table; /* the handle stays open with it */
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_library_get(kgen_library_t *library, const void **table) {
  pthread_mutex_lock(&library->lock);
  kgen_status_t status = library->table ? KGEN_STATUS_OK : load(library);
  *table = library->table;
  pthread_mutex_unlock(&library->lock);
  return status;
}

void kgen_library_set_file(kgen_library_t *library, const char *file) {
  pthread_mutex_lock(&library->lock);
  library->file = file;
  library->table = NULL; /* open devices keep the old table */
  pthread_mutex_unlock(&library->lock);
}

kgen_status_t kgen_gpu_status(int code) {
  switch (code) {
  case 2: /* OUT_OF_MEMORY */
    return KGEN_STATUS_OUT_OF_MEMORY;
  case 3:   /* NOT_INITIALIZED: HIP without a device */
  case 34:  /* STUB_LIBRARY */
  case 35:  /* HIP: driver older than the library */
  case 100: /* NO_DEVICE */
  case 802: /* SYSTEM_NOT_READY */
  case 803: /* SYSTEM_DRIVER_MISMATCH */
  case 804: /* COMPAT_NOT_SUPPORTED_ON_DEVICE */
    return KGEN_STATUS_DRIVER_UNAVAILABLE;
  case 98:  /* HIP: invalid device function */
  case 200: /* INVALID_IMAGE */
  case 209: /* NO_BINARY_FOR_GPU */
  case 218: /* INVALID_PTX; HIP: invalid kernel file */
  case 221: /* JIT_COMPILER_NOT_FOUND */
  case 222: /* UNSUPPORTED_PTX_VERSION */
  case 223: /* JIT_COMPILATION_DISABLED */
  case 300: /* INVALID_SOURCE */
  case 302: /* SHARED_OBJECT_SYMBOL_NOT_FOUND */
  case 303: /* SHARED_OBJECT_INIT_FAILED */
  case 500: /* NOT_FOUND: no such kernel in the module */
    return KGEN_STATUS_CODE_REJECTED;
  case 600: /* NOT_READY */
    return KGEN_STATUS_NOT_READY;
  case 9:   /* HIP: invalid configuration */
  case 701: /* LAUNCH_OUT_OF_RESOURCES */
    return KGEN_STATUS_LAUNCH_LIMIT;
  case 214: /* ECC_UNCORRECTABLE */
  case 220: /* NVLINK_UNCORRECTABLE */
  case 700: /* ILLEGAL_ADDRESS */
  case 702: /* LAUNCH_TIMEOUT */
  case 709: /* CONTEXT_IS_DESTROYED */
  case 710: /* ASSERT */
  case 714: /* HARDWARE_STACK_ERROR */
  case 715: /* ILLEGAL_INSTRUCTION */
  case 716: /* MISALIGNED_ADDRESS */
  case 717: /* INVALID_ADDRESS_SPACE */
  case 718: /* INVALID_PC */
  case 719: /* LAUNCH_FAILED */
    return KGEN_STATUS_DEVICE_FAULT;
  default:
    return KGEN_STATUS_DRIVER_ERROR;
  }
}
