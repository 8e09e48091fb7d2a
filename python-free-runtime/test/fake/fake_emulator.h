/*===- fake_emulator.h - What tests ask the fake libkgen_emulator
----------===*\
|*
|* The library has the architectures sm_80, sm_90a and gfx942 and "executes" a
|* program by running functions with the CPU ABI on the host. In the program's
|* text (PTX; a code object is any ELF file), lines say which:
|*
|*   .version ...             must be there
|*   // runs: PATH            shared object with the kernel; default: axpy
|*   // finding: TEXT         every launch fails with TEXT
|*   // finding at N: TEXT    launches of interleaving N fail with TEXT
|*
|* The first eight bytes of a kernel's scratch hold the interleaving, so that a
|* kernel can be wrong in some of them.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_TEST_FAKE_FAKE_EMULATOR_H
#define KGEN_RUNTIME_TEST_FAKE_FAKE_EMULATOR_H

#include "fake_tensor_map.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each launch counts so many issue cycles and instructions a block. */
enum { FAKE_CYCLES_PER_BLOCK = 100, FAKE_INSTRUCTIONS_PER_BLOCK = 10 };

typedef struct fake_emulator_t {
  int live_devices, live_codes, live_buffers;
  int launches;
  uint64_t last_seed; /* of the latest launch */
  uint64_t last_argument_count;
  int32_t fail_status; /* the next launch returns it; 0: none */
  uint32_t version;    /* what the table says; 0: the right one */
  uint32_t size;       /* the same of its size */
  int encoded;         /* calls of encode_tensor_map */
  int has_map;         /* the test's: read the last of argument_count + 1 */
  int argument_count;
  fake_tensor_map_t map; /* what was read */
  int counter_index;     /* the test's: the argument that is a tile counter */
  uint32_t *counter;     /* what was read */
  int64_t grid[3];       /* of the latest launch */
  uint32_t cluster[3];   /* the same; 0: no clusters */
} fake_emulator_t;

/* The state, shared by all devices. */
__attribute__((visibility("default"))) fake_emulator_t *fake_emulator(void);

#ifdef __cplusplus
}
#endif

#endif /* KGEN_RUNTIME_TEST_FAKE_FAKE_EMULATOR_H */
