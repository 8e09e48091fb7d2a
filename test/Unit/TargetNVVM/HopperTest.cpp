//===- HopperTest.cpp - Kernels with roles, from tiled form to cubin --------===//

#include "Ptxas.h"
#include "kgen/Target/Common/TargetBackend.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace kgen;
using namespace mlir;
using testing::HasSubstr;

namespace {

class Hopper : public testing::Test {
protected:
  Hopper() : backend(createNvvmBackend()) {
    DialectRegistry registry;
    backend->registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
  }

  Expected<KernelCode> compile() {
    HardwareModel machine = *findHardware("sm_90a");
    auto module =
        parseSourceFile<ModuleOp>(KGEN_TILE_ASYNC_TEST, context.get());
    PassManager manager(context.get());
    backend->buildLowering(manager, machine);
    if (!module || failed(manager.run(*module)))
      return Error(ErrorCode::NoSuchKernel, "does not lower");
    EmitOptions options;
    options.keepAssembly = true;
    return backend->emit(*module, machine, options);
  }

  std::unique_ptr<TargetBackend> backend;
  std::unique_ptr<MLIRContext> context;
};

TEST_F(Hopper, DescribesItsTensorMaps) {
  Expected<KernelCode> code = compile();
  ASSERT_TRUE(bool(code)) << code.error().message();
  EXPECT_EQ(code->arch, "sm_90a");
  EXPECT_EQ(code->threadsPerWorkgroup, 256); // one warpgroup and the producer
  ASSERT_EQ(code->tensorMaps.size(), 3u);
  for (uint32_t index = 0; index < 3; ++index) {
    const TensorMapSpec &map = code->tensorMaps[index];
    EXPECT_EQ(map.parameter, int32_t(index)); // Q, K, V
    EXPECT_EQ(map.elementType, ElementType::F16);
    EXPECT_EQ(map.rank, 4u);
    EXPECT_EQ(map.box[0], 64u);
    EXPECT_EQ(map.box[1], index == 0 ? 64u : 32u);
    EXPECT_EQ(map.swizzleBytes, 128u);
  }
  // Tiles of Q, K and V, two barriers for each of five slots, the scratch place.
  EXPECT_EQ(code->dynamicSharedBytes,
            64 * 128 + 2 * 32 * 128 + 2 * 32 * 256 + 5 * 16 + 16);
}

TEST_F(Hopper, IssuesOneCopyAPanelAndOneProductAStep) {
  Expected<KernelCode> code = compile();
  ASSERT_TRUE(bool(code)) << code.error().message();
  auto count = [&](StringRef text) {
    return StringRef(code->assembly).count(text);
  };
  EXPECT_EQ(count("cp.async.bulk.tensor.4d.shared::cta"), 1u + 1u + 2u);
  // Q K^T in the prologue and the loop, four steps of 16; P V twice, two steps.
  EXPECT_EQ(count("wgmma.mma_async.sync.aligned.m64n32k16.f32.f16.f16"), 8u);
  EXPECT_EQ(count("wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16"), 4u);
  EXPECT_EQ(count(".param .align 64 .b8"), 3u);
  EXPECT_EQ(count("mma.sync"), 0u);
}

TEST_F(Hopper, StaysAsynchronousInTheAssembler) {
  if (nvvm::findPtxas("").empty())
    GTEST_SKIP() << "no ptxas";
  Expected<KernelCode> code = compile();
  ASSERT_TRUE(bool(code)) << code.error().message();
  EXPECT_EQ(code->format, CodeFormat::Cubin);
  EXPECT_EQ(code->resources.spillBytes, 0);
  // C75xx: a product that ptxas serialises, or a register split it ignores.
  EXPECT_TRUE(code->warnings.empty()) << code->warnings.front();
}

} // namespace
