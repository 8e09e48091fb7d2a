//===- OperandReader.cpp - Operands and modifiers of a listing's line
//------===//

#include "OperandReader.h"

#include "FloatFormats.h"

#include <charconv>
#include <cstdlib>
#include <string>

namespace kgen::emulator::amd {

std::optional<int64_t> readInteger(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative)
    text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  uint64_t value = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return negative ? -int64_t(value) : int64_t(value);
}

static Operand unitOperand(Bank bank, Unit unit, uint8_t width) {
  Operand operand;
  operand.bank = bank;
  operand.unit = unit;
  operand.width = width;
  return operand;
}

static std::optional<Operand> readNamed(std::string_view text) {
  struct Name {
    std::string_view text;
    Unit unit;
    uint8_t width;
  };
  static constexpr Name kNames[] = {
      {"vcc", kVcc, 2},
      {"vcc_lo", kVcc, 1},
      {"vcc_hi", kVcc + 1, 1},
      {"exec", kExec, 2},
      {"exec_lo", kExec, 1},
      {"exec_hi", kExec + 1, 1},
      {"m0", kM0, 1},
      {"scc", kScc, 1},
      {"flat_scratch", kScalarBase + 102, 2},
      {"flat_scratch_lo", kScalarBase + 102, 1},
      {"flat_scratch_hi", kScalarBase + 103, 1},
  };
  for (const Name &name : kNames)
    if (name.text == text)
      return unitOperand(Bank::Scalar, name.unit, name.width);
  if (text == "off")
    return Operand{};
  return std::nullopt;
}

/// "v7", "a[0:15]", "s[2:3]".
static std::optional<Operand> readRegister(std::string_view text) {
  if (text.size() < 2)
    return std::nullopt;
  char file = text[0];
  if (file != 'v' && file != 'a' && file != 's')
    return std::nullopt;
  text.remove_prefix(1);
  int64_t first, last;
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
    size_t colon = text.find(':');
    auto low = readInteger(text.substr(0, colon));
    auto high = colon == text.npos ? low : readInteger(text.substr(colon + 1));
    if (!low || !high)
      return std::nullopt;
    first = *low, last = *high;
  } else {
    auto number = readInteger(text);
    if (!number)
      return std::nullopt;
    first = last = *number;
  }
  int64_t count = file == 's' ? 106 : 256;
  if (first < 0 || last < first || last >= count || last - first > 31)
    return std::nullopt;
  Unit base = file == 'v' ? 0 : file == 'a' ? kAccumulation : kScalarBase;
  return unitOperand(file == 's' ? Bank::Scalar : Bank::Vector,
                     Unit(base + first), uint8_t(last - first + 1));
}

static std::optional<Operand> readConstant(std::string_view text) {
  Operand operand;
  operand.bank = Bank::Constant;
  operand.isLiteral = text.find("0x") != text.npos;
  if (!operand.isLiteral && text.find('.') != text.npos) {
    std::string copy(text);
    char *end = nullptr;
    operand.real = std::strtod(copy.c_str(), &end);
    operand.isReal = true;
    if (*end != 0)
      return std::nullopt;
    return operand;
  }
  auto value = readInteger(text);
  if (!value)
    return std::nullopt;
  operand.bits = uint64_t(*value);
  return operand;
}

/// hwreg(HW_REG_MODE, offset, size): the only one.
static std::optional<Operand> readHardwareRegister(std::string_view text) {
  if (!text.starts_with("hwreg(HW_REG_MODE") || !text.ends_with(')'))
    return std::nullopt;
  text = text.substr(17, text.size() - 18);
  int64_t fields[2] = {0, 32};
  for (int64_t &field : fields) {
    if (!text.starts_with(", "))
      break;
    text.remove_prefix(2);
    auto value = readInteger(text.substr(0, text.find(',')));
    if (!value)
      return std::nullopt;
    field = *value;
    text.remove_prefix(std::min(text.size(), text.find(',')));
  }
  Operand operand;
  operand.bank = Bank::Constant;
  operand.bits = uint64_t(1 | fields[0] << 6 | (fields[1] - 1) << 11);
  return operand;
}

static std::optional<Operand> readPlain(std::string_view text) {
  if (auto named = readNamed(text))
    return named;
  if (auto reg = readRegister(text))
    return reg;
  if (auto constant = readConstant(text))
    return constant;
  return readHardwareRegister(text);
}

