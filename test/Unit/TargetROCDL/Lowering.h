//===- Lowering.h - Lowers text in tests of the AMD target ------*- C++ -*-===//
#ifndef KGEN_TEST_UNIT_TARGETROCDL_LOWERING_H
#define KGEN_TEST_UNIT_TARGETROCDL_LOWERING_H

#include "kgen/Dialect/Attention/AttentionDialect.h"
#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/Common/TargetBackend.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <memory>
#include <string>

namespace kgen::rocdl::test {

/// A context with the backend's dialects that keeps what diagnostics say.
class Lowering {
public:
  Lowering()
      : backend(createRocdlBackend()) {
    mlir::DialectRegistry registry;
    backend->registerDialects(registry);
    registry.insert<kgen::attention::AttentionDialect,
                    mlir::memref::MemRefDialect>();
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    context.getDiagEngine().registerHandler([this](mlir::Diagnostic &d) {
      diagnostics += d.str() + "\n";
    });
  }

  /// Parses and lowers; null, with `diagnostics` set, if either fails.
  mlir::OwningOpRef<mlir::ModuleOp> lower(const std::string &text,
                                          const std::string &arch = "gfx942") {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return module;
    mlir::PassManager manager(&context);
    HardwareModel hardware;
    hardware.arch = arch;
    backend->buildLowering(manager, hardware);
    if (mlir::failed(manager.run(*module)))
      return nullptr;
    return module;
  }

  Expected<KernelCode> emit(mlir::ModuleOp module, const std::string &arch) {
    HardwareModel hardware;
    hardware.arch = arch;
    hardware.target = TargetKind::Rocdl;
    EmitOptions options;
    options.keepAssembly = true;
    return backend->emit(module, hardware, options);
  }

  mlir::MLIRContext context;
  std::string diagnostics;

private:
  std::unique_ptr<TargetBackend> backend;
};

} // namespace kgen::rocdl::test

#endif // KGEN_TEST_UNIT_TARGETROCDL_LOWERING_H
