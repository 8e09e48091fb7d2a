//===- CodeObject.cpp - Reads what a code object says about its kernel -----===//

#include "kgen/Target/ROCDL/CodeObject.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/BinaryFormat/MsgPackDocument.h"
#include "llvm/Object/ELF.h"

using namespace kgen;
using namespace kgen::rocdl;
using ElfFile = llvm::object::ELFFile<llvm::object::ELF64LE>;

static Error malformed(std::string what) {
  return Error(ErrorCode::RocdlCodeObject, std::move(what));
}
static Error malformed(llvm::Error error) {
  return malformed(llvm::toString(std::move(error)));
}

/// The msgpack blob of the AMDGPU metadata note.
static Expected<llvm::StringRef> metadataBlob(const ElfFile &file) {
  llvm::Expected<ElfFile::Elf_Shdr_Range> sections = file.sections();
  if (!sections)
    return malformed(sections.takeError());
  for (const auto &section : *sections) {
    if (section.sh_type != llvm::ELF::SHT_NOTE)
      continue;
    llvm::Error error = llvm::Error::success();
    llvm::StringRef found;
    for (const auto &note : file.notes(section, error))
      if (note.getName() == "AMDGPU" &&
          note.getType() == llvm::ELF::NT_AMDGPU_METADATA)
        found = note.getDescAsStringRef(section.sh_addralign);
    if (error)
      return malformed(std::move(error));
    if (!found.empty())
      return found;
  }
  return malformed("has no AMDGPU metadata note");
}

static Expected<int64_t> textBytes(const ElfFile &file) {
  llvm::Expected<ElfFile::Elf_Shdr_Range> sections = file.sections();
  if (!sections)
    return malformed(sections.takeError());
  for (const auto &section : *sections) {
    llvm::Expected<llvm::StringRef> name = file.getSectionName(section);
    if (!name)
      return malformed(name.takeError());
    if (*name == ".text")
      return static_cast<int64_t>(section.sh_size);
  }
  return malformed("has no .text section");
}

/// An integer entry of a kernel's map; `fallback` where it is absent.
static int64_t integer(llvm::msgpack::MapDocNode &map, llvm::StringRef key,
                       int64_t fallback = 0) {
  auto entry = map.find(key);
  if (entry == map.end())
    return fallback;
  llvm::msgpack::DocNode &node = entry->second;
  if (node.getKind() == llvm::msgpack::Type::UInt)
    return static_cast<int64_t>(node.getUInt());
  return node.getKind() == llvm::msgpack::Type::Int ? node.getInt() : fallback;
}

/// The only entry of "amdhsa.kernels".
static Expected<llvm::msgpack::MapDocNode>
onlyKernel(llvm::msgpack::Document &document) {
  llvm::msgpack::DocNode root = document.getRoot();
  if (!root.isMap())
    return malformed("has metadata that is not a map");
  auto entry = root.getMap().find("amdhsa.kernels");
  if (entry == root.getMap().end() || !entry->second.isArray())
    return malformed("names no kernels in its metadata");
  llvm::msgpack::ArrayDocNode kernels = entry->second.getArray();
  if (kernels.size() != 1 || !kernels[0].isMap())
    return malformed("has " + std::to_string(kernels.size()) +
                     " kernels, expected 1");
  return kernels[0].getMap();
}

Expected<KernelMetadata> rocdl::readCodeObject(std::string_view bytes) {
  llvm::Expected<ElfFile> file =
      ElfFile::create(llvm::StringRef(bytes.data(), bytes.size()));
  if (!file)
    return malformed(file.takeError());
  Expected<llvm::StringRef> blob = metadataBlob(*file);
  if (!blob)
    return blob.error();
  Expected<int64_t> text = textBytes(*file);
  if (!text)
    return text.error();
  llvm::msgpack::Document document;
  if (!document.readFromBlob(*blob, /*Multi=*/false))
    return malformed("has metadata that is not msgpack");
  Expected<llvm::msgpack::MapDocNode> map = onlyKernel(document);
  if (!map)
    return map.error();
  auto name = map->find(".name");
  if (name == map->end() || !name->second.isString())
    return malformed("has a kernel without a name");

  KernelMetadata kernel;
  kernel.name = name->second.getString().str();
  kernel.vectorRegisters = integer(*map, ".vgpr_count");
  kernel.accumulationRegisters = integer(*map, ".agpr_count");
  kernel.scalarRegisters = integer(*map, ".sgpr_count");
  kernel.ldsBytes = integer(*map, ".group_segment_fixed_size");
  kernel.scratchBytes = integer(*map, ".private_segment_fixed_size");
  kernel.spilledVectorRegisters = integer(*map, ".vgpr_spill_count");
  kernel.spilledScalarRegisters = integer(*map, ".sgpr_spill_count");
  kernel.maxWorkgroupSize = integer(*map, ".max_flat_workgroup_size");
  kernel.kernelArgumentBytes = integer(*map, ".kernarg_segment_size");
  kernel.codeBytes = *text;
  return kernel;
}

ResourceUsage KernelMetadata::resources() const {
  ResourceUsage usage;
  usage.registersPerThread = vectorRegisters;
  usage.accumulatorRegisters = accumulationRegisters;
  // Spills to scratch are in the private segment; scalar registers that spill
  // into lanes of a vector register cost no memory.
  usage.spillBytes = scratchBytes;
  usage.sharedBytes = ldsBytes;
  usage.codeBytes = codeBytes;
  return usage;
}
