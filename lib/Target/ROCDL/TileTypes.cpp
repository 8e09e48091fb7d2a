//===- TileTypes.cpp - What a lane holds of each tile type ----------------===//

#include "TileLowering.h"

#include "kgen/Support/Error.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

VectorType rocdl::fragmentType(Type element) {
  Type held = element.isBF16()
                  ? Type(IntegerType::get(element.getContext(), 16))
                  : element;
  return VectorType::get(kFragment, held);
}

void rocdl::addTileConversions(TypeConverter &converter, int64_t waves,
                               const CopyPlan &copies) {
  using Types = SmallVectorImpl<Type>;
  auto blocksOf = [waves](int64_t rows) { return rows / (waves * kBlock); };
  converter.addConversion([blocksOf](tile::MatrixType type, Types &results)
                              -> std::optional<LogicalResult> {
    bool operand = type.getKind() == tile::MatrixKind::Operand;
    Type element =
        operand ? fragmentType(type.getElementType())
                : VectorType::get(kAccumulators, type.getElementType());
    results.append(blocksOf(type.getRows()) * type.getCols() /
                       (operand ? kDepth : kBlock),
                   element);
    return success();
  });
  converter.addConversion([blocksOf](tile::PerRowType type, Types &results)
                              -> std::optional<LogicalResult> {
    results.append(blocksOf(type.getRows()), type.getElementType());
    return success();
  });
  converter.addConversion(
      [tiles = copies.mostTiles(), vectors = copies.mostVectors()](
          tile::TokenType type,
          Types &results) -> std::optional<LogicalResult> {
        MLIRContext *context = type.getContext();
        results.append(tiles, LLVM::LLVMPointerType::get(context, 3));
        results.append(vectors,
                       VectorType::get(4, IntegerType::get(context, 32)));
        return success();
      });
  converter.addConversion([](Type type) -> std::optional<Type> {
    if (isa<tile::BufferType, tile::ViewType>(type))
      return LLVM::LLVMPointerType::get(type.getContext(), 3);
    return std::nullopt;
  });
}

//===----------------------------------------------------------------------===//
// What cannot be held is refused before anything is rewritten.
//===----------------------------------------------------------------------===//

namespace {
/// Checks the tile types of one operation.
class Checker {
public:
  Checker(Operation *op, int64_t waves) : op(op), waves(waves) {}

  LogicalResult check() {
    for (Type type : llvm::concat<Type>(
             llvm::to_vector(op->getOperandTypes()),
             llvm::to_vector(op->getResultTypes())))
      if (failed(check(type)))
        return failure();
    if (auto dot = dyn_cast<tile::DotOp>(op))
      return check(dot);
    if (auto copy = dyn_cast<tile::CopyOp>(op))
      return elements(copy.getView().getType().getElementType());
    return success();
  }

private:
  LogicalResult multiple(StringRef what, int64_t has, int64_t of) {
    if (has % of == 0)
      return success();
    return op->emitOpError()
           << '[' << formatCode(ErrorCode::TileShapeUnsupported) << "] has " << what
           << " of " << has << ", not a multiple of " << of << ": "
           << errorSentence(ErrorCode::TileShapeUnsupported);
  }
  LogicalResult elements(Type type) {
    if (type.isF16() || type.isBF16())
      return success();
    return op->emitOpError()
           << '[' << formatCode(ErrorCode::DtypeUnsupported) << "] multiplies "
           << type << ": " << errorSentence(ErrorCode::DtypeUnsupported);
  }
  LogicalResult check(Type type) {
    if (auto matrix = dyn_cast<tile::MatrixType>(type)) {
      bool operand = matrix.getKind() == tile::MatrixKind::Operand;
      if (operand && failed(elements(matrix.getElementType())))
        return failure();
      if (failed(multiple("rows", matrix.getRows(), waves * kBlock)))
        return failure();
      return multiple("columns", matrix.getCols(),
                      operand ? kDepthPair : kBlock);
    }
    if (auto rows = dyn_cast<tile::PerRowType>(type)) {
      if (!rows.getElementType().isF32())
        return op->emitOpError()
               << '[' << formatCode(ErrorCode::DtypeUnsupported)
               << "] keeps a value of type " << rows.getElementType()
               << " for each row, but f32 is what is served";
      return multiple("rows", rows.getRows(), waves * kBlock);
    }
    if (auto view = dyn_cast<tile::ViewType>(type))
      return multiple("columns", view.getCols(), kVectorElements);
    return success();
  }
  LogicalResult check(tile::DotOp dot) {
    if (dot.getRamp() || dot.getColumns())
      return op->emitOpError()
             << '[' << formatCode(ErrorCode::ScheduleUnsupportedByTarget)
             << "] has a ramp or columns, which tile.ramp and tile.map add "
                "here (affine = fma): "
             << errorSentence(ErrorCode::ScheduleUnsupportedByTarget);
    if (failed(elements(dot.getRhs().getType().getElementType())))
      return failure();
    if (auto view = dyn_cast<tile::ViewType>(dot.getLhs().getType()))
      if (failed(multiple("rows", view.getRows(), waves * kBlock)) ||
          failed(multiple("columns", view.getCols(), kDepthPair)))
        return failure();
    // Rows of a transposed view are what is contracted, 8 at a time; its copy
    // takes 32 rows at a time.
    return multiple("keys", dot.getRhs().getType().getRows(), kBlock);
  }

  Operation *op;
  int64_t waves;
};
} // namespace

LogicalResult rocdl::checkKernel(func::FuncOp kernel, int64_t waves) {
  WalkResult result = kernel.walk([&](Operation *op) {
    return WalkResult(Checker(op, waves).check());
  });
  return failure(result.wasInterrupted());
}
