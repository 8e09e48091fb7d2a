//===- Disassembler.cpp - From a code object to a listing
//------------------===//

#include "CodeObject.h"

#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrAnalysis.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

#include <map>
#include <mutex>
#include <set>

extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUDisassembler();
}

namespace kgen::emulator::amd {

namespace {

/// LLVM's parts for one processor, in the order of their dependence.
class Disassembler {
public:
  explicit Disassembler(const Architecture &arch) {
    static std::once_flag once;
    std::call_once(once, [] {
      LLVMInitializeAMDGPUTargetInfo();
      LLVMInitializeAMDGPUTargetMC();
      LLVMInitializeAMDGPUDisassembler();
    });
    llvm::Triple triple("amdgcn-amd-amdhsa");
    std::string error;
    const llvm::Target *target =
        llvm::TargetRegistry::lookupTarget(triple, error);
    if (!target)
      return;
    registers.reset(target->createMCRegInfo(triple));
    asmInfo.reset(target->createMCAsmInfo(*registers, triple, options));
    subtarget.reset(target->createMCSubtargetInfo(
        triple, llvm::StringRef(arch.name.data(), arch.name.size()), ""));
    instructions.reset(target->createMCInstrInfo());
    context = std::make_unique<llvm::MCContext>(
        triple, asmInfo.get(), registers.get(), subtarget.get());
    decoder.reset(target->createMCDisassembler(*subtarget, *context));
    printer.reset(
        target->createMCInstPrinter(triple, asmInfo->getAssemblerDialect(),
                                    *asmInfo, *instructions, *registers));
  }
  bool usable() const { return decoder && printer; }

  /// One instruction: its size in bytes, 0 if there is none.
  uint64_t decode(std::string_view code, uint64_t address, llvm::MCInst &inst) {
    uint64_t size = 0;
    llvm::ArrayRef<uint8_t> bytes(
        reinterpret_cast<const uint8_t *>(code.data()), code.size());
    if (decoder->getInstruction(inst, size, bytes, address, llvm::nulls()) !=
        llvm::MCDisassembler::Success)
      return 0;
    return size;
  }
  std::string print(const llvm::MCInst &inst, uint64_t address) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    printer->printInst(&inst, address, "", *subtarget, stream);
    size_t begin = text.find_first_not_of(" \t");
    return begin == std::string::npos ? text : text.substr(begin);
  }
  /// The target of a branch within the function: its 16-bit immediate counts
  /// words from the next instruction.
  std::optional<uint64_t> branchTarget(const llvm::MCInst &inst,
                                       uint64_t address) const {
    const llvm::MCInstrDesc &description = instructions->get(inst.getOpcode());
    if (!description.isBranch() || description.isIndirectBranch() ||
        inst.getNumOperands() == 0 || !inst.getOperand(0).isImm())
      return std::nullopt;
    return address + 4 + int64_t(int16_t(inst.getOperand(0).getImm())) * 4;
  }

private:
  llvm::MCTargetOptions options;
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> asmInfo;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> decoder;
  std::unique_ptr<llvm::MCInstPrinter> printer;
};

struct Line {
  uint64_t address;
  std::string text;
  std::optional<uint64_t> target;
};

std::string hex(uint64_t value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format_hex(value, 6);
  return text;
}
std::string label(uint64_t address) { return "L_" + hex(address).substr(2); }

/// Mnemonic and label: the immediate that follows is replaced.
std::string withLabel(const Line &line) {
  return line.text.substr(0, line.text.find(' ')) + " " + label(*line.target);
}

Expected<std::vector<Line>> decodeAll(Disassembler &disassembler,
                                      const KernelImage &image) {
  std::vector<Line> lines;
  for (uint64_t at = image.entry; at < image.code.size();) {
    llvm::MCInst inst;
    uint64_t address = image.address + at;
    uint64_t size = disassembler.decode(image.code.substr(at), address, inst);
    if (size == 0)
      return Error(ErrorCode::EmulatorCodeObject,
                   "the bytes at address " + hex(address) +
                       " are no instruction of this processor");
    lines.push_back({address, disassembler.print(inst, address),
                     disassembler.branchTarget(inst, address)});
    at += size;
  }
  return lines;
}

} // namespace

Expected<Listing> disassemble(std::span<const char> bytes,
                              std::string_view kernel,
                              const Architecture &arch) {
  Expected<KernelImage> image =
      readKernel({bytes.data(), bytes.size()}, kernel, arch);
  if (!image)
    return image.error();
  Disassembler disassembler(arch);
  if (!disassembler.usable())
    return Error(ErrorCode::EmulatorUnsupported,
                 "this build's LLVM has no AMDGPU disassembler");
  Expected<std::vector<Line>> lines = decodeAll(disassembler, *image);
  if (!lines)
    return lines.error();
  std::set<uint64_t> targets;
  for (const Line &line : *lines)
    if (line.target)
      targets.insert(*line.target);
  Listing listing{image->facts, {}};
  for (const Line &line : *lines) {
    if (targets.count(line.address))
      listing.text += label(line.address) + ":\n";
    listing.text += "  " + (line.target ? withLabel(line) : line.text) +
                    " // " + hex(line.address) + "\n";
  }
  return listing;
}

} // namespace kgen::emulator::amd
