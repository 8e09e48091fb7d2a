//===- BackendTest.cpp - Tiled kernels to cubins, and what is refused -------===//

#include "AssemblerOutput.h"
#include "Ptxas.h"
#include "kgen/Target/Common/ArtifactWriter.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace kgen;
using namespace mlir;
using testing::HasSubstr;

namespace {

class Backend : public testing::Test {
protected:
  Backend() : backend(createNvvmBackend()) {
    DialectRegistry registry;
    backend->registerDialects(registry);
    context = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
  }

  /// Parses and lowers; null (with the diagnostic in `message`) on failure.
  OwningOpRef<ModuleOp> lower(OwningOpRef<ModuleOp> module) {
    ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
      message += diagnostic.str();
      return success();
    });
    PassManager manager(context.get());
    backend->buildLowering(manager, hardware());
    return module && succeeded(manager.run(*module)) ? std::move(module)
                                                     : nullptr;
  }
  OwningOpRef<ModuleOp> lowerText(StringRef text) {
    return lower(parseSourceString<ModuleOp>(text, context.get()));
  }
  OwningOpRef<ModuleOp> lowerFlash() {
    return lower(parseSourceFile<ModuleOp>(KGEN_TILE_TEST, context.get()));
  }
  static HardwareModel hardware() { return *findHardware("h100"); }
  static bool hasPtxas() { return !nvvm::findPtxas("").empty(); }

  std::unique_ptr<TargetBackend> backend;
  std::unique_ptr<MLIRContext> context;
  std::string message;
};

TEST_F(Backend, AssemblesFlashAttention) {
  if (!hasPtxas())
    GTEST_SKIP() << "no ptxas";
  OwningOpRef<ModuleOp> module = lowerFlash();
  ASSERT_TRUE(module) << message;
  EmitOptions options;
  options.keepAssembly = true;
  Expected<KernelCode> code = backend->emit(*module, hardware(), options);
  ASSERT_TRUE(bool(code)) << code.error().message();
  EXPECT_EQ(code->format, CodeFormat::Cubin);
  EXPECT_EQ(code->kernelName, "flash");
  EXPECT_EQ(code->threadsPerWorkgroup, 128);
  // Q 64 x 64, K and V 32 x 64, two bytes each.
  EXPECT_EQ(code->dynamicSharedBytes, (64 + 32 + 32) * 64 * 2);
  EXPECT_EQ(code->resources.sharedBytes, code->dynamicSharedBytes);
  EXPECT_EQ(code->resources.spillBytes, 0);
  EXPECT_GT(code->resources.registersPerThread, 64);
  EXPECT_GT(code->resources.codeBytes, 4096);
  EXPECT_TRUE(code->warnings.empty()) << code->warnings.front();
  EXPECT_THAT(code->assembly, HasSubstr(".target sm_90"));
}

// 16 x 64 rows of S and 64 columns of O, 16 of k each: 16 + 16 products a warp,
// half as many reads of K and of V, one of Q a k step.
TEST_F(Backend, ReadsNoMoreThanItMultiplies) {
  OwningOpRef<ModuleOp> module = lowerFlash();
  ASSERT_TRUE(module) << message;
  EmitOptions options;
  options.keepAssembly = true;
  Expected<KernelCode> code = backend->emit(*module, hardware(), options);
  ASSERT_TRUE(bool(code)) << code.error().message();
  auto count = [&](StringRef text) { return StringRef(code->assembly).count(text); };
  EXPECT_EQ(count("mma.sync.aligned.m16n8k16"), 32u);
  EXPECT_EQ(count("ldmatrix.sync.aligned.m8n8.x4.shared"), 4u + 8u);
  EXPECT_EQ(count("ldmatrix.sync.aligned.m8n8.x4.trans.shared"), 8u);
  EXPECT_EQ(count("ld.local"), 0u);
}

TEST_F(Backend, ReportsPtxasThatDoesNotStart) {
  OwningOpRef<ModuleOp> module = lowerFlash();
  ASSERT_TRUE(module) << message;
  EmitOptions options;
  options.ptxas = "/nonexistent/ptxas";
  Expected<KernelCode> code = backend->emit(*module, hardware(), options);
  ASSERT_FALSE(bool(code));
  EXPECT_EQ(code.error().code(), ErrorCode::PtxasMissing);
}

