/*===- fake_tensor_map.h - Tensor maps of the fake libraries ---------------===*\
|*
|* The fakes encode a map by keeping what it was made of, so that tests can read
|* it back from the kernel's argument. They refuse what CUDA documents as
|* invalid and the runtime does not use.
|*
\*===----------------------------------------------------------------------===*/
#ifndef KGEN_RUNTIME_TEST_FAKE_FAKE_TENSOR_MAP_H
#define KGEN_RUNTIME_TEST_FAKE_FAKE_TENSOR_MAP_H

#include <stdint.h>
#include <string.h>

typedef struct fake_tensor_map_t {
  uint64_t address;
  uint64_t sizes[5];
  uint64_t strides[4];
  uint32_t box[5];
  uint32_t type, rank, swizzle, l2_promotion;
  uint32_t reserved[3];
} fake_tensor_map_t;

/* 1, or 0 if the driver would refuse. */
static inline int fake_encode_tensor_map(
    void *map, uint32_t type, uint32_t rank, void *address,
    const uint64_t *sizes, const uint64_t *strides, const uint32_t *box,
    const uint32_t *steps, uint32_t interleave, uint32_t swizzle,
    uint32_t l2_promotion, uint32_t fill) {
  fake_tensor_map_t result;
  memset(&result, 0, sizeof(result));
  result.address = (uint64_t)(uintptr_t)address;
  if ((uintptr_t)map % 64 != 0 || result.address % 16 != 0 || rank < 1 ||
      rank > 5 || interleave != 0 || fill != 0)
    return 0;
  for (uint32_t d = 0; d < rank; ++d) {
    if (sizes[d] == 0 || sizes[d] > (1ull << 32) || box[d] == 0 ||
        box[d] > 256 || steps[d] != 1)
      return 0;
    result.sizes[d] = sizes[d];
    result.box[d] = box[d];
    if (d + 1 == rank)
      break;
    if (strides[d] % 16 != 0 || strides[d] >= (1ull << 40))
      return 0;
    result.strides[d] = strides[d];
  }
  result.type = type;
  result.rank = rank;
  result.swizzle = swizzle;
  result.l2_promotion = l2_promotion;
  memcpy(map, &result, sizeof(result));
  return 1;
}

#endif /* KGEN_RUNTIME_TEST_FAKE_FAKE_TENSOR_MAP_H */
