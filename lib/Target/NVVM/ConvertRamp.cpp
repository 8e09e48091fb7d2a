//===- ConvertRamp.cpp - Matrices whose columns rise in equal steps ---------===//
//
// A ramp is what a product starts from, so it should cost nothing between the
// product's start and its end, nor between warpgroups that take turns. Three
// habits of compilers stand against that:
//
//   - LLVM hoists it out of the loop over keys, into registers for all of its
//     columns: what the lane adds is opaque (pinnedScalar);
//   - ptxas sees that the two rows of a lane are equal, computes one of them and
//     copies it just before the product;
//   - ptxas moves it below a wait or barrier that it does not depend on: into the
//     warpgroup's turn, while others wait.
//
// So with roles each row is a chain of sums, one upwards and one downwards (not
// equal to the last bit), and a store that never happens, before the waits,
// needs the ends of the chains. A sum of at most 32 steps is off by fewer
// roundings than that, of the ramp's greatest element.
//
//===----------------------------------------------------------------------===//

#include "Fragments.h"

#include "kgen/Target/Common/InlineAssembly.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// A product that LLVM may fuse with a sum, or fold.
Value scaled(ImplicitLocOpBuilder &b, Value slope, double factor) {
  Value constant = arith::ConstantOp::create(
      b, b.getF32FloatAttr(static_cast<float>(factor)));
  return arith::MulFOp::create(b, slope, constant,
                               arith::FastMathFlags::contract);
}

Value sum(ImplicitLocOpBuilder &b, Value x, Value y) {
  return arith::AddFOp::create(b, x, y, arith::FastMathFlags::contract);
}

/// Keeps the computation of four values before this point. The sum of their
/// squares is not below -1, which neither compiler looks for in assembly.
void computeHere(ImplicitLocOpBuilder &b, ArrayRef<Value> values) {
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(),
                                           sharedPointer(b, /*bytes=*/0));
  SmallVector<Value> operands = {address};
  llvm::append_range(operands, values);
  inlineAssembly(
      b, /*result=*/nullptr, operands,
      "{ .reg .f32 t; .reg .pred p; mul.f32 t, $1, $1; fma.rn.f32 t, $2, $2, t; "
      "fma.rn.f32 t, $3, $3, t; fma.rn.f32 t, $4, $4, t; "
      "setp.lt.f32 p, t, 0fBF800000; @p st.shared.f32 [$0], t; }",
      "r,f,f,f,f");
}

struct ConvertRamp : TilePattern<tile::RampOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::RampOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    tile::MatrixType type = op.getResult().getType();
    Value slope = adaptor.getSlope().front();
    // Its products are not hoisted, either; those of a constant fold.
    if (!matchPattern(slope, m_Constant()))
      slope = pinnedScalar(b, slope);
    Value lane = arith::UIToFPOp::create(
        b, b.getF32Type(), accumulatorCol(laneIndex(b, shape), 0).value());
    Ramp ramp{slope, pinnedScalar(b, arith::MulFOp::create(b, slope, lane)),
              static_cast<int64_t>(op.getFirst()), type.getCols() / kBlockCols};
    SmallVector<Value> rows =
        shape.roles ? chains(b, ramp) : elements(b, ramp);
    SmallVector<Value> results; // in the order of an accumulator's list
    for (int64_t row = 0; row < shape.rowBlocks(type.getRows()); ++row)
      llvm::append_range(results, rows);
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }

private:
  struct Ramp {
    Value slope, lane; ///< lane: what the lane's columns add
    int64_t first, blocks;
    Value start(ImplicitLocOpBuilder &b, int64_t block, int64_t element) const {
      int64_t col = first + block * kBlockCols + element;
      return sum(b, scaled(b, slope, static_cast<double>(col)), lane);
    }
  };

  /// One FMA, or sum, for each column; for 16 rows, as [block][half][element].
  static SmallVector<Value> elements(ImplicitLocOpBuilder &b,
                                     const Ramp &ramp) {
    SmallVector<Value> list;
    for (int64_t block = 0; block < ramp.blocks; ++block) {
      Value pair[] = {ramp.start(b, block, 0), ramp.start(b, block, 1)};
      for (int64_t half = 0; half < 2; ++half)
        list.append({pair[0], pair[1]});
    }
    return list;
  }

  /// The same list; the first half goes upwards, the second downwards.
  static SmallVector<Value> chains(ImplicitLocOpBuilder &b, const Ramp &ramp) {
    SmallVector<Value> list(ramp.blocks * 4);
    Value steps[] = {scaled(b, ramp.slope, kBlockCols),
                     scaled(b, ramp.slope, -kBlockCols)};
    Value ends[4];
    for (int64_t link = 0; link < ramp.blocks; ++link)
      for (int64_t half = 0; half < 2; ++half)
        for (int64_t element = 0; element < 2; ++element) {
          int64_t block = half ? ramp.blocks - 1 - link : link;
          Value &end = ends[half * 2 + element];
          end = link == 0 ? ramp.start(b, block, element)
                          : Value(arith::AddFOp::create(b, end, steps[half]));
          list[accumulatorIndex(ramp.blocks, 0, block, half, element)] = end;
        }
    computeHere(b, ends);
    return list;
  }
};

} // namespace

void populateRampPatterns(const FragmentConverter &converter,
                          RewritePatternSet &patterns) {
  patterns.add<ConvertRamp>(converter, patterns.getContext());
}

} // namespace kgen::nvvm
