//===- SassOrder.h - Which softmax runs under which product ---------------===//
//
// ptxas may move a wait for asynchronous products (wgmma) above arithmetic that
// does not depend on it, and says nothing. The softmax that should run under
// the products then runs after them. So the emitter reads the machine code
// back.
//
// Only what the question needs is decoded. NVIDIA documents no encodings: those
// below were found by assembling PTX for sm_90a with ptxas 13.0 and comparing
// with what nvdisasm 13.5 prints.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_SASSORDER_H
#define KGEN_TARGET_NVVM_SASSORDER_H

#include "kgen/Support/Error.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace kgen::nvvm {

enum class SassKind : uint8_t {
  Other,
  Product,     ///< HGMMA
  Wait,        ///< WARPGROUP.DEPBAR.LE
  Exponential, ///< MUFU.EX2
  LocalAccess, ///< LDL, STL: spilled registers, or arrays of a thread
  Jump,        ///< BRA, with a target
  Region,      ///< BSSY: where threads that part will meet, a target
  Meet,        ///< BSYNC: go on at the target of the region
  Stop,        ///< EXIT, RET
};

/// One instruction of 16 bytes.
struct SassInstruction {
  SassKind kind = SassKind::Other;
  /// Of a product: the last one of a group (wgmma.commit_group).
  bool endsGroup = false;
  /// Of a wait: groups that may still run after it.
  int64_t pending = 0;
  /// Of a jump or a stop: some threads go on at the next instruction.
  bool conditional = false;
  /// Of a jump or a region: instructions from the next one to the target.
  int64_t distance = 0;
  /// Of a region or a meeting: the barrier register that connects them.
  int64_t barrier = 0;
};

SassInstruction decodeSass(uint64_t low, uint64_t high);

/// The instructions of `kernel` in a cubin for sm_90a. PtxasFailed when the ELF
/// image cannot be read or has no such kernel.
Expected<std::vector<SassInstruction>> decodeKernel(llvm::StringRef cubin,
                                                    llvm::StringRef kernel);

/// What the order of a kernel's instructions says about its products.
struct SassOrder {
  int64_t products = 0;
  /// Waits that end two groups of products or more: one for each step whose
  /// softmax is meant to run while a product does.
  int64_t overlappedSteps = 0;
  /// Exponentials in such steps, before the wait for the last group and after
  /// it (up to the next product). Counted once in the code, not once a trip.
  int64_t covered = 0;
  int64_t exposed = 0;
  /// The first exposed one, as an index of instructions; none: empty.
  std::optional<size_t> firstExposed;
  /// Accesses to local memory on paths that have a product. A producer's own are
  /// left out: no product waits for them.
  int64_t localAccesses = 0;
};

/// Follows all paths from the first instruction.
SassOrder readSassOrder(llvm::ArrayRef<SassInstruction> code);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_SASSORDER_H
