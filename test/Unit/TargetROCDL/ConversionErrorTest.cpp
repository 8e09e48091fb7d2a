//===- ConversionErrorTest.cpp - What the AMD target refuses ---------------===//

#include "Lowering.h"

#include "gtest/gtest.h"

using namespace kgen;
using namespace kgen::rocdl::test;

namespace {

/// Lowers a kernel with this body; what it says must hold this code and text.
void expectRefused(const std::string &body, ErrorCode code,
                   const std::string &text) {
  Lowering lowering;
  auto module = lowering.lower(
      "func.func @k(%x: memref<1x1x?x64xf16>, %y: memref<1x1x?x64xf32>,"
      "             %lse: memref<1x1x?xi32>) attributes {tile.kernel} {\n"
      "  %c0 = arith.constant 0 : index\n"
      "  %zero = arith.constant 0.0 : f32\n" +
      body + "\n  return\n}");
  EXPECT_FALSE(module);
  EXPECT_NE(lowering.diagnostics.find('[' + formatCode(code) + ']'),
            std::string::npos)
      << lowering.diagnostics;
  EXPECT_NE(lowering.diagnostics.find(text), std::string::npos)
      << lowering.diagnostics;
}

TEST(ConversionError, RowsThatWavesCannotShare) {
  expectRefused("%m = tile.splat %zero : !tile.matrix<48x64xf32, accumulator>",
                ErrorCode::TileShapeUnsupported, "rows of 48");
}

TEST(ConversionError, ColumnsThatAreNoBlocks) {
  expectRefused("%m = tile.splat %zero : !tile.matrix<32x40xf32, accumulator>",
                ErrorCode::TileShapeUnsupported, "columns of 40");
}

TEST(ConversionError, F32Products) {
  expectRefused(R"(
    %b = tile.alloc : !tile.buffer<1x32x64xf32>
    %v = tile.slot %b[%c0] : !tile.buffer<1x32x64xf32>
    %t = tile.copy %y[%c0, %c0, %c0] limit %c0 to %v : memref<1x1x?x64xf32>, !tile.view<32x64xf32>)",
                ErrorCode::DtypeUnsupported, "f32");
}

TEST(ConversionError, ABufferReadBothWays) {
  expectRefused(R"(
    %b = tile.alloc : !tile.buffer<1x64x64xf16>
    %v = tile.slot %b[%c0] : !tile.buffer<1x64x64xf16>
    %q = tile.load %v : !tile.view<64x64xf16>
    %s = tile.dot %q, %v transpose_rhs : !tile.matrix<64x64xf16, operand>, !tile.view<64x64xf16> -> !tile.matrix<64x64xf32, accumulator>
    %o = tile.dot %q, %v : !tile.matrix<64x64xf16, operand>, !tile.view<64x64xf16> -> !tile.matrix<64x64xf32, accumulator>)",
                ErrorCode::RocdlBufferUse, "reads rows of a buffer");
}

TEST(ConversionError, AViewThatIsCarriedByALoop) {
  expectRefused(R"(
    %c1 = arith.constant 1 : index
    %b = tile.alloc : !tile.buffer<2x64x64xf16>
    %v = tile.slot %b[%c0] : !tile.buffer<2x64x64xf16>
    %w = scf.for %i = %c0 to %c1 step %c1 iter_args(%a = %v) -> (!tile.view<64x64xf16>) {
      scf.yield %a : !tile.view<64x64xf16>
    })",
                ErrorCode::RocdlBufferUse, "not known at compile time");
}

TEST(ConversionError, MoreLdsThanThereIs) {
  expectRefused(R"(
    %b = tile.alloc : !tile.buffer<8x128x64xf16>
    %v = tile.slot %b[%c0] : !tile.buffer<8x128x64xf16>
    %q = tile.load %v : !tile.view<128x64xf16>)",
                ErrorCode::SharedMemoryExceeded, "139264 bytes");
}

TEST(ConversionError, ATokenOfTwoShapes) {
  expectRefused(R"(
    %c1 = arith.constant 1 : index
    %a = tile.alloc : !tile.buffer<1x64x64xf16>
    %b = tile.alloc : !tile.buffer<1x32x64xf16>
    %va = tile.slot %a[%c0] : !tile.buffer<1x64x64xf16>
    %vb = tile.slot %b[%c0] : !tile.buffer<1x32x64xf16>
    %t = tile.copy %x[%c0, %c0, %c0] limit %c1 to %va : memref<1x1x?x64xf16>, !tile.view<64x64xf16>
    %u = scf.for %i = %c0 to %c1 step %c1 iter_args(%s = %t) -> (!tile.token) {
      tile.wait %s pending 0
      %n = tile.copy %x[%c0, %c0, %c0] limit %c1 to %vb : memref<1x1x?x64xf16>, !tile.view<32x64xf16>
      scf.yield %n : !tile.token
    })",
                ErrorCode::RocdlBufferUse, "another shape");
}

