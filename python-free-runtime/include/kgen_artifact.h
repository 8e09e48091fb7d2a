/*===- kgen_artifact.h - The binary layout of a kgen artefact
--------------===*\
|*
|* An artefact is one compiled kernel with everything that is needed to launch
|* it: one blob, little endian, laid out as
|*
|*   kgen_artifact_header_t                        at 0
|*   kgen_artifact_parameter_t [parameter_count]   at parameters_offset
|*   kgen_artifact_tensor_map_t [tensor_map_count] at tensor_maps_offset
|*   code bytes, then one zero byte                at code_offset
|*   info text (JSON, UTF-8), then one zero byte   at info_offset
|*
|* The compiler (lib/Target/Common) writes it and the runtime reads it; both
take
|* the layout from here. Offsets count from the first byte of the header.
|* parameters_offset and tensor_maps_offset are multiples of 8. Sections may be in any order and may
|* have gaps, but lie after the header and within total_size. Everything that is
|* reserved or unused is zero. C11 and C++; includes only <stdint.h>.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_ARTIFACT_H
#define KGEN_RUNTIME_ARTIFACT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define KGEN_ARTIFACT_ASSERT(condition, text) static_assert(condition, text)
#else
#define KGEN_ARTIFACT_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* The first eight bytes: "KGENART" and its terminating zero. */
#define KGEN_ARTIFACT_MAGIC "KGENART"
#define KGEN_ARTIFACT_MAGIC_SIZE 8

/* Raised by every change that an older reader would misread. A reader refuses
   a greater version. A writer gives an artefact the least version that has what
   it uses, so that older readers take it.
     1: everything but what follows
     2: tensor maps, clusters and persistent grids; in version 1 their fields
        are reserved and count as zero
     4: tile counters; before, their field is reserved and counts as zero
   There is no version 3: the checksum does not cover this field, so that any two
   versions differ in two bits at least, and no flipped one makes another. */
#define KGEN_ARTIFACT_VERSION 4
#define KGEN_ARTIFACT_OLDEST_VERSION 1

/* The checksum (XXH3-64, seed 0) covers [KGEN_ARTIFACT_CHECKSUM_START,
   total_size). The fields before it are each checked by value. */
#define KGEN_ARTIFACT_CHECKSUM_START 32

/* Greatest number of dimensions of a tensor. */
#define KGEN_MAX_RANK 8

/* Greatest number of parameters. */
#define KGEN_MAX_PARAMETERS 64

/* Greatest number of tensor maps, and of their dimensions. */
#define KGEN_MAX_TENSOR_MAPS 16
#define KGEN_MAX_TENSOR_MAP_RANK 5

/* Bytes of one tensor map as a kernel argument, and its alignment. */
#define KGEN_TENSOR_MAP_SIZE 128
#define KGEN_TENSOR_MAP_ALIGNMENT 64

/* Bytes between two tile counters: each has a line of the second-level cache of
   its own, and is aligned to it. */
#define KGEN_TILE_COUNTER_STRIDE 128

/* Greatest number of blocks of a cluster that every device with clusters has.
 */
#define KGEN_MAX_CLUSTER_BLOCKS 8

/* Sizes of the name fields, with the terminating zero. */
#define KGEN_ARTIFACT_ARCH_SIZE 32
#define KGEN_ARTIFACT_KERNEL_NAME_SIZE 128
#define KGEN_ARTIFACT_PARAMETER_NAME_SIZE 48

/* kgen_artifact_dimension_t.size of a dimension known only at launch. */
#define KGEN_DYNAMIC_SIZE (-1)
/* kgen_artifact_dimension_t.symbol of a dimension that equals no other. */
#define KGEN_NO_SYMBOL (-1)
/* kgen_artifact_grid_rule_t.parameter of a grid dimension that is constant. */
#define KGEN_GRID_CONSTANT (-1)

/* Which driver launches the kernel. */
typedef enum kgen_target_t {
  KGEN_TARGET_CPU = 1,
  KGEN_TARGET_CUDA = 2,
  KGEN_TARGET_HIP = 3
} kgen_target_t;

/* What the code bytes are. */
typedef enum kgen_code_format_t {
  KGEN_CODE_ELF_SHARED_OBJECT = 1, /* CPU: image of a .so */
  KGEN_CODE_CUBIN = 2,             /* CUDA: machine code for one major arch */
  KGEN_CODE_PTX = 3,               /* CUDA: text, assembled by the driver */
  KGEN_CODE_HSACO = 4              /* HIP: code object for one gfx arch */
} kgen_code_format_t;

