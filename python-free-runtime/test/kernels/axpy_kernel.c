/*===- axpy_kernel.c - The conformance kernel for the CPU
------------------===*\
|*
|* out[i, 0:4] = alpha * x[i, 0:4] + y[i, 0:4] for x, y, out of tensor<?x4xf32>;
|* block.x does 64 rows. Writes -1 where scratch is not as promised.
|*
\*===----------------------------------------------------------------------===*/
#include <stdint.h>
#include <string.h>

enum { ROWS_PER_BLOCK = 64, COLUMNS = 4, SCRATCH_FLOATS = 64 };

void kgen_test_axpy(void **arguments, const int64_t *block, void *scratch);
void kgen_test_axpy(void **arguments, const int64_t *block, void *scratch) {
  const float *x = *(const float **)arguments[0];
  const float *y = *(const float **)arguments[2];
  float alpha = *(const float *)arguments[4];
  float *out = *(float **)arguments[5];
  int64_t rows = *(const int64_t *)arguments[6];
  float *row = scratch;
  int bad = (uintptr_t)scratch % 64 != 0 || !scratch || block[1] || block[2];
  int64_t end = (block[0] + 1) * ROWS_PER_BLOCK;
  for (int64_t i = block[0] * ROWS_PER_BLOCK; i < end && i < rows; ++i) {
    for (int64_t c = 0; c < SCRATCH_FLOATS; ++c)
      row[c] = alpha * x[i * COLUMNS + c % COLUMNS];
    for (int64_t c = 0; c < COLUMNS; ++c)
      out[i * COLUMNS + c] =
          bad ? -1 : row[SCRATCH_FLOATS - COLUMNS + c] + y[i * COLUMNS + c];
  }
}

/* For tests that look at a launch's arguments alone. */
void kgen_test_nothing(void **arguments, const int64_t *block, void *scratch);
void kgen_test_nothing(void **arguments, const int64_t *block, void *scratch) {
  (void)arguments;
  (void)block;
  (void)scratch;
}
