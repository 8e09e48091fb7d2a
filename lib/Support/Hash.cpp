//===- Hash.cpp - Content hashes for keys and checksums
//--------------------===//

#include "kgen/Support/Hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdio>

namespace kgen {

uint64_t hashBytes(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string hashHex(std::string_view bytes) {
  char digits[17];
  std::snprintf(digits, sizeof(digits), "%016llx",
                static_cast<unsigned long long>(hashBytes(bytes)));
  return digits;
}

} // namespace kgen
