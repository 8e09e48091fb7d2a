//===- WgmmaLayoutTest.cpp - Panels against the swizzle of the PTX ISA ------===//

#include "kgen/Target/NVVM/FragmentLayout.h"
#include "kgen/Target/NVVM/WgmmaLayout.h"

#include "gtest/gtest.h"

#include <set>

using namespace kgen::nvvm;

namespace {

/// The 128B swizzle as the PTX ISA has it: bits 4-6 of an address are XORed with
/// bits 7-9.
int64_t swizzled(int64_t address) {
  return address ^ ((address >> 7 & 7) << 4);
}

TEST(PanelTile, IsSwizzledAsTmaDoesIt) {
  for (int64_t cols : {16, 64, 80, 96, 128, 192, 256}) {
    PanelTile tile{48, cols};
    std::set<int64_t> places;
    for (int64_t row = 0; row < tile.rows; ++row)
      for (int64_t col = 0; col < cols; ++col) {
        int64_t plain = col / 64 * tile.panelBytes() + row * 128 + col % 64 * 2;
        EXPECT_EQ(tile.offset(row, col), swizzled(plain));
        places.insert(tile.offset(row, col));
      }
    EXPECT_EQ(int64_t(places.size()), tile.rows * cols);
    EXPECT_LT(*places.rbegin(), tile.bytes());
  }
}

TEST(PanelTile, SlicesStartWhereTheirFirstElementIs) {
  PanelTile tile{96, 192};
  for (int64_t k = 0; k < tile.cols / kWgmmaDepth; ++k)
    EXPECT_EQ(tile.columnSlice(k), tile.offset(0, k * kWgmmaDepth));
  for (int64_t k = 0; k < tile.rows / kWgmmaDepth; ++k)
    EXPECT_EQ(tile.rowSlice(k), tile.offset(k * kWgmmaDepth, 0));
}

TEST(PanelTile, WarpgroupsAndPanelsStartAtSwizzlePeriods) {
  PanelTile tile{80, 256};
  EXPECT_EQ(tile.panelBytes() % kSwizzleAtomBytes, 0);
  EXPECT_EQ(kGroupRows * kSwizzleBytes % kSwizzleAtomBytes, 0);
  EXPECT_EQ(tile.panels(), 4);
  EXPECT_EQ((PanelTile{80, 96}).panels(), 2);
}

// What ldmatrix and stmatrix address in a panel (HopperOperands.cpp): chunks of 8
// columns where TMA puts them and wgmma looks for them.
TEST(PanelTile, APanelIsASharedTileOf128Bytes) {
  PanelTile tile{192, 96};
  SharedTile panel{tile.rows, PanelTile::kPanelCols, 2};
  for (int64_t row = 0; row < tile.rows; ++row)
    for (int64_t col = 0; col < tile.cols; col += 8) {
      int64_t chunk = col % PanelTile::kPanelCols / 8;
      BlockAddress block = blockAddress(panel, 0, chunk & ~1);
      int64_t address = withVariant(laneAddress(panel, row, chunk & 1), block.variant);
      int64_t start = col / PanelTile::kPanelCols * tile.panelBytes();
      EXPECT_EQ(start + block.constant + address, tile.offset(row, col));
    }
}

// Fields of the matrix descriptor: leading offset in bits 16-29, stride in 32-45,
// layout 1 (128B swizzle) in 62-63.
TEST(Descriptor, HoldsOffsetsInUnitsOfSixteenBytes) {
  EXPECT_EQ(columnSliceDescriptor() >> 62, 1u);
  EXPECT_EQ(columnSliceDescriptor() >> 32 & 0x3FFF, 1024u / 16);
  PanelTile values{176, 128};
  EXPECT_EQ(rowSliceDescriptor(values) >> 16 & 0x3FFF, 176u * 128 / 16);
  EXPECT_EQ(rowSliceDescriptor(values) >> 32 & 0x3FFF, 1024u / 16);
  EXPECT_EQ(rowSliceDescriptor(values) & 0xFFFF, 0u);
  PanelTile largest{256, 256};
  EXPECT_EQ(rowSliceDescriptor(largest) >> 30 & 3, 0u);
  // Eight rows of 32 bytes, 32B swizzle.
  EXPECT_EQ(rampDescriptor() >> 62, 3u);
  EXPECT_EQ(rampDescriptor() >> 32 & 0x3FFF, 256u / 16);
}

} // namespace
