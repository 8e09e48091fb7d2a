//===- ListingReader.cpp - From a listing to decoded instructions
//----------===//

#include "ListingReader.h"

#include "OperandReader.h"

#include <map>

namespace kgen::emulator::amd {

namespace {

std::string_view trimmed(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Splits at `separator` outside of brackets and quotes.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t at = 0; at != text.size(); ++at) {
    char c = text[at];
    depth += c == '[' || c == '(';
    depth -= c == ']' || c == ')';
    if (c != separator || depth != 0)
      continue;
    parts.push_back(trimmed(text.substr(begin, at - begin)));
    begin = at + 1;
  }
  parts.push_back(trimmed(text.substr(begin)));
  return parts;
}

class Reader {
public:
  Reader(const Listing &listing, const Architecture &arch) : listing(listing) {
    code.facts = listing.facts;
    code.arch = &arch;
    code.target = arch.name == "gfx90a"   ? Target::Gfx90a
                  : arch.name == "gfx942" ? Target::Gfx942
                                          : Target::Gfx950;
  }
  Expected<Code> run();

private:
  Error syntax(std::string what) const {
    return Error(ErrorCode::EmulatorSyntax, place() + what);
  }
  Error unsupported(std::string what) const {
    return Error(ErrorCode::EmulatorUnsupported, place() + what);
  }
  std::string place() const {
    return "line " + std::to_string(line) + ": " + std::string(source) + ": ";
  }

  Expected<void> readLine(std::string_view text);
  Expected<void> readInstruction(std::string_view text);
  Expected<void> readParts(std::string_view rest, Instruction &i);
  Expected<void> readWaits(std::string_view rest, Instruction &i);
  Expected<void> checkOperands(Instruction &i) const;
  Expected<void> checkRegister(const Operand &operand) const;
  Expected<void> checkModifiers(const Instruction &i) const;
  Expected<void> resolveBranches();

