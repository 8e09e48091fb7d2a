/*===- code_loader.h - Load an ELF shared object from memory
 * ---------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_CPU_CODE_LOADER_H
#define KGEN_RUNTIME_DRIVERS_CPU_CODE_LOADER_H

#include "kgen_runtime.h"

typedef struct kgen_cpu_code_t {
  /* Stays open as long as the library: glibc takes a path that it has loaded
     before for the same library, and a closed number would be given out again.
   */
  int file;
  void *library;
  kgen_cpu_kernel_t kernel;
} kgen_cpu_code_t;

/* Writes the image to a file in memory, loads it and finds its kernel. */
kgen_status_t kgen_cpu_code_load(const void *image, size_t size,
                                 const char *name, kgen_cpu_code_t **code);
void kgen_cpu_code_unload(kgen_cpu_code_t *code);

#endif /* KGEN_RUNTIME_DRIVERS_CPU_CODE_LOADER_H */
