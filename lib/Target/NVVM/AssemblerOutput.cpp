//===- AssemblerOutput.cpp - What ptxas says about a kernel -----------------===//

#include "AssemblerOutput.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Object/ObjectFile.h"

using llvm::StringRef;

namespace kgen::nvvm {

/// The number before `unit` in `line`, as in "12 bytes spill stores".
static std::optional<int64_t> numberBefore(StringRef line, StringRef unit) {
  size_t end = line.find(unit);
  if (end == StringRef::npos)
    return std::nullopt;
  StringRef before = line.take_front(end).rtrim();
  StringRef digits = before.take_back(
      before.size() - (before.find_last_not_of("0123456789") + 1));
  int64_t number = 0;
  if (digits.getAsInteger(10, number))
    return std::nullopt;
  return number;
}

ResourceUsage readAssemblerOutput(std::string_view text,
                                  std::vector<std::string> &warnings) {
  ResourceUsage usage;
  for (StringRef line : llvm::split(StringRef(text), '\n')) {
    auto stores = numberBefore(line, " bytes spill stores");
    auto loads = numberBefore(line, " bytes spill loads");
    if (stores && loads) {
      usage.spillBytes = std::max<int64_t>(usage.spillBytes, 0) + *stores + *loads;
      if (*stores + *loads > 0)
        warnings.push_back(line.trim().str());
    }
    if (line.contains("Used ")) {
      if (auto registers = numberBefore(line, " registers"))
        usage.registersPerThread = *registers;
      usage.sharedBytes = numberBefore(line, " bytes smem").value_or(0);
    }
    if (line.contains("warning") || line.contains("(C75"))
      warnings.push_back(line.trim().str());
  }
  return usage;
}

int64_t instructionBytes(std::string_view cubin) {
  auto object = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(StringRef(cubin), "cubin"));
  if (!object) {
    llvm::consumeError(object.takeError());
    return -1;
  }
  int64_t bytes = 0;
  for (const llvm::object::SectionRef &section : (*object)->sections()) {
    llvm::Expected<StringRef> name = section.getName();
    if (!name)
      llvm::consumeError(name.takeError());
    else if (name->starts_with(".text"))
      bytes += static_cast<int64_t>(section.getSize());
  }
  return bytes;
}

} // namespace kgen::nvvm
