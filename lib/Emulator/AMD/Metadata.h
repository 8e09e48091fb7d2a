//===- Metadata.h - The msgpack tree of a code object's note
//---------------===//
#ifndef KGEN_LIB_EMULATOR_AMD_METADATA_H
#define KGEN_LIB_EMULATOR_AMD_METADATA_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::emulator::amd {

/// A value. (LLVM's msgpack::Document ends the process on some malformed
/// input.)
struct Metadata {
  enum class Kind : uint8_t { Other, Integer, String, Array, Map };
  Kind kind = Kind::Other;
  int64_t integer = 0;
  std::string text;
  std::vector<Metadata> items;            ///< of an array
  std::map<std::string, Metadata> fields; ///< of a map with text keys

  /// A field of a map, or null.
  const Metadata *find(const std::string &key) const;
  /// Of a field; 0 and empty where there is none of that kind.
  int64_t integerAt(const std::string &key) const;
  std::string textAt(const std::string &key) const;
};

/// None: malformed, or nested too deeply.
std::optional<Metadata> readMetadata(std::string_view blob);

} // namespace kgen::emulator::amd

#endif // KGEN_LIB_EMULATOR_AMD_METADATA_H
