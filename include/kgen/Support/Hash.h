//===- Hash.h - Content hashes for keys and checksums ----------------------===//
#ifndef KGEN_SUPPORT_HASH_H
#define KGEN_SUPPORT_HASH_H

#include <cstdint>
#include <string>
#include <string_view>

namespace kgen {

/// XXH3-64 of the bytes: a fast content hash, not a cryptographic one. It keys
/// the history and guards artefacts against truncation and bit rot.
uint64_t hashBytes(std::string_view bytes);

/// The hash as 16 lower-case hexadecimal digits.
std::string hashHex(std::string_view bytes);

} // namespace kgen

#endif // KGEN_SUPPORT_HASH_H
