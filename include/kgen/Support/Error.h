//===- Error.h - Errors with codes -----------------------------------------===//
//
// Every failure that a user can cause carries a stable code (`KG2003`), the
// sentence of ErrorCodes.def that says what to do about it, and a detail that
// says what was found and what the limit is. Plain rooms return Expected<T>;
// rooms that have an mlir::Location print `formatCode(code)` into diagnostics.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SUPPORT_ERROR_H
#define KGEN_SUPPORT_ERROR_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace kgen {

/// The numeric value is the number in the code: KG2003 is 2003.
enum class ErrorCode : uint16_t {
#define KGEN_ERROR(code, name, sentence) name = code,
#include "kgen/Support/ErrorCodes.def"
};

/// Returns the enumerator's name, for example "SharedMemoryExceeded".
std::string_view errorName(ErrorCode code);

/// Returns the sentence of ErrorCodes.def: what the user can do about it.
std::string_view errorSentence(ErrorCode code);

/// Returns "KG2003".
std::string formatCode(ErrorCode code);

/// A failure: what kind it is (code) and what was seen (detail).
class [[nodiscard]] Error {
public:
  Error(ErrorCode code, std::string detail)
      : errorCode(code), errorDetail(std::move(detail)) {}

  ErrorCode code() const { return errorCode; }
  /// What was found, and the limit: "has 245760 bytes, limit 232448".
  const std::string &detail() const { return errorDetail; }
  /// Returns "[KG2003] <detail>: <sentence>".
  std::string message() const;

private:
  ErrorCode errorCode;
  std::string errorDetail;
};

/// Either a value or an Error; the caller must look before it dereferences.
template <typename T>
class [[nodiscard]] Expected {
public:
  Expected(T value) : storage(std::move(value)) {}
  Expected(Error error) : storage(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(storage); }
  T &operator*() & { return std::get<T>(storage); }
  const T &operator*() const & { return std::get<T>(storage); }
  T &&operator*() && { return std::get<T>(std::move(storage)); }
  T *operator->() { return &std::get<T>(storage); }
  const T *operator->() const { return &std::get<T>(storage); }
  const Error &error() const { return std::get<Error>(storage); }

private:
  std::variant<T, Error> storage;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Expected<void> {
public:
  Expected() = default;
  Expected(Error error) : failure(std::move(error)) {}

  explicit operator bool() const { return !failure.has_value(); }
  const Error &error() const { return *failure; }

private:
  std::optional<Error> failure;
};

} // namespace kgen

#endif // KGEN_SUPPORT_ERROR_H
