//===- Error.cpp - Errors with codes
//---------------------------------------===//

#include "kgen/Support/Error.h"

namespace kgen {

std::string_view errorName(ErrorCode code) {
  switch (code) {
#define KGEN_ERROR(number, name, sentence)                                     \
  case ErrorCode::name:                                                        \
    return #name;
#include "kgen/Support/ErrorCodes.def"
  }
  return "Unknown";
}

std::string_view errorSentence(ErrorCode code) {
  switch (code) {
#define KGEN_ERROR(number, name, sentence)                                     \
  case ErrorCode::name:                                                        \
    return sentence;
#include "kgen/Support/ErrorCodes.def"
  }
  return "This code is not in ErrorCodes.def.";
}

std::string formatCode(ErrorCode code) {
  return "KG" + std::to_string(static_cast<unsigned>(code));
}

std::string Error::message() const {
  std::string text = "[" + formatCode(errorCode) + "] ";
  if (!errorDetail.empty())
    text += errorDetail + ": ";
  return text.append(errorSentence(errorCode));
}

} // namespace kgen
