/*===- fake_gpu_core.h - What the fake CUDA and HIP share
 * ------------------===*/
#ifndef KGEN_RUNTIME_TEST_FAKE_FAKE_GPU_CORE_H
#define KGEN_RUNTIME_TEST_FAKE_FAKE_GPU_CORE_H

#include "fake_gpu.h"

enum {
  FAKE_OK = 0,
  FAKE_INVALID_VALUE = 1,
  FAKE_OUT_OF_MEMORY = 2,
  FAKE_INVALID_DEVICE = 101,
  FAKE_INVALID_IMAGE = 200,
  FAKE_INVALID_CONTEXT = 201,
  FAKE_NOT_FOUND = 500,
  FAKE_CAPTURE_UNSUPPORTED = 900,
  FAKE_CAPTURE_ISOLATION = 905,
  FAKE_CAPTURE_IMPLICIT = 906
};

/* The code that a call must return, by the test's wishes; 0: go on. */
int fake_enter(const char *function);
#define FAKE_ENTER()                                                           \
  do {                                                                         \
    int code_ = fake_enter(__func__);                                          \
    if (code_)                                                                 \
      return code_;                                                            \
  } while (0)

int fake_allocate(size_t size, void **pointer);
int fake_free(void *pointer);
/* NULL for a host pointer. */
fake_allocation_t *fake_find(const void *pointer);
/* Both ends of a copy within device or host memory as said. */
int fake_copy(void *destination, int destination_on_device, const void *source,
              int source_on_device, size_t size);
int fake_fill(void *pointer, uint32_t value, size_t width, size_t count);
/* Modules are the test kernel's shared object, whatever the image holds, as
   long as it starts as an ELF file or as PTX text. */
int fake_module_load(const void *image, void **module);
int fake_launch(void *function, const unsigned grid[3], const unsigned block[3],
                unsigned shared_bytes, void *stream, void **arguments);
double fake_now(void); /* milliseconds */

#endif /* KGEN_RUNTIME_TEST_FAKE_FAKE_GPU_CORE_H */
