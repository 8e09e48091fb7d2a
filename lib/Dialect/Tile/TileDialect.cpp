//===- TileDialect.cpp - The tile dialect ----------------------------------===//

#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Support/Error.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace kgen::tile;

#include "kgen/Dialect/Tile/IR/TileDialect.cpp.inc"

#include "kgen/Dialect/Tile/IR/TileEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "kgen/Dialect/Tile/IR/TileAttributes.cpp.inc"

void TileDialect::initialize() {
  registerTypes();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "kgen/Dialect/Tile/IR/TileAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "kgen/Dialect/Tile/IR/TileOps.cpp.inc"
      >();
}

LogicalResult TileDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  StringRef name = attribute.getName().getValue();
  if (name != kKernelAttr && name != kApproximateMathAttr)
    return op->emitOpError() << "[KG1101] unknown attribute '" << name << "'";
  if (!isa<UnitAttr>(attribute.getValue()) || !isa<func::FuncOp>(op))
    return op->emitOpError()
           << "[KG1101] '" << name
           << "' is a unit attribute of a func.func, got "
           << attribute.getValue();
  return success();
}
