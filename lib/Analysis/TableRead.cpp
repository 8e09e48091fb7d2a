//===- TableRead.cpp - Tables read where they may lack an entry -----------===//

#include "kgen/Analysis/TableRead.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace kgen::analysis {

void keepReadInside(memref::LoadOp read, IsInside isInside) {
  OpBuilder builder(read);
  Location loc = read.getLoc();
  for (auto [dimension, index] : llvm::enumerate(read.getIndicesMutable())) {
    if (isInside(index.get(), read.getMemRefType().getDimSize(dimension)))
      continue;
    Value size = memref::DimOp::create(builder, loc, read.getMemRef(),
                                       static_cast<int64_t>(dimension));
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
    Value last = arith::SubIOp::create(builder, loc, size, one);
    Value least = arith::MaxSIOp::create(builder, loc, index.get(), zero);
    index.set(arith::MinSIOp::create(builder, loc, least, last));
  }
}

} // namespace kgen::analysis
