#ifndef KGEN_DIALECT_ATTENTION_ATTENTIONOPS
#define KGEN_DIALECT_ATTENTION_ATTENTIONOPS

include "kgen/Dialect/Attention/AttentionAttrs.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// An operand or result whose type is checked by verify(), where errors have
/// codes; the description is for the docs.
class Attention_Value<string description> : Type<CPred<"true">, description>;

def Attention_ForwardOp : Attention_Op<"forward", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<ConditionallySpeculatable>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "attention with a score function and a mask function";
  let description = [{
    For every batch `b`, query head `h`, query row `i` and key row `j`, with
    `g = h / (Hq / Hkv)`:

    ```
    s(b,h,i,j) = scale * sum_d Q[b,h,i,d] * K[b,g,j,d]
    t(b,h,i,j) = score(s(b,h,i,j), b, h, i, j)   where mask(b,h,i,j), else -inf
    O[b,h,i,:] = sum_j softmax_j(t(b,h,i,j)) * V[b,g,j,:]
    LSE[b,h,i] = log(sum_j exp(t(b,h,i,j)))      natural logarithm
    ```

    A row whose pairs are all masked gives O = 0 and LSE = -inf. Products are
    accumulated in f32; score functions work in f32.

    | value | shape | element type |
    |---|---|---|
    | `q` | [B, Hq, Sq, Dqk] | f32, f16 or bf16 |
    | `k` | [B, Hkv, Skv, Dqk], Hq a multiple of Hkv | as `q` |
    | `v` | [B, Hkv, Skv, Dv] | as `q` |
    | O | [B, Hq, Sq, Dv] | as `q` |
    | LSE, optional | [B, Hq, Sq] | f32 |

    Head counts and head dimensions are static; B, Sq and Skv may be `?`.

    There is a tensor form, in which O and LSE are results, and a memref form,
    in which they are destinations (`outs`) and the op writes them. Memrefs are
    contiguous. One-shot bufferization turns the first into the second.

    `score` takes `(f32, index, index, index, index)` = (s, b, h, q_idx, kv_idx)
    and yields f32; `mask` takes `(index, index, index, index)` = (b, h, q_idx,
    kv_idx) and yields i1, true where the pair takes part. A missing region
    means s itself, and "every pair". Regions may use values defined above the
    op: scalars, and tensors or memrefs, which they read element-wise. They hold
    pure scalar ops only: `arith`, `math`, `index`, `tensor.extract`,
    `tensor.dim`, `memref.load` and `memref.dim`.

    `mods` names functions of the library. Their scores apply after the `score`
    region, in the order given; their masks and the `mask` region are ANDed.
    A mod that reads a table takes it from the operands in parentheses: each
    operand goes to the first mod, in order, that has no table yet and can take
    one of its type. `--attention-expand-mods` writes the mods into the regions.

    `schedule` says how to compute it and never changes the meaning, except
    for the two allowances: `allow_tf32` lets f32 products round their inputs to
    tf32, and `allow_approx_math` lets score functions use approximate hardware
    instructions such as `tanh.approx`. Without them no knob may cost accuracy.

    A missing `scale` is 1/sqrt(Dqk); it is always printed.

    Example, relative position and a causal mask:
    ```mlir
    func.func @relative(%q: tensor<2x8x?x64xbf16>, %k: tensor<2x8x?x64xbf16>,
                        %v: tensor<2x8x?x64xbf16>) -> tensor<2x8x?x64xbf16> {
      %o = attention.forward %q, %k, %v scale 0.125 score {
      ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
        %d = arith.subi %i, %j : index
        %di = arith.index_cast %d : index to i32
        %df = arith.sitofp %di : i32 to f32
        %r = arith.addf %s, %df : f32
        attention.yield %r : f32
      } mask {
      ^bb0(%b: index, %h: index, %i: index, %j: index):
        %keep = arith.cmpi sge, %i, %j : index
        attention.yield %keep : i1
      } : (tensor<2x8x?x64xbf16>, tensor<2x8x?x64xbf16>, tensor<2x8x?x64xbf16>) -> tensor<2x8x?x64xbf16>
      return %o : tensor<2x8x?x64xbf16>
    }
    ```

    Example, named mods, grouped heads, LSE, memref form:
    ```mlir
    func.func @named(%q: memref<1x8x512x64xf16>, %k: memref<1x2x512x64xf16>,
                     %v: memref<1x2x512x64xf16>, %slopes: memref<8xf32>,
                     %o: memref<1x8x512x64xf16>, %lse: memref<1x8x512xf32>) {
      attention.forward %q, %k, %v mods [#attention.causal, #attention.alibi] (%slopes : memref<8xf32>)
        schedule(#attention.schedule<tile_q = 128>)
        outs(%o, %lse : memref<1x8x512x64xf16>, memref<1x8x512xf32>)
        : (memref<1x8x512x64xf16>, memref<1x2x512x64xf16>, memref<1x2x512x64xf16>) -> ()
      return
    }
    ```
  }];
  let arguments = (ins
    Attention_Value<"queries, [B, Hq, Sq, Dqk]">:$q,
    Attention_Value<"keys, [B, Hkv, Skv, Dqk]">:$k,
    Attention_Value<"values, [B, Hkv, Skv, Dv]">:$v,
    Variadic<Attention_Value<"tables and lengths of named mods">>:$mod_operands,
    Variadic<Attention_Value<"memref form: destinations of O and, if wanted, LSE">>:$outs,
    F64Attr:$scale,
    OptionalAttr<Attention_ModArrayAttr>:$mods,
    OptionalAttr<Attention_ScheduleAttr>:$schedule,
    UnitAttr:$allow_tf32,
    UnitAttr:$allow_approx_math);
  let results = (outs
    Variadic<Attention_Value<"tensor form: O and, if wanted, LSE">>:$results);
  let regions = (region AnyRegion:$score, AnyRegion:$mask);

  let builders = [
    OpBuilder<(ins "::mlir::Value":$q, "::mlir::Value":$k, "::mlir::Value":$v,
                   "double":$scale, CArg<"bool", "false">:$withLse)>
  ];
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;

  let extraClassDeclaration = [{
    static constexpr unsigned kScoreArguments = 5; ///< s, b, h, q_idx, kv_idx
    static constexpr unsigned kMaskArguments = 4;  ///< b, h, q_idx, kv_idx

    /// True when O and LSE are results; false when they are memrefs in `outs`.
    bool isTensorForm() { return getOuts().empty(); }
    /// O: a result or a destination.
    ::mlir::Value getO();
    /// LSE, or null when it is not wanted.
    ::mlir::Value getLse();
    bool writesLse() { return getLse() != nullptr; }

    ::mlir::ShapedType getQType();
    ::mlir::ShapedType getKType();
    ::mlir::ShapedType getVType();
    /// f32, f16 or bf16.
    ::mlir::FloatType getElementType();
    /// Sizes; ShapedType::kDynamic where no operand says. B, Sq and Skv take
    /// the static size of any operand that has one.
    int64_t getBatch();
    int64_t getHeadsQ();
    int64_t getHeadsKV();
    int64_t getSeqQ();
    int64_t getSeqKV();
    int64_t getHeadDimQK();
    int64_t getHeadDimV();

    bool hasScore() { return !getScore().empty(); }
    bool hasMask() { return !getMask().empty(); }
    /// The value that a region yields; null when the region is missing.
    ::mlir::Value getYieldedScore();
    ::mlir::Value getYieldedMask();

    /// The mods, empty when there are none.
    ::llvm::SmallVector<ModAttr> getModList();
    /// For each mod its operand, null where it takes none. Fails when an
    /// operand is left over or a required one is missing (verified).
    ::mlir::FailureOr<::llvm::SmallVector<::mlir::Value>> assignModOperands();

    /// Values used in the regions and defined above the op, in the order of
    /// first use, score before mask. Scalar constants are left out: they belong
    /// into the region (sinkConstants puts them there).
    ::llvm::SmallVector<::mlir::Value> getCaptures();
  }];
}

def Attention_YieldOp : Attention_Op<"yield", [
    Pure, Terminator, HasParent<"ForwardOp">]> {
  let summary = "end of a score or mask region";
  let description = [{
    Hands the new score (f32) or the decision of the mask (i1) to
    `attention.forward`.

    Example:
    ```mlir
    func.func @identity(%q: tensor<1x1x8x8xf32>) -> tensor<1x1x8x8xf32> {
      %o = attention.forward %q, %q, %q scale 1.0 score {
      ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
        attention.yield %s : f32
      } : (tensor<1x1x8x8xf32>, tensor<1x1x8x8xf32>, tensor<1x1x8x8xf32>) -> tensor<1x1x8x8xf32>
      return %o : tensor<1x1x8x8xf32>
    }
    ```
  }];
  let arguments = (ins Attention_Value<"the new score (f32), or whether the pair is kept (i1)">:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

#endif // KGEN_DIALECT_ATTENTION_ATTENTIONOPS
