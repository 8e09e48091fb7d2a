#ifndef KGEN_DIALECT_ATTENTION_ATTENTIONATTRS
#define KGEN_DIALECT_ATTENTION_ATTENTIONATTRS

include "kgen/Dialect/Attention/AttentionDialect.td"
include "mlir/IR/AttrTypeBase.td"

class Attention_Attr<string name> : AttrDef<Attention_Dialect, name>;

def Attention_ScheduleAttr : Attention_Attr<"Schedule"> {
  let mnemonic = "schedule";
  let summary = "How an attention kernel is computed";
  let description = [{
    A spelling of the `kgen::Schedule` struct; JSON is the other one. Every knob
    has a default, and only knobs that differ from it are printed. An unknown
    knob or value is an error that lists the known ones. The verifier applies
    the rules that hold on every machine; rules of one machine are applied where
    the machine is known.

    Syntax:
    ```
    schedule-attr ::= `#attention.schedule` (`<` (knob (`,` knob)*)? `>`)?
    knob          ::= name `=` (integer | `true` | `false` | keyword)
    ```

    Example:
    ```mlir
    #schedule = #attention.schedule<tile_q = 128, tile_kv = 64, producer = cp_async, stages_k = 2>
    ```
  }];
  let parameters = (ins AttrParameter<"::kgen::Schedule", "the knobs">:$schedule);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Attention_ModAttr : Attention_Attr<"Mod"> {
  let attrName = "attention.mod";
  let summary = "A named score or mask function of the library";
  let description = [{
    `#attention.<name><parameter = value, ...>`: one row of the mod table (see
    Mods.md) with values for its parameters. Values are integers, floats,
    `true`/`false`, and lists of integers or of booleans. A missing parameter
    takes the default of the table. Unknown names and parameters are errors that
    name the nearest known one.

    Example:
    ```mlir
    #window = #attention.sliding_window<window = 1024>
    #grid = #attention.neighborhood<extents = [64, 64], window = [13, 13], causal = [false, false]>
    ```
  }];
  let parameters = (ins
    AttrParameter<"::mlir::StringAttr", "name of a row of the mod table">:$name,
    AttrParameter<"::mlir::DictionaryAttr", "its parameters, defaults left out">:$parameters);
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The row of the mod table; verified to exist.
    const ModInfo &getInfo() const;
    /// Values of an integer or list parameter; the default where none is given.
    ::llvm::SmallVector<int64_t> getIntegers(::llvm::StringRef parameter) const;
    /// The value of a float parameter, or its default.
    double getFloat(::llvm::StringRef parameter) const;
    /// The MLIR text that holds the functions of this mod.
    ::llvm::StringRef getSource() const;
    /// The file of the library: the name, with the rank where there are several.
    static std::string fileOf(const ModInfo &info, ::mlir::DictionaryAttr parameters);
    static ::llvm::SmallVector<int64_t>
    integersOf(const ModInfo &info, ::mlir::DictionaryAttr parameters,
               ::llvm::StringRef parameter);
    /// Parses what follows `#attention.<name>`; prints `<name><...>`.
    static ::mlir::Attribute parseNamed(::mlir::AsmParser &parser, ::llvm::SMLoc loc,
                                        ::llvm::StringRef name);
    void printNamed(::mlir::AsmPrinter &printer) const;
  }];
}

def Attention_ModArrayAttr : TypedArrayAttrBase<Attention_ModAttr, "array of named mods">;

#endif // KGEN_DIALECT_ATTENTION_ATTENTIONATTRS
