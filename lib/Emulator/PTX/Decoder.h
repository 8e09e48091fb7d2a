//===- Decoder.h - From statements to instructions
//-------------------------===//
//
// A family of instructions is one or more InstructionForm rows: the words that
// the mnemonic begins with, and a function that reads the rest. Whatever a
// decode function does not take (a modifier, an operand) is refused with the
// line when the program is loaded, never when it runs.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_DECODER_H
#define KGEN_LIB_EMULATOR_PTX_DECODER_H

#include "Instruction.h"
#include "Module.h"
#include "Registers.h"

#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kgen::emulator::ptx {

class Decoder;
using Decode = void (*)(Decoder &decoder, Instruction &instruction);

struct InstructionForm {
  /// The first words of the mnemonic, "cp.async.bulk"; of several forms that
  /// fit, the one with most words is taken, and its words are consumed.
  std::string_view pattern;
  Decode decode;
};

/// Everything but the Hopper-only set.
std::span<const InstructionForm> coreForms();

/// A program, decoded. instructions[i] belongs to kernel.statements[i]; one
/// more ends a thread that runs past the last statement.
struct DecodedKernel {
  std::vector<Instruction> instructions;
  RegisterLayout layout;
};

/// `forms`: all tables together.
Expected<DecodedKernel>
decodeKernel(const Kernel &kernel,
             std::span<const std::span<const InstructionForm>> forms);

/// What decode functions use. The first error sticks; the functions go on with
/// harmless results, so that they need no error paths of their own.
class Decoder {
public:
  Decoder(const Kernel &kernel, RegisterLayout &layout);

  // ---- the statement -------------------------------------------------------
  const Kernel &program() const { return kernel; }
  const Statement &statement() const { return *now; }
  size_t operandCount() const { return now->operands.size(); }
  /// Operand i; a Sink and an error if there are fewer.
  const Operand &operand(size_t i);

  // ---- the mnemonic's words, in any order ----------------------------------
  /// Consumes `word` if it is among those left.
  bool take(std::string_view word);
  /// Consumes the first of `words` that is there; its index, or -1.
  int takeOneOf(std::initializer_list<std::string_view> words);
  /// Consumes the next word, if it is a type.
  std::optional<Type> takeType();
  /// The same; an error if there is none.
  Type type();
  /// Words not consumed yet, in order.
  const std::vector<std::string_view> &wordsLeft() const { return left; }
  void dropWord(size_t i) { left.erase(left.begin() + ptrdiff_t(i)); }

  // ---- operands: rows of the register file ---------------------------------
  /// A register, immediate, special register or a variable's address as a
  /// value of `type`. A register must have the size of `type`, or more where
  /// `relaxed` (ld, st, cvt).
  uint32_t source(size_t i, Type type, bool relaxed = false);
  uint32_t source(const Operand &operand, Type type, bool relaxed = false);
  /// "_" gives a row that nobody reads.
  uint32_t destination(size_t i, Type type, bool relaxed = false);
  uint32_t destination(const Operand &operand, Type type, bool relaxed = false);
  /// Numbers of predicates. `negated` (!p) is refused unless asked for.
  uint32_t predicateSource(const Operand &operand, bool *negated = nullptr);
  uint32_t predicateDestination(const Operand &operand);
  /// A vector's elements, or the operand alone.
  std::vector<uint32_t> sources(const Operand &operand, Type type,
                                bool relaxed = false);
  std::vector<uint32_t> destinations(const Operand &operand, Type type,
                                     bool relaxed = false);
  /// [base + offset]: the row of the base (an address as written: 32 or 64
  /// bits) goes to `row`, whether it is 64 bits wide to `is64`. A base that is
  /// a variable becomes a constant of 64 bits.
  struct Address {
    uint32_t row = 0;
    bool is64 = false;
    int64_t offset = 0;
    /// Set if the base is a variable.
    const Symbol *symbol = nullptr;
  };
  Address address(size_t i);
  Address address(const Operand &operand);
  /// An immediate; nullopt if the operand is something else.
  std::optional<int64_t> immediate(const Operand &operand) const;
  bool isRegister(const Operand &operand, Type *type = nullptr) const;
  uint32_t label(size_t i);
  /// Whether the row is the first of a 64-bit value (relaxed operands).
  bool isWide(uint32_t row) const { return layout.wide[row]; }
  /// Rows that hold a constant or a special register.
  uint32_t constant(uint64_t bits, bool is64);
  uint32_t special(Special special, bool is64);

  // ---- errors --------------------------------------------------------------
  /// EmulatorUnsupported: "line N: <text of the statement>: <why>".
  void unsupported(std::string_view why);
  /// EmulatorSyntax: operands that the ISA does not allow.
  void malformed(std::string_view why);
  /// malformed unless there are between `least` and `most` operands.
  void expectOperands(size_t least, size_t most);
  const std::optional<Error> &error() const { return failure; }

  /// Decodes one statement with `form`, whose pattern has `words` words.
  void decode(const Statement &statement, const InstructionForm &form,
              size_t words, Instruction &instruction);

private:
  uint32_t newRow(bool is64, std::string name);
  void touch(uint32_t row, bool isPredicate, bool isWritten);
  uint32_t registerRow(const Operand &operand, Type type, bool relaxed,
                       bool isWritten);
  std::string place() const;

  const Kernel &kernel;
  RegisterLayout &layout;
  const Statement *now = nullptr;
  Instruction *building = nullptr;
  std::vector<std::string_view> left;
  std::optional<Error> failure;
  std::map<std::pair<uint64_t, bool>, uint32_t> constantRows;
  std::map<std::pair<Special, bool>, uint32_t> specialRows;
  std::array<std::optional<uint32_t>, 2> sinkRows; ///< of 32 and 64 bits
  std::optional<uint32_t> sinkPredicate;
};

/// The executing lanes end: what stands behind the last statement.
void executeExit(Warp &warp, const Instruction &instruction);

/// The address of a variable in its space, before a CTA exists.
uint64_t symbolAddress(const Kernel &kernel, const Symbol &symbol);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_DECODER_H
