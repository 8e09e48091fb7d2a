//===- Registration.h - Dialects and passes of kgen ------------------------===//
#ifndef KGEN_COMPILER_REGISTRATION_H
#define KGEN_COMPILER_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace kgen {

/// The dialects of kgen with their interface models, and the upstream dialects
/// that kernels are written in.
void registerKgenDialects(mlir::DialectRegistry &registry);

/// Every pass of the compiler, target passes included. The passes that search
/// and verify are registered by lib/Autotune.
void registerCompilerPasses();

} // namespace kgen

#endif // KGEN_COMPILER_REGISTRATION_H
