//===- CodeObject.cpp - The parts of an AMD code object
//--------------------===//

#include "CodeObject.h"

#include "Metadata.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/AMDHSAKernelDescriptor.h"

#include <cstring>
#include <optional>

namespace kgen::emulator::amd {

using ElfFile = llvm::object::ELFFile<llvm::object::ELF64LE>;
using llvm::amdhsa::kernel_descriptor_t;

static constexpr uint32_t kMostArgumentBytes = 1 << 20;

static Error malformed(std::string what) {
  return Error(ErrorCode::EmulatorCodeObject, std::move(what));
}
static Error malformed(llvm::Error error) {
  return malformed(llvm::toString(std::move(error)));
}

static Expected<void> checkMachine(const ElfFile &file,
                                   const Architecture &arch) {
  const auto &header = file.getHeader();
  if (header.e_machine != llvm::ELF::EM_AMDGPU)
    return malformed("is an ELF file for another machine");
  struct Machine {
    std::string_view name;
    unsigned flag;
  };
  static constexpr Machine kMachines[] = {
      {"gfx90a", llvm::ELF::EF_AMDGPU_MACH_AMDGCN_GFX90A},
      {"gfx942", llvm::ELF::EF_AMDGPU_MACH_AMDGCN_GFX942},
      {"gfx950", llvm::ELF::EF_AMDGPU_MACH_AMDGCN_GFX950},
  };
  unsigned flag = header.e_flags & llvm::ELF::EF_AMDGPU_MACH;
  for (const Machine &machine : kMachines)
    if (machine.flag == flag) {
      if (machine.name == arch.name)
        return {};
      return malformed("was compiled for " + std::string(machine.name) +
                       ", not for " + std::string(arch.name));
    }
  return malformed("was compiled for none of gfx90a, gfx942, gfx950");
}

/// The bytes of a section that lie at `address`, to the section's end.
static Expected<std::string_view> bytesAt(const ElfFile &file,
                                          uint64_t address) {
  llvm::Expected<ElfFile::Elf_Shdr_Range> sections = file.sections();
  if (!sections)
    return malformed(sections.takeError());
  for (const auto &section : *sections) {
    if (section.sh_type != llvm::ELF::SHT_PROGBITS ||
        !(section.sh_flags & llvm::ELF::SHF_ALLOC) ||
        address < section.sh_addr ||
        address >= section.sh_addr + section.sh_size)
      continue;
    auto contents = file.getSectionContents(section);
    if (!contents)
      return malformed(contents.takeError());
    return std::string_view(reinterpret_cast<const char *>(contents->data()),
                            contents->size())
        .substr(address - section.sh_addr);
  }
  return malformed("has no section at address " + std::to_string(address));
}

struct Symbol {
  uint64_t address = 0, size = 0;
};

static Expected<std::optional<Symbol>> findSymbol(const ElfFile &file,
                                                  std::string_view name) {
  llvm::Expected<ElfFile::Elf_Shdr_Range> sections = file.sections();
  if (!sections)
    return malformed(sections.takeError());
  for (const auto &section : *sections) {
    if (section.sh_type != llvm::ELF::SHT_DYNSYM)
      continue;
    auto symbols = file.symbols(&section);
    auto strings = file.getStringTableForSymtab(section);
    if (!symbols)
      return malformed(symbols.takeError());
    if (!strings)
      return malformed(strings.takeError());
    for (const auto &symbol : *symbols) {
      auto symbolName = symbol.getName(*strings);
      if (!symbolName)
        return malformed(symbolName.takeError());
      if (std::string_view(*symbolName) == name)
        return std::optional<Symbol>({symbol.st_value, symbol.st_size});
    }
  }
  return std::optional<Symbol>();
}

static Expected<std::string> metadataBlob(const ElfFile &file) {
  llvm::Expected<ElfFile::Elf_Shdr_Range> sections = file.sections();
  if (!sections)
    return malformed(sections.takeError());
  for (const auto &section : *sections) {
    if (section.sh_type != llvm::ELF::SHT_NOTE)
      continue;
    if (section.sh_addralign != 4 && section.sh_addralign != 8)
      return malformed("has a note section with a wrong alignment");
    llvm::Error error = llvm::Error::success();
    std::string found;
    for (const auto &note : file.notes(section, error))
      if (note.getName() == "AMDGPU" &&
          note.getType() == llvm::ELF::NT_AMDGPU_METADATA)
        found = note.getDescAsStringRef(section.sh_addralign).str();
    if (error)
      return malformed(std::move(error));
    if (!found.empty())
      return found;
  }
  return malformed("has no AMDGPU metadata note");
}

/// What the metadata of one kernel says.
static Expected<void> readKernelMetadata(const Metadata &kernel,
                                         KernelFacts &facts) {
  auto number = [&](const char *key) {
    return uint32_t(kernel.integerAt(key));
  };
  facts.name = kernel.textAt(".name");
  facts.argumentBytes = number(".kernarg_segment_size");
  facts.maxThreads = number(".max_flat_workgroup_size");
  facts.usedAccumulationRegisters = number(".agpr_count");
  // On these targets .vgpr_count is of both files.
  facts.usedVectorRegisters = number(".vgpr_count");
  facts.usedScalarRegisters = number(".sgpr_count");
  if (number(".wavefront_size") != 64)
    return malformed("has a kernel of waves other than 64 lanes");
  // No driver accepts more; it keeps malformed sizes from being allocated.
  if (facts.argumentBytes > kMostArgumentBytes)
    return malformed("has " + std::to_string(facts.argumentBytes) +
                     " bytes of arguments");
  const Metadata *arguments = kernel.find(".args");
  if (!arguments)
    return {};
  for (const Metadata &argument : arguments->items) {
    ArgumentPlace place{uint32_t(argument.integerAt(".offset")),
                        uint32_t(argument.integerAt(".size")),
                        argument.textAt(".value_kind")};
    if (uint64_t(place.offset) + place.size > facts.argumentBytes)
      return malformed("has an argument outside its segment");
    facts.arguments.push_back(std::move(place));
  }
  return {};
}

/// Finds the kernel in the metadata; returns its descriptor's symbol.
static Expected<std::string> findMetadata(const Metadata &root,
                                          std::string_view kernel,
                                          KernelFacts &facts) {
  const Metadata *kernels = root.find("amdhsa.kernels");
  if (!kernels || kernels->kind != Metadata::Kind::Array)
    return malformed("names no kernels in its metadata");
  std::string names;
  for (const Metadata &candidate : kernels->items) {
    std::string name = candidate.textAt(".name");
    names += (names.empty() ? "" : ", ") + name;
    if (name != kernel && !(kernel.empty() && kernels->items.size() == 1))
      continue;
    if (Expected<void> read = readKernelMetadata(candidate, facts); !read)
      return read.error();
    return candidate.textAt(".symbol");
  }
  return Error(ErrorCode::EmulatorKernelMissing,
               "'" + std::string(kernel) + "' is none of " + names);
}

static void readProperties(const kernel_descriptor_t &d, KernelFacts &facts) {
  using namespace llvm::amdhsa;
  auto property = [&](uint32_t shift) {
    return (d.kernel_code_properties >> shift & 1) != 0;
  };
  facts.privateSegmentBuffer =
      property(KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_BUFFER_SHIFT);
  facts.dispatchPointer =
      property(KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_PTR_SHIFT);
  facts.queuePointer =
      property(KERNEL_CODE_PROPERTY_ENABLE_SGPR_QUEUE_PTR_SHIFT);
  facts.argumentPointer =
      property(KERNEL_CODE_PROPERTY_ENABLE_SGPR_KERNARG_SEGMENT_PTR_SHIFT);
  facts.dispatchId =
      property(KERNEL_CODE_PROPERTY_ENABLE_SGPR_DISPATCH_ID_SHIFT);
  facts.flatScratchInit =
      property(KERNEL_CODE_PROPERTY_ENABLE_SGPR_FLAT_SCRATCH_INIT_SHIFT);
  facts.privateSegmentSize =
      property(KERNEL_CODE_PROPERTY_ENABLE_SGPR_PRIVATE_SEGMENT_SIZE_SHIFT);
  facts.preloadCount =
      AMDHSA_BITS_GET(d.kernarg_preload, KERNARG_PRELOAD_SPEC_LENGTH);
  facts.preloadOffset =
      AMDHSA_BITS_GET(d.kernarg_preload, KERNARG_PRELOAD_SPEC_OFFSET);
}

static void readDescriptor(const kernel_descriptor_t &d, KernelFacts &facts) {
  using namespace llvm::amdhsa;
  facts.ldsBytes = d.group_segment_fixed_size;
  facts.privateBytes = d.private_segment_fixed_size;
  // The files share one allocation, in steps of eight; the a's begin at
  // ACCUM_OFFSET (AMDGPUUsage, compute_pgm_rsrc1 and 3 for GFX90A).
  uint32_t total =
      8 * (AMDHSA_BITS_GET(d.compute_pgm_rsrc1,
                           COMPUTE_PGM_RSRC1_GRANULATED_WORKITEM_VGPR_COUNT) +
           1);
  uint32_t offset =
      4 * (AMDHSA_BITS_GET(d.compute_pgm_rsrc3,
                           COMPUTE_PGM_RSRC3_GFX90A_ACCUM_OFFSET) +
           1);
  facts.vectorRegisters = std::min({total, offset, 256u});
  facts.accumulationRegisters = std::min(total - facts.vectorRegisters, 256u);
  uint32_t one = d.compute_pgm_rsrc1, two = d.compute_pgm_rsrc2;
  facts.roundMode32 =
      AMDHSA_BITS_GET(one, COMPUTE_PGM_RSRC1_FLOAT_ROUND_MODE_32);
  facts.roundMode16And64 =
      AMDHSA_BITS_GET(one, COMPUTE_PGM_RSRC1_FLOAT_ROUND_MODE_16_64);
  facts.denormMode32 =
      AMDHSA_BITS_GET(one, COMPUTE_PGM_RSRC1_FLOAT_DENORM_MODE_32);
  facts.denormMode16And64 =
      AMDHSA_BITS_GET(one, COMPUTE_PGM_RSRC1_FLOAT_DENORM_MODE_16_64);
  facts.dx10Clamp =
      AMDHSA_BITS_GET(one, COMPUTE_PGM_RSRC1_GFX6_GFX11_ENABLE_DX10_CLAMP);
  facts.ieeeMode =
      AMDHSA_BITS_GET(one, COMPUTE_PGM_RSRC1_GFX6_GFX11_ENABLE_IEEE_MODE);
  facts.userRegisters =
      AMDHSA_BITS_GET(two, COMPUTE_PGM_RSRC2_GFX6_GFX120_USER_SGPR_COUNT);
  facts.privateWaveOffset =
      AMDHSA_BITS_GET(two, COMPUTE_PGM_RSRC2_ENABLE_PRIVATE_SEGMENT);
  facts.workgroupId = {
      AMDHSA_BITS_GET(two, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_X) != 0,
      AMDHSA_BITS_GET(two, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_Y) != 0,
      AMDHSA_BITS_GET(two, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_ID_Z) != 0};
  facts.workgroupInfo =
      AMDHSA_BITS_GET(two, COMPUTE_PGM_RSRC2_ENABLE_SGPR_WORKGROUP_INFO);
  facts.workitemIds =
      AMDHSA_BITS_GET(two, COMPUTE_PGM_RSRC2_ENABLE_VGPR_WORKITEM_ID);
  readProperties(d, facts);
}

/// The machine code of the kernel whose descriptor lies at `address`.
static Expected<void> locateCode(const ElfFile &file, uint64_t descriptorAt,
                                 const kernel_descriptor_t &descriptor,
                                 KernelImage &image) {
  Expected<std::optional<Symbol>> function = findSymbol(file, image.facts.name);
  if (!function)
    return function.error();
  image.address = descriptorAt + descriptor.kernel_code_entry_byte_offset;
  if (!*function || (*function)->address != image.address)
    return malformed("has no function at its descriptor's entry");
  Expected<std::string_view> code = bytesAt(file, image.address);
  if (!code)
    return code.error();
  if ((*function)->size > code->size())
    return malformed("has a function that runs over its section's end");
  image.code = code->substr(0, (*function)->size);
  // With preloaded arguments, new firmware enters 256 bytes later, behind the
  // loads for old firmware (AMDGPUUsage, "Preloaded Kernel Arguments").
  image.entry = image.facts.preloadCount ? 256 : 0;
  return {};
}

Expected<KernelImage> readKernel(std::string_view bytes,
                                 std::string_view kernel,
                                 const Architecture &arch) {
  llvm::Expected<ElfFile> file =
      ElfFile::create(llvm::StringRef(bytes.data(), bytes.size()));
  if (!file)
    return malformed(file.takeError());
  if (Expected<void> machine = checkMachine(*file, arch); !machine)
    return machine.error();
  Expected<std::string> blob = metadataBlob(*file);
  if (!blob)
    return blob.error();
  std::optional<Metadata> metadata = readMetadata(*blob);
  if (!metadata)
    return malformed("has metadata that is not msgpack");
  KernelImage image;
  Expected<std::string> symbol = findMetadata(*metadata, kernel, image.facts);
  if (!symbol)
    return symbol.error();
  Expected<std::optional<Symbol>> place = findSymbol(*file, *symbol);
  if (!place)
    return place.error();
  if (!*place)
    return malformed("has no descriptor '" + *symbol + "'");
  Expected<std::string_view> data = bytesAt(*file, (*place)->address);
  if (!data)
    return data.error();
  kernel_descriptor_t descriptor;
  if (data->size() < sizeof descriptor)
    return malformed("has a descriptor of less than 64 bytes");
  std::memcpy(&descriptor, data->data(), sizeof descriptor);
  readDescriptor(descriptor, image.facts);
  if (Expected<void> located =
          locateCode(*file, (*place)->address, descriptor, image);
      !located)
    return located.error();
  return image;
}

} // namespace kgen::emulator::amd
