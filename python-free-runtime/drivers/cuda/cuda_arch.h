/*===- cuda_arch.h - Which code runs on which NVIDIA GPU
 * -------------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_CUDA_CUDA_ARCH_H
#define KGEN_RUNTIME_DRIVERS_CUDA_CUDA_ARCH_H

#include <stdbool.h>

/* A compute capability as in "sm_90a": 9, 0, 'a'. */
typedef struct cuda_arch_t {
  int major, minor;
  char suffix; /* 'a', 'f' or 0 */
} cuda_arch_t;

/* Reads "sm_80", "sm_90a", "sm_121f"; false for anything else. */
bool cuda_arch_parse(const char *text, cuda_arch_t *arch);

/* Whether a device runs code of an arch.
   cubin: same major, device minor at least the code's.
   PTX: any device at least as new.
   Suffix 'a' (arch-specific): that very device only. Suffix 'f' (family): same
   major, device minor at least the code's. */
bool cuda_arch_runs(cuda_arch_t device, cuda_arch_t code, bool is_ptx);

#endif /* KGEN_RUNTIME_DRIVERS_CUDA_CUDA_ARCH_H */