std::optional<Operand> readOperand(std::string_view text) {
  bool negate = false, absolute = false, sext = false;
  if (text.starts_with("neg(") && text.ends_with(')')) {
    text = text.substr(4, text.size() - 5);
    negate = true;
  } else if (text.size() > 1 && text[0] == '-' &&
             !(text[1] >= '0' && text[1] <= '9')) {
    text.remove_prefix(1);
    negate = true;
  }
  if (text.starts_with("sext(") && text.ends_with(')')) {
    text = text.substr(5, text.size() - 6);
    sext = true;
  }
  if (text.size() > 2 && text.starts_with('|') && text.ends_with('|')) {
    text = text.substr(1, text.size() - 2);
    absolute = true;
  }
  std::optional<Operand> operand = readPlain(text);
  if (operand) {
    operand->negate = negate;
    operand->absolute = absolute;
    operand->signExtend = sext;
  }
  return operand;
}

bool resolveConstant(Operand &operand, Type type) {
  if (operand.bank != Bank::Constant)
    return true;
  bool half = type == Type::F16 || type == Type::PackedF16;
  if (operand.isReal) {
    if (half)
      operand.bits = toHalf(operand.real);
    else if (type == Type::F64 || type == Type::B64 || type == Type::I64)
      operand.bits = std::bit_cast<uint64_t>(operand.real);
    else
      operand.bits = bitsOf(float(operand.real));
  } else if (operand.isLiteral) {
    // 32 bits of text; wider operands extend them, and f64 takes them as its
    // high half.
    if (operand.bits >> 32 && registersOf(type) < 2)
      return false;
    if (type == Type::F64)
      operand.bits <<= 32;
    else if (type == Type::I64)
      operand.bits = uint64_t(int64_t(int32_t(operand.bits)));
  } else if (registersOf(type) < 2) {
    operand.bits &= 0xFFFFFFFF;
  }
  if (type == Type::PackedF32)
    operand.bits = (operand.bits & 0xFFFFFFFF) | operand.bits << 32;
  return true;
}

/// "[1,0,1]": bit n from place n.
static bool readBits(std::string_view text, uint8_t &bits) {
  if (!text.starts_with('[') || !text.ends_with(']'))
    return false;
  bits = 0;
  uint32_t place = 0;
  for (char c : text.substr(1, text.size() - 2)) {
    if (c == ',')
      ++place;
    else if (c == '1')
      bits |= uint8_t(1u << place);
    else if (c != '0')
      return false;
  }
  return true;
}

static bool readQuad(std::string_view text, std::array<uint8_t, 4> &values) {
  if (text.size() != 9 || text[0] != '[')
    return false;
  for (uint32_t n = 0; n != 4; ++n) {
    char c = text[1 + 2 * n];
    if (c < '0' || c > '3')
      return false;
    values[n] = uint8_t(c - '0');
  }
  return true;
}

/// swizzle(QUAD_PERM,0,1,2,3), (SWAP,16), (REVERSE,8), (BROADCAST,32,5),
/// (BITMASK_PERM,"00p11"): the 16-bit pattern (LLVM, AMDGPUModifierSyntax).
static std::optional<uint32_t> readSwizzle(std::string_view text) {
  size_t comma = text.find(',');
  if (comma == text.npos)
    return std::nullopt;
  std::string_view kind = text.substr(0, comma), rest = text.substr(comma + 1);
  if (kind == "QUAD_PERM" && rest.size() == 7) {
    uint32_t pattern = 0x8000;
    for (uint32_t n = 0; n != 4; ++n)
      pattern |= uint32_t(rest[2 * n] - '0') << 2 * n;
    return pattern;
  }
  if (kind == "BITMASK_PERM" && rest.size() == 7) {
    uint32_t andMask = 0, orMask = 0, xorMask = 0;
    for (uint32_t n = 0; n != 5; ++n) {
      uint32_t bit = 16u >> n;
      char c = rest[1 + n];
      andMask |= c == 'p' || c == 'i' ? bit : 0;
      orMask |= c == '1' ? bit : 0;
      xorMask |= c == 'i' ? bit : 0;
    }
    return andMask | orMask << 5 | xorMask << 10;
  }
  auto amount = readInteger(rest.substr(0, rest.find(',')));
  if (!amount)
    return std::nullopt;
  if (kind == "SWAP")
    return 31u | uint32_t(*amount) << 10;
  if (kind == "REVERSE")
    return 31u | uint32_t(*amount - 1) << 10;
  auto lane = readInteger(rest.substr(rest.find(',') + 1));
  if (kind != "BROADCAST" || !lane)
    return std::nullopt;
  return (32u - uint32_t(*amount)) | uint32_t(*lane) << 5;
}

