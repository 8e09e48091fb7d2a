//===- MathHints.h - What a map's operations may rely on ------------------===//
//
// Attributes on operations in the regions of maps. They allow a cheaper form,
// be it because what follows rounds more or because of what values can be; a
// target that has none ignores them. docs/Tile.md, tile.map, lists them for
// readers of the IR.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_DIALECT_TILE_IR_MATHHINTS_H
#define KGEN_DIALECT_TILE_IR_MATHHINTS_H

#include "llvm/ADT/StringRef.h"

namespace kgen::tile {

/// On a math.exp2 that gives softmax weights, which are rounded to 16 bits: the
/// schedule's exp2, a string attribute.
inline constexpr llvm::StringLiteral kExp2Unit = "exp2_unit";
/// Unit attribute beside it: the argument is above -127, or NaN.
inline constexpr llvm::StringLiteral kExp2InRange = "exp2_in_range";
/// On a math.tanh: an absolute error of 2e-6 will do, however small the result.
inline constexpr llvm::StringLiteral kAbsoluteError = "absolute_error";
/// On an arith.cmpi of a column index: the other operand is a position as well,
/// or the number of them, so that their difference does not wrap in 32 bits.
inline constexpr llvm::StringLiteral kComparesPositions = "compares_positions";

} // namespace kgen::tile

#endif // KGEN_DIALECT_TILE_IR_MATHHINTS_H
