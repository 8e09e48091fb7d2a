//===- LaneExpr.h - Integer expressions that build i32 IR -------------------===//
#ifndef KGEN_TARGET_NVVM_LANEEXPR_H
#define KGEN_TARGET_NVVM_LANEEXPR_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace kgen::nvvm {

/// A non-negative i32 below 2^31: the T of FragmentLayout.h in the lowering. The
/// builder must outlive the expression.
class LaneExpr {
public:
  LaneExpr(mlir::ImplicitLocOpBuilder &builder, mlir::Value value)
      : builder(&builder), current(value) {}
  LaneExpr(mlir::ImplicitLocOpBuilder &builder, int64_t value)
      : LaneExpr(builder, makeConstant(builder, value)) {}

  mlir::Value value() const { return current; }

  friend LaneExpr operator+(LaneExpr a, LaneExpr b) {
    return a.with<mlir::arith::AddIOp>(b.current, kNoWrap);
  }
  friend LaneExpr operator+(LaneExpr a, int64_t b) {
    return b == 0 ? a : a + LaneExpr(*a.builder, b);
  }
  friend LaneExpr operator*(LaneExpr a, int64_t b) {
    return b == 1 ? a
                  : a.with<mlir::arith::MulIOp>(makeConstant(*a.builder, b),
                                                kNoWrap);
  }
  friend LaneExpr operator<<(LaneExpr a, int64_t b) {
    return a * (int64_t(1) << b);
  }
  friend LaneExpr operator>>(LaneExpr a, int64_t b) {
    return b == 0 ? a : a.plain<mlir::arith::ShRUIOp>(b);
  }
  friend LaneExpr operator/(LaneExpr a, int64_t b) {
    return b == 1 ? a : a.plain<mlir::arith::DivUIOp>(b);
  }
  friend LaneExpr operator%(LaneExpr a, int64_t b) {
    return a.plain<mlir::arith::RemUIOp>(b);
  }
  friend LaneExpr operator&(LaneExpr a, int64_t b) {
    return a.plain<mlir::arith::AndIOp>(b);
  }
  friend LaneExpr operator^(LaneExpr a, int64_t b) {
    return b == 0 ? a : a.plain<mlir::arith::XOrIOp>(b);
  }
  friend LaneExpr operator^(LaneExpr a, LaneExpr b) {
    return {*a.builder, mlir::arith::XOrIOp::create(*a.builder, a.current,
                                                    b.current)};
  }

private:
  static constexpr auto kNoWrap = mlir::arith::IntegerOverflowFlags::nsw |
                                  mlir::arith::IntegerOverflowFlags::nuw;

  static mlir::Value makeConstant(mlir::ImplicitLocOpBuilder &builder,
                                  int64_t value) {
    return mlir::arith::ConstantIntOp::create(builder, builder.getI32Type(),
                                              value);
  }
  template <typename OpT>
  LaneExpr with(mlir::Value other, mlir::arith::IntegerOverflowFlags flags) {
    return {*builder, OpT::create(*builder, current, other, flags)};
  }
  template <typename OpT>
  LaneExpr plain(int64_t other) {
    return {*builder, OpT::create(*builder, current, makeConstant(*builder, other))};
  }

  mlir::ImplicitLocOpBuilder *builder;
  mlir::Value current;
};

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_LANEEXPR_H
