//===- RocdlResourcesTest.cpp - Estimates against code objects -------------===//
//
// What the legality says of a schedule before it is compiled, and what the code
// object says afterwards: LDS is equal, registers are near, nothing spills.
//
//===----------------------------------------------------------------------===//

#include "kgen/Compiler/KernelCompiler.h"
#include "kgen/Compiler/Registration.h"
#include "kgen/Dialect/Attention/Passes.h"
#include "kgen/Schedule/Legality.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

using namespace kgen;

namespace {

/// Registers of the code object may differ from the estimate by this part of
/// it. The backend takes more than it needs while that costs no wave.
constexpr double kTolerance = 0.3;
/// Registers of a lane on a SIMD (AMD Instinct MI200, MI300 and CDNA4 ISA
/// documents: 512, given out in blocks of 8).
constexpr int64_t kRegistersOfSimd = 512;

int64_t wavesPerSimd(int64_t registers) {
  return std::min<int64_t>(8, kRegistersOfSimd / ((registers + 7) / 8 * 8));
}

/// The variant's function in bf16 (grouped heads, LSE; its head dimension is
/// 64) or f16 (128), with another head dimension. Empty if there is none.
std::string functionText(const std::string &variant, const std::string &element,
                         int64_t headDim) {
  std::ifstream file(std::string(KGEN_VARIANTS) + "/" + variant + ".mlir");
  std::stringstream text;
  text << file.rdbuf();
  std::string all = text.str();
  size_t begin = all.find("func.func @" + variant + "_" + element + "(");
  size_t end = all.find("\n}\n", begin);
  std::string was = element == "bf16" ? "x64x" : "x128x";
  if (begin == std::string::npos || end == std::string::npos ||
      all.find(was + element, begin) > end)
    return "";
  std::string function = all.substr(begin, end + 3 - begin);
  return std::regex_replace(function, std::regex(was + element),
                            "x" + std::to_string(headDim) + "x" + element);
}

/// The variants in test/Variants that have both functions: every named mod, and
/// not what is written for one target or head dimension.
std::vector<std::string> variants() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(KGEN_VARIANTS)) {
    std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".mlir" &&
        !functionText(name, "bf16", 64).empty() &&
        !functionText(name, "f16", 128).empty())
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// One variant's compiler for one machine.
struct Subject {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  HardwareModel hardware;
  std::unique_ptr<KernelCompiler> compiler;

  Subject(const std::string &text, const std::string &arch)
      : hardware(*findHardware(arch)) {
    mlir::DialectRegistry registry;
    registerKgenDialects(registry);
    context.appendDialectRegistry(registry);
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (!module)
      return;
    module->walk([&](attention::ForwardOp op) {
      mlir::IRRewriter rewriter(op);
      if (mlir::succeeded(attention::expandMods(rewriter, op)))
        compiler = KernelCompiler::create(op, hardware, EmitOptions());
    });
  }

  void expectAsEstimated(const Schedule &schedule) {
    SCOPED_TRACE(toString(schedule));
    ResourceEstimate estimate =
        estimateResources(compiler->problem(), schedule, hardware);
    Expected<CompiledKernel> kernel = compiler->compile(schedule);
    ASSERT_TRUE(static_cast<bool>(kernel)) << kernel.error().message();
    const ResourceUsage &used = kernel->code.resources;
    EXPECT_EQ(used.sharedBytes, estimate.sharedBytes);
    EXPECT_EQ(kernel->code.threadsPerWorkgroup, estimate.threadsPerWorkgroup);
    EXPECT_EQ(used.spillBytes, 0);
    EXPECT_TRUE(kernel->code.warnings.empty()) << kernel->code.warnings.front();
    double ratio =
        double(used.registersPerThread) / double(estimate.registersPerThread);
    EXPECT_GE(ratio, 1 - kTolerance) << used.registersPerThread;
    EXPECT_LE(ratio, 1 + kTolerance) << used.registersPerThread;
    registers = used.registersPerThread;
    estimated = estimate.registersPerThread;
  }

  int64_t registers = 0, estimated = 0; ///< of the last schedule
};

class RocdlResources
    : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

// Waves that a SIMD holds are those of the estimate, or one fewer.
TEST_P(RocdlResources, OfDefaultSchedulesAreAsEstimated) {
  auto [variant, arch] = GetParam();
  for (int64_t headDim : {64, 128, 256}) {
    SCOPED_TRACE(headDim);
    Subject subject(
        functionText(variant, headDim == 128 ? "f16" : "bf16", headDim), arch);
    ASSERT_TRUE(subject.compiler);
    Expected<Schedule> schedule =
        defaultSchedule(subject.compiler->problem(), subject.hardware);
    ASSERT_TRUE(static_cast<bool>(schedule)) << schedule.error().message();
    subject.expectAsEstimated(*schedule);
    EXPECT_GE(wavesPerSimd(subject.registers) + 1,
              wavesPerSimd(subject.estimated))
        << subject.registers << " registers, estimate " << subject.estimated;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Variants, RocdlResources,
    testing::Combine(testing::ValuesIn(variants()),
                     testing::Values("gfx90a", "gfx942", "gfx950")),
    [](const auto &info) {
      return std::get<0>(info.param) + "_" + std::get<1>(info.param);
    });

struct Point {
  int64_t headDim, tileQ, tileKV, warps, stages;
};

class RocdlSchedules : public testing::TestWithParam<std::string> {};

// Stages, waves, and waves of 64 rows.
TEST_P(RocdlSchedules, UseWhatIsEstimated) {
  for (const Point &point :
       {Point{64, 128, 64, 4, 2}, Point{64, 256, 64, 4, 1},
        Point{64, 128, 128, 4, 1}, Point{128, 128, 32, 4, 3},
        Point{128, 256, 64, 8, 1}, Point{128, 32, 32, 1, 1},
        Point{256, 64, 32, 2, 1}})
    for (const char *variant : {"full", "neighborhood_2d"}) {
      SCOPED_TRACE(variant);
      Subject subject(functionText(variant, "bf16", point.headDim), GetParam());
      ASSERT_TRUE(subject.compiler);
      Expected<Schedule> schedule =
          defaultSchedule(subject.compiler->problem(), subject.hardware);
      ASSERT_TRUE(static_cast<bool>(schedule));
      schedule->tileQ = point.tileQ;
      schedule->tileKV = point.tileKV;
      schedule->warps = point.warps;
      schedule->stagesK = schedule->stagesV = point.stages;
      subject.expectAsEstimated(*schedule);
    }
}

// A cap holds where LLVM would take more: a wave more on each SIMD.
TEST_P(RocdlSchedules, KeepCapsOfRegisters) {
  Subject subject(functionText("full", "bf16", 64), GetParam());
  ASSERT_TRUE(subject.compiler);
  Expected<Schedule> schedule =
      defaultSchedule(subject.compiler->problem(), subject.hardware);
  ASSERT_TRUE(static_cast<bool>(schedule));
  schedule->tileKV = 128;
  schedule->maxRegisters = 256;
  subject.expectAsEstimated(*schedule);
  EXPECT_LE(subject.registers, 256);
}

INSTANTIATE_TEST_SUITE_P(Archs, RocdlSchedules,
                         testing::Values("gfx90a", "gfx942", "gfx950"));

} // namespace
