/*===- emulated_name.h - Names of emulated devices
 * -------------------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_EMULATED_EMULATED_NAME_H
#define KGEN_RUNTIME_DRIVERS_EMULATED_EMULATED_NAME_H

#include "kgen_artifact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What follows "emulated:" in a device's name. */
typedef struct emulated_name_t {
  char arch[KGEN_ARTIFACT_ARCH_SIZE]; /* "sm_80" */
  uint64_t processors; /* that persistent grids are made for; 0: the arch's */
  uint64_t seed;       /* of the interleaving; 0 if not given */
} emulated_name_t;

enum { EMULATED_MAX_PROCESSORS = 65535 };

/* Reads "sm_80", "sm_80,processors=3", "sm_80,seed=7" and
   "sm_80,processors=3,seed=7"; false for anything else. Whether the
   architecture is known is not checked. */
bool emulated_name_parse(const char *text, emulated_name_t *name);

/* The text of a name, in at most `size` bytes. */
void emulated_name_write(const emulated_name_t *name, char *text, size_t size);

#endif /* KGEN_RUNTIME_DRIVERS_EMULATED_EMULATED_NAME_H */
