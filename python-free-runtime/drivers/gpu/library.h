/*===- library.h - Find a vendor's functions at run time
 * -------------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_GPU_LIBRARY_H
#define KGEN_RUNTIME_DRIVERS_GPU_LIBRARY_H

#include "internal.h"

#include <pthread.h>

/* Where one function pointer of an API table goes. */
typedef struct kgen_symbol_t {
  const char *name;
  size_t offset; /* in the table, of a pointer to function */
} kgen_symbol_t;

/* A vendor's library, loaded at most once. */
typedef struct kgen_library_t {
  const char *file;       /* what dlopen gets */
  bool is_kgens; /* installed with this runtime: looked for beside it first */
  const char *needed_for; /* "CUDA devices", for the message */
  const kgen_symbol_t *symbols;
  size_t symbol_count;
  /* Of newer versions of the library: NULL in the table if it lacks them. */
  const kgen_symbol_t *optional_symbols;
  size_t optional_count;
  size_t table_size;
  /* Called once after the functions are there, cuInit for example. */
  kgen_status_t (*initialize)(const void *table);
  pthread_mutex_t lock;
  void *table; /* NULL until loaded; never freed */
} kgen_library_t;

/* Returns the table of functions in *table, or why there is none. A failure is
   tried again by the next call. Thread-safe. */
kgen_status_t kgen_library_get(kgen_library_t *library, const void **table);

/* For tests: another file from the next call on. */
void kgen_library_set_file(kgen_library_t *library, const char *file);

/* The status for a code of the CUDA driver or of HIP; the two share numbers. */
kgen_status_t kgen_gpu_status(int code);

#endif /* KGEN_RUNTIME_DRIVERS_GPU_LIBRARY_H */