static bool readSelect(std::string_view text, SdwaSelect &select) {
  static constexpr std::string_view kNames[] = {
      "DWORD", "BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3", "WORD_0", "WORD_1"};
  for (uint32_t n = 0; n != std::size(kNames); ++n)
    if (kNames[n] == text) {
      select = SdwaSelect(n);
      return true;
    }
  return false;
}

static bool readUnused(std::string_view text, SdwaUnused &unused) {
  if (text == "UNUSED_PAD")
    unused = SdwaUnused::Pad;
  else if (text == "UNUSED_SEXT")
    unused = SdwaUnused::Sext;
  else if (text == "UNUSED_PRESERVE")
    unused = SdwaUnused::Preserve;
  else
    return false;
  return true;
}

/// DPP's controls with an amount.
static bool readDpp(std::string_view key, int64_t amount, Modifiers &m) {
  struct Control {
    std::string_view name;
    DppControl control;
  };
  static constexpr Control kControls[] = {
      {"row_shl", DppControl::RowShl},
      {"row_shr", DppControl::RowShr},
      {"row_ror", DppControl::RowRor},
      {"row_newbcast", DppControl::RowNewBcast},
      {"wave_shl", DppControl::WaveShl},
      {"wave_shr", DppControl::WaveShr},
      {"wave_rol", DppControl::WaveRol},
      {"wave_ror", DppControl::WaveRor}};
  for (const Control &control : kControls)
    if (control.name == key) {
      m.dpp = control.control;
      m.dppValues[0] = uint8_t(amount);
      return true;
    }
  if (key != "row_bcast" || (amount != 15 && amount != 31))
    return false;
  m.dpp = amount == 15 ? DppControl::RowBcast15 : DppControl::RowBcast31;
  return true;
}

static bool readFlag(std::string_view text, Modifiers &m) {
  if (text == "offen")
    m.offen = true;
  else if (text == "idxen")
    m.idxen = true;
  else if (text == "lds")
    m.lds = true;
  else if (text == "clamp")
    m.clamp = true;
  else if (text == "row_mirror")
    m.dpp = DppControl::RowMirror;
  else if (text == "row_half_mirror")
    m.dpp = DppControl::RowHalfMirror;
  else // caches: where the data are kept makes no difference here
    return text == "sc0" || text == "sc1" || text == "nt" || text == "glc" ||
           text == "slc" || text == "scc";
  return true;
}

static bool readNumber(std::string_view key, int64_t value, Modifiers &m) {
  if (key == "offset")
    m.offset = int32_t(value);
  else if (key == "offset0")
    m.offsets[0] = uint8_t(value);
  else if (key == "offset1")
    m.offsets[1] = uint8_t(value);
  else if (key == "mul")
    m.outputShift = value == 4 ? 2 : 1;
  else if (key == "div")
    m.outputShift = -1;
  else if (key == "row_mask")
    m.rowMask = uint8_t(value);
  else if (key == "bank_mask")
    m.bankMask = uint8_t(value);
  else if (key == "bound_ctrl") // older printers write 0 for "on"
    m.boundControl = true;
  else if (key == "bitop3")
    m.truthTable = uint8_t(value);
  else if (key == "cbsz" || key == "abid" || key == "blgp")
    m.matrixModifier |= value != 0;
  else
    return readDpp(key, value, m);
  return true;
}

bool readModifier(std::string_view text, Modifiers &m) {
  size_t colon = text.find(':');
  if (colon == text.npos)
    return readFlag(text, m);
  std::string_view key = text.substr(0, colon), value = text.substr(colon + 1);
  if (key == "op_sel")
    return readBits(value, m.opSel);
  if (key == "op_sel_hi")
    return readBits(value, m.opSelHi);
  if (key == "neg_lo")
    return readBits(value, m.negLo);
  if (key == "neg_hi")
    return readBits(value, m.negHi);
  if (key == "quad_perm") {
    m.dpp = DppControl::QuadPerm;
    return readQuad(value, m.dppValues);
  }
  if (key == "dst_sel" || key == "src0_sel" || key == "src1_sel") {
    m.sdwa = true;
    return readSelect(value, key == "dst_sel"    ? m.dstSel
                             : key == "src0_sel" ? m.srcSel[0]
                                                 : m.srcSel[1]);
  }
  if (key == "dst_unused")
    return readUnused(value, m.dstUnused);
  if (key == "offset" && value.starts_with("swizzle(") &&
      value.ends_with(')')) {
    auto pattern = readSwizzle(value.substr(8, value.size() - 9));
    m.offset = int32_t(pattern.value_or(0));
    return pattern.has_value();
  }
  auto number = readInteger(value);
  return number && readNumber(key, *number, m);
}

} // namespace kgen::emulator::amd
