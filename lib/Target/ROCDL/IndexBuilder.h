//===- IndexBuilder.h - i32 arithmetic that reads like arithmetic -*- C++ -*-===//
//
// `Int` is an i32 value with operators that build `arith` ops, so that the
// layout functions of MfmaLayout.h, instantiated with it, emit themselves.
// Values are lane, thread and element numbers: never negative.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_TARGET_ROCDL_INDEXBUILDER_H
#define KGEN_LIB_TARGET_ROCDL_INDEXBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace kgen::rocdl {

class Int {
public:
  Int(mlir::OpBuilder &builder, mlir::Location location, mlir::Value value)
      : builder(&builder), location(location), value(value) {}

  /// A constant.
  Int(mlir::OpBuilder &builder, mlir::Location location, int64_t constant)
      : builder(&builder), location(location), value(constantValue(constant)) {}

  mlir::Value get() const { return value; }

  Int operator+(const Int &other) const {
    return wrap(mlir::arith::AddIOp::create(*builder, location, value,
                                            other.value));
  }
  Int operator+(int64_t other) const {
    return other == 0 ? *this : *this + constant(other);
  }
  Int operator*(int64_t other) const {
    return other == 1 ? *this
                      : wrap(mlir::arith::MulIOp::create(
                            *builder, location, value, constantValue(other)));
  }
  Int operator/(int64_t other) const {
    return wrap(mlir::arith::DivUIOp::create(*builder, location, value,
                                             constantValue(other)));
  }
  Int operator%(int64_t other) const {
    return wrap(mlir::arith::RemUIOp::create(*builder, location, value,
                                             constantValue(other)));
  }
  /// An i1: this < other, unsigned.
  mlir::Value less(int64_t other) const {
    return mlir::arith::CmpIOp::create(*builder, location,
                                       mlir::arith::CmpIPredicate::ult, value,
                                       constantValue(other));
  }

private:
  mlir::Value constantValue(int64_t constant) const {
    return mlir::arith::ConstantIntOp::create(*builder, location, constant, 32);
  }
  Int constant(int64_t other) const {
    return Int(*builder, location, constantValue(other));
  }
  Int wrap(mlir::Value result) const { return Int(*builder, location, result); }

  mlir::OpBuilder *builder;
  mlir::Location location;
  mlir::Value value;
};

} // namespace kgen::rocdl

#endif // KGEN_LIB_TARGET_ROCDL_INDEXBUILDER_H
