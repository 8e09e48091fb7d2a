//===- draw_tiles.h - Fixture of tests with a tile counter ----------------===//
#ifndef KGEN_RUNTIME_TEST_CONFORMANCE_DRAW_TILES_H
#define KGEN_RUNTIME_TEST_CONFORMANCE_DRAW_TILES_H

#include "conformance.h"

namespace kgen::runtime_test {

/// kernels/draw_tiles.ptx: hits: tensor<?xi32>, a tile for each element.
inline std::string drawTilesArtifact() {
  ArtifactBuilder builder;
  builder.header.target = KGEN_TARGET_CUDA;
  builder.header.code_format = KGEN_CODE_PTX;
  builder.setArch("sm_80");
  builder.setKernelName("kgen_test_draw_tiles");
  builder.code = readFile(KGEN_TEST_DRAW_TILES_PATH);
  builder.header.threads_per_block = 32;
  builder.addTensor("hits", KGEN_ROLE_INOUT, KGEN_I32, {-1});
  builder.header.grid[0] = {0, 0, 1, 1};
  builder.header.grid_kind = KGEN_GRID_PERSISTENT;
  builder.header.blocks_per_processor = 1;
  builder.header.tile_counter = 1;
  return builder.build();
}

class DrawTiles : public Conformance {
protected:
  /// Zeros on the device.
  kgen_argument_t makeHits(int64_t tiles) {
    size_t bytes = static_cast<size_t>(tiles) * sizeof(uint32_t);
    void *data = allocate(bytes);
    EXPECT_OK(kgen_fill(device, data, 0, 1, bytes, nullptr));
    EXPECT_OK(kgen_stream_synchronize(device, nullptr));
    return kgen_tensor_argument(data, KGEN_I32, 1, &tiles);
  }
  /// Whether every tile was taken so many times.
  void expectHits(const kgen_argument_t &hits, uint32_t times) {
    std::vector<uint32_t> have(static_cast<size_t>(hits.sizes[0]));
    ASSERT_OK(kgen_copy_to_host(device, have.data(), hits.data,
                                have.size() * sizeof(uint32_t), nullptr));
    for (size_t tile = 0; tile < have.size(); ++tile)
      ASSERT_EQ(have[tile], times) << "tile " << tile;
  }
};

} // namespace kgen::runtime_test

#endif // KGEN_RUNTIME_TEST_CONFORMANCE_DRAW_TILES_H