TEST_F(Backend, RefusesModuleWithoutKernel) {
  OwningOpRef<ModuleOp> module = lowerText("func.func @f() { return }");
  ASSERT_TRUE(module);
  Expected<KernelCode> code = backend->emit(*module, hardware(), {});
  ASSERT_FALSE(bool(code));
  EXPECT_EQ(code.error().code(), ErrorCode::NoSuchKernel);
}

TEST_F(Backend, ReportsWhatLlvmCannotTake) {
  auto module = parseSourceString<ModuleOp>(R"(
    llvm.func @k() attributes {nvvm.kernel, nvvm.reqntid = array<i32: 32>} {
      %0 = arith.constant 1 : i32
      llvm.return
    })", context.get());
  ASSERT_TRUE(module);
  ScopedDiagnosticHandler quiet(context.get(),
                                [](Diagnostic &) { return success(); });
  Expected<KernelCode> code = backend->emit(*module, hardware(), {});
  ASSERT_FALSE(bool(code));
  EXPECT_EQ(code.error().code(), ErrorCode::LlvmTranslationFailed);
}

TEST_F(Backend, RefusesUnknownProcessor) {
  OwningOpRef<ModuleOp> module = lowerFlash();
  ASSERT_TRUE(module) << message;
  HardwareModel machine = hardware();
  machine.arch = "sm_1";
  Expected<KernelCode> code = backend->emit(*module, machine, {});
  ASSERT_FALSE(bool(code));
  EXPECT_EQ(code.error().code(), ErrorCode::NvptxUnavailable);
}

TEST_F(Backend, RefusesTilesThatWarpsCannotShare) {
  EXPECT_FALSE(lowerText(R"(
    func.func @f(%v: f32) attributes {tile.kernel} {
      %m = tile.splat %v : !tile.matrix<48x64xf32, accumulator>
      return
    })"));
  EXPECT_THAT(message, HasSubstr("[KG4004]"));
  EXPECT_THAT(message, HasSubstr("multiple of 64"));
}

TEST_F(Backend, RefusesKnobsOfOtherLowerings) {
  EXPECT_FALSE(lowerText(R"(
    func.func @f() attributes {tile.kernel,
        attention.schedule = #attention.schedule<consumer_warpgroups = 1>} {
      return
    })"));
  EXPECT_THAT(message, HasSubstr("[KG4006]"));
}

TEST_F(Backend, RefusesDoubleMath) {
  EXPECT_FALSE(lowerText(R"(
    func.func @f(%x: f64) -> f64 attributes {tile.kernel} {
      %y = math.tanh %x : f64
      return %y : f64
    })"));
  EXPECT_THAT(message, HasSubstr("[KG4002]"));
}

TEST(Assembler, FailureCarriesItsWords) {
  std::string ptxas = nvvm::findPtxas("");
  if (ptxas.empty())
    GTEST_SKIP() << "no ptxas";
  auto result = nvvm::assemblePtx(ptxas, "nonsense", "sm_90");
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(result.error().code(), ErrorCode::PtxasFailed);
  EXPECT_THAT(result.error().detail(), HasSubstr("Missing .version"));
}

TEST(Assembler, TimesOut) {
  std::string program = testing::TempDir() + "/kgen-slow-ptxas";
  FILE *file = fopen(program.c_str(), "w");
  fputs("#!/bin/sh\nsleep 20\n", file);
  fclose(file);
  ASSERT_EQ(std::system(("chmod +x " + program).c_str()), 0);
  auto result =
      nvvm::assemblePtx(program, "", "sm_90", std::chrono::milliseconds(100));
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(result.error().code(), ErrorCode::PtxasTimedOut);
  std::remove(program.c_str());
}

TEST(Assembler, OutputIsRead) {
  std::vector<std::string> warnings;
  ResourceUsage usage = nvvm::readAssemblerOutput(
      "ptxas info    : Compiling entry function 'k' for 'sm_90'\n"
      "    40 bytes stack frame, 88 bytes spill stores, 72 bytes spill loads\n"
      "ptxas info    : (C7510) Potential Performance Loss: wgmma\n"
      "ptxas info    : Used 168 registers, used 1 barriers, 512 bytes smem\n",
      warnings);
  EXPECT_EQ(usage.registersPerThread, 168);
  EXPECT_EQ(usage.spillBytes, 160);
  EXPECT_EQ(usage.sharedBytes, 512);
  EXPECT_EQ(warnings.size(), 2u);
  EXPECT_EQ(nvvm::instructionBytes("not an ELF"), -1);
}

} // namespace
