//===- KernelBuilder.cpp - Names and numbers of one kernel ----------------===//

#include "KernelBuilder.h"

#include <charconv>

namespace kgen::emulator::ptx {

namespace {
/// PTX's own limits of a kernel's parameters, of a thread's local memory and of
/// constant memory; shared memory is bounded by what keeps 32-bit addresses
/// (the architecture's limit is the launch's to check).
constexpr uint64_t kMaximumParameterBytes = 32764;
constexpr uint64_t kMaximumLocalBytes = 512 << 10;
constexpr uint64_t kMaximumConstantBytes = 64 << 10;
constexpr uint64_t kMaximumSharedBytes = 1 << 30;
} // namespace

static uint64_t alignTo(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

KernelBuilder::KernelBuilder(std::string_view name, uint32_t line) {
  kernel.name = name;
  openScope(line);
}

void KernelBuilder::openScope(uint32_t line) {
  scopes.emplace_back().line = line;
}

std::optional<LabelUse> KernelBuilder::closeScope() {
  Scope scope = std::move(scopes.back());
  scopes.pop_back();
  for (const LabelUse &use : scope.uses) {
    const auto found = scope.labels.find(use.name);
    if (found != scope.labels.end()) {
      Operand *operand =
          &kernel.statements[use.statement].operands[use.operand];
      if (use.element >= 0)
        operand = &operand->elements[size_t(use.element)];
      operand->index = found->second;
    } else if (scopes.empty()) {
      return use;
    } else {
      scopes.back().uses.push_back(use);
    }
  }
  return std::nullopt;
}

bool KernelBuilder::declareRegister(std::string_view name, Type type) {
  Scope &scope = scopes.back();
  if (findDeclared(scope, name))
    return false;
  return scope.registers.emplace(name, type).second;
}

bool KernelBuilder::declareRegisters(std::string_view prefix, uint32_t count,
                                     Type type) {
  return scopes.back().ranges.emplace(prefix, Range{count, type}).second;
}

/// %r12 may be of %r<20> or of %r1<3>: each split of the digits is tried.
std::optional<Type> KernelBuilder::findDeclared(const Scope &scope,
                                                std::string_view name) {
  const auto single = scope.registers.find(name);
  if (single != scope.registers.end())
    return single->second;
  if (scope.ranges.empty())
    return std::nullopt;
  constexpr size_t kDigits = 7; // of the largest count that the parser takes
  for (size_t n = 1; n <= kDigits && n < name.size(); ++n) {
    const std::string_view digits = name.substr(name.size() - n);
    if (digits[0] < '0' || digits[0] > '9')
      break;
    const auto range = scope.ranges.find(name.substr(0, name.size() - n));
    uint32_t index = 0;
    std::from_chars(digits.data(), digits.data() + n, index);
    const bool canonical = n == 1 || digits[0] != '0';
    if (range != scope.ranges.end() && canonical && index < range->second.count)
      return range->second.type;
  }
  return std::nullopt;
}

std::string KernelBuilder::uniqueName(std::string_view name, const Scope &scope,
                                      std::unordered_set<std::string> &taken) {
  std::string unique(name);
  if (!taken.insert(unique).second) {
    unique += "@" + std::to_string(scope.line);
    // Two scopes that open on one line: the count of names is new each time.
    if (!taken.insert(unique).second) {
      unique += "#" + std::to_string(taken.size());
      taken.insert(unique);
    }
  }
  return unique;
}

std::optional<uint32_t> KernelBuilder::findRegister(std::string_view name) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    const auto known = scope->numbers.find(name);
    if (known != scope->numbers.end())
      return known->second;
    if (const auto type = findDeclared(*scope, name)) {
      const uint32_t number = uint32_t(kernel.registers.size());
      kernel.registers.push_back(
          {uniqueName(name, *scope, registerNames), *type});
      scope->numbers.emplace(name, number);
      return number;
    }
  }
  return std::nullopt;
}

/// Gives the symbol its offset in its space.
bool KernelBuilder::place(Symbol &symbol) {
  const auto append = [&](uint64_t &size, uint64_t limit) {
    symbol.offset = alignTo(size, symbol.alignment);
    if (symbol.bytes > limit || symbol.offset > limit - symbol.bytes)
      return false;
    size = symbol.offset + symbol.bytes;
    return true;
  };
  switch (symbol.space) {
  case Space::Param:
    return append(kernel.parameterBytes, kMaximumParameterBytes);
  case Space::Local:
    return append(kernel.localBytes, kMaximumLocalBytes);
  case Space::Shared:
    return symbol.isExtern ||
           append(kernel.staticSharedBytes, kMaximumSharedBytes);
  case Space::Const:
    return append(constantBytes, kMaximumConstantBytes);
  case Space::Global:
    return true;
  }
  return false;
}

bool KernelBuilder::declareSymbol(std::string_view name, Symbol symbol) {
  const uint32_t index = uint32_t(kernel.symbols.size());
  if (!place(symbol) || !scopes.back().symbols.emplace(name, index).second)
    return false;
  kernel.symbols.push_back(std::move(symbol));
  return true;
}

std::optional<uint32_t> KernelBuilder::findSymbol(std::string_view name) const {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    const auto found = scope->symbols.find(name);
    if (found != scope->symbols.end())
      return found->second;
  }
  return std::nullopt;
}

std::optional<uint32_t> KernelBuilder::useModuleSymbol(uint32_t index,
                                                       const Symbol &symbol) {
  const auto known = moduleSymbols.find(index);
  if (known != moduleSymbols.end())
    return known->second;
  Symbol copy = symbol;
  if (!place(copy))
    return std::nullopt;
  const uint32_t number = uint32_t(kernel.symbols.size());
  kernel.symbols.push_back(std::move(copy));
  moduleSymbols.emplace(index, number);
  return number;
}

uint32_t KernelBuilder::special(std::string_view name) {
  const auto [at, isNew] =
      specials.emplace(name, uint32_t(kernel.specials.size()));
  if (isNew)
    kernel.specials.emplace_back(name);
  return at->second;
}

bool KernelBuilder::defineLabel(std::string_view name) {
  Scope &scope = scopes.back();
  const uint32_t statement = uint32_t(kernel.statements.size());
  if (!scope.labels.emplace(name, statement).second)
    return false;
  kernel.labels.emplace_back(statement, uniqueName(name, scope, labelNames));
  return true;
}

bool KernelBuilder::defineBranchTable(std::string_view name,
                                      BranchTable targets) {
  return scopes.back().tables.emplace(name, std::move(targets)).second;
}

const BranchTable *KernelBuilder::findBranchTable(std::string_view name) const {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    const auto found = scope->tables.find(name);
    if (found != scope->tables.end())
      return &found->second;
  }
  return nullptr;
}

void KernelBuilder::finish() {
  for (Symbol &symbol : kernel.symbols)
    if (symbol.space == Space::Shared && symbol.isExtern)
      symbol.offset = alignTo(kernel.staticSharedBytes, symbol.alignment);
}

} // namespace kgen::emulator::ptx
