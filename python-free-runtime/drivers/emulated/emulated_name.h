/*===- emulated_name.h - Names of emulated devices
 * -------------------------===*/
#ifndef KGEN_RUNTIME_DRIVERS_EMULATED_EMULATED_NAME_H
#define KGEN_RUNTIME_DRIVERS_EMULATED_EMULATED_NAME_H

#include "kgen_artifact.h"

#include <stdbool.h>
#include <stdint.h>

/* What follows "emulated:" in a device's name. */
typedef struct emulated_name_t {
  char arch[KGEN_ARTIFACT_ARCH_SIZE]; /* "sm_80" */
  uint64_t seed;                      /* of the interleaving; 0 if not given */
} emulated_name_t;

/* Reads "sm_80" or "sm_80,seed=7"; false for anything else. Whether the
   architecture is known is not checked. */
bool emulated_name_parse(const char *text, emulated_name_t *name);

#endif /* KGEN_RUNTIME_DRIVERS_EMULATED_EMULATED_NAME_H */
