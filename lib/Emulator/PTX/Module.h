//===- Module.h - A PTX module as it is written
//----------------------------===//
//
// What the reader makes of PTX text: syntax only. It knows declarations,
// scopes, labels and the forms of operands, and gives every register a number;
// it does not know what any instruction means (Decoder.h does).
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_MODULE_H
#define KGEN_LIB_EMULATOR_PTX_MODULE_H

#include "kgen/Support/Error.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::emulator::ptx {

/// PTX fundamental types; the b, u and s types of one width differ only in
/// meaning.
enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  F32,
  F64,
};
/// Bytes of a value; 0 for None and Pred.
uint32_t bytesOf(Type type);
/// "b32"; and back: None for a word that is no type.
std::string_view spelling(Type type);
Type parseType(std::string_view word);

enum class OperandKind : uint8_t {
  Register,  ///< index: into Kernel::registers
  Immediate, ///< bits: an integer, or a float's bits (isFloat)
  Symbol,    ///< index: into Kernel::symbols; its address, plus offset
  Special,   ///< index: into Kernel::specials: "%tid.x"
  Label,     ///< index: the statement it stands before; one past the last for
             ///< a label at the kernel's end
  Address,   ///< [base + offset]: base is elements[0], if any; else offset
             ///< alone. More elements: the coordinates of a tensor address
             ///< ([map, {x, y}]) follow as one Vector
  Vector,    ///< {a, b, c, d}: elements. The .branchtargets of brx.idx: Labels
  Pair,      ///< d|p: elements, two registers
  Sink,      ///< "_"
};

struct Operand {
  OperandKind kind = OperandKind::Sink;
  uint32_t index = 0;
  /// Immediate: two's complement, or the float's bits. 0f and 0d literals carry
  /// their bits; a decimal float is the bits of its double.
  uint64_t bits = 0;
  bool isFloat = false;
  bool isF64Bits = false; ///< float literal given as or rounded to a double
  bool negated = false;   ///< !%p, or -%r where PTX allows it
  int64_t offset = 0;     ///< Symbol and Address
  std::vector<Operand> elements;
};

/// One instruction: `@!%p mnemonic operands;`
struct Statement {
  uint32_t line = 0; ///< 1-based, in the module's text
  /// Register of the guard predicate; -1: none.
  int32_t guard = -1;
  bool guardNegated = false;
  /// "ld", "shared", "v4", "b32" of ld.shared.v4.b32; "::" stays within a part
  /// ("shared::cta").
  std::vector<std::string_view> parts;
  std::vector<Operand> operands;
  /// Without the guard and the semicolon, one line, for reports.
  std::string_view text;
};

enum class Space : uint8_t { Shared, Global, Const, Param, Local };

/// A variable: of the module, or a kernel's parameter.
struct Symbol {
  std::string name;
  Space space = Space::Shared;
  Type type = Type::B8; ///< of an element
  uint64_t bytes = 0;   ///< 0 for an extern array: dynamic shared memory
  uint32_t alignment = 1;
  bool isExtern = false;
  uint64_t offset = 0; ///< Param: in the parameter block. Shared: in the CTA's
                       ///< static shared memory (extern: after it, aligned).
                       ///< Local: in the thread's local memory. Const: in
                       ///< constant memory
  /// Global and Const: the first bytes; the others are zero.
  std::vector<uint8_t> initial;
};

struct Register {
  std::string name; ///< "%r12"; unique after scopes were flattened: "p", then
                    ///< "p@150" of the scope that opens in line 150
  Type type = Type::B32;
};

struct Kernel {
  std::string name;
  std::vector<Register> registers; ///< those that statements name
  /// Parameters first, in order; then the variables that it uses.
  std::vector<Symbol> symbols;
  uint32_t parameterCount = 0;
  uint64_t parameterBytes = 0;
  uint64_t staticSharedBytes = 0;
  uint64_t localBytes = 0; ///< .local variables (stack), per thread
  std::vector<std::string> specials;
  std::vector<Statement> statements;
  /// .reqntid, .maxntid, .reqnctapercluster; 0: not given.
  std::array<uint32_t, 3> requiredThreads{}, maximumThreads{}, clusterSize{};
  uint32_t minCtasPerSm = 0, maximumRegisters = 0;
  /// Label names for reports: (statement index, name).
  std::vector<std::pair<uint32_t, std::string>> labels;
};

/// Owns its text; the string_views of its kernels point into it.
struct Module {
  std::string text;
  /// Statements on one line each: what Statement::text points into.
  std::string statementTexts;
  uint32_t versionMajor = 0, versionMinor = 0;
  std::string target; ///< "sm_80", "sm_90a"
  std::vector<Kernel> kernels;
};

/// Reads a whole module. A word that it does not know is EmulatorSyntax with
/// "line N: ..."; functions other than entries (.func) and what kgen and LLVM
/// do not emit for kernels (textures, .alias, ...) are EmulatorUnsupported with
/// the line. Debug directives (.file, .loc, .section) are skipped. Never
/// crashes on any input; at most 64 MiB of text.
Expected<std::unique_ptr<Module>> parseModule(std::string text);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_MODULE_H
