//===- Plugin.cpp - kgen in a stock mlir-opt -------------------------------===//
//
// mlir-opt --load-dialect-plugin=KgenPlugin.so --load-pass-plugin=KgenPlugin.so
//   --pass-pipeline='builtin.module(attention-verify{target=cpu})' variant.mlir
//
//===----------------------------------------------------------------------===//

#include "kgen/Autotune/Passes.h"
#include "kgen/Compiler/Registration.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

static void registerPasses() {
  kgen::registerCompilerPasses();
  kgen::registerKgenAutotunePasses();
}

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "Kgen", KGEN_VERSION,
          [](mlir::DialectRegistry *registry) {
            kgen::registerKgenDialects(*registry);
          }};
}

extern "C" LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "Kgen", KGEN_VERSION, registerPasses};
}
