//===- Parser.h - Reads PTX
//------------------------------------------------===//
//
// Recursive descent over Lexer's tokens, one token of lookahead. Parsing
// functions return false once `failure` is set, and their callers hand that up.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_PARSER_H
#define KGEN_LIB_EMULATOR_PTX_PARSER_H

#include "KernelBuilder.h"
#include "Lexer.h"

namespace kgen::emulator::ptx {

/// Bounds that keep the reader's memory and time linear in the text. A kernel
/// that is compiled for a GPU is far below each.
struct Limits {
  static constexpr size_t kTextBytes = size_t(64) << 20;
  static constexpr size_t kNesting = 64; ///< of scopes, and of braces in both
                                         ///< operands and initialisers
  static constexpr uint64_t kRegisters = 1 << 20; ///< declared in the module
  static constexpr uint64_t kStatements = 1 << 21;
  static constexpr uint64_t kOperands = 1 << 23; ///< elements included
  static constexpr size_t kKernels = 1 << 12;
  static constexpr size_t kVariables = 1 << 16; ///< of the module
  static constexpr uint64_t kVariableBytes = 1 << 30;
  /// Initialisers, summed over the kernels that use each.
  static constexpr uint64_t kInitialBytes = 256 << 20;
};

class Parser {
public:
  explicit Parser(std::string text);
  Expected<std::unique_ptr<Module>> run();

private:
  /// The attributes before a declaration's name.
  struct Declaration {
    Symbol symbol;
    uint32_t line = 0;
    std::string_view name;
    uint64_t elementBytes = 0; ///< of a .v2 or .v4 element, all of it
    bool unsized = false;      ///< name[]
  };

  // Tokens (Parser.cpp).
  void advance();
  bool acceptSymbol(char c);
  bool acceptDirective(std::string_view word);
  bool expectSymbol(char c);
  bool expectName(std::string_view what, std::string_view &name);
  bool expectInteger(std::string_view what, uint64_t maximum, uint64_t &value);
  /// Sets `failure` to "line N: found <token>, expected <what>"; false.
  bool fail(const Token &found, std::string_view expected);
  bool fail(uint32_t line, std::string_view found, std::string_view expected,
            ErrorCode code = ErrorCode::EmulatorSyntax);
  bool unsupported(const Token &found, std::string_view expected);
  bool withinLimit(uint64_t value, uint64_t limit, uint32_t line,
                   std::string_view what);

  // The module (Parser.cpp).
  bool parseHeader();
  bool parseModuleItem();
  bool parseSection();
  bool parseFile();
  bool parseLocation();
  bool parseLinkage(bool &isExtern);
  bool parsePragma();

  // Variables (ParserVariables.cpp).
  bool parseVariables(bool isExtern);
  bool parseAttributes(Declaration &declaration);
  bool parseAlignment(uint32_t &alignment);
  bool parseVariableName(Declaration &declaration);
  bool parseDimensions(Declaration &declaration);
  bool parseInitialiser(Declaration &declaration);
  bool parseInitialValue(Symbol &symbol);
  bool finishVariable(Declaration &declaration);
  bool declareVariable(Declaration &declaration);
  bool parseRegisters();
  bool parseRegisterNames(Type type);

  // Kernels (ParserKernel.cpp).
  bool parseKernel();
  bool parseParameters();
  bool parseParameter();
  bool parseKernelDirectives();
  bool parseExtent(std::array<uint32_t, 3> &extent);
  bool parseBody();
  bool parseBodyItem();
  bool closeBrace();
  bool parseBodyDirective();
  bool parseLabel(const Token &name);
  bool parseBranchTargets(const Token &name);

  // Statements (ParserStatements.cpp).
  bool parseStatement();
  bool parseGuard(Statement &statement);
  bool parseMnemonic(const Token &word, Statement &statement);
  bool parseOperands(Statement &statement);
  bool parseBranchOperand(Statement &statement);
  bool parseBranchTable(Statement &statement, const BranchTable &table);

  // Operands (ParserOperands.cpp).
  bool parseOperand(Operand &operand, size_t depth);
  bool parsePlainOperand(Operand &operand, size_t depth);
  bool parseWordOperand(Operand &operand);
  bool parseNumberOperand(Operand &operand, bool negative);
  bool parseNegated(Operand &operand);
  bool parseVector(Operand &operand, size_t depth);
  bool parseAddress(Operand &operand, size_t depth);
  bool parseOffset(int64_t &offset);
  bool countOperand(uint32_t line);
  bool resolveSymbol(const Token &name, Operand &operand);
  std::optional<uint32_t> useModuleVariable(uint32_t number, const Token &name);

  std::unique_ptr<Module> module;
  Lexer lexer;
  Token token; ///< not consumed yet
  std::optional<Error> failure;

  std::vector<Symbol> variables; ///< of the module
  std::unordered_map<std::string_view, uint32_t> variableNumbers;
  std::unordered_set<std::string_view> kernelNames;
  std::optional<KernelBuilder> builder; ///< of the kernel being read

  uint64_t declaredRegisters = 0, statementCount = 0, operandCount = 0,
           initialBytes = 0;
};

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_PARSER_H
