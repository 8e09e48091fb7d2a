//===- TileBase.td - The tile dialect, its types and enums -----------------===//
#ifndef KGEN_DIALECT_TILE_TILEBASE
#define KGEN_DIALECT_TILE_TILEBASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::kgen::tile";
  let summary = "Tiles of one workgroup: the form in which attention is scheduled";
  let description = [{
    A kernel in tiled form is a `func.func` with a `tile.kernel` unit attribute
    and an `attention.schedule`. Its body is what one workgroup does for one
    tile of query rows: copies of K and V tiles into on-chip buffers, products,
    elementwise maps that know their (q_idx, kv_idx), row reductions, and a
    store. Loops, index arithmetic and scalar code are upstream `scf`, `arith`,
    `index` and `math`.

    A matrix has one of two kinds. An `accumulator` is what a product gives
    (f32); an `operand` is what a product takes on its left, in the problem's
    element type. Each target gives each kind one register layout, and
    `per_row` values (row maximum, row sum) one more, so that no general layout
    conversion is needed.

    Waits are explicit: `tile.copy` gives a token, `tile.wait` takes it and says
    how many later copies may still be in flight, and `tile.barrier` orders the
    workgroup. Nothing is implied by data flow through a buffer.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    /// Unit attribute that marks a func.func as a kernel in tiled form.
    static constexpr ::llvm::StringLiteral kKernelAttr = "tile.kernel";
    /// Unit attribute: math may use approximate instructions such as tanh.approx.
    static constexpr ::llvm::StringLiteral kApproximateMathAttr = "tile.approximate_math";
    void registerTypes();
  }];
}

def Tile_MatrixKind : I32EnumAttr<"MatrixKind", "which side of a product a matrix is on", [
    I32EnumAttrCase<"Accumulator", 0, "accumulator">,
    I32EnumAttrCase<"Operand", 1, "operand">]> {
  let cppNamespace = "::kgen::tile";
  let genSpecializedAttr = 0;
}

def Tile_ReductionKind : I32EnumAttr<"ReductionKind", "how elements of a row are combined", [
    I32EnumAttrCase<"Max", 0, "max">,
    I32EnumAttrCase<"Add", 1, "add">]> {
  let cppNamespace = "::kgen::tile";
  let genSpecializedAttr = 0;
}
def Tile_ReductionKindAttr : EnumAttr<Tile_Dialect, Tile_ReductionKind, "reduction">;

class Tile_Type<string name, string typeMnemonic> : TypeDef<Tile_Dialect, name> {
  let mnemonic = typeMnemonic;
  let genVerifyDecl = 1;
}

def Tile_MatrixType : Tile_Type<"Matrix", "matrix"> {
  let summary = "a matrix distributed over the registers of one workgroup";
  let description = [{
    `!tile.matrix<128x64xf32, accumulator>`: rows x columns, element type, kind.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$cols, "::mlir::Type":$elementType,
                        "::kgen::tile::MatrixKind":$kind);
  let hasCustomAssemblyFormat = 1;
}

def Tile_PerRowType : Tile_Type<"PerRow", "per_row"> {
  let summary = "one value for each row of a tile, such as its maximum";
  let description = [{`!tile.per_row<128xf32>`}];
  let parameters = (ins "int64_t":$rows, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
}

def Tile_BufferType : Tile_Type<"Buffer", "buffer"> {
  let summary = "slots of on-chip memory, each holding one tile";
  let description = [{
    `!tile.buffer<2x64x128xbf16>`: slots x rows x columns. Shared memory on
    NVIDIA GPUs, LDS on AMD GPUs, cache-resident scratch on the CPU. The layout
    within a slot (padding, swizzle, transposition) is the target's. Tiles of
    1x1xi32 are numbers that one role tells the other (`tile.post`).
  }];
  let parameters = (ins "int64_t":$slots, "int64_t":$rows, "int64_t":$cols,
                        "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "one slot of a buffer";
  let description = [{`!tile.view<64x128xbf16>`}];
  let parameters = (ins "int64_t":$rows, "int64_t":$cols, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
}

def Tile_TokenType : TypeDef<Tile_Dialect, "Token"> {
  let mnemonic = "token";
  let summary = "an asynchronous copy that may still be in flight";
}

def Tile_AccumulatorMatrix : Type<
    And<[CPred<"::llvm::isa<::kgen::tile::MatrixType>($_self)">,
         CPred<"::llvm::cast<::kgen::tile::MatrixType>($_self).getKind() == "
               "::kgen::tile::MatrixKind::Accumulator">]>,
    "accumulator matrix", "::kgen::tile::MatrixType">;
def Tile_OperandMatrix : Type<
    And<[CPred<"::llvm::isa<::kgen::tile::MatrixType>($_self)">,
         CPred<"::llvm::cast<::kgen::tile::MatrixType>($_self).getKind() == "
               "::kgen::tile::MatrixKind::Operand">]>,
    "operand matrix", "::kgen::tile::MatrixType">;

#endif // KGEN_DIALECT_TILE_TILEBASE
