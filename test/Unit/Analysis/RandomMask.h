//===- RandomMask.h - Mask regions that nobody would write -----------------===//
#ifndef KGEN_TEST_UNIT_ANALYSIS_RANDOMMASK_H
#define KGEN_TEST_UNIT_ANALYSIS_RANDOMMASK_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <random>

namespace kgen::analysis::test {

/// What stands above a mask: the arguments of a function. The first five are
/// batch, head, first row, last row and number of keys, all index.
struct Surroundings {
  explicit Surroundings(mlir::MLIRContext &context);
  mlir::Value argument(unsigned number) {
    return block->getArgument(number);
  }

  static constexpr unsigned kTileArguments = 5;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::Block *block = nullptr;
  /// index, i32, i64 and i1 values to capture.
  llvm::SmallVector<mlir::Value> scalars;
};

/// A new mask region beside `above`: and, or and not of comparisons of sums,
/// products, minima, maxima and quotients of q_idx, kv_idx, constants and
/// captured scalars, in index, i32 and i64.
mlir::Region &addRandomMask(std::mt19937 &random, Surroundings &above);

/// The values of Surroundings::scalars, often extreme ones of their type.
llvm::SmallVector<mlir::Attribute>
randomScalars(std::mt19937 &random, const Surroundings &above);

/// Computes values by folding one operation after the other.
class Folder {
public:
  void set(mlir::Value value, mlir::Attribute constant) {
    known[value] = constant;
  }
  void set(mlir::Value value, int64_t index);
  int64_t integer(mlir::Value value);
  double number(mlir::Value value);

private:
  mlir::Attribute evaluate(mlir::Value value);
  llvm::DenseMap<mlir::Value, mlir::Attribute> known;
};

} // namespace kgen::analysis::test

#endif // KGEN_TEST_UNIT_ANALYSIS_RANDOMMASK_H
