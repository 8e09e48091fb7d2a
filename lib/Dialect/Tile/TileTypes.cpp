//===- TileTypes.cpp - Syntax and invariants of tile types -----------------===//

#include "kgen/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace kgen::tile;

#define GET_TYPEDEF_CLASSES
#include "kgen/Dialect/Tile/IR/TileTypes.cpp.inc"

void TileDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "kgen/Dialect/Tile/IR/TileTypes.cpp.inc"
      >();
}

using EmitError = function_ref<InFlightDiagnostic()>;

/// Sizes are positive and elements are f32, f16 or bf16.
static LogicalResult verifyShape(EmitError emitError, ArrayRef<int64_t> sizes,
                                 Type elementType) {
  for (int64_t size : sizes)
    if (size <= 0)
      return emitError() << "[KG1102] tile sizes are positive, got " << size;
  if (!elementType.isF32() && !elementType.isF16() && !elementType.isBF16())
    return emitError() << "[KG1102] tile elements are f32, f16 or bf16, got "
                       << elementType;
  return success();
}

/// Parses `<AxBx...xT` with `rank` sizes; the caller parses what follows.
static ParseResult parseShape(AsmParser &parser, unsigned rank,
                              SmallVectorImpl<int64_t> &sizes,
                              Type &elementType) {
  SMLoc location = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseDimensionList(sizes, /*allowDynamic=*/false) ||
      parser.parseType(elementType))
    return failure();
  if (sizes.size() != rank)
    return parser.emitError(location)
           << "[KG1102] expected " << rank << " sizes, got " << sizes.size();
  return success();
}

static void printShape(AsmPrinter &printer, ArrayRef<int64_t> sizes,
                       Type elementType) {
  printer << '<';
  for (int64_t size : sizes)
    printer << size << 'x';
  printer << elementType;
}

//===----------------------------------------------------------------------===//
// matrix
//===----------------------------------------------------------------------===//

LogicalResult MatrixType::verify(EmitError emitError, int64_t rows,
                                 int64_t cols, Type elementType,
                                 MatrixKind kind) {
  if (kind == MatrixKind::Accumulator && !elementType.isF32())
    return emitError() << "[KG1102] an accumulator holds f32, got "
                       << elementType;
  return verifyShape(emitError, {rows, cols}, elementType);
}

Type MatrixType::parse(AsmParser &parser) {
  SmallVector<int64_t> sizes;
  Type elementType;
  StringRef keyword;
  SMLoc location = parser.getCurrentLocation();
  if (parseShape(parser, 2, sizes, elementType) || parser.parseComma() ||
      parser.parseKeyword(&keyword) || parser.parseGreater())
    return {};
  std::optional<MatrixKind> kind = symbolizeMatrixKind(keyword);
  if (!kind) {
    parser.emitError(location)
        << "[KG1102] expected accumulator or operand, got '" << keyword << "'";
    return {};
  }
  return parser.getChecked<MatrixType>(parser.getContext(), sizes[0], sizes[1],
                                       elementType, *kind);
}

void MatrixType::print(AsmPrinter &printer) const {
  printShape(printer, {getRows(), getCols()}, getElementType());
  printer << ", " << stringifyMatrixKind(getKind()) << '>';
}

//===----------------------------------------------------------------------===//
// per_row, buffer, view
//===----------------------------------------------------------------------===//

LogicalResult PerRowType::verify(EmitError emitError, int64_t rows,
                                 Type elementType) {
  return verifyShape(emitError, {rows}, elementType);
}

Type PerRowType::parse(AsmParser &parser) {
  SmallVector<int64_t> sizes;
  Type elementType;
  if (parseShape(parser, 1, sizes, elementType) || parser.parseGreater())
    return {};
  return parser.getChecked<PerRowType>(parser.getContext(), sizes[0],
                                       elementType);
}

void PerRowType::print(AsmPrinter &printer) const {
  printShape(printer, {getRows()}, getElementType());
  printer << '>';
}

LogicalResult BufferType::verify(EmitError emitError, int64_t slots,
                                 int64_t rows, int64_t cols, Type elementType) {
  // A ring of numbers (tile.post, tile.collect).
  if (slots > 0 && rows == 1 && cols == 1 && elementType.isInteger(32))
    return success();
  return verifyShape(emitError, {slots, rows, cols}, elementType);
}

Type BufferType::parse(AsmParser &parser) {
  SmallVector<int64_t> sizes;
  Type elementType;
  if (parseShape(parser, 3, sizes, elementType) || parser.parseGreater())
    return {};
  return parser.getChecked<BufferType>(parser.getContext(), sizes[0], sizes[1],
                                       sizes[2], elementType);
}

void BufferType::print(AsmPrinter &printer) const {
  printShape(printer, {getSlots(), getRows(), getCols()}, getElementType());
  printer << '>';
}

LogicalResult ViewType::verify(EmitError emitError, int64_t rows, int64_t cols,
                               Type elementType) {
  return verifyShape(emitError, {rows, cols}, elementType);
}

Type ViewType::parse(AsmParser &parser) {
  SmallVector<int64_t> sizes;
  Type elementType;
  if (parseShape(parser, 2, sizes, elementType) || parser.parseGreater())
    return {};
  return parser.getChecked<ViewType>(parser.getContext(), sizes[0], sizes[1],
                                     elementType);
}

void ViewType::print(AsmPrinter &printer) const {
  printShape(printer, {getRows(), getCols()}, getElementType());
  printer << '>';
}