/* Element types; numbers are part of the format. i1 is stored as one byte, 0 or
   1. MLIR's `index` is i64. */
typedef enum kgen_element_type_t {
  KGEN_F32 = 1,
  KGEN_F16 = 2,
  KGEN_BF16 = 3,
  KGEN_I1 = 4,
  KGEN_I8 = 5,
  KGEN_I16 = 6,
  KGEN_I32 = 7,
  KGEN_I64 = 8
} kgen_element_type_t;

/* What the kernel does with a parameter. Scalars are inputs. */
typedef enum kgen_parameter_role_t {
  KGEN_ROLE_INPUT = 1,
  KGEN_ROLE_OUTPUT = 2,
  KGEN_ROLE_INOUT = 3
} kgen_parameter_role_t;

typedef enum kgen_parameter_kind_t {
  /* Kernel arguments: the pointer to element [0,..,0] (contiguous, row-major),
     then one i64 for each dimension whose size is KGEN_DYNAMIC_SIZE, in order.
   */
  KGEN_KIND_TENSOR = 1,
  /* Kernel argument: the value. Rank 0, no dimensions. */
  KGEN_KIND_SCALAR = 2
} kgen_parameter_kind_t;

/* One dimension of a tensor parameter. */
typedef struct kgen_artifact_dimension_t {
  int64_t size;     /* static size >= 0, or KGEN_DYNAMIC_SIZE */
  int32_t symbol;   /* dimensions with equal symbols must have equal sizes at
                       launch; in [0, symbol_count) or KGEN_NO_SYMBOL */
  uint32_t divisor; /* a dynamic size must be a multiple of it; 0 and 1: any */
} kgen_artifact_dimension_t;

/* One parameter, in the order of the kernel's arguments. */
typedef struct kgen_artifact_parameter_t {
  char name[KGEN_ARTIFACT_PARAMETER_NAME_SIZE]; /* zero terminated */
  uint32_t role;                                /* kgen_parameter_role_t */
  uint32_t kind;                                /* kgen_parameter_kind_t */
  uint32_t element_type;                        /* kgen_element_type_t */
  uint32_t rank;      /* 0 for scalars, at most KGEN_MAX_RANK */
  uint32_t alignment; /* bytes that the data pointer must be a multiple of, a
                         power of two; 0: the element's own size */
  uint32_t reserved;
  kgen_artifact_dimension_t dimensions[KGEN_MAX_RANK]; /* first `rank` count */
} kgen_artifact_parameter_t;

/* The number of blocks in one grid dimension:
     ceil_div(size(parameter, dimension) * multiplier, divisor)
   or, when parameter is KGEN_GRID_CONSTANT, `multiplier` itself. */
typedef struct kgen_artifact_grid_rule_t {
  int32_t parameter;  /* index of a tensor parameter, or KGEN_GRID_CONSTANT */
  int32_t dimension;  /* of that parameter */
  int64_t multiplier; /* >= 1 */
  int64_t divisor;    /* >= 1 */
} kgen_artifact_grid_rule_t;

/* How the tile counts of the three grid rules become blocks. */
typedef enum kgen_grid_kind_t {
  /* One block a tile. */
  KGEN_GRID_PLAIN = 0,
  /* y and z are 1, and x is the number of all tiles, but at most
     blocks_per_processor times the device's processors: a kernel that takes
     tiles until none is left. It computes their number from its arguments. */
  KGEN_GRID_PERSISTENT = 1
} kgen_grid_kind_t;

/* CUDA: one tensor map (CUtensorMap), a kernel argument after all those of the
   parameters, in the table's order: 128 bytes passed by value, aligned to 64.
   The runtime encodes it at every launch for the tensor that is passed: its
   pointer, its sizes, contiguous row-major strides, tiled mode without
   interleave, element strides 1, and zeros for what a copy reads out of bounds.
   The map of a tensor without elements is all zero: the kernel must not copy
   through it. */
typedef struct kgen_artifact_tensor_map_t {
  int32_t parameter;     /* index of the tensor parameter that it views */
  uint32_t element_type; /* kgen_element_type_t, the parameter's; neither i1 nor
                            i64 */
  uint32_t rank;         /* the parameter's, 1 to KGEN_MAX_TENSOR_MAP_RANK */
  uint32_t box[KGEN_MAX_TENSOR_MAP_RANK]; /* elements of one copy, innermost
                            first, each 1 to 256; the first `rank` count */
  uint32_t swizzle;      /* bytes of the pattern: 0 (none), 32, 64 or 128; with
                            one, a row of the box has at most so many bytes */
  uint32_t l2_promotion; /* bytes that a miss fetches into L2: 0, 64, 128, 256 */
  uint32_t reserved[2];
} kgen_artifact_tensor_map_t;

