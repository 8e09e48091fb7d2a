#ifndef KGEN_DIALECT_ATTENTION_ATTENTIONDIALECT
#define KGEN_DIALECT_ATTENTION_ATTENTIONDIALECT

include "mlir/IR/OpBase.td"

def Attention_Dialect : Dialect {
  let name = "attention";
  let summary = "Attention variants as a score function and a mask function";
  let description = [{
    One op, `attention.forward`, says what an attention variant computes: two
    products, a softmax between them, and two small regions that change the
    score of a (query, key) pair and decide whether the pair takes part. How it
    is computed stands beside it as an attribute, `#attention.schedule`, and
    never changes the meaning. Usual variants have names (`#attention.causal`,
    `#attention.alibi`, ...): each is nothing but a stored region.

    The dialect knows no machine: it has neither threads nor memory spaces.
  }];
  let cppNamespace = "::kgen::attention";
  let dependentDialects = [
    "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"
  ];
  let extraClassDeclaration = [{
    /// Attributes are parsed and printed by hand: `#attention.<mod>` is open to
    /// every name of the mod table.
    ::mlir::Attribute parseAttribute(::mlir::DialectAsmParser &parser,
                                     ::mlir::Type type) const override;
    void printAttribute(::mlir::Attribute attribute,
                        ::mlir::DialectAsmPrinter &printer) const override;
  }];
}

class Attention_Op<string mnemonic, list<Trait> traits = []>
    : Op<Attention_Dialect, mnemonic, traits>;

#endif // KGEN_DIALECT_ATTENTION_ATTENTIONDIALECT
