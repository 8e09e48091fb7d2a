//===- EmitObject.h - LLVM IR to x86-64 object code ------------------------===//
#ifndef KGEN_LIB_TARGET_CPU_EMITOBJECT_H
#define KGEN_LIB_TARGET_CPU_EMITOBJECT_H

#include "kgen/Support/Error.h"

#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace kgen::cpu {

/// An x86-64 level that this target serves.
struct CpuLevel {
  std::string name;       ///< "x86-64-v4": what LLVM calls the processor
  int64_t lanes = 4;      ///< f32 lanes of a vector
  int64_t registers = 16; ///< vector registers
};

/// By name; KG4063 lists what exists.
Expected<CpuLevel> findCpuLevel(const std::string &arch);

struct ObjectCode {
  std::string object;
  std::string assembly; ///< only if asked for
};

/// Optimises the module for the level (scheduled for the processor of this
/// machine where it has that level) and generates code. Takes no library calls:
/// the result has no undefined symbols.
Expected<ObjectCode> emitObject(llvm::Module &module, const CpuLevel &level,
                                bool keepAssembly);

} // namespace kgen::cpu

#endif // KGEN_LIB_TARGET_CPU_EMITOBJECT_H
