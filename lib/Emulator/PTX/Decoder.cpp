//===- Decoder.cpp - From statements to instructions
//-----------------------===//

#include "Decoder.h"

#include <algorithm>
#include <bit>

namespace kgen::emulator::ptx {

// ---- the statement ---------------------------------------------------------

static const Operand kNoOperand;

const Operand &Decoder::operand(size_t i) {
  if (i < now->operands.size())
    return now->operands[i];
  malformed("too few operands");
  return kNoOperand;
}

void Decoder::expectOperands(size_t least, size_t most) {
  if (now->operands.size() < least || now->operands.size() > most)
    malformed("takes " + std::to_string(least) +
              (least == most ? "" : " to " + std::to_string(most)) +
              " operands, not " + std::to_string(now->operands.size()));
}

bool Decoder::take(std::string_view word) {
  auto found = std::find(left.begin(), left.end(), word);
  if (found == left.end())
    return false;
  left.erase(found);
  return true;
}

int Decoder::takeOneOf(std::initializer_list<std::string_view> words) {
  int index = 0;
  for (std::string_view word : words) {
    if (take(word))
      return index;
    ++index;
  }
  return -1;
}

std::optional<Type> Decoder::takeType() {
  if (left.empty())
    return std::nullopt;
  Type type = parseType(left.front());
  if (type == Type::None)
    return std::nullopt;
  left.erase(left.begin());
  return type;
}

Type Decoder::type() {
  if (std::optional<Type> type = takeType())
    return *type;
  if (left.empty())
    malformed("the mnemonic lacks a type");
  else
    unsupported("." + std::string(left.front()));
  return Type::B32;
}

// ---- errors ----------------------------------------------------------------

std::string Decoder::place() const {
  return "line " + std::to_string(now->line) + ": " + std::string(now->text);
}

void Decoder::unsupported(std::string_view why) {
  if (!failure)
    failure = Error(ErrorCode::EmulatorUnsupported,
                    place() + ": not emulated: " + std::string(why));
}

void Decoder::malformed(std::string_view why) {
  if (!failure)
    failure =
        Error(ErrorCode::EmulatorSyntax, place() + ": " + std::string(why));
}

void Decoder::decode(const Statement &statement, const InstructionForm &form,
                     size_t words, Instruction &instruction) {
  now = &statement;
  building = &instruction;
  left.assign(statement.parts.begin() + ptrdiff_t(words),
              statement.parts.end());
  form.decode(*this, instruction);
  if (!left.empty() && !failure)
    unsupported("." + std::string(left.front()));
  if (statement.guard >= 0) {
    Operand guard;
    guard.kind = OperandKind::Register;
    guard.index = uint32_t(statement.guard);
    instruction.guard = int32_t(predicateSource(guard));
    instruction.guardNegated = statement.guardNegated;
  }
}

// ---- the whole kernel ------------------------------------------------------

/// Words of `pattern` if the statement begins with them, else 0.
static size_t wordsMatched(const Statement &statement,
                           std::string_view pattern) {
  size_t words = 0;
  while (true) {
    size_t dot = pattern.find('.');
    std::string_view word = pattern.substr(0, dot);
    if (words >= statement.parts.size() || statement.parts[words] != word)
      return 0;
    ++words;
    if (dot == std::string_view::npos)
      return words;
    pattern.remove_prefix(dot + 1);
  }
}

/// Forms by the first word of their pattern.
using FormTable = std::multimap<std::string_view, const InstructionForm *>;

static const InstructionForm *
findForm(const FormTable &table, const Statement &statement, size_t &words) {
  const InstructionForm *best = nullptr;
  words = 0;
  if (statement.parts.empty())
    return nullptr;
  auto [first, end] = table.equal_range(statement.parts.front());
  for (auto it = first; it != end; ++it) {
    size_t matched = wordsMatched(statement, it->second->pattern);
    if (matched > words) {
      words = matched;
      best = it->second;
    }
  }
  return best;
}

Expected<DecodedKernel>
decodeKernel(const Kernel &kernel,
             std::span<const std::span<const InstructionForm>> forms) {
  FormTable table;
  for (std::span<const InstructionForm> family : forms)
    for (const InstructionForm &form : family)
      table.emplace(form.pattern.substr(0, form.pattern.find('.')), &form);

  DecodedKernel decoded;
  Decoder decoder(kernel, decoded.layout);
  decoded.instructions.resize(kernel.statements.size() + 1);
  for (size_t i = 0; i < kernel.statements.size(); ++i) {
    const Statement &statement = kernel.statements[i];
    size_t words = 0;
    const InstructionForm *form = findForm(table, statement, words);
    if (!form)
      return Error(ErrorCode::EmulatorUnsupported,
                   "line " + std::to_string(statement.line) + ": " +
                       std::string(statement.text) + ": not emulated: " +
                       (statement.parts.empty()
                            ? std::string("an empty mnemonic")
                            : std::string(statement.parts.front())));
    decoded.instructions[i].index = uint32_t(i);
    decoder.decode(statement, *form, words, decoded.instructions[i]);
    if (decoder.error())
      return *decoder.error();
  }
  Instruction &end = decoded.instructions.back();
  end.index = uint32_t(kernel.statements.size());
  end.instructionClass = InstructionClass::Control;
  end.execute = executeExit;
  return decoded;
}

} // namespace kgen::emulator::ptx
