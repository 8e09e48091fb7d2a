/*===- grid.c - How many blocks a launch has -------------------------------===*/
#include "internal.h"

static kgen_status_t too_many(int dimension, int64_t blocks, int64_t factor) {
  return kgen_fail(KGEN_STATUS_LAUNCH_LIMIT,
                   "grid dimension %c counts %lld times %lld", "xyz"[dimension],
                   (long long)blocks, (long long)factor);
}

/* The tiles in one dimension. */
static kgen_status_t count_tiles(const kgen_artifact_header_t *header,
                                 int dimension,
                                 const kgen_argument_t *arguments,
                                 int64_t *tiles) {
  const kgen_artifact_grid_rule_t *rule = &header->grid[dimension];
  if (rule->parameter == KGEN_GRID_CONSTANT) {
    *tiles = rule->multiplier;
    return KGEN_STATUS_OK;
  }
  int64_t size = arguments[rule->parameter].sizes[rule->dimension], work;
  if (__builtin_mul_overflow(size, rule->multiplier, &work))
    return too_many(dimension, size, rule->multiplier);
  *tiles = work / rule->divisor + (work % rule->divisor != 0);
  return KGEN_STATUS_OK;
}

/* `count` as whole clusters of `extent` blocks. */
static kgen_status_t round_up(int dimension, int64_t extent, int64_t *count) {
  if (extent <= 1 || *count == 0)
    return KGEN_STATUS_OK;
  int64_t clusters = (*count - 1) / extent + 1;
  if (__builtin_mul_overflow(clusters, extent, count))
    return too_many(dimension, clusters, extent);
  return KGEN_STATUS_OK;
}

/* All tiles in x, but no more blocks than the device runs at once. Of the tiles
   in x, those of the grid's rules, clusters are whole: so kernels count them. */
static kgen_status_t make_persistent(const kgen_kernel_t *kernel,
                                     int64_t grid[3]) {
  const kgen_artifact_header_t *header = kernel->artifact->header;
  int64_t extent = header->cluster[0] > 1 ? header->cluster[0] : 1;
  int64_t tiles, most = kernel->resident_blocks;
  KGEN_RETURN_IF_ERROR(round_up(0, extent, &grid[0]));
  if (__builtin_mul_overflow(grid[0], grid[1], &tiles))
    return too_many(0, grid[0], grid[1]);
  if (__builtin_mul_overflow(tiles, grid[2], &tiles))
    return too_many(0, grid[0] * grid[1], grid[2]);
  most = most < extent ? extent : most - most % extent;
  grid[0] = tiles < most ? tiles : most;
  grid[1] = grid[2] = tiles ? 1 : 0;
  return KGEN_STATUS_OK;
}

kgen_status_t kgen_compute_grid(const kgen_kernel_t *kernel,
                                const kgen_argument_t *arguments,
                                int64_t grid[3]) {
  const kgen_artifact_header_t *header = kernel->artifact->header;
  for (int i = 0; i < 3; ++i)
    KGEN_RETURN_IF_ERROR(count_tiles(header, i, arguments, &grid[i]));
  if (header->grid_kind == KGEN_GRID_PERSISTENT)
    return make_persistent(kernel, grid);
  for (int i = 0; i < 3; ++i)
    KGEN_RETURN_IF_ERROR(round_up(i, header->cluster[i], &grid[i]));
  return KGEN_STATUS_OK;
}
