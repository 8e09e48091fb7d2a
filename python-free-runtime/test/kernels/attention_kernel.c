/*===- attention_kernel.c - Plain f32 attention, for hello_attention
-------===*\
|*
|* O = softmax(0.25 * Q K^T) V; a block is one query row of one head. Arguments:
|* Q, B, S; K, B, S; V, B, S; O, B, S with heads and head dimensions static.
|*
\*===----------------------------------------------------------------------===*/
#include <math.h>
#include <stdint.h>

enum { HEADS = 2, DIM = 16 };

void kgen_test_attention(void **arguments, const int64_t *block, void *scratch);
void kgen_test_attention(void **arguments, const int64_t *block,
                         void *scratch) {
  (void)scratch;
  int64_t length = *(const int64_t *)arguments[2];
  int64_t head = (block[2] * HEADS + block[1]) * length;
  const float *q = *(const float **)arguments[0] + (head + block[0]) * DIM;
  const float *k = *(const float **)arguments[3] + head * DIM;
  const float *v = *(const float **)arguments[6] + head * DIM;
  float *o = *(float **)arguments[9] + (head + block[0]) * DIM;
  double sum = 0, rows[DIM] = {0};
  for (int64_t j = 0; j < length; ++j) {
    double score = 0;
    for (int64_t d = 0; d < DIM; ++d)
      score += (double)q[d] * (double)k[j * DIM + d];
    double weight = exp(0.25 * score);
    sum += weight;
    for (int64_t d = 0; d < DIM; ++d)
      rows[d] += weight * (double)v[j * DIM + d];
  }
  for (int64_t d = 0; d < DIM; ++d)
    o[d] = (float)(rows[d] / sum);
}
