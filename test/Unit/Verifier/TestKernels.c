/*===- TestKernels.c - Small CPU kernels with the artefact ABI -------------===*\
|* f32 attention, 2 heads, head dimension 16, scale 0.25, all of B, Sq, Skv
|* dynamic. Arguments: Q B Sq, K B Skv, V B Skv, O B Sq. Grid: x = ceil(Sq / 16),
|* y = heads, z = batch. Every function but the first is wrong in its own way.
\*===----------------------------------------------------------------------===*/
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { HEADS = 2, DIM = 16, TILE = 16 };

static int64_t size_argument(void **arguments, int index) {
  return *(int64_t *)arguments[index];
}

static void attention(void **arguments, const int64_t *block, int64_t lost_keys) {
  const float *q = *(float **)arguments[0], *k = *(float **)arguments[3];
  const float *v = *(float **)arguments[6];
  float *o = *(float **)arguments[9];
  int64_t rows = size_argument(arguments, 2), keys = size_argument(arguments, 5);
  int64_t head = block[2] * HEADS + block[1];
  int64_t seen = keys > lost_keys ? keys - lost_keys : keys;
  for (int64_t i = block[0] * TILE; i < rows && i < (block[0] + 1) * TILE; ++i) {
    float maximum = -INFINITY, sum = 0, out[DIM] = {0};
    for (int64_t j = 0; j < seen; ++j) {
      float score = 0;
      for (int d = 0; d < DIM; ++d)
        score += q[(head * rows + i) * DIM + d] * k[(head * keys + j) * DIM + d];
      score *= 0.25f;
      float larger = score <= maximum ? maximum : score; /* keeps NaN */
      float correction = expf(maximum - larger), weight = expf(score - larger);
      sum = sum * correction + weight;
      for (int d = 0; d < DIM; ++d)
        out[d] = out[d] * correction + weight * v[(head * keys + j) * DIM + d];
      maximum = larger;
    }
    for (int d = 0; d < DIM; ++d)
      o[(head * rows + i) * DIM + d] = out[d] / sum;
  }
}

void honest(void **arguments, const int64_t *block, void *scratch) {
  (void)scratch;
  attention(arguments, block, 0);
}

void drops_last_keys(void **arguments, const int64_t *block, void *scratch) {
  (void)scratch;
  attention(arguments, block, 16);
}

/* Right in the even interleavings alone, whose number is in the scratch. */
void races(void **arguments, const int64_t *block, void *scratch) {
  attention(arguments, block, 0);
  if (*(uint64_t *)scratch % 2)
    (*(float **)arguments[9])[0] += 1e-6f;
}

void crashes(void **arguments, const int64_t *block, void *scratch) {
  (void)arguments, (void)block, (void)scratch;
  *(volatile int *)8 = 1;
}

void exits(void **arguments, const int64_t *block, void *scratch) {
  (void)arguments, (void)block, (void)scratch;
  _Exit(7);
}

void hangs(void **arguments, const int64_t *block, void *scratch) {
  (void)arguments, (void)block, (void)scratch;
  struct timespec pause = {1, 0};
  for (;;)
    nanosleep(&pause, 0);
}
