//===- AssemblerOutput.h - What ptxas says about a kernel -------------------===//
#ifndef KGEN_TARGET_NVVM_ASSEMBLEROUTPUT_H
#define KGEN_TARGET_NVVM_ASSEMBLEROUTPUT_H

#include "kgen/Target/Common/TargetBackend.h"

#include <string_view>

namespace kgen::nvvm {

/// Reads the text of `ptxas -v` for one kernel: registers, spills (stores and
/// loads together) and static shared memory. Lines with warnings, performance
/// notes (C75xx: serialised instructions, ignored directives) or spills are
/// added to `warnings` as they stand.
ResourceUsage readAssemblerOutput(std::string_view text,
                                  std::vector<std::string> &warnings);

/// Refuses assembled code that hides what its schedule asks for. Code with
/// products of warpgroups (wgmma) must keep its state in registers
/// (RegistersSpilled; a producer may spill), have nothing serialised (ProductsSerialised: ptxas' C75xx)
/// and keep the exponentials of a step before the wait for all of its products
/// (OverlapLost) where `ptx` waits for a part of them first. Other code passes:
/// a few spilled registers may be the better choice there, and are a warning.
Expected<void> checkProducts(const KernelCode &code, std::string_view ptx);

/// Bytes of instructions in a cubin: its .text sections; -1 if it is no ELF.
int64_t instructionBytes(std::string_view cubin);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_ASSEMBLEROUTPUT_H
