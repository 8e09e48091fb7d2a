//===- KernelBuilder.h - Names and numbers of one kernel ------------------===//
//
// Flattens the scopes of a kernel's body: registers, labels and variables that
// inner { } scopes declare get a name and a number of their own. Knows no
// tokens; the parser turns a `false` or an empty result into an error with the
// line.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_KERNELBUILDER_H
#define KGEN_LIB_EMULATOR_PTX_KERNELBUILDER_H

#include "Module.h"

#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace kgen::emulator::ptx {

/// A label that a statement names, before it is known where it stands.
struct LabelUse {
  std::string_view name;
  uint32_t line = 0;
  uint32_t statement = 0;
  uint32_t operand = 0;
  int32_t element = -1; ///< of a Vector operand (a branch table); -1: itself
};

/// A .branchtargets list: names with the line of each.
using BranchTable = std::vector<std::pair<std::string_view, uint32_t>>;

/// All names given to it must outlive it (they point into the module's text).
class KernelBuilder {
public:
  KernelBuilder(std::string_view name, uint32_t line);

  Kernel kernel;

  void openScope(uint32_t line);
  /// Closes the innermost scope; its unresolved labels move to the one around
  /// it. Closing the outermost resolves the last: the first label that stands
  /// nowhere, or nothing if all do.
  std::optional<LabelUse> closeScope();
  size_t depth() const { return scopes.size(); }

  /// False if the innermost scope has the name already. Registers get their
  /// number when they are first used, so that a declared register that nothing
  /// uses costs no state.
  bool declareRegister(std::string_view name, Type type);
  /// %r<12>: %r0 to %r11.
  bool declareRegisters(std::string_view prefix, uint32_t count, Type type);
  std::optional<uint32_t> findRegister(std::string_view name);

  /// Gives a parameter or variable its offset and declares it in the innermost
  /// scope. False if the name is taken or the space is full.
  bool declareSymbol(std::string_view name, Symbol symbol);
  std::optional<uint32_t> findSymbol(std::string_view name) const;
  /// The kernel's own copy of a variable of the module, made at its first use;
  /// nothing if the space is full.
  std::optional<uint32_t> useModuleSymbol(uint32_t index, const Symbol &symbol);

  uint32_t special(std::string_view name);

  /// False if the innermost scope has the label already.
  bool defineLabel(std::string_view name);
  bool defineBranchTable(std::string_view name, BranchTable targets);
  /// Null if no scope has a table of that name.
  const BranchTable *findBranchTable(std::string_view name) const;
  void useLabel(LabelUse use) { scopes.back().uses.push_back(use); }

  /// Puts dynamic shared memory behind the static.
  void finish();

private:
  struct Range {
    uint32_t count = 0;
    Type type = Type::B32;
  };
  struct Scope {
    uint32_t line = 0;
    std::unordered_map<std::string_view, Type> registers;
    std::unordered_map<std::string_view, Range> ranges;
    std::unordered_map<std::string_view, uint32_t> numbers; ///< of those used
    std::unordered_map<std::string_view, uint32_t> symbols;
    std::unordered_map<std::string_view, uint32_t> labels;
    std::unordered_map<std::string_view, BranchTable> tables;
    std::vector<LabelUse> uses;
  };

  static std::optional<Type> findDeclared(const Scope &scope,
                                          std::string_view name);
  /// `name`, or if an other scope has it: name@line of the scope.
  std::string uniqueName(std::string_view name, const Scope &scope,
                         std::unordered_set<std::string> &taken);
  bool place(Symbol &symbol);

  std::vector<Scope> scopes;
  uint64_t constantBytes = 0;
  std::unordered_set<std::string> registerNames, labelNames;
  std::unordered_map<std::string_view, uint32_t> specials;
  std::unordered_map<uint32_t, uint32_t> moduleSymbols;
};

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_KERNELBUILDER_H
