//===- Metadata.cpp - The msgpack tree of a code object's note
//-------------===//

#include "Metadata.h"

#include "llvm/BinaryFormat/MsgPackReader.h"
#include "llvm/Support/Error.h"

namespace kgen::emulator::amd {

const Metadata *Metadata::find(const std::string &key) const {
  auto found = fields.find(key);
  return found == fields.end() ? nullptr : &found->second;
}
int64_t Metadata::integerAt(const std::string &key) const {
  const Metadata *field = find(key);
  return field ? field->integer : 0;
}
std::string Metadata::textAt(const std::string &key) const {
  const Metadata *field = find(key);
  return field ? field->text : std::string();
}

namespace {

/// Deeper than any metadata; keeps malformed input from exhausting the stack.
constexpr uint32_t kDeepest = 16;

class TreeReader {
public:
  explicit TreeReader(std::string_view blob)
      : reader(llvm::StringRef(blob.data(), blob.size())) {}

  bool read(Metadata &out, uint32_t depth = 0) {
    llvm::msgpack::Object object;
    llvm::Expected<bool> more = reader.read(object);
    if (!more) {
      llvm::consumeError(more.takeError());
      return false;
    }
    if (!*more || depth == kDeepest)
      return false;
    switch (object.Kind) {
    case llvm::msgpack::Type::Int:
      out.kind = Metadata::Kind::Integer;
      out.integer = object.Int;
      return true;
    case llvm::msgpack::Type::UInt:
      out.kind = Metadata::Kind::Integer;
      out.integer = int64_t(object.UInt);
      return true;
    case llvm::msgpack::Type::String:
      out.kind = Metadata::Kind::String;
      out.text = object.Raw.str();
      return true;
    case llvm::msgpack::Type::Array:
      return readArray(out, object.Length, depth);
    case llvm::msgpack::Type::Map:
      return readMap(out, object.Length, depth);
    default:
      return true;
    }
  }

private:
  // Lengths are not trusted: each item takes at least a byte that must be
  // there.
  bool readArray(Metadata &out, size_t length, uint32_t depth) {
    out.kind = Metadata::Kind::Array;
    for (size_t n = 0; n != length; ++n)
      if (!read(out.items.emplace_back(), depth + 1))
        return false;
    return true;
  }
  bool readMap(Metadata &out, size_t length, uint32_t depth) {
    out.kind = Metadata::Kind::Map;
    for (size_t n = 0; n != length; ++n) {
      Metadata key, value;
      if (!read(key, depth + 1) || !read(value, depth + 1))
        return false;
      out.fields[key.text] = std::move(value);
    }
    return true;
  }
  llvm::msgpack::Reader reader;
};

} // namespace

std::optional<Metadata> readMetadata(std::string_view blob) {
  Metadata root;
  if (!TreeReader(blob).read(root))
    return std::nullopt;
  return root;
}

} // namespace kgen::emulator::amd
