//===- JsonReader.h - Strict reading of JSON objects -----------*- C++ -*-===//
//
// The only header of kgen that knows the JSON library; private to this room.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_JSONREADER_H
#define KGEN_SCHEDULE_JSONREADER_H

#include "kgen/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::json {

/// Keys keep their order, so that texts are stable.
using Value = nlohmann::ordered_json;

/// Largest text, deepest nesting and longest list that readers accept: a
/// Problem of a real variant has a few kilobytes; these bound what a broken or
/// hostile peer can make us allocate.
inline constexpr size_t kMaxTextBytes = size_t(1) << 20;
inline constexpr size_t kMaxDepth = 16;
inline constexpr size_t kMaxListLength = 4096;

/// Parses one value. Refuses duplicate keys, trailing text, invalid UTF-8,
/// NaN/Infinity and anything over the limits; errors name the position.
Expected<Value> parse(std::string_view text);

/// Compact text; invalid UTF-8 in strings is replaced, so this never fails.
std::string write(const Value &value);

/// Doubles JSON cannot spell (NaN, infinities) become strings.
Value fromDouble(double value);

/// Reads the fields of one object and keeps the first failure, so that a caller
/// reads all fields in a row and asks once at the end.
class ObjectReader {
public:
  /// `path` names the object in errors: "schedule", "problem.captures[2]".
  ObjectReader(const Value &value, std::string path);

  /// Requires "version" between 1 and `newest`.
  void version(int newest);
  /// Each returns true if the key is there and was read into `out`. A missing
  /// key leaves `out` as it is, unless it is `required()` first.
  bool integer(std::string_view key, int64_t &out,
               int64_t least = std::numeric_limits<int64_t>::min(),
               int64_t most = std::numeric_limits<int64_t>::max());
  bool integer32(std::string_view key, int32_t &out);
  bool real(std::string_view key, double &out);
  bool boolean(std::string_view key, bool &out);
  bool text(std::string_view key, std::string &out);
  bool integers(std::string_view key, std::vector<int64_t> &out);
  /// Calls `read(element, path)` for every element of a list.
  bool
  list(std::string_view key,
       const std::function<std::optional<Error>(const Value &,
                                                const std::string &)> &read);
  /// Hands over the nested value, or null.
  const Value *nested(std::string_view key);
  void required(std::string_view key);

  /// Reads a string with `parse`, which returns an optional enumerator.
  template <typename EnumT, typename ParseT>
  bool spelled(std::string_view key, EnumT &out, ParseT parse,
               const std::string &allowed) {
    std::string spelling;
    if (!text(key, spelling))
      return false;
    if (auto value = parse(spelling)) {
      out = *value;
      return true;
    }
    fail(ErrorCode::JsonUnknownSpelling, "'" + pathOf(key) + "' is \"" +
                                             clipped(spelling) +
                                             "\", allowed: " + allowed);
    return false;
  }

  /// Refuses keys that nobody asked for, naming the allowed ones. Returns the
  /// first failure, or nothing.
  std::optional<Error> finish();

  std::string pathOf(std::string_view key) const;
  void fail(ErrorCode code, std::string detail);
  void fail(const std::optional<Error> &error);

private:
  const Value *find(std::string_view key);
  void wrongType(std::string_view key, std::string_view wanted,
                 const Value &found);
  static std::string clipped(const std::string &text);

  const Value *object = nullptr;
  std::string path;
  std::vector<std::string> known;
  std::optional<Error> failure;
};

/// The integer in `value` if it is one that int64 holds.
std::optional<int64_t> asInteger(const Value &value);

} // namespace kgen::json

#endif // KGEN_SCHEDULE_JSONREADER_H
