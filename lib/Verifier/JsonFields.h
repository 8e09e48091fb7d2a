//===- JsonFields.h - Strict reading of the protocol's objects -------------===//
#ifndef KGEN_LIB_VERIFIER_JSONFIELDS_H
#define KGEN_LIB_VERIFIER_JSONFIELDS_H

#include "kgen/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

namespace kgen {

using Json = nlohmann::json;

/// Text of a message; bytes that are not UTF-8 (a driver's words) are replaced.
inline std::string dump(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// JSON has no NaN or Inf: they travel as the largest finite number.
inline double finite(double value) {
  return std::isfinite(value) ? value : std::numeric_limits<double>::max();
}

/// Reads the members of one object and remembers the first thing that was
/// wrong; finish() also refuses members that nothing asked for.
class FieldReader {
public:
  FieldReader(const Json &object, std::string what)
      : object(object), what(std::move(what)) {
    if (!object.is_object())
      complain("is not an object");
  }

  std::string text(const char *key) {
    const Json *value = find(key, true);
    return value && check(value->is_string(), key, "a string")
               ? value->get<std::string>()
               : std::string();
  }
  int64_t integer(const char *key) {
    const Json *value = find(key, true);
    return value && check(value->is_number_integer(), key, "an integer")
               ? value->get<int64_t>()
               : 0;
  }
  double number(const char *key) {
    const Json *value = find(key, true);
    return value && check(value->is_number(), key, "a number") ? value->get<double>() : 0;
  }
  bool boolean(const char *key) {
    const Json *value = find(key, true);
    return value && check(value->is_boolean(), key, "true or false") && value->get<bool>();
  }
  const Json *array(const char *key) {
    const Json *value = find(key, true);
    return value && check(value->is_array(), key, "an array") ? value : nullptr;
  }
  /// A member of any type, or null.
  const Json *optional(const char *key) { return find(key, false); }
  const Json *member(const char *key) { return find(key, true); }

  void complain(const std::string &text) {
    if (!failure)
      failure = Error(ErrorCode::ProtocolViolation, what + " " + text);
  }
  void complain(const Error &error) {
    if (!failure)
      failure = error;
  }
  /// The first fault, if there was one.
  Expected<void> finish() {
    if (!failure)
      for (auto &[key, value] : object.items())
        if (!known.count(key))
          complain("has the unknown key '" + key + "'");
    return failure ? Expected<void>(*failure) : Expected<void>();
  }

private:
  const Json *find(const char *key, bool isRequired) {
    known.insert(key);
    if (!object.is_object())
      return nullptr;
    auto found = object.find(key);
    if (found != object.end())
      return &*found;
    if (isRequired)
      complain(std::string("lacks the key '") + key + "'");
    return nullptr;
  }
  bool check(bool isRight, const char *key, const char *wanted) {
    if (!isRight)
      complain(std::string("has a '") + key + "' that is not " + wanted);
    return isRight;
  }

  const Json &object;
  std::string what;
  std::set<std::string> known;
  std::optional<Error> failure;
};

/// Parses one message and checks its version. The result is an object.
inline Expected<Json> parseMessage(std::string_view text, int version) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object())
    return Error(ErrorCode::ProtocolViolation, "a message is not a JSON object");
  auto found = json.find("version");
  if (found == json.end() || !found->is_number_integer())
    return Error(ErrorCode::ProtocolViolation, "a message has no version");
  if (*found != version)
    return Error(ErrorCode::ProtocolVersionMismatch,
                 "a message has version " + found->dump() + ", this end speaks " +
                     std::to_string(version));
  return json;
}

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_JSONFIELDS_H
