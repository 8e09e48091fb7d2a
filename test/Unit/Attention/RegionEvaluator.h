//===- RegionEvaluator.h - Regions on concrete positions ------------------===//
#ifndef KGEN_TEST_UNIT_ATTENTION_REGIONEVALUATOR_H
#define KGEN_TEST_UNIT_ATTENTION_REGIONEVALUATOR_H

#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <array>
#include <string>

namespace kgen::attention::test {

/// One attention.forward, its mods expanded, whose regions can be evaluated by
/// folding their ops on constants: no lowering takes part.
class RegionEvaluator {
public:
  /// Text of a module that holds one attention.forward. `context` outlives it.
  RegionEvaluator(mlir::MLIRContext &context, const std::string &text);

  bool isValid() { return op != nullptr; }
  ForwardOp getOp() { return op; }
  /// The mask at (b, h, q_idx, kv_idx); true where there is none.
  bool keeps(std::array<int64_t, 4> position);
  /// The score function of `s` at that position.
  double score(double s, std::array<int64_t, 4> position);

private:
  mlir::Attribute evaluate(mlir::Region &region,
                           llvm::ArrayRef<mlir::Attribute> arguments);

  mlir::OwningOpRef<mlir::ModuleOp> module;
  ForwardOp op;
};

/// A context with the dialects that the tests parse.
void loadDialects(mlir::MLIRContext &context);

} // namespace kgen::attention::test

#endif // KGEN_TEST_UNIT_ATTENTION_REGIONEVALUATOR_H
