//===- TileOps.td - Operations on tiles ------------------------------------===//
#ifndef KGEN_DIALECT_TILE_TILEOPS
#define KGEN_DIALECT_TILE_TILEOPS

include "kgen/Dialect/Tile/IR/TileBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;

def Tile_ProgramIdOp : Tile_Op<"program_id", [Pure]> {
  let summary = "the workgroup's place in the grid";
  let description = [{
    Results are the three grid coordinates x, y, z. For attention the grid is
    (query tiles, query heads, batch); see docs/Architecture.md.

    ```
    %x, %h, %b = tile.program_id
    ```
  }];
  let results = (outs Index:$x, Index:$y, Index:$z);
  let assemblyFormat = "attr-dict";
}

def Tile_AllocOp : Tile_Op<"alloc", [MemoryEffects<[MemAlloc]>]> {
  let summary = "on-chip memory for the life of the workgroup";
  let description = [{
    Stands in the entry block of the kernel. Contents are undefined.

    With `cluster` n, workgroups c * n ... c * n + n - 1 of the grid's first
    dimension fill their rings together: the producer of each sends its n-th of
    the rows of a tile to the rings of all, and a slot is free once the consumers
    of all have released it. They must send the same tiles in the same order.

    ```
    %k_ring = tile.alloc : !tile.buffer<2x64x128xbf16>
    %v_ring = tile.alloc cluster 2 : !tile.buffer<2x64x128xbf16>
    ```
  }];
  let arguments = (ins DefaultValuedAttr<ConfinedAttr<I64Attr, [IntPositive]>, "1">:$cluster);
  let results = (outs Tile_BufferType:$buffer);
  let assemblyFormat = "(`cluster` $cluster^)? attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

def Tile_SlotOp : Tile_Op<"slot", [
    Pure, TypesMatchWith<"a view has the shape of a slot", "buffer", "view",
                         "::kgen::tile::SlotOp::viewTypeOf(::llvm::cast<::kgen::tile::BufferType>($_self))">]> {
  let summary = "one slot of a buffer";
  let description = [{
    ```
    %view = tile.slot %k_ring[%stage] : !tile.buffer<2x64x128xbf16>
    ```
  }];
  let arguments = (ins Tile_BufferType:$buffer, Index:$index);
  let results = (outs Tile_ViewType:$view);
  let assemblyFormat = "$buffer `[` $index `]` attr-dict `:` type($buffer)";
  let extraClassDeclaration = [{
    static ViewType viewTypeOf(BufferType buffer);
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$buffer, "::mlir::Value":$index)>];
}

def Tile_CopyOp : Tile_Op<"copy", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "starts copying rows of a tensor into a slot";
  let description = [{
    Copies rows `row ... row + R - 1` of `source[batch, head]` into the R x C
    view. Rows at or past `limit` are not read; the slot gets zeros there. The
    copy may be asynchronous: the slot is readable after a `tile.wait` on the
    token and a `tile.barrier`.

    ```
    %t = tile.copy %k[%b, %h, %row] limit %seq_kv to %view
       : memref<?x8x?x128xbf16>, !tile.view<64x128xbf16>
    ```
  }];
  let arguments = (ins AnyMemRef:$source, Index:$batch, Index:$head, Index:$row,
                       Index:$limit, Tile_ViewType:$view);
  let results = (outs Tile_TokenType:$token);
  let assemblyFormat = [{
    $source `[` $batch `,` $head `,` $row `]` `limit` $limit `to` $view
    attr-dict `:` type($source) `,` type($view)
  }];
  let hasVerifier = 1;
}

def Tile_WaitOp : Tile_Op<"wait", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "waits for a copy";
  let description = [{
    Returns when the copy of the token, and every copy started before it, has
    arrived for this thread. `pending` is the number of copies started after it
    that may still be in flight: the producer of the tiled form knows it, and
    cp.async needs it.

    ```
    tile.wait %t pending 1
    ```
  }];
  let arguments = (ins Tile_TokenType:$token,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$pending);
  let assemblyFormat = "$token `pending` $pending attr-dict";
}

def Tile_BarrierOp : Tile_Op<"barrier", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "all threads of the workgroup have reached this point";
  let assemblyFormat = "attr-dict";
}

