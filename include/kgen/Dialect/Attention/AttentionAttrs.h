//===- AttentionAttrs.h - #attention.schedule and named mods --------------===//
#ifndef KGEN_DIALECT_ATTENTION_ATTENTIONATTRS_H
#define KGEN_DIALECT_ATTENTION_ATTENTIONATTRS_H

#include "kgen/Dialect/Attention/AttentionDialect.h"
#include "kgen/Dialect/Attention/ModTable.h"
#include "kgen/Schedule/Schedule.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/Hashing.h"

namespace kgen {
/// Found by argument-dependent lookup when MLIR uniques the attribute.
llvm::hash_code hash_value(const Schedule &schedule);
} // namespace kgen

#define GET_ATTRDEF_CLASSES
#include "kgen/Dialect/Attention/AttentionAttrs.h.inc"

#endif // KGEN_DIALECT_ATTENTION_ATTENTIONATTRS_H
