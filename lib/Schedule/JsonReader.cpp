//===- JsonReader.cpp - Strict reading of JSON objects
//---------------------===//

#include "JsonReader.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace kgen::json {
namespace {

// First pass over the text: syntax, duplicate keys, depth and list lengths. The
// second pass, which builds the value, can then not fail.
class TextChecker : public nlohmann::json_sax<Value> {
public:
  std::optional<Error> failure;

  bool null() override { return element(); }
  bool boolean(bool) override { return element(); }
  bool number_integer(number_integer_t) override { return element(); }
  bool number_unsigned(number_unsigned_t) override { return element(); }
  bool number_float(number_float_t value, const string_t &digits) override {
    if (!std::isfinite(value))
      return fail(ErrorCode::JsonOutOfRange, "the number " +
                                                 digits.substr(0, 32) +
                                                 " does not fit a double");
    return element();
  }
  bool string(string_t &) override { return element(); }
  bool binary(binary_t &) override {
    return fail(ErrorCode::JsonSyntax, "binary value");
  }
  bool start_object(std::size_t) override { return element() && open(); }
  bool start_array(std::size_t) override { return element() && open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t &name) override {
    if (!levels.back().keys.insert(name).second)
      return fail(ErrorCode::JsonDuplicateKey,
                  "key \"" + name.substr(0, 64) + "\" is given twice");
    return true;
  }

  bool parse_error(std::size_t position, const std::string &,
                   const nlohmann::detail::exception &exception) override {
    // The library's text starts with its own tag in brackets.
    std::string what = exception.what();
    if (size_t end = what.find("] "); end != std::string::npos)
      what.erase(0, end + 2);
    // An overflowing number is reported as out of range, not as bad syntax.
    ErrorCode code =
        exception.id == 406 ? ErrorCode::JsonOutOfRange : ErrorCode::JsonSyntax;
    return fail(code, what.substr(0, 300) + " (byte " +
                          std::to_string(position) + ")");
  }

private:
  struct Level {
    std::set<std::string> keys;
    size_t elements = 0;
  };
  std::vector<Level> levels;

  bool fail(ErrorCode code, std::string detail) {
    failure.emplace(code, std::move(detail));
    return false;
  }
  bool element() {
    if (!levels.empty() && ++levels.back().elements > kMaxListLength)
      return fail(ErrorCode::JsonTooLarge, "a list or object has more than " +
                                               std::to_string(kMaxListLength) +
                                               " elements");
    return true;
  }
  bool open() {
    levels.emplace_back();
    if (levels.size() > kMaxDepth)
      return fail(ErrorCode::JsonTooLarge,
                  "nested deeper than " + std::to_string(kMaxDepth));
    return true;
  }
  bool close() {
    levels.pop_back();
    return true;
  }
};

} // namespace

Expected<Value> parse(std::string_view text) {
  if (text.size() > kMaxTextBytes)
    return Error(ErrorCode::JsonTooLarge, "has " + std::to_string(text.size()) +
                                              " bytes, limit " +
                                              std::to_string(kMaxTextBytes));
  TextChecker checker;
  bool valid = Value::sax_parse(text.begin(), text.end(), &checker);
  if (checker.failure)
    return *checker.failure;
  Value value = valid ? Value::parse(text.begin(), text.end(), nullptr,
                                     /*allow_exceptions=*/false)
                      : Value(Value::value_t::discarded);
  if (value.is_discarded())
    return Error(ErrorCode::JsonSyntax, "not a JSON value");
  return value;
}

std::string write(const Value &value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false,
                    Value::error_handler_t::replace);
}

Value fromDouble(double value) {
  if (std::isfinite(value))
    return value;
  if (std::isnan(value))
    return "nan";
  return value > 0 ? "inf" : "-inf";
}

std::optional<int64_t> asInteger(const Value &value) {
  if (value.is_number_unsigned()) {
    auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer())
    return value.get<int64_t>();
  return std::nullopt;
}

ObjectReader::ObjectReader(const Value &value, std::string name)
    : path(std::move(name)) {
  if (value.is_object())
    object = &value;
  else
    fail(ErrorCode::JsonWrongType, "'" + path + "' is of type " +
                                       value.type_name() + ", expected object");
}

std::string ObjectReader::pathOf(std::string_view key) const {
  return path + "." + std::string(key);
}

void ObjectReader::fail(ErrorCode code, std::string detail) {
  if (!failure)
    failure.emplace(code, std::move(detail));
}

void ObjectReader::fail(const std::optional<Error> &error) {
  if (!failure && error)
    failure = error;
}

std::string ObjectReader::clipped(const std::string &text) {
  return text.size() <= 64 ? text : text.substr(0, 64) + "...";
}

void ObjectReader::wrongType(std::string_view key, std::string_view wanted,
                             const Value &found) {
  fail(ErrorCode::JsonWrongType, "'" + pathOf(key) + "' is of type " +
                                     found.type_name() + ", expected " +
                                     std::string(wanted));
}