def Tile_LoadOp : Tile_Op<"load", [
    MemoryEffects<[MemRead]>,
    TypesMatchWith<"the operand has the view's shape", "view", "matrix",
                   "::kgen::tile::LoadOp::matrixTypeOf(::llvm::cast<::kgen::tile::ViewType>($_self))">]> {
  let summary = "reads a slot into registers as a left operand";
  let description = [{
    ```
    %q = tile.load %view : !tile.view<128x64xbf16>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view);
  let results = (outs Tile_OperandMatrix:$matrix);
  let assemblyFormat = "$view attr-dict `:` type($view)";
  let builders = [OpBuilder<(ins "::mlir::Value":$view)>];
  let extraClassDeclaration = [{
    static MatrixType matrixTypeOf(ViewType view);
  }];
}

def Tile_DotOp : Tile_Op<"dot", [
    MemoryEffects<[MemRead]>, AttrSizedOperandSegments,
    OptionalTypesMatchWith<"the ramp has the result's rows", "result", "ramp",
                           "::kgen::tile::DotOp::rampTypeOf(::llvm::cast<::kgen::tile::MatrixType>($_self))">,
    OptionalTypesMatchWith<"the accumulator has the result's type", "result", "acc", "$_self">]> {
  let summary = "a matrix product on the left operand's rows";
  let description = [{
    `result = lhs * rhs (+ acc)`, accumulated in f32. `lhs` is an operand matrix
    in registers, or a view that is read as the product goes. `rhs` is a view:
    K x N, or N x K with `transpose_rhs` (the form of Q times K transposed).
    Inputs that the target's matrix unit rounds (tf32) are rounded only where
    the schedule's numerics class allows it. With `async` the product is only
    started; see `tile.await`.

    With `ramp` the product starts from columns that rise in equal steps, as one
    from a `tile.ramp` does: element (r, c) from `(first + c)` times the sum of the
    ramp's row r. The matrix unit makes them, in a step of its own: the ramp's 16
    columns, always bf16, times a constant operand. Columns are exact in bf16 from
    -256 to 256.

    With `columns` the product starts from one value for each column: element (r, c)
    from element (c, 0) of that view, which `tile.stage_columns` wrote. The matrix
    unit adds these, too.

    ```
    %s = tile.dot %q, %k transpose_rhs
       : !tile.matrix<128x64xbf16, operand>, !tile.view<32x64xbf16> -> !tile.matrix<128x32xf32, accumulator>
    %o2 = tile.dot %p, %v acc %o
       : !tile.matrix<128x32xbf16, operand>, !tile.view<32x64xbf16> -> !tile.matrix<128x64xf32, accumulator>
    %t = tile.dot %q, %k ramp %slopes from -16 transpose_rhs async
       : !tile.matrix<128x64xbf16, operand>, !tile.view<32x64xbf16> -> !tile.matrix<128x32xf32, accumulator>
    %u = tile.dot %q, %k columns %biases : !tile.view<32x1xf32> transpose_rhs async
       : !tile.matrix<128x64xbf16, operand>, !tile.view<32x64xbf16> -> !tile.matrix<128x32xf32, accumulator>
    ```
  }];
  let arguments = (ins AnyTypeOf<[Tile_OperandMatrix, Tile_ViewType]>:$lhs, Tile_ViewType:$rhs,
                       Optional<Tile_AccumulatorMatrix>:$acc, Optional<Tile_OperandMatrix>:$ramp,
                       OptionalAttr<I64Attr>:$first, Optional<Tile_ViewType>:$columns,
                       UnitAttr:$transpose_rhs, UnitAttr:$async);
  let results = (outs Tile_AccumulatorMatrix:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`acc` $acc^)? (`ramp` $ramp^ `from` $first)?
    (`columns` $columns^ `:` type($columns))? (`transpose_rhs` $transpose_rhs^)?
    (`async` $async^)? attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$lhs, "::mlir::Value":$rhs,
                                 "::mlir::Value":$acc, CArg<"bool", "false">:$transpose_rhs,
                                 CArg<"bool", "false">:$async),
      "build($_builder, $_state, result, lhs, rhs, acc, /*ramp=*/{}, /*first=*/{}, /*columns=*/{}, transpose_rhs, async);">];
  let extraClassDeclaration = [{
    static constexpr int64_t kRampCols = 16;
    /// Of the ramp of a product with this result.
    static MatrixType rampTypeOf(MatrixType result);
  }];
  let hasVerifier = 1;
}

def Tile_MapOp : Tile_Op<"map", [RecursiveMemoryEffects, SingleBlock]> {
  let summary = "computes each element of a matrix from elements and its indices";
  let description = [{
    For every element (r, c): runs the region with the elements of the inputs
    at (r, c) (for a `per_row` input its value of row r) and with the global
    indices `row + r` and `col + c`. This is where score and mask functions are
    inlined.

    Attributes on the region's operations allow a cheaper form; a target that has
    none ignores them (`MathHints.h`):

    | attribute | on | allows |
    | --- | --- | --- |
    | `exp2_unit` | `math.exp2` | the schedule's `exp2`: the result is rounded to 16 bits |
    | `exp2_in_range` | `math.exp2` with `exp2_unit` | arguments above -127 only, and NaN |
    | `absolute_error` | `math.tanh` | an absolute error of 2e-6, however small the result |
    | `compares_positions` | `arith.cmpi` of `col + c` and another position, or the number of them | a comparison of their difference in 32 bits, which does not wrap |

    ```
    %p = tile.map (%s, %m) at [%q0, %kv0] : !tile.matrix<128x32xf32, accumulator>, !tile.per_row<128xf32>
        -> !tile.matrix<128x32xf32, accumulator> {
    ^bb0(%se: f32, %me: f32, %i: index, %j: index):
      %d = arith.subf %se, %me : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    ```
  }];
  let arguments = (ins Variadic<AnyTypeOf<[Tile_AccumulatorMatrix, Tile_PerRowType]>>:$inputs,
                       Index:$row, Index:$col);
  let results = (outs Tile_AccumulatorMatrix:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` `at` `[` $row `,` $col `]` attr-dict `:` type($inputs) `->` type($result) $body
  }];
  let hasRegionVerifier = 1;
}

def Tile_MapRowsOp : Tile_Op<"map_rows", [RecursiveMemoryEffects, SingleBlock]> {
  let summary = "computes one value a row from per-row values";
  let description = [{
    ```
    %alpha = tile.map_rows (%m_old, %m_new) at [%q0] : !tile.per_row<128xf32>, !tile.per_row<128xf32>
        -> !tile.per_row<128xf32> {
    ^bb0(%a: f32, %b: f32, %i: index):
      %d = arith.subf %a, %b : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_PerRowType>:$inputs, Index:$row);
  let results = (outs Tile_PerRowType:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` `at` `[` $row `]` attr-dict `:` type($inputs) `->` type($result) $body
  }];
  let hasRegionVerifier = 1;
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, ReturnLike, Terminator,
                                     ParentOneOf<["MapOp", "MapRowsOp", "StageColumnsOp"]>]> {
  let summary = "the value of a map's region";
  let arguments = (ins AnyFloat:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Tile_ReduceOp : Tile_Op<"reduce", [Pure, AllTypesMatch<["init", "result"]>]> {
  let summary = "combines the elements of each row with a start value";
  let description = [{
    `result[r] = combine(init[r], matrix[r, 0], matrix[r, 1], ...)`, in an order
    that is fixed for a target and a schedule. With `partial`, threads that
    share a row keep sums of their own: the result may only be scaled by per-row
    factors and handed to another partial reduction, until `tile.combine` joins
    them. `init` is then partial, too; a splat of the neutral element is.
    `max` ignores NaN (maximumNumber of IEEE 754-2019).

    With `nonnegative`, `init` of a `max` is at least +0 in every row, or
    NaN: so is the result, and a target may find it by comparing bits as integers,
    which have the order of values from +0 on. A NaN is then ignored or becomes the
    result.

    ```
    %m = tile.reduce max %s init %m0 : !tile.matrix<128x32xf32, accumulator>, !tile.per_row<128xf32>
    %m1 = tile.reduce max %s init %m nonnegative : !tile.matrix<128x32xf32, accumulator>, !tile.per_row<128xf32>
    %l = tile.reduce add %p init %l0 partial : !tile.matrix<128x32xf32, accumulator>, !tile.per_row<128xf32>
    ```
  }];
  let arguments = (ins Tile_ReductionKindAttr:$kind, Tile_AccumulatorMatrix:$matrix,
                       Tile_PerRowType:$init, UnitAttr:$partial,
                       UnitAttr:$nonnegative);
  let results = (outs Tile_PerRowType:$result);
  let assemblyFormat = [{
    $kind $matrix `init` $init (`partial` $partial^)? (`nonnegative` $nonnegative^)?
    attr-dict `:` type($matrix) `,` type($init)
  }];
  let hasVerifier = 1;
}

def Tile_CombineOp : Tile_Op<"combine", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "joins the partial sums of a row";
  let description = [{
    ```
    %l = tile.combine add %partial : !tile.per_row<128xf32>
    ```
  }];
  let arguments = (ins Tile_ReductionKindAttr:$kind, Tile_PerRowType:$input);
  let results = (outs Tile_PerRowType:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input)";
}

def Tile_PackOp : Tile_Op<"pack", [Pure]> {
  let summary = "turns an accumulator into the left operand of the next product";
  let description = [{
    Rounds to nearest even into the operand's element type and gives the layout
    that `tile.dot` takes on its left.

    ```
    %p16 = tile.pack %p : !tile.matrix<128x32xf32, accumulator> -> !tile.matrix<128x32xbf16, operand>
    ```
  }];
  let arguments = (ins Tile_AccumulatorMatrix:$input);
  let results = (outs Tile_OperandMatrix:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "a matrix or per-row value with one value everywhere";
  let description = [{
    ```
    %o = tile.splat %zero : !tile.matrix<128x64xf32, accumulator>
    ```
  }];
  let arguments = (ins F32:$value);
  let results = (outs AnyTypeOf<[Tile_AccumulatorMatrix, Tile_PerRowType]>:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def Tile_RampOp : Tile_Op<"ramp", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "a matrix whose columns rise in equal steps";
  let description = [{
    Element (r, c) is `slope * (first + c)`, within two roundings, on Hopper one for
    each eight columns from the nearer end. As the start value of a product it adds what is linear in the key's position, without an
    operation between the product and its users. Its effects keep it where it
    stands: one for each product is cheaper than registers that hold one for all.

    ```
    %a = tile.ramp %slope from -32 : !tile.matrix<128x64xf32, accumulator>
    ```
  }];
  let arguments = (ins F32:$slope, I64Attr:$first);
  let results = (outs Tile_AccumulatorMatrix:$result);
  let assemblyFormat = "$slope `from` $first attr-dict `:` type($result)";
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>]> {
  let summary = "writes a matrix to rows of a tensor";
  let description = [{
    Writes row r to `destination[batch, head, row + r]` for `row + r < limit`,
    rounded to nearest even into the tensor's element type.

    ```
    tile.store %o to %out[%b, %h, %q0] limit %seq_q
      : !tile.matrix<128x64xf32, accumulator>, memref<?x8x?x64xbf16>
    ```
  }];
  let arguments = (ins Tile_AccumulatorMatrix:$matrix, AnyMemRef:$destination,
                       Index:$batch, Index:$head, Index:$row, Index:$limit);
  let assemblyFormat = [{
    $matrix `to` $destination `[` $batch `,` $head `,` $row `]` `limit` $limit
    attr-dict `:` type($matrix) `,` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_StoreRowsOp : Tile_Op<"store_rows", [MemoryEffects<[MemWrite]>]> {
  let summary = "writes per-row values to a tensor";
  let description = [{
    ```
    tile.store_rows %lse to %out[%b, %h, %q0] limit %seq_q
      : !tile.per_row<128xf32>, memref<?x8x?xf32>
    ```
  }];
  let arguments = (ins Tile_PerRowType:$values, AnyMemRef:$destination,
                       Index:$batch, Index:$head, Index:$row, Index:$limit);
  let assemblyFormat = [{
    $values `to` $destination `[` $batch `,` $head `,` $row `]` `limit` $limit
    attr-dict `:` type($values) `,` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_MatchRangeOp : Tile_Op<"match_range", [AttrSizedOperandSegments,
                                                MemoryEffects<[MemRead]>]> {
  let summary = "the keys whose table entry lies among those of query rows";
  let description = [{
    Reads `query_table[query_indices, i]` for the rows i from `first_row` to
    `last_row`, both included, of which there is at least one; call the least and
    the greatest of these entries, as signed integers, low and high. Then reads
    `key_table[key_indices, j]` for j in `[key_begin, key_end)` and returns

      * [begin, end): the smallest range that holds every such j whose entry lies
        in [low, high]; both are 0 if there is none;
      * all_match: low == high, and every entry in [begin, end) equals it.

    So a pair (i, j) with equal entries has j in the range, and with `all_match`
    every pair of the range has equal entries. Nothing is assumed of the order of
    entries. Threads may share the scan, so all of the workgroup must reach the
    operation together, outside of `tile.roles`; they get the same results.

    ```
    %begin, %end, %same = tile.match_range rows %r0 to %r1 of %ids[%b] keys %c0 to %n of %ids[%b]
        : memref<?x?xi32>, memref<?x?xi32>
    ```
  }];
  let arguments = (ins AnyMemRef:$query_table, Variadic<Index>:$query_indices,
                       Index:$first_row, Index:$last_row,
                       AnyMemRef:$key_table, Variadic<Index>:$key_indices,
                       Index:$key_begin, Index:$key_end);
  let results = (outs Index:$begin, Index:$end, I1:$all_match);
  let assemblyFormat = [{
    `rows` $first_row `to` $last_row `of` $query_table `[` $query_indices `]`
    `keys` $key_begin `to` $key_end `of` $key_table `[` $key_indices `]`
    attr-dict `:` type($query_table) `,` type($key_table)
  }];
  let hasVerifier = 1;
}

include "kgen/Dialect/Tile/IR/TileAsyncOps.td"

#endif // KGEN_DIALECT_TILE_TILEOPS
