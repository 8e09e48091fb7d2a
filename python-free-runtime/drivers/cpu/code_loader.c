/*===- code_loader.c - Load an ELF shared object from memory
 * ---------------===*/
#define _GNU_SOURCE
#include "code_loader.h"

#include "internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static kgen_status_t write_image(int file, const unsigned char *image,
                                 size_t size) {
  while (size > 0) {
    ssize_t written = write(file, image, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY,
                       "cannot write %zu bytes of code to memory: %s", size,
                       strerror(errno));
    image += written;
    size -= (size_t)written;
  }
  return KGEN_STATUS_OK;
}

static kgen_status_t open_image(kgen_cpu_code_t *code, const char *name) {
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", code->file);
  code->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!code->library)
    return kgen_fail(KGEN_STATUS_CODE_REJECTED,
                     "the loader refuses the code of kernel %s: %s", name,
                     dlerror());
  void *symbol = dlsym(code->library, name);
  if (!symbol)
    return kgen_fail(KGEN_STATUS_CODE_REJECTED,
                     "the code exports no kernel named %s", name);
  /* ISO C has no conversion from an object pointer to a function pointer. */
  memcpy(&code->kernel, &symbol, sizeof(symbol));
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_cpu_code_load(const void *image, size_t size,
                                 const char *name, kgen_cpu_code_t **result) {
  kgen_cpu_code_t *code = calloc(1, sizeof(*code));
  if (!code)
    return kgen_fail(KGEN_STATUS_OUT_OF_MEMORY, "no host memory for a kernel");
  code->file = memfd_create("kgen-kernel", MFD_CLOEXEC);
  kgen_status_t status =
      code->file < 0
          ? kgen_fail(KGEN_STATUS_DRIVER_ERROR,
                      "cannot create a file in memory: %s", strerror(errno))
          : write_image(code->file, image, size);
  if (status == KGEN_STATUS_OK)
    status = open_image(code, name);
  if (status != KGEN_STATUS_OK) {
    kgen_cpu_code_unload(code);
    return status;
  }
  *result = code;
  return KGEN_STATUS_OK;
}

void kgen_cpu_code_unload(kgen_cpu_code_t *code) {
  if (code->library)
    dlclose(code->library);
  if (code->file >= 0)
    close(code->file);
  free(code);
}
