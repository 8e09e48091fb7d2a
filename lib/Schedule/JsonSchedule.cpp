//===- JsonSchedule.cpp - Schedules as JSON
//--------------------------------===//

#include "JsonReader.h"
#include "kgen/Schedule/Json.h"

#include <type_traits>

namespace kgen {

std::string toJson(const Schedule &schedule) {
  json::Value object;
  object["version"] = Schedule::kVersion;
  forEachKnob(schedule, [&](const char *key, const auto &value) {
    if constexpr (std::is_enum_v<std::decay_t<decltype(value)>>)
      object[key] = spelling(value);
    else
      object[key] = value;
  });
  // Later than stored kernels and histories: texts that do not use them are
  // those of before.
  if (schedule.affine == Schedule().affine)
    object.erase("affine");
  if (schedule.rowMaximum == Schedule().rowMaximum)
    object.erase("row_maximum");
  return json::write(object);
}

Expected<Schedule> parseSchedule(std::string_view text) {
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return value.error();
  json::ObjectReader reader(*value, "schedule");
  reader.version(Schedule::kVersion);
  Schedule schedule;
  forEachKnob(schedule, [&](const char *key, auto &field) {
    using Field = std::decay_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, bool>)
      reader.boolean(key, field);
    else if constexpr (std::is_enum_v<Field>)
      reader.spelled(key, field, parseSpelling<Field>, allSpellings<Field>());
    else
      reader.integer(key, field);
  });
  if (std::optional<Error> error = reader.finish())
    return *error;
  return schedule;
}

} // namespace kgen
