//===- AttentionDialect.h - The attention dialect -------------------------===//
#ifndef KGEN_DIALECT_ATTENTION_ATTENTIONDIALECT_H
#define KGEN_DIALECT_ATTENTION_ATTENTIONDIALECT_H

#include "mlir/IR/Dialect.h"

#include "kgen/Dialect/Attention/AttentionDialect.h.inc"

#endif // KGEN_DIALECT_ATTENTION_ATTENTIONDIALECT_H
