//===- BackendTest.cpp - From tiled form to code objects -------------------===//

#include "Lowering.h"

#include "kgen/Target/ROCDL/CodeObject.h"

#include "gtest/gtest.h"

#include <fstream>
#include <regex>
#include <sstream>

using namespace kgen;
using namespace kgen::rocdl;
using namespace kgen::rocdl::test;

namespace {

std::string readKernel() {
  std::ifstream file(std::string(KGEN_TILED_KERNELS) + "/flash.mlir");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// flash.mlir with other element types and head dimension: in a type, the last
/// size before an element type that is 128 is D.
std::string kernelText(const std::string &element, int64_t dimension) {
  std::string text = readKernel();
  text = std::regex_replace(text, std::regex("x128x(bf16|f32)"),
                            "x" + std::to_string(dimension) + "x$1");
  return std::regex_replace(text, std::regex("bf16"), element);
}

size_t count(const std::string &text, const std::string &what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1))
    ++found;
  return found;
}

struct Variant {
  std::string arch, element;
  int64_t dimension;
};
void PrintTo(const Variant &variant, std::ostream *stream) {
  *stream << variant.arch << "_" << variant.element << "_d"
          << variant.dimension;
}

class Backend : public testing::TestWithParam<Variant> {};

TEST_P(Backend, MakesACodeObjectWithoutScratch) {
  const Variant &variant = GetParam();
  Lowering lowering;
  auto module = lowering.lower(
      kernelText(variant.element, variant.dimension), variant.arch);
  ASSERT_TRUE(module) << lowering.diagnostics;
  Expected<KernelCode> code = lowering.emit(*module, variant.arch);
  ASSERT_TRUE(bool(code)) << code.error().message();

  EXPECT_EQ(code->format, CodeFormat::Hsaco);
  EXPECT_EQ(code->bytes.substr(0, 4), "\x7f" "ELF");
  EXPECT_EQ(code->kernelName, "flash");
  EXPECT_EQ(code->arch, variant.arch);
  EXPECT_EQ(code->threadsPerWorkgroup, 256);
  EXPECT_EQ(code->dynamicSharedBytes, 0);
  EXPECT_TRUE(code->warnings.empty()) << code->warnings.front();

  const ResourceUsage &usage = code->resources;
  EXPECT_EQ(usage.spillBytes, 0);
  EXPECT_GT(usage.registersPerThread, 64);
  EXPECT_LE(usage.registersPerThread, 512);
  EXPECT_GE(usage.accumulatorRegisters, 0);
  EXPECT_GT(usage.codeBytes, 1000);
  int64_t d = variant.dimension;
  EXPECT_EQ(usage.sharedBytes, 2 * (32 * (d + 4) + d * (32 + 4)));

  // D / 8 products for the scores, 4 for each 32 columns of the output; half as
  // many where they are twice as deep.
  bool wide = variant.arch == "gfx950";
  std::string mnemonic = wide ? "v_mfma_f32_32x32x16" : "v_mfma_f32_32x32x8";
  if (variant.arch != "gfx90a")
    mnemonic += '_';
  mnemonic += variant.element;
  EXPECT_EQ(count(code->assembly, mnemonic),
            size_t(d / 8 + d / 32 * 4) / (wide ? 2 : 1));
  EXPECT_EQ(count(code->assembly, "v_mfma"), count(code->assembly, mnemonic));
  EXPECT_EQ(count(code->assembly, "scratch_load"), 0u);
  EXPECT_EQ(count(code->assembly, "flat_load"), 0u);
  EXPECT_GT(count(code->assembly, "v_exp_f32"), 15u);
}

// No wait drains everything, and nothing loops over lanes because LLVM took a
// buffer resource for divergent.
TEST_P(Backend, WaitsOnlyForWhatIsUsed) {
  Lowering lowering;
  auto module = lowering.lower(
      kernelText(GetParam().element, GetParam().dimension), GetParam().arch);
  ASSERT_TRUE(module) << lowering.diagnostics;
  Expected<KernelCode> code = lowering.emit(*module, GetParam().arch);
  ASSERT_TRUE(bool(code)) << code.error().message();
  EXPECT_EQ(count(code->assembly, "vmcnt(0) lgkmcnt(0)"), 0u);
  EXPECT_EQ(count(code->assembly, "s_and_saveexec_b64 vcc"), 0u);
  EXPECT_LE(count(code->assembly, "v_readfirstlane_b32"), 4u);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, Backend,
    testing::Values(Variant{"gfx942", "bf16", 128},
                    Variant{"gfx942", "f16", 64}, Variant{"gfx90a", "bf16", 64},
                    Variant{"gfx90a", "f16", 128},
                    Variant{"gfx90a", "bf16", 256},
                    Variant{"gfx942", "f16", 256},
                    Variant{"gfx950", "bf16", 128},
                    Variant{"gfx950", "f16", 64},
                    Variant{"gfx950", "bf16", 256}),
    [](const auto &info) {
      return info.param.arch + '_' + info.param.element + '_' +
             std::to_string(info.param.dimension);
    });

