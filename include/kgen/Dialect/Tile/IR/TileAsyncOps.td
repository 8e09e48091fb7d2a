//===- TileAsyncOps.td - Workgroups whose warps have different roles -------===//
#ifndef KGEN_DIALECT_TILE_TILEASYNCOPS
#define KGEN_DIALECT_TILE_TILEASYNCOPS

include "kgen/Dialect/Tile/IR/TileBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// Roles and rings
//===----------------------------------------------------------------------===//

def Tile_RolesOp : Tile_Op<"roles", [RecursiveMemoryEffects, SingleBlock, NoTerminator,
                                     NoRegionArguments]> {
  let summary = "divides a workgroup into one that copies and those that compute";
  let description = [{
    Both regions run at the same time: `producer` on threads of its own, which
    only send tiles, `consumers` on the warps of the schedule. They meet in the
    rings alone: a buffer whose slots are filled by `tile.send` and emptied by
    `tile.release`. The n-th tile of a ring lies in slot n mod slots; both sides
    count, and each number is sent, received and released once, in order.

    ```
    tile.roles producer {
      tile.send %k[%b, %h, %row] to %ring at %n
        : memref<?x8x?x128xbf16>, !tile.buffer<2x64x128xbf16>
    } consumers {
      %keys = tile.receive %ring at %n : !tile.buffer<2x64x128xbf16>
      ...
      tile.release %ring at %n : !tile.buffer<2x64x128xbf16>
    }
    ```
  }];
  let regions = (region SizedRegion<1>:$producer, SizedRegion<1>:$consumers);
  let assemblyFormat = "`producer` $producer `consumers` $consumers attr-dict";
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins)>];
}

def Tile_SendOp : Tile_Op<"send", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "fills a slot of a ring";
  let description = [{
    Waits until the slot of tile `number` is free, then starts copying rows
    `row ... row + R - 1` of `source[batch, head]` into it. Rows past the end of
    the tensor's third dimension become zeros. Does not wait for the copy.
  }];
  let arguments = (ins AnyMemRef:$source, Index:$batch, Index:$head, Index:$row,
                       Tile_BufferType:$ring, Index:$number);
  let assemblyFormat = [{
    $source `[` $batch `,` $head `,` $row `]` `to` $ring `at` $number
    attr-dict `:` type($source) `,` type($ring)
  }];
  let hasVerifier = 1;
}

def Tile_ReceiveOp : Tile_Op<"receive", [
    MemoryEffects<[MemRead, MemWrite]>,
    TypesMatchWith<"a view has the shape of a slot", "ring", "view",
                   "::kgen::tile::SlotOp::viewTypeOf(::llvm::cast<::kgen::tile::BufferType>($_self))">]> {
  let summary = "waits for a tile of a ring; its view";
  let arguments = (ins Tile_BufferType:$ring, Index:$number);
  let results = (outs Tile_ViewType:$view);
  let assemblyFormat = "$ring `at` $number attr-dict `:` type($ring)";
  let builders = [OpBuilder<(ins "::mlir::Value":$ring, "::mlir::Value":$number)>];
}

def Tile_ReleaseOp : Tile_Op<"release", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "this thread no longer reads a tile of a ring";
  let description = [{
    Once all consumers have said so, the slot may be sent to again. Products that
    read the slot must have been awaited.
  }];
  let arguments = (ins Tile_BufferType:$ring, Index:$number);
  let assemblyFormat = "$ring `at` $number attr-dict `:` type($ring)";
}

def Tile_ProgramCountOp : Tile_Op<"program_count", [Pure]> {
  let summary = "workgroups in the grid's first dimension";
  let description = [{
    For persistent workgroups, which take several tiles: the grid is then
    one-dimensional and as large as the machine.

    ```
    %n = tile.program_count
    ```
  }];
  let results = (outs Index:$count);
  let assemblyFormat = "attr-dict";
}

def Tile_WarpgroupOp : Tile_Op<"warpgroup", [Pure]> {
  let summary = "this warpgroup's number among those that compute";
  let description = [{
    Warpgroup g holds the rows 64 g ... 64 g + 63 of a tile. Stands in the
    `consumers` of `tile.roles`.

    ```
    %g = tile.warpgroup
    ```
  }];
  let results = (outs Index:$number);
  let assemblyFormat = "attr-dict";
}

//===----------------------------------------------------------------------===//
// Which tiles a workgroup takes
//===----------------------------------------------------------------------===//

def Tile_DrawTileOp : Tile_Op<"draw_tile", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "the next query tile of the grid that no workgroup has taken";
  let description = [{
    Persistent workgroups start with the tile of their own number and draw one
    more for each tile that they take, so that who is done early takes more. Of
    `count` tiles in all; a result of `count` or more says that none is left.
    Each launch begins with the first tile again.

    ```
    %next = tile.draw_tile of %count
    ```
  }];
  let arguments = (ins Index:$count);
  let results = (outs Index:$number);
  let assemblyFormat = "`of` $count attr-dict";
}

