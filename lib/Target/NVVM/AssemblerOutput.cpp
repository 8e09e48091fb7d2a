//===- AssemblerOutput.cpp - What ptxas says about a kernel ---------------===//

#include "AssemblerOutput.h"

#include "SassOrder.h"

#include "llvm/ADT/StringExtras.h"
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
      usage.spillBytes =
          std::max<int64_t>(usage.spillBytes, 0) + *stores + *loads;
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

/// ptxas' performance notes have codes from C7500 on.
static std::string performanceNotes(const std::vector<std::string> &warnings) {
  std::string notes;
  for (const std::string &line : warnings)
    if (StringRef(line).contains("(C75"))
      notes += (notes.empty() ? "" : "; ") + line;
  return notes;
}

static Expected<void> checkOverlap(const SassOrder &order,
                                   std::string_view ptx) {
  if (order.exposed > 0)
    return Error(ErrorCode::OverlapLost,
                 std::to_string(order.exposed) + " of " +
                     std::to_string(order.exposed + order.covered) +
                     " exponentials stand after the wait, the first at 0x" +
                     llvm::utohexstr(*order.firstExposed * 16));
  bool wanted = StringRef(ptx).contains("wgmma.wait_group.sync.aligned 1;");
  if (wanted && order.overlappedSteps == 0)
    return Error(ErrorCode::OverlapLost,
                 "no wait of the machine code ends two groups of products");
  return {};
}

Expected<void> checkProducts(const KernelCode &code, std::string_view ptx) {
  Expected<std::vector<SassInstruction>> instructions =
      decodeKernel(code.bytes, code.kernelName);
  if (!instructions)
    return instructions.error();
  SassOrder order = readSassOrder(*instructions);
  if (order.products == 0)
    return {};
  if (order.localAccesses > 0)
    return Error(ErrorCode::RegistersSpilled,
                 "has " + std::to_string(order.localAccesses) +
                     " accesses to local memory around the products (" +
                     std::to_string(code.resources.spillBytes) +
                     " bytes of spills), limit 0");
  std::string notes = performanceNotes(code.warnings);
  if (!notes.empty())
    return Error(ErrorCode::ProductsSerialised, notes);
  return checkOverlap(order, ptx);
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