const Value *ObjectReader::find(std::string_view key) {
  known.emplace_back(key);
  if (!object)
    return nullptr;
  auto position = object->find(std::string(key));
  return position == object->end() ? nullptr : &*position;
}

void ObjectReader::required(std::string_view key) {
  if (object && !object->contains(std::string(key)))
    fail(ErrorCode::JsonMissingKey, "'" + pathOf(key) + "' is missing");
}

void ObjectReader::version(int newest) {
  required("version");
  int64_t found = newest;
  integer("version", found);
  if (found < 1 || found > newest)
    fail(ErrorCode::JsonVersionUnsupported,
         "'" + pathOf("version") + "' is " + std::to_string(found) +
             ", this build reads 1 to " + std::to_string(newest));
}

bool ObjectReader::integer(std::string_view key, int64_t &out, int64_t least,
                           int64_t most) {
  const Value *value = find(key);
  if (!value)
    return false;
  if (!value->is_number_integer()) {
    wrongType(key, "integer", *value);
    return false;
  }
  std::optional<int64_t> number = asInteger(*value);
  if (!number || *number < least || *number > most) {
    fail(ErrorCode::JsonOutOfRange,
         "'" + pathOf(key) + "' is " + value->dump() + ", allowed " +
             std::to_string(least) + " to " + std::to_string(most));
    return false;
  }
  out = *number;
  return true;
}

bool ObjectReader::integer32(std::string_view key, int32_t &out) {
  int64_t wide = out;
  if (!integer(key, wide, std::numeric_limits<int32_t>::min(),
               std::numeric_limits<int32_t>::max()))
    return false;
  out = static_cast<int32_t>(wide);
  return true;
}

bool ObjectReader::real(std::string_view key, double &out) {
  const Value *value = find(key);
  if (!value)
    return false;
  if (value->is_number()) {
    out = value->get<double>();
    return true;
  }
  if (!value->is_string()) {
    wrongType(key, "number", *value);
    return false;
  }
  const auto &spelling = value->get_ref<const std::string &>();
  if (spelling == "inf" || spelling == "-inf")
    out = spelling == "inf" ? std::numeric_limits<double>::infinity()
                            : -std::numeric_limits<double>::infinity();
  else if (spelling == "nan")
    out = std::numeric_limits<double>::quiet_NaN();
  else {
    fail(ErrorCode::JsonUnknownSpelling,
         "'" + pathOf(key) + "' is \"" + clipped(spelling) +
             "\", allowed: a number, \"inf\", \"-inf\", \"nan\"");
    return false;
  }
  return true;
}

bool ObjectReader::boolean(std::string_view key, bool &out) {
  const Value *value = find(key);
  if (!value)
    return false;
  if (!value->is_boolean()) {
    wrongType(key, "boolean", *value);
    return false;
  }
  out = value->get<bool>();
  return true;
}

bool ObjectReader::text(std::string_view key, std::string &out) {
  const Value *value = find(key);
  if (!value)
    return false;
  if (!value->is_string()) {
    wrongType(key, "string", *value);
    return false;
  }
  out = value->get<std::string>();
  return true;
}

bool ObjectReader::list(std::string_view key,
                        const std::function<std::optional<Error>(
                            const Value &, const std::string &)> &read) {
  const Value *value = find(key);
  if (!value)
    return false;
  if (!value->is_array()) {
    wrongType(key, "array", *value);
    return false;
  }
  size_t position = 0;
  for (const Value &element : *value) {
    std::optional<Error> error =
        read(element, pathOf(key) + "[" + std::to_string(position++) + "]");
    if (!error)
      continue;
    fail(error);
    return false;
  }
  return true;
}

bool ObjectReader::integers(std::string_view key, std::vector<int64_t> &out) {
  std::vector<int64_t> numbers;
  bool read = list(key, [&](const Value &element, const std::string &name) {
    std::optional<Error> error;
    if (std::optional<int64_t> number = asInteger(element))
      numbers.push_back(*number);
    else
      error.emplace(ErrorCode::JsonWrongType,
                    "'" + name + "' is of type " + element.type_name() +
                        ", expected a 64-bit integer");
    return error;
  });
  if (read)
    out = std::move(numbers);
  return read;
}

const Value *ObjectReader::nested(std::string_view key) { return find(key); }

std::optional<Error> ObjectReader::finish() {
  if (failure || !object)
    return failure;
  for (const auto &item : object->items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end())
      continue;
    std::string allowed;
    for (const std::string &key : known)
      allowed.append(allowed.empty() ? "" : ", ").append(key);
    fail(ErrorCode::JsonUnknownKey, "'" + pathOf(clipped(item.key())) +
                                        "' is unknown, allowed: " + allowed);
    break;
  }
  return failure;
}

} // namespace kgen::json
