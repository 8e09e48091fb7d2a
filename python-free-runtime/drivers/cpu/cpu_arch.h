/*===- cpu_arch.h - The instruction set level of this machine
 * --------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_CPU_CPU_ARCH_H
#define KGEN_RUNTIME_DRIVERS_CPU_CPU_ARCH_H

#include <stdbool.h>
#include <stddef.h>

/* "x86-64" and "x86-64-v2" to "-v4" by what processor and system support;
   "aarch64" and others as the machine is called. */
const char *kgen_cpu_host_arch(void);

/* Whether code for `arch` runs on a machine of `host`. */
bool kgen_cpu_arch_runs(const char *host, const char *arch);

/* The processor's name, for people. */
void kgen_cpu_description(char *text, size_t size);

#endif /* KGEN_RUNTIME_DRIVERS_CPU_CPU_ARCH_H */