def Tile_PostOp : Tile_Op<"post", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "fills a slot of a ring of numbers";
  let description = [{
    `tile.send` for one number: waits until the slot is free, then writes it.

    ```
    tile.post %tile to %ring at %n : !tile.buffer<2x1x1xi32>
    ```
  }];
  let arguments = (ins Index:$value, Tile_BufferType:$ring, Index:$number);
  let assemblyFormat = "$value `to` $ring `at` $number attr-dict `:` type($ring)";
  let hasVerifier = 1;
}

def Tile_CollectOp : Tile_Op<"collect", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "waits for a number of a ring";
  let description = [{
    `tile.receive` for one number. Until the slot is released it may be collected
    again, which is cheaper than to keep the number in registers.

    ```
    %tile = tile.collect %ring at %n : !tile.buffer<2x1x1xi32>
    ```
  }];
  let arguments = (ins Tile_BufferType:$ring, Index:$number);
  let results = (outs Index:$value);
  let assemblyFormat = "$ring `at` $number attr-dict `:` type($ring)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Products in flight
//===----------------------------------------------------------------------===//

def Tile_Matrix : AnyTypeOf<[Tile_AccumulatorMatrix, Tile_OperandMatrix]>;

def Tile_AwaitOp : Tile_Op<"await", [
    AttrSizedOperandSegments, MemoryEffects<[MemRead, MemWrite]>,
    RangedTypesMatchWith<"results have the operands' types", "matrices", "results",
                         "::mlir::TypeRange($_self)">]> {
  let summary = "waits for products that were started";
  let description = [{
    A `tile.dot` marked `async` has only been started: until this op returns
    them, neither its result nor its left operand in registers (whose registers
    are being read) may be used. Products finish in order; `pending` is how many
    of those started later may still run. Values in `after` are computed before
    the wait, while the products run.

    ```
    %s1 = tile.await %s0 pending 1 : !tile.matrix<64x64xf32, accumulator>
    %o1, %p1 = tile.await %o0, %p0 after %sum : !tile.per_row<64xf32> pending 0
        : !tile.matrix<64x128xf32, accumulator>, !tile.matrix<64x64xbf16, operand>
    ```
  }];
  let arguments = (ins Variadic<Tile_Matrix>:$matrices, Variadic<Tile_PerRowType>:$after,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$pending);
  let results = (outs Variadic<Tile_Matrix>:$results);
  let assemblyFormat = [{
    $matrices (`after` $after^ `:` type($after))? `pending` $pending attr-dict `:` type($matrices)
  }];
}

def Tile_StageOp : Tile_Op<"stage", [
    MemoryEffects<[MemWrite]>,
    TypesMatchWith<"the operand has the view's shape", "view", "matrix",
                   "::kgen::tile::LoadOp::matrixTypeOf(::llvm::cast<::kgen::tile::ViewType>($_self))">]> {
  let summary = "writes a left operand to on-chip memory";
  let description = [{
    The inverse of `tile.load`, for products that read the operand there instead
    of from registers. Each warpgroup writes its own rows and may read those in
    `tile.dot` at once; the others do not wait for it. Products that read what
    the view held before must have been awaited.

    ```
    %buffer = tile.alloc : !tile.buffer<1x128x64xbf16>
    tile.roles producer { ... } consumers {
      %view = tile.slot %buffer[%zero] : !tile.buffer<1x128x64xbf16>
      tile.stage %p to %view : !tile.view<128x64xbf16>
      %o1 = tile.dot %view, %v acc %o0
        : !tile.view<128x64xbf16>, !tile.view<64x128xbf16> -> !tile.matrix<128x128xf32, accumulator>
    }
    ```
  }];
  let arguments = (ins Tile_OperandMatrix:$matrix, Tile_ViewType:$view);
  let assemblyFormat = "$matrix `to` $view attr-dict `:` type($view)";
}

def Tile_StageColumnsOp : Tile_Op<"stage_columns", [RecursiveMemoryEffects, MemoryEffects<[MemRead, MemWrite]>, SingleBlock]> {
  let summary = "writes what the columns of a product start from to a slot";
  let description = [{
    Element (c, 0) becomes what the region yields for `col + c`. Each warpgroup has
    slots of its own, two of them, and its threads share the work. Numbers follow
    each other from 0, and each is published (`tile.publish_columns`).

    A thread that has received number n may stage n + 1 once it has awaited the
    product with n - 1: before they published n, the others had, too.

    ```
    %ring = tile.alloc : !tile.buffer<2x128x1xf32>
    tile.stage_columns %ring at %n from %kv0 : !tile.buffer<2x128x1xf32> {
    ^bb0(%j: index):
      %bias = memref.load %table[%j] : memref<?xf32>
      tile.yield %bias : f32
    }
    tile.publish_columns %ring at %n : !tile.buffer<2x128x1xf32>
    %view = tile.receive %ring at %n : !tile.buffer<2x128x1xf32>
    ```
  }];
  let arguments = (ins Tile_BufferType:$ring, Index:$number, Index:$col);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$ring `at` $number `from` $col attr-dict `:` type($ring) $body";
  let hasRegionVerifier = 1;
}

