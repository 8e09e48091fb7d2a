//===- AttentionDialect.cpp - The attention dialect -----------------------===//
#include "kgen/Dialect/Attention/AttentionDialect.h"
#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace kgen::attention;

#include "kgen/Dialect/Attention/AttentionDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "kgen/Dialect/Attention/AttentionAttrs.cpp.inc"

namespace {
/// Functions that hold attention ops may be inlined anywhere: the ops read
/// nothing but their operands and what their regions name.
struct AttentionInliner : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void AttentionDialect::initialize() {
  addInterfaces<AttentionInliner>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "kgen/Dialect/Attention/AttentionAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "kgen/Dialect/Attention/AttentionOps.cpp.inc"
      >();
}

/// Attributes with a mnemonic of their own first; any other name is a mod.
Attribute AttentionDialect::parseAttribute(DialectAsmParser &parser,
                                           Type type) const {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  Attribute attribute;
  OptionalParseResult parsed =
      generatedAttributeParser(parser, &name, type, attribute);
  if (parsed.has_value())
    return attribute;
  return ModAttr::parseNamed(parser, loc, name);
}

void AttentionDialect::printAttribute(Attribute attribute,
                                      DialectAsmPrinter &printer) const {
  if (succeeded(generatedAttributePrinter(attribute, printer)))
    return;
  cast<ModAttr>(attribute).printNamed(printer);
}
