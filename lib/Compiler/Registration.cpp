//===- Registration.cpp - Dialects and passes of kgen ----------------------===//

#include "kgen/Compiler/Registration.h"
#include "kgen/Dialect/Attention/AttentionDialect.h"
#include "kgen/Dialect/Attention/BufferizableOpInterfaceImpl.h"
#include "kgen/Dialect/Attention/Passes.h"
#include "kgen/Dialect/Tile/IR/Tile.h"
#include "kgen/Target/CPU/Passes.h"
#include "kgen/Target/NVVM/Passes.h"
#include "kgen/Target/ROCDL/Passes.h"
#include "kgen/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace kgen {

void registerKgenDialects(DialectRegistry &registry) {
  registry.insert<attention::AttentionDialect, tile::TileDialect,
                  arith::ArithDialect, bufferization::BufferizationDialect,
                  cf::ControlFlowDialect, func::FuncDialect,
                  index::IndexDialect, math::MathDialect,
                  memref::MemRefDialect, scf::SCFDialect,
                  tensor::TensorDialect, vector::VectorDialect>();
  attention::registerBufferizableOpInterfaceExternalModels(registry);
}

void registerCompilerPasses() {
  attention::registerAttentionPasses();
  registerKgenTransformsPasses();
  cpu::registerKgenTargetCpuPasses();
  registerKgenTargetNvvmPasses();
  rocdl::registerRocdlPasses();
}

} // namespace kgen