// Scalar captures, among them `index` and i1, are arguments of their own.
TEST(BackendArguments, TakesScalars) {
  Lowering lowering;
  auto module = lowering.lower(R"(
    func.func @k(%limit: index, %on: i1, %x: f32, %y: memref<1x1x?x64xf32>)
        attributes {tile.kernel} {
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %value = arith.select %on, %x, %zero : f32
      %m = tile.splat %value : !tile.matrix<32x64xf32, accumulator>
      tile.store %m to %y[%c0, %c0, %c0] limit %limit
        : !tile.matrix<32x64xf32, accumulator>, memref<1x1x?x64xf32>
      return
    })");
  ASSERT_TRUE(module) << lowering.diagnostics;
  Expected<KernelCode> code = lowering.emit(*module, "gfx90a");
  ASSERT_TRUE(bool(code)) << code.error().message();
  EXPECT_EQ(code->threadsPerWorkgroup, 64);
  // i64 at 0, i1 at 8, f32 at 12, pointer at 16, i64 at 24.
  Expected<KernelMetadata> metadata = readCodeObject(code->bytes);
  ASSERT_TRUE(bool(metadata));
  EXPECT_GE(metadata->kernelArgumentBytes, 32);
  EXPECT_GE(count(code->assembly, "buffer_store_dwordx4"), 8u);
}

TEST(BackendErrors, RefusesOtherArchitectures) {
  Lowering lowering;
  auto module = lowering.lower(kernelText("bf16", 64));
  ASSERT_TRUE(module);
  Expected<KernelCode> code = lowering.emit(*module, "gfx1100");
  ASSERT_FALSE(bool(code));
  EXPECT_EQ(code.error().code(), ErrorCode::ArchUnsupported);
}

TEST(BackendErrors, WantsOneKernel) {
  Lowering lowering;
  auto module = lowering.lower("module {}");
  ASSERT_TRUE(module);
  Expected<KernelCode> code = lowering.emit(*module, "gfx942");
  ASSERT_FALSE(bool(code));
  EXPECT_EQ(code.error().code(), ErrorCode::NoSuchKernel);
}

// What LLVM's backend refuses comes back as an error, not as an exit.
TEST(BackendErrors, ReportsWhatTheBackendRefuses) {
  Lowering lowering;
  auto module = lowering.lower(R"(
    llvm.mlir.global internal @lds() {addr_space = 3 : i32} : !llvm.array<100000 x i8>
    llvm.func @k(%p: !llvm.ptr<1>, %n: i32) attributes {rocdl.kernel} {
      %lds = llvm.mlir.addressof @lds : !llvm.ptr<3>
      %at = llvm.getelementptr %lds[%n] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
      llvm.store volatile %n, %at : i32, !llvm.ptr<3>
      llvm.return
    })");
  ASSERT_TRUE(module) << lowering.diagnostics;
  Expected<KernelCode> code = lowering.emit(*module, "gfx942");
  ASSERT_FALSE(bool(code));
  EXPECT_EQ(code.error().code(), ErrorCode::RocdlCodeGeneration);
  EXPECT_NE(code.error().detail().find("local memory"), std::string::npos)
      << code.error().message();
}

TEST(BackendErrors, RefusesWhatIsNotACodeObject) {
  Expected<KernelMetadata> metadata = readCodeObject("not an ELF file");
  ASSERT_FALSE(bool(metadata));
  EXPECT_EQ(metadata.error().code(), ErrorCode::RocdlCodeObject);
}

// A private array that LLVM cannot keep in registers.
TEST(BackendWarnings, SaysWhatUsesScratch) {
  Lowering lowering;
  auto module = lowering.lower(R"(
    llvm.func @k(%p: !llvm.ptr<1>, %n: i32) attributes {rocdl.kernel} {
      %c64 = llvm.mlir.constant(64 : i32) : i32
      %a = llvm.alloca %c64 x f32 : (i32) -> !llvm.ptr<5>
      %g = llvm.getelementptr %a[%n] : (!llvm.ptr<5>, i32) -> !llvm.ptr<5>, f32
      %v = llvm.load %p : !llvm.ptr<1> -> f32
      llvm.store volatile %v, %g : f32, !llvm.ptr<5>
      %w = llvm.load volatile %a : !llvm.ptr<5> -> f32
      llvm.store %w, %p : f32, !llvm.ptr<1>
      llvm.return
    })");
  ASSERT_TRUE(module) << lowering.diagnostics;
  Expected<KernelCode> code = lowering.emit(*module, "gfx942");
  ASSERT_TRUE(bool(code)) << code.error().message();
  EXPECT_GE(code->resources.spillBytes, 256);
  ASSERT_FALSE(code->warnings.empty());
  EXPECT_NE(code->warnings.front().find("scratch"), std::string::npos);
}

} // namespace
