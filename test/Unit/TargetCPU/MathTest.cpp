//===- MathTest.cpp - Expanded functions against libm in double ------------===//

#include "KernelRunner.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace kgen;
using namespace kgen::test;

namespace {

constexpr int64_t kRows = 1024;
const double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A kernel that applies one function to a vector of kRows table entries.
std::string kernelOf(const std::string &function) {
  return R"(
func.func @apply(%in: memref<1024xf32>, %out: memref<1x1x1024xf32>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %rows = arith.constant 1024 : index
  %zero = arith.constant 0.0 : f32
  %start = tile.splat %zero : !tile.per_row<1024xf32>
  %result = tile.map_rows (%start) at [%c0] : !tile.per_row<1024xf32> -> !tile.per_row<1024xf32> {
  ^bb0(%a: f32, %i: index):
    %x = memref.load %in[%i] : memref<1024xf32>
    %y = )" +
         function + R"( %x : f32
    tile.yield %y : f32
  }
  tile.store_rows %result to %out[%c0, %c0, %c0] limit %rows : !tile.per_row<1024xf32>, memref<1x1x1024xf32>
  return
})";
}

std::vector<float> evaluate(const std::string &function,
                         const std::vector<float> &inputs) {
  Compiled compiled = compileForCpu(kernelOf(function), hostArch());
  EXPECT_EQ(compiled.diagnostics, "");
  LoadedKernel kernel(compiled.code);
  EXPECT_TRUE(bool(kernel));
  std::vector<float> outputs(kRows);
  Arguments arguments;
  arguments.tensor(inputs.data(), {});
  arguments.tensor(outputs.data(), {});
  if (kernel)
    kernel.run(arguments.pointers(), {1, 1, 1});
  return outputs;
}

struct Function {
  const char *name;
  double (*exact)(double);
  double low, high;
  double ulps; ///< allowed error in units of the last place
  std::vector<double> specials;
};
void PrintTo(const Function &f, std::ostream *stream) { *stream << f.name; }

struct Expanded : testing::TestWithParam<Function> {};

TEST_P(Expanded, MatchesLibm) {
  const Function &f = GetParam();
  std::vector<float> inputs;
  for (double special : f.specials)
    inputs.push_back(float(special));
  while (int64_t(inputs.size()) < kRows)
    inputs.push_back(
        float(f.low + (f.high - f.low) * double(inputs.size()) / kRows));
  std::vector<float> outputs = evaluate(f.name, inputs);
  for (int64_t i = 0; i < kRows; ++i) {
    double exact = f.exact(inputs[i]);
    SCOPED_TRACE(inputs[i]);
    if (std::isnan(exact)) {
      EXPECT_TRUE(std::isnan(outputs[i])) << outputs[i];
    } else if (std::fabs(exact) > std::numeric_limits<float>::max()) {
      EXPECT_EQ(outputs[i], exact < 0 ? -kInf : kInf);
    } else {
      double unit = std::max(std::fabs(exact) * 0x1p-23, 0x1p-126);
      EXPECT_NEAR(outputs[i], exact, f.ulps * unit);
    }
  }
}

double rsqrt(double x) { return 1 / std::sqrt(x); }

INSTANTIATE_TEST_SUITE_P(
    Math, Expanded,
    testing::Values(
        Function{"math.exp2", std::exp2, -130, 127.99, 2,
                 {-kInf, kInf, kNaN, 0.0, -0.0, 128, 1e30, -1e30, -126, 1, -1}},
        Function{"math.exp", std::exp, -90, 88, 3,
                 {-kInf, kInf, kNaN, 0.0, 1e-10, 100, -200}},
        Function{"math.log2", std::log2, 1e-3, 20, 3,
                 {0.0, -1.0, kInf, kNaN, 1.0, 1e-40, 3e38, 1.0000001}},
        Function{"math.log", std::log, 1e-3, 20, 3,
                 {0.0, -1.0, kInf, kNaN, 1.0, 1e-40, 3e38, 1.0000001}},
        Function{"math.tanh", std::tanh, -10, 10, 4,
                 {-kInf, kInf, kNaN, 0.0, 1e-20, 1e-4, 0.6249, 0.6251, 50}},
        Function{"math.rsqrt", rsqrt, 1e-6, 100, 2, {1.0, 4.0}},
        Function{"math.sqrt", std::sqrt, 0, 100, 1, {kInf, kNaN}},
        Function{"math.erf", std::erf, -4, 4, 16, {0.0, 1e-6}},
        Function{"math.sin", std::sin, -3, 3, 64, {0.0, 1e-6}},
        Function{"math.log1p", std::log1p, 0, 10, 8, {0.0}},
        Function{"math.expm1", std::expm1, -3, 3, 16, {0.0}}));

TEST(MathRefusal, FunctionsWithoutExpansionAreNamed) {
  std::string text = kernelOf("math.erf");
  text.replace(text.find("%y = math.erf %x : f32"), 22,
               "%w = arith.extf %x : f32 to f64\n%z = math.erf %w : f64\n"
               "%y = arith.truncf %z : f64 to f32");
  Compiled compiled = compileForCpu(text, hostArch());
  EXPECT_TRUE(compiled.code.bytes.empty());
  EXPECT_NE(compiled.diagnostics.find("[KG4002] 'math.erf'"), std::string::npos)
      << compiled.diagnostics;
}

/// A kernel with one operation that the CPU target does not lower.
TEST(LoweringRefusal, OperationsOutsideOfTheFormAreNamed) {
  Compiled compiled = compileForCpu(R"(
func.func @bad(%out: memref<1x1x8xf32>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %local = memref.alloca() : memref<8xf32>
  return
})",
                                    hostArch());
  EXPECT_TRUE(compiled.code.bytes.empty());
  EXPECT_NE(compiled.diagnostics.find("[KG4060] 'memref.alloca'"),
            std::string::npos)
      << compiled.diagnostics;
}

TEST(LoweringRefusal, OneBufferInTwoRoles) {
  Compiled compiled = compileForCpu(R"(
func.func @roles(%k: memref<1x1x64x16xf32>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %buffer = tile.alloc : !tile.buffer<1x16x16xf32>
  %view = tile.slot %buffer[%c0] : !tile.buffer<1x16x16xf32>
  %s = tile.dot %view, %view : !tile.view<16x16xf32>, !tile.view<16x16xf32> -> !tile.matrix<16x16xf32, accumulator>
  return
})",
                                    hostArch());
  EXPECT_TRUE(compiled.code.bytes.empty());
  EXPECT_NE(compiled.diagnostics.find("[KG4061]"), std::string::npos)
      << compiled.diagnostics;
}

} // namespace
