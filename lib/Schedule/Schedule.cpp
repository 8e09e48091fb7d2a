//===- Schedule.cpp - Spellings of the knobs
//-------------------------------===//

#include "kgen/Schedule/Schedule.h"

#include <array>
#include <type_traits>

namespace kgen {
namespace {

// The spellings of one enum, in the order of its enumerators.
template <typename EnumT>
struct Spellings;
template <>
struct Spellings<ProducerKind> {
  static constexpr std::array<std::string_view, 3> values = {"none", "cp_async",
                                                             "tma"};
};
template <>
struct Spellings<OverlapMode> {
  static constexpr std::array<std::string_view, 4> values = {
      "none", "intra", "ping_pong", "both"};
};
template <>
struct Spellings<OperandPlace> {
  static constexpr std::array<std::string_view, 2> values = {"registers",
                                                             "shared"};
};
template <>
struct Spellings<TileScheduler> {
  static constexpr std::array<std::string_view, 3> values = {
      "grid", "persistent_static", "persistent_dynamic"};
};
template <>
struct Spellings<TileOrder> {
  static constexpr std::array<std::string_view, 3> values = {
      "linear", "longest_first", "l2_swizzled"};
};
template <>
struct Spellings<KvDirection> {
  static constexpr std::array<std::string_view, 2> values = {"forward",
                                                             "reverse"};
};
template <>
struct Spellings<Exp2Unit> {
  static constexpr std::array<std::string_view, 3> values = {
      "native", "polynomial", "mixed"};
};
template <>
struct Spellings<RescalePolicy> {
  static constexpr std::array<std::string_view, 2> values = {"always", "lazy"};
};
template <>
struct Spellings<KvRangeOf> {
  static constexpr std::array<std::string_view, 2> values = {"workgroup",
                                                             "warpgroup"};
};
template <>
struct Spellings<EpilogueKind> {
  static constexpr std::array<std::string_view, 2> values = {"direct", "tma"};
};
template <>
struct Spellings<AffineUnit> {
  static constexpr std::array<std::string_view, 2> values = {"fma", "tensor"};
};
template <>
struct Spellings<RowMaximum> {
  static constexpr std::array<std::string_view, 2> values = {"float",
                                                             "integer"};
};

template <typename EnumT>
std::string_view spell(EnumT value) {
  auto index = static_cast<size_t>(value);
  return index < Spellings<EnumT>::values.size()
             ? Spellings<EnumT>::values[index]
             : std::string_view("invalid");
}

template <typename ValueT>
std::string knobText(const ValueT &value) {
  if constexpr (std::is_same_v<ValueT, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_integral_v<ValueT>)
    return std::to_string(value);
  else
    return std::string(spelling(value));
}

} // namespace

std::string_view spelling(ProducerKind value) { return spell(value); }
std::string_view spelling(OverlapMode value) { return spell(value); }
std::string_view spelling(OperandPlace value) { return spell(value); }
std::string_view spelling(TileScheduler value) { return spell(value); }
std::string_view spelling(TileOrder value) { return spell(value); }
std::string_view spelling(KvDirection value) { return spell(value); }
std::string_view spelling(Exp2Unit value) { return spell(value); }
std::string_view spelling(RescalePolicy value) { return spell(value); }
std::string_view spelling(KvRangeOf value) { return spell(value); }
std::string_view spelling(EpilogueKind value) { return spell(value); }
std::string_view spelling(AffineUnit value) { return spell(value); }
std::string_view spelling(RowMaximum value) { return spell(value); }

template <typename EnumT>
std::optional<EnumT> parseSpelling(std::string_view text) {
  for (size_t index = 0; index < Spellings<EnumT>::values.size(); ++index)
    if (Spellings<EnumT>::values[index] == text)
      return static_cast<EnumT>(index);
  return std::nullopt;
}

template <typename EnumT>
std::string allSpellings() {
  std::string text;
  for (std::string_view value : Spellings<EnumT>::values)
    text.append(text.empty() ? "" : ", ").append(value);
  return text;
}

#define KGEN_INSTANTIATE(EnumT)                                                \
  template std::optional<EnumT> parseSpelling<EnumT>(std::string_view);        \
  template std::string allSpellings<EnumT>();
KGEN_INSTANTIATE(ProducerKind)
KGEN_INSTANTIATE(OverlapMode)
KGEN_INSTANTIATE(OperandPlace)
KGEN_INSTANTIATE(TileScheduler)
KGEN_INSTANTIATE(TileOrder)
KGEN_INSTANTIATE(KvDirection)
KGEN_INSTANTIATE(Exp2Unit)
KGEN_INSTANTIATE(RescalePolicy)
KGEN_INSTANTIATE(KvRangeOf)
KGEN_INSTANTIATE(EpilogueKind)
KGEN_INSTANTIATE(AffineUnit)
KGEN_INSTANTIATE(RowMaximum)
#undef KGEN_INSTANTIATE

std::string toString(const Schedule &schedule) {
  const Schedule defaults;
  // The tiles and the warps name a schedule even where they are the defaults.
  auto alwaysShown = [](std::string_view key) {
    return key == "tile_q" || key == "tile_kv" || key == "warps";
  };
  // Knob by knob in the fixed order, beside the defaults' text.
  std::array<std::string, 32> defaultTexts;
  size_t count = 0;
  forEachKnob(defaults, [&](std::string_view, const auto &value) {
    defaultTexts.at(count++) = knobText(value);
  });
  std::string text;
  size_t position = 0;
  forEachKnob(schedule, [&](std::string_view key, const auto &value) {
    std::string spelled = knobText(value);
    if (spelled == defaultTexts[position++] && !alwaysShown(key))
      return;
    text.append(text.empty() ? "" : " ").append(key).append("=");
    text.append(spelled);
  });
  return text;
}

} // namespace kgen