TEST(ConversionError, AWaitThatSkipsAnEarlierCopy) {
  expectRefused(R"(
    %a = tile.alloc : !tile.buffer<2x64x64xf16>
    %c1 = arith.constant 1 : index
    %va = tile.slot %a[%c0] : !tile.buffer<2x64x64xf16>
    %vb = tile.slot %a[%c1] : !tile.buffer<2x64x64xf16>
    %t = tile.copy %x[%c0, %c0, %c0] limit %c1 to %va : memref<1x1x?x64xf16>, !tile.view<64x64xf16>
    %u = tile.copy %x[%c0, %c0, %c0] limit %c1 to %vb : memref<1x1x?x64xf16>, !tile.view<64x64xf16>
    tile.wait %u pending 0
    tile.wait %t pending 0)",
                ErrorCode::RocdlBufferUse, "before an earlier one");
}

TEST(ConversionError, ATokenThatIsPassedOnByAWhile) {
  expectRefused(R"(
    %a = tile.alloc : !tile.buffer<2x64x64xf16>
    %v = tile.slot %a[%c0] : !tile.buffer<2x64x64xf16>
    %t = tile.copy %x[%c0, %c0, %c0] limit %c0 to %v : memref<1x1x?x64xf16>, !tile.view<64x64xf16>
    %w = scf.while (%s = %t) : (!tile.token) -> !tile.token {
      %no = arith.constant false
      scf.condition(%no) %s : !tile.token
    } do {
    ^bb0(%s: !tile.token):
      scf.yield %s : !tile.token
    })",
                ErrorCode::RocdlBufferUse, "takes a token");
}

TEST(ConversionError, AnArchitectureThatIsNotServed) {
  Lowering lowering;
  EXPECT_FALSE(lowering.lower("module {}", "gfx1100"));
  EXPECT_NE(lowering.diagnostics.find(
                '[' + formatCode(ErrorCode::ArchUnsupported) + ']'),
            std::string::npos)
      << lowering.diagnostics;
}

// What gfx942 has no room for, gfx950 has.
TEST(ConversionError, LdsIsThatOfTheArchitecture) {
  const std::string text = R"(
    func.func @k(%x: memref<1x1x?x64xf16>, %y: memref<1x1x?x64xf32>) attributes {tile.kernel} {
      %c0 = arith.constant 0 : index
      %b = tile.alloc : !tile.buffer<8x128x64xf16>
      %v = tile.slot %b[%c0] : !tile.buffer<8x128x64xf16>
      %q = tile.load %v : !tile.view<128x64xf16>
      return
    })";
  Lowering small;
  EXPECT_FALSE(small.lower(text, "gfx942"));
  Lowering large;
  EXPECT_TRUE(large.lower(text, "gfx950")) << large.diagnostics;
}

TEST(ConversionError, ElementsThatCannotBeStored) {
  expectRefused(R"(
    %r = tile.splat %zero : !tile.per_row<32xf32>
    tile.store_rows %r to %lse[%c0, %c0, %c0] limit %c0 : !tile.per_row<32xf32>, memref<1x1x?xi32>)",
                ErrorCode::DtypeUnsupported, "i32");
}

TEST(ConversionError, MathInF64) {
  expectRefused(R"(
    %m = tile.splat %zero : !tile.matrix<32x64xf32, accumulator>
    %r = tile.map (%m) at [%c0, %c0] : !tile.matrix<32x64xf32, accumulator> -> !tile.matrix<32x64xf32, accumulator> {
    ^bb0(%e: f32, %i: index, %j: index):
      %d = arith.extf %e : f32 to f64
      %erf = math.erf %d : f64
      %n = arith.truncf %erf : f64 to f32
      tile.yield %n : f32
    }
    tile.store %r to %y[%c0, %c0, %c0] limit %c0 : !tile.matrix<32x64xf32, accumulator>, memref<1x1x?x64xf32>)",
                ErrorCode::MathUnsupported, "math.erf");
}

TEST(ConversionError, MoreWavesThanAWorkgroupHas) {
  Lowering lowering;
  auto module = lowering.lower(
      "func.func @k() attributes {tile.kernel, attention.schedule = "
      "#attention.schedule<warps = 32>} { return }");
  EXPECT_FALSE(module);
  EXPECT_NE(lowering.diagnostics.find("KG"), std::string::npos)
      << lowering.diagnostics;
}

} // namespace