/* The header. Fields up to `checksum` keep place and meaning in every version.
 */
typedef struct kgen_artifact_header_t {
  char magic[KGEN_ARTIFACT_MAGIC_SIZE]; /* KGEN_ARTIFACT_MAGIC */
  uint32_t format_version;              /* KGEN_ARTIFACT_VERSION */
  uint32_t header_size;                 /* sizeof(kgen_artifact_header_t) */
  uint64_t total_size;                  /* bytes, header included */
  uint64_t checksum;                    /* see KGEN_ARTIFACT_CHECKSUM_START */
  uint32_t target;                      /* kgen_target_t */
  uint32_t code_format;                 /* kgen_code_format_t */
  char arch[KGEN_ARTIFACT_ARCH_SIZE]; /* "x86-64-v4", "sm_80", "gfx942"; for PTX
                                         its .target */
  char kernel_name[KGEN_ARTIFACT_KERNEL_NAME_SIZE]; /* exported symbol */
  uint32_t threads_per_block;        /* x; y and z are 1. CPU: 1 */
  uint32_t symbol_count;             /* size symbols, see dimensions */
  uint64_t dynamic_shared_bytes;     /* GPU, per block */
  uint64_t scratch_bytes;            /* CPU, per thread, 64-byte aligned */
  kgen_artifact_grid_rule_t grid[3]; /* x, y, z */
  uint32_t parameter_count;          /* at most KGEN_MAX_PARAMETERS */
  uint32_t parameter_size;           /* sizeof(kgen_artifact_parameter_t) */
  uint64_t parameters_offset;
  uint64_t code_offset;
  uint64_t code_size; /* without the zero byte after it */
  uint64_t info_offset;
  uint64_t info_size; /* without the zero byte after it; 0: no info (the zero
                         byte is still there) */
  /* Version 2; zero in version 1. */
  uint32_t cluster[3];       /* blocks of a cluster in x, y, z; all zero: no
                                clusters. Each grid dimension is rounded up to a
                                multiple (a persistent grid that the processors
                                limit: down), so that a kernel must bear blocks
                                without a tile */
  uint32_t tensor_map_count; /* at most KGEN_MAX_TENSOR_MAPS; CUDA only */
  uint64_t tensor_maps_offset;
  uint32_t tensor_map_size;      /* sizeof(kgen_artifact_tensor_map_t); 0 if
                                    there are none */
  uint32_t grid_kind;            /* kgen_grid_kind_t */
  uint32_t blocks_per_processor; /* of a persistent grid, >= 1; else 0 */
  /* Version 4; zero in versions 1 and 2. */
  uint32_t tile_counter; /* 1, CUDA only: the kernel's last argument, after the
                            tensor maps, is the address of a u32 in global
                            memory that is 0 when the launch starts and that
                            the kernel has brought back to 0 when it ends
                            (atom.inc wraps by itself). Launches that may run
                            at the same time get different ones. 0: none */
} kgen_artifact_header_t;

/* What a CPU kernel exports under `kernel_name`, called once for each block by
   any thread. arguments[i] points at the value of argument i (a tensor's entry
   points at a variable that holds the pointer); block is {x, y, z}; scratch is
   64-byte aligned, scratch_bytes large, private to the calling thread and not
   zeroed. */
typedef void (*kgen_cpu_kernel_t)(void **arguments, const int64_t *block,
                                  void *scratch);

KGEN_ARTIFACT_ASSERT(sizeof(kgen_artifact_dimension_t) == 16, "layout");
KGEN_ARTIFACT_ASSERT(sizeof(kgen_artifact_parameter_t) == 200, "layout");
KGEN_ARTIFACT_ASSERT(sizeof(kgen_artifact_grid_rule_t) == 24, "layout");
KGEN_ARTIFACT_ASSERT(sizeof(kgen_artifact_tensor_map_t) == 48, "layout");
KGEN_ARTIFACT_ASSERT(sizeof(kgen_artifact_header_t) == 384, "layout");

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* KGEN_RUNTIME_ARTIFACT_H */
