//===- ScheduleAttr.cpp - #attention.schedule -----------------------------===//
#include "Diagnostics.h"
#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Schedule/Legality.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::attention;

llvm::hash_code kgen::hash_value(const Schedule &schedule) {
  llvm::hash_code hash = llvm::hash_value(Schedule::kVersion);
  forEachKnob(schedule, [&](std::string_view, const auto &value) {
    hash = llvm::hash_combine(hash, static_cast<int64_t>(value));
  });
  return hash;
}

namespace {

/// The last enumerator of each knob's type: enumerators count from 0.
constexpr ProducerKind lastOf(ProducerKind) { return ProducerKind::Tma; }
constexpr OverlapMode lastOf(OverlapMode) { return OverlapMode::Both; }
constexpr OperandPlace lastOf(OperandPlace) { return OperandPlace::Shared; }
constexpr TileScheduler lastOf(TileScheduler) {
  return TileScheduler::PersistentDynamic;
}
constexpr TileOrder lastOf(TileOrder) { return TileOrder::L2Swizzled; }
constexpr KvDirection lastOf(KvDirection) { return KvDirection::Reverse; }
constexpr Exp2Unit lastOf(Exp2Unit) { return Exp2Unit::Mixed; }
constexpr RescalePolicy lastOf(RescalePolicy) { return RescalePolicy::Lazy; }
constexpr KvRangeOf lastOf(KvRangeOf) { return KvRangeOf::Warpgroup; }
constexpr EpilogueKind lastOf(EpilogueKind) { return EpilogueKind::Tma; }
constexpr AffineUnit lastOf(AffineUnit) { return AffineUnit::Tensor; }
constexpr RowMaximum lastOf(RowMaximum) { return RowMaximum::Integer; }

/// Reads the value of one knob into its field, whatever its type.
struct KnobParser {
  AsmParser &parser;
  StringRef knob;

  ParseResult operator()(int64_t &field) const {
    int64_t value = 0;
    SMLoc loc = parser.getCurrentLocation();
    OptionalParseResult parsed = parser.parseOptionalInteger(value);
    if (!parsed.has_value() || failed(*parsed))
      return parser.emitError(loc) << coded(ErrorCode::KnobValue) << "knob '"
                                   << knob << "' takes an integer";
    field = value;
    return success();
  }

  ParseResult operator()(bool &field) const {
    if (succeeded(parser.parseOptionalKeyword("true"))) {
      field = true;
      return success();
    }
    if (succeeded(parser.parseOptionalKeyword("false"))) {
      field = false;
      return success();
    }
    return parser.emitError(parser.getCurrentLocation())
           << coded(ErrorCode::KnobValue) << "knob '" << knob
           << "' takes true or false";
  }

  template <typename Enum>
  requires std::is_enum_v<Enum> ParseResult operator()(Enum &field) const {
    SMLoc loc = parser.getCurrentLocation();
    StringRef word;
    (void)parser.parseOptionalKeyword(&word);
    std::string known;
    for (int i = 0; i <= static_cast<int>(lastOf(Enum{})); ++i) {
      std::string_view name = spelling(static_cast<Enum>(i));
      if (word == StringRef(name)) {
        field = static_cast<Enum>(i);
        return success();
      }
      known += (i ? ", " : "") + std::string(name);
    }
    return parser.emitError(loc) << coded(ErrorCode::KnobValue) << "knob '"
                                 << knob << "' takes one of: " << known;
  }
};

ParseResult parseKnob(AsmParser &parser, Schedule &schedule,
                      llvm::SmallDenseSet<StringRef> &seen) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  if (!seen.insert(name).second)
    return parser.emitError(loc) << coded(ErrorCode::UnknownKnob) << "knob '"
                                 << name << "' is given twice";
  std::optional<ParseResult> parsed;
  std::string known;
  forEachKnob(schedule, [&](std::string_view key, auto &field) {
    known += (known.empty() ? "" : ", ") + std::string(key);
    if (name == StringRef(key))
      parsed = failed(parser.parseEqual()) ? ParseResult(failure())
                                           : KnobParser{parser, name}(field);
  });
  if (!parsed)
    return parser.emitError(loc)
           << coded(ErrorCode::UnknownKnob) << "unknown knob '" << name
           << "'; known knobs: " << known;
  return *parsed;
}

struct KnobPrinter {
  AsmPrinter &printer;
  void operator()(int64_t value) const { printer << value; }
  void operator()(bool value) const { printer << (value ? "true" : "false"); }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void operator()(Enum value) const { printer << StringRef(spelling(value)); }
};

} // namespace

Attribute ScheduleAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  Schedule schedule;
  if (succeeded(parser.parseOptionalLess()) &&
      failed(parser.parseOptionalGreater())) {
    llvm::SmallDenseSet<StringRef> seen;
    if (parser.parseCommaSeparatedList(
            [&] { return parseKnob(parser, schedule, seen); }) ||
        parser.parseGreater())
      return {};
  }
  return parser.getChecked<ScheduleAttr>(loc, parser.getContext(), schedule);
}

void ScheduleAttr::print(AsmPrinter &printer) const {
  // forEachKnob visits one struct; the defaults are collected first.
  Schedule defaults, current = getSchedule();
  SmallVector<int64_t> defaultValues;
  forEachKnob(defaults, [&](std::string_view, const auto &value) {
    defaultValues.push_back(static_cast<int64_t>(value));
  });
  const int64_t *fallback = defaultValues.begin();
  bool any = false;
  forEachKnob(current, [&](std::string_view key, const auto &value) {
    if (static_cast<int64_t>(value) == *fallback++)
      return;
    printer << (any ? ", " : "<") << StringRef(key) << " = ";
    KnobPrinter{printer}(value);
    any = true;
  });
  if (any)
    printer << ">";
}

LogicalResult
ScheduleAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                     Schedule schedule) {
  std::vector<Violation> violations = checkSchedule(schedule);
  if (violations.empty())
    return success();
  InFlightDiagnostic diagnostic = emitError();
  llvm::interleave(
      violations, [&](const Violation &v) { diagnostic << toString(v); },
      [&] { diagnostic << "; "; });
  return diagnostic;
}
