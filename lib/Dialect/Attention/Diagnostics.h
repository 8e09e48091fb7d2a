//===- Diagnostics.h - Codes in diagnostics -------------------------------===//
#ifndef KGEN_LIB_DIALECT_ATTENTION_DIAGNOSTICS_H
#define KGEN_LIB_DIALECT_ATTENTION_DIAGNOSTICS_H

#include "kgen/Support/Error.h"

#include <string>

namespace kgen::attention {

/// "[KG1003] ", the start of every diagnostic that a user can cause.
inline std::string coded(ErrorCode code) {
  return "[" + formatCode(code) + "] ";
}

} // namespace kgen::attention

#endif // KGEN_LIB_DIALECT_ATTENTION_DIAGNOSTICS_H