  const Listing &listing;
  Code code;
  uint32_t line = 0;
  std::string_view source; ///< the line's text and comment
  std::map<std::string, uint32_t, std::less<>> labels;
  std::map<uint32_t, std::string> branches; ///< instruction and its label
};

/// The counts of s_waitcnt: "vmcnt(0) lgkmcnt(1)"; expcnt has no meaning here.
Expected<void> Reader::readWaits(std::string_view rest, Instruction &i) {
  for (std::string_view part : split(rest, ' ')) {
    if (part.empty() || part == "&")
      continue;
    size_t open = part.find('(');
    auto count =
        open == part.npos || !part.ends_with(')')
            ? std::nullopt
            : readInteger(part.substr(open + 1, part.size() - open - 2));
    if (!count)
      return syntax("expected counter(number)");
    std::string_view name = part.substr(0, open);
    if (name == "vmcnt")
      i.waits.vector = uint8_t(*count);
    else if (name == "lgkmcnt")
      i.waits.scalarAndLds = uint8_t(*count);
    else if (name != "expcnt")
      return unsupported("unknown counter");
  }
  return {};
}

/// Operands between commas; modifiers behind the last one, between spaces.
Expected<void> Reader::readParts(std::string_view rest, Instruction &i) {
  if (rest.empty())
    return {};
  for (std::string_view chunk : split(rest, ',')) {
    bool first = true;
    for (std::string_view part : split(chunk, ' ')) {
      if (part.empty())
        continue;
      std::optional<Operand> operand;
      if (first)
        operand = readOperand(part);
      if (operand)
        i.operands.push_back(*operand);
      else if (!readModifier(part, i.modifiers))
        return unsupported("'" + std::string(part) + "' is not understood");
      first = false;
    }
  }
  return {};
}

Expected<void> Reader::checkRegister(const Operand &operand) const {
  if (operand.bank != Bank::Vector)
    return {};
  bool accumulation = operand.unit >= kAccumulation;
  uint32_t limit = accumulation ? listing.facts.accumulationRegisters
                                : listing.facts.vectorRegisters;
  uint32_t end = operand.unit % kAccumulation + operand.width;
  if (end > limit)
    return Error(ErrorCode::FindingResource,
                 place() + "uses " + std::to_string(end) + " registers " +
                     (accumulation ? "a" : "v") + ", the kernel allocates " +
                     std::to_string(limit));
  return {};
}

Expected<void> Reader::checkModifiers(const Instruction &i) const {
  const Modifiers &m = i.modifiers;
  if (m.matrixModifier)
    return unsupported("cbsz, abid and blgp are not emulated");
  Type result = i.operation->types[0];
  bool real = result == Type::F32 || result == Type::F16 ||
              result == Type::F64 || result == Type::PackedF16 ||
              result == Type::PackedF32 || i.operation->types[1] == Type::Mixed;
  if (m.clamp && !real)
    return unsupported("clamp of integers is not emulated");
  // Which half of such a constant is meant is not documented.
  for (uint32_t k = i.operation->results; k < i.operands.size() && k < 6; ++k) {
    Type type = i.operation->types[k];
    bool packed = type == Type::PackedF16 || type == Type::Packed16;
    if (packed && i.operands[k].bank == Bank::Constant &&
        i.operands[k].isReal && (m.opSelHi >> (k - i.operation->results) & 1))
      return unsupported("a packed constant with op_sel_hi is not emulated");
  }
  return {};
}

/// A constant of 16 bits with or without a sign.
void extendShort(Operand &operand, Operation::Short kind) {
  if (kind == Operation::Short::No || operand.bank != Bank::Constant)
    return;
  auto low = uint16_t(operand.bits);
  operand.bits =
      kind == Operation::Short::Signed ? uint32_t(int32_t(int16_t(low))) : low;
}

Expected<void> Reader::checkOperands(Instruction &i) const {
  const Operation &operation = *i.operation;
  if (i.operands.size() < operation.results)
    return syntax("has too few operands");
  // A mnemonic's operands are as many as their types, with few exceptions
  // (carries in, cache instructions), which the handlers index within.
  uint32_t expected = 0;
  for (Type type : operation.types)
    expected += type != Type::None && type != Type::Raw;
  if (i.operands.size() < expected)
    return syntax("has too few operands");
  for (uint32_t k = 0; k != i.operands.size(); ++k) {
    Operand &operand = i.operands[k];
    Type type = k < operation.types.size() ? operation.types[k] : Type::None;
    if (!resolveConstant(operand, type))
      return syntax("operand " + std::to_string(k) + " is too large");
    if (k + 1 == i.operands.size())
      extendShort(operand, operation.shortConstant);
    uint32_t registers = registersOf(type);
    if (operand.isRegister() && registers && operand.width != registers)
      return syntax("operand " + std::to_string(k) + " has " +
                    std::to_string(operand.width) + " registers, needs " +
                    std::to_string(registers));
    if (k < operation.results && !operand.isRegister() && !i.modifiers.lds)
      return syntax("the result is not a register");
    if (Expected<void> inside = checkRegister(operand); !inside)
      return inside;
  }
  return {};
}

void addUnits(const Operand &operand, std::vector<Unit> &units) {
  if (operand.isRegister())
    for (uint32_t r = 0; r != operand.width; ++r)
      units.push_back(Unit(operand.unit + r));
}

void collectUnits(Instruction &i) {
  const Operation &o = *i.operation;
  for (uint32_t k = 0; k != i.operands.size(); ++k) {
    bool result = k < o.results && !i.modifiers.lds;
    if (result)
      addUnits(i.operands[k], i.writes);
    // DPP and SDWA may leave parts of the old result.
    bool partial = i.modifiers.dpp != DppControl::None || i.modifiers.sdwa;
    if (!result || o.readsResult || partial)
      addUnits(i.operands[k], i.reads);
  }
  auto pair = [](std::vector<Unit> &units, Unit unit) {
    units.push_back(unit);
    units.push_back(Unit(unit + 1));
  };
  bool vector = o.pipe != Pipe::Scalar && o.pipe != Pipe::Control &&
                o.pipe != Pipe::ScalarMemory;
  if (o.readsVcc)
    pair(i.reads, kVcc);
  if (o.writesVcc)
    pair(i.writes, kVcc);
  if (o.readsExec || vector)
    pair(i.reads, kExec);
  if (o.writesExec)
    pair(i.writes, kExec);
  if (o.readsM0 || i.modifiers.lds)
    i.reads.push_back(kM0);
}

/// How many operands each kind of memory or matrix instruction indexes.
uint32_t leastOperands(const Instruction &i) {
  const Operation &o = *i.operation;
  switch (o.pipe) {
  case Pipe::VectorMemory:
    if (o.name.starts_with("buffer"))
      return i.modifiers.lds ? 3 : 4;
    return o.memory.toLds ? 2 : 3;
  case Pipe::Flat:
    return 2;
  case Pipe::Lds:
    return o.memory.bytes == 0 ? 2u + (o.name != "ds_swizzle_b32")
           : o.memory.store    ? 1u + o.memory.elements
                               : 2u;
  case Pipe::ScalarMemory:
    return 3;
  case Pipe::Matrix:
    return 4;
  default:
    return 0;
  }
}

/// Widths of data and of MFMA operands follow from the operation.
bool rawWidthsFit(const Instruction &i) {
  const Operation &o = *i.operation;
  if (o.pipe == Pipe::Matrix) {
    const MatrixShape &s = o.matrix;
    uint32_t operands = s.element == MatrixShape::Element::F32
                            ? s.perLane
                            : std::max(1, s.perLane / 2);
    uint32_t results = std::max(4, s.m * s.n * s.blocks / int(kLanes));
    const Operand &c = i.operands[3];
    return i.operands[0].width == results && i.operands[1].width == operands &&
           i.operands[2].width == operands &&
           (c.bank != Bank::Vector || c.width == results);
  }
  if (o.memory.bytes == 0 || o.memory.toLds || i.modifiers.lds)
    return true;
  uint32_t registers = std::max(1, o.memory.bytes / 4);
  if (!o.memory.store)
    return i.operands[0].width == registers * o.memory.elements;
  bool dataFirst = o.name.starts_with("buffer");
  return i.operands[dataFirst ? 0 : 1].width == registers;
}

Expected<void> Reader::readInstruction(std::string_view text) {
  size_t space = text.find(' ');
  std::string_view mnemonic = text.substr(0, space);
  std::string_view rest = space == text.npos ? "" : trimmed(text.substr(space));
  Instruction i;
  i.text = std::string(text);
  i.line = line;
  i.operation = OperationTable::get().find(mnemonic);
  if (!i.operation)
    return unsupported("this instruction is not emulated");
  // The flag of v_fma_mix defaults to f32 operands, of packed math to pairs.
  if (i.operation->types[1] == Type::Mixed)
    i.modifiers.opSelHi = 0;
  if (mnemonic == "s_waitcnt") {
    if (Expected<void> waits = readWaits(rest, i); !waits)
      return waits;
  } else if (mnemonic == "s_branch" || mnemonic.starts_with("s_cbranch_")) {
    branches[uint32_t(code.instructions.size())] = std::string(rest);
  } else if (Expected<void> parts = readParts(rest, i); !parts) {
    return parts;
  }
  if (i.modifiers.clamp) {
    std::string saturating = std::string(i.operation->name) + " clamp";
    if (const Operation *operation = OperationTable::get().find(saturating)) {
      i.operation = operation;
      i.modifiers.clamp = false;
    }
  }
  const MatrixShape &matrix = i.operation->matrix;
  if (matrix.k && matrix.passes[size_t(code.target)] == 0)
    return unsupported("this target has no such instruction");
  if (Expected<void> operands = checkOperands(i); !operands)
    return operands;
  if (i.operands.size() < leastOperands(i))
    return syntax("has too few operands");
  if (!rawWidthsFit(i))
    return syntax("has operands of a wrong width");
  if (Expected<void> modifiers = checkModifiers(i); !modifiers)
    return modifiers;
  if (mnemonic == "s_nop" && i.operands.empty())
    return syntax("has too few operands");
  collectUnits(i);
  code.instructions.push_back(std::move(i));
  return {};
}

Expected<void> Reader::readLine(std::string_view text) {
  source = trimmed(text);
  std::string_view body = trimmed(text.substr(0, text.find("//")));
  if (body.empty())
    return {};
  if (body.ends_with(':')) {
    labels[std::string(body.substr(0, body.size() - 1))] =
        uint32_t(code.instructions.size());
    return {};
  }
  return readInstruction(body);
}

Expected<void> Reader::resolveBranches() {
  for (const auto &[index, label] : branches) {
    auto found = labels.find(label);
    Instruction &i = code.instructions[index];
    if (found == labels.end() || found->second >= code.instructions.size())
      return Error(ErrorCode::EmulatorSyntax,
                   code.name(index) + ": no instruction has this label");
    i.target = found->second;
  }
  return {};
}

Expected<Code> Reader::run() {
  std::string_view rest = listing.text;
  while (!rest.empty()) {
    ++line;
    size_t end = rest.find('\n');
    if (Expected<void> read = readLine(rest.substr(0, end)); !read)
      return read.error();
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  if (code.instructions.empty())
    return Error(ErrorCode::EmulatorSyntax, "the listing has no instruction");
  if (Expected<void> resolved = resolveBranches(); !resolved)
    return resolved.error();
  return std::move(code);
}

} // namespace

Expected<Code> readListing(const Listing &listing, const Architecture &arch) {
  return Reader(listing, arch).run();
}

} // namespace kgen::emulator::amd
