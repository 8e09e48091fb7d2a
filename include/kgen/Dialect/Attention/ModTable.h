//===- ModTable.h - The library of named mods -----------------------------===//
//
// A mod is a named score function or mask function. It is two things: a
// file lib/Dialect/Attention/Mods/<name>.mlir that holds its functions, and one
// row here that says what it is called, what it means and what it takes.
// docs/AddingAScoreMod.md adds one step by step.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_DIALECT_ATTENTION_MODTABLE_H
#define KGEN_DIALECT_ATTENTION_MODTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace kgen::attention {

enum class ModParameterKind : uint8_t {
  Integer,     ///< 64-bit; an `index` argument of the mod's function
  Float,       ///< f64 in the attribute, f32 in the function
  IntegerList, ///< one `index` argument per element: "window.0", "window.1"
  BooleanList, ///< one `i1` argument per element
  GridExtents, ///< an IntegerList whose product is both Sq and Skv
};

/// One parameter of a mod. `minimum` and `maximum` are inclusive and hold for
/// every element of a list.
struct ModParameter {
  llvm::StringLiteral name;
  ModParameterKind kind;
  /// A missing optional parameter takes `fallback` (in every element).
  bool required;
  double fallback;
  double minimum;
  double maximum;
  llvm::StringLiteral doc;
};

enum class ModOperandType : uint8_t { F32, I32 };

/// A table that a mod reads, as a tensor or a memref operand of the op.
struct ModOperand {
  llvm::StringLiteral name;
  ModOperandType type;
  /// Sizes by name: "B", "Hq", or "S" (both Sq and Skv); checked where static.
  llvm::ArrayRef<llvm::StringLiteral> shape;
  bool required;
  /// The parameter that says the same: exactly one of both is given. Or empty.
  llvm::StringLiteral insteadOf;
  llvm::StringLiteral doc;
};

/// Values of an integer or list parameter, the default filled in.
using ModValues =
    llvm::function_ref<llvm::SmallVector<int64_t>(llvm::StringRef)>;

/// What a mod changes: it has @score functions, @mask functions, or neither.
enum class ModEffect : uint8_t { None, Score, Mask };

/// One row of the table.
struct ModInfo {
  llvm::StringLiteral name;
  ModEffect effect;
  llvm::StringLiteral formula; ///< of s (score) or of keep (mask)
  llvm::StringLiteral doc;
  llvm::ArrayRef<ModParameter> parameters;
  llvm::ArrayRef<ModOperand> operands; ///< at most one
  llvm::StringLiteral rankedBy;        ///< list parameter whose length picks
                                       ///< <name>_<length>d.mlir; or empty
  llvm::StringLiteral since;           ///< kgen version
  /// Rules between parameters: what is wrong, or empty. May be null.
  std::string (*check)(ModValues values) = nullptr;
};

/// The whole table, in alphabetical order.
llvm::ArrayRef<ModInfo> allMods();
/// The row of that name, or null.
const ModInfo *findMod(llvm::StringRef name);
/// The nearest name for a spelling error, or empty when nothing is near.
llvm::StringRef nearestName(llvm::StringRef wrong,
                            llvm::ArrayRef<llvm::StringRef> known);

/// Text of Mods/<file>.mlir, built into the library; empty when there is none.
llvm::StringRef modSource(llvm::StringRef file);

/// Writes docs/Mods.md.
void printModDocs(llvm::raw_ostream &os);

} // namespace kgen::attention

#endif // KGEN_DIALECT_ATTENTION_MODTABLE_H
