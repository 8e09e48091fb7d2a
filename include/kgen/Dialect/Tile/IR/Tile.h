//===- Tile.h - The tile dialect -------------------------------------------===//
#ifndef KGEN_DIALECT_TILE_IR_TILE_H
#define KGEN_DIALECT_TILE_IR_TILE_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "kgen/Dialect/Tile/IR/TileEnums.h.inc"

#include "kgen/Dialect/Tile/IR/TileDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "kgen/Dialect/Tile/IR/TileTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "kgen/Dialect/Tile/IR/TileAttributes.h.inc"

#define GET_OP_CLASSES
#include "kgen/Dialect/Tile/IR/TileOps.h.inc"

#endif // KGEN_DIALECT_TILE_IR_TILE_H
