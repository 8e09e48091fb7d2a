//===- Syntax.h - Pieces of the assembly format ---------------------------===//
#ifndef KGEN_LIB_DIALECT_ATTENTION_SYNTAX_H
#define KGEN_LIB_DIALECT_ATTENTION_SYNTAX_H

#include "mlir/IR/OpImplementation.h"

namespace kgen::attention {

/// Reads `20`, `20.0`, `-2e-1`: a number whose type is fixed by where it
/// stands.
inline mlir::ParseResult parseNumber(mlir::AsmParser &parser, double &value) {
  bool negative = succeeded(parser.parseOptionalMinus());
  int64_t whole = 0;
  mlir::OptionalParseResult integer = parser.parseOptionalInteger(whole);
  if (integer.has_value() ? failed(*integer) : failed(parser.parseFloat(value)))
    return mlir::failure();
  if (integer.has_value())
    value = static_cast<double>(whole);
  if (negative)
    value = -value;
  return mlir::success();
}

} // namespace kgen::attention

#endif // KGEN_LIB_DIALECT_ATTENTION_SYNTAX_H