def Tile_PublishColumnsOp : Tile_Op<"publish_columns", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "this thread has staged its columns";
  let description = [{
    A `tile.receive` of the number waits until all threads of the warpgroup have
    said so. What was staged long before costs less to publish than what was just
    written. A number that nobody reads may be published without being staged.
  }];
  let arguments = (ins Tile_BufferType:$ring, Index:$number);
  let assemblyFormat = "$ring `at` $number attr-dict `:` type($ring)";
  let hasVerifier = 1;
}

def Tile_StoreStagedOp : Tile_Op<"store_staged", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "starts to copy what this warpgroup staged to rows of a tensor";
  let description = [{
    Copies row r of the view to `destination[batch, head, row + r]`, without what
    lies past the end of the tensor's third dimension. Each warpgroup copies the
    rows that it wrote with `tile.stage`, and must not write them again, nor end,
    before `tile.await_stores`.

    ```
    %o16 = tile.pack %o : !tile.matrix<128x64xf32, accumulator> -> !tile.matrix<128x64xbf16, operand>
    tile.await_stores
    tile.stage %o16 to %view : !tile.view<128x64xbf16>
    tile.store_staged %view to %out[%b, %h, %q0] : !tile.view<128x64xbf16>, memref<?x8x?x64xbf16>
    ...
    tile.await_stores
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, AnyMemRef:$destination, Index:$batch,
                       Index:$head, Index:$row);
  let assemblyFormat = [{
    $view `to` $destination `[` $batch `,` $head `,` $row `]` attr-dict
    `:` type($view) `,` type($destination)
  }];
  let hasVerifier = 1;
}

def Tile_AwaitStoresOp : Tile_Op<"await_stores", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "waits until this warpgroup's stores have read what it staged";
  let description = [{
    It may then stage other rows there, or end. What `tile.store_staged` copies is
    seen by others when the kernel has ended.

    ```
    tile.await_stores
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_DiffersOp : Tile_Op<"differs", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "whether the value of some row is not this constant";
  let description = [{
    Of the rows that a warp holds: the result is the same for its threads, and may
    be another one for the next warp, so only what a warp does for itself may
    depend on it. NaN differs. Its effects keep it, and the branch that it is for,
    where nothing is in flight.

    ```
    %changed = tile.differs %factor from 1.0 : !tile.per_row<64xf32>
    ```
  }];
  let arguments = (ins Tile_PerRowType:$input, F32Attr:$constant);
  let results = (outs I1:$result);
  let assemblyFormat = "$input `from` $constant attr-dict `:` type($input)";
}

def Tile_AtLeastOp : Tile_Op<"at_least", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "whether the value of every row is this constant or more";
  let description = [{
    Of the rows of a warpgroup: the result is the same for its threads, and may be
    another one for the next warpgroup. Its threads wait for one another, so that
    all of them must come here. NaN is not. Its effects keep it where nothing is
    in flight.

    ```
    %fits = tile.at_least %maximum from 0.0 : !tile.per_row<128xf32>
    ```
  }];
  let arguments = (ins Tile_PerRowType:$input, F32Attr:$constant);
  let results = (outs I1:$result);
  let assemblyFormat = "$input `from` $constant attr-dict `:` type($input)";
}

def Tile_PinOp : Tile_Op<"pin", [MemoryEffects<[MemRead, MemWrite]>,
                                  AllTypesMatch<["input", "result"]>]> {
  let summary = "the same value, not used before this point";
  let description = [{
    Whatever is computed from the result is computed after the operations before
    this one: here, under a product that was just started, and not ahead of it.
    An operand that is used in a loop is computed before it, and once.

    ```
    %a1 = tile.pin %a0 : !tile.per_row<64xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[Tile_PerRowType, Tile_OperandMatrix]>:$input);
  let results = (outs AnyTypeOf<[Tile_PerRowType, Tile_OperandMatrix]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Tile_TakeTurnOp : Tile_Op<"take_turn", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "waits until it is this warpgroup's turn";
  let description = [{
    Warpgroups between `tile.take_turn` and `tile.pass_turn` exclude each other
    and go round: while one starts its products, the others compute weights.
    Each warpgroup takes and passes equally often.
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_PassTurnOp : Tile_Op<"pass_turn", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "gives the turn to the next warpgroup";
  let assemblyFormat = "attr-dict";
}

#endif // KGEN_DIALECT_TILE_TILEASYNCOPS
