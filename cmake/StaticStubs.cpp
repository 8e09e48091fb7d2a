//===- StaticStubs.cpp - What the static link does not bring ---------------===//
//
// lldELF initialises every target that LLVM was configured with. Only NVPTX,
// AMDGPU and X86 are linked; the others get empty hooks, so that their archives
// are not drawn in. LLVMLTO asks for Polly's plugin, which is not packaged.
//
//===----------------------------------------------------------------------===//

#include "llvm/Plugins/PassPlugin.h"

#define KGEN_ABSENT_TARGET(name)                                               \
  extern "C" void LLVMInitialize##name##TargetInfo() {}                        \
  extern "C" void LLVMInitialize##name##Target() {}                            \
  extern "C" void LLVMInitialize##name##TargetMC() {}                          \
  extern "C" void LLVMInitialize##name##AsmPrinter() {}                        \
  extern "C" void LLVMInitialize##name##AsmParser() {}                         \
  extern "C" void LLVMInitialize##name##Disassembler() {}

KGEN_ABSENT_TARGET(AArch64)
KGEN_ABSENT_TARGET(ARM)
KGEN_ABSENT_TARGET(AVR)
KGEN_ABSENT_TARGET(BPF)
KGEN_ABSENT_TARGET(Hexagon)
KGEN_ABSENT_TARGET(Lanai)
KGEN_ABSENT_TARGET(LoongArch)
KGEN_ABSENT_TARGET(M68k)
KGEN_ABSENT_TARGET(MSP430)
KGEN_ABSENT_TARGET(Mips)
KGEN_ABSENT_TARGET(PowerPC)
KGEN_ABSENT_TARGET(RISCV)
KGEN_ABSENT_TARGET(SPIRV)
KGEN_ABSENT_TARGET(Sparc)
KGEN_ABSENT_TARGET(SystemZ)
KGEN_ABSENT_TARGET(VE)
KGEN_ABSENT_TARGET(WebAssembly)
KGEN_ABSENT_TARGET(XCore)
KGEN_ABSENT_TARGET(Xtensa)

/// Polly's plugin with nothing in it.
llvm::PassPluginLibraryInfo getPollyPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "Polly", LLVM_VERSION_STRING,
          [](llvm::PassBuilder &) {}, nullptr};
}
