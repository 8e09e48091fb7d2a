#include "TestProblems.h"
#include "kgen/Schedule/Json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

// A random well-formed program: each instruction takes earlier results of the
// kind that it needs.
Expression randomScore(std::mt19937 &random) {
  Expression program;
  std::vector<int32_t> floats, integers;
  auto add = [&](Instruction instruction, std::vector<int32_t> &kind) {
    kind.push_back(static_cast<int32_t>(program.instructions.size()));
    program.instructions.push_back(std::move(instruction));
  };
  auto pick = [&](const std::vector<int32_t> &from) {
    return from[random() % from.size()];
  };
  add({ExpressionOp::ArgumentScore, {}}, floats);
  add({ExpressionOp::ArgumentKeyIndex, {}}, integers);
  for (int i = 0; i < 12; ++i)
    switch (random() % 5) {
    case 0:
      add({.op = ExpressionOp::AddFloat,
           .operands = {pick(floats), pick(floats)}},
          floats);
      break;
    case 1:
      add({.op = ExpressionOp::SubInt,
           .operands = {pick(integers), pick(integers)},
           .bits = 32},
          integers);
      break;
    case 2:
      add({.op = ExpressionOp::ConstantFloat,
           .operands = {},
           .floatValue = std::ldexp(static_cast<double>(random()),
                                    static_cast<int>(random() % 200) - 100)},
          floats);
      break;
    case 3:
      add({.op = ExpressionOp::SignedToFloat, .operands = {pick(integers)}},
          floats);
      break;
    default:
      add({.op = ExpressionOp::ConstantInt,
           .operands = {},
           .intValue = static_cast<int64_t>(random() * random())},
          integers);
    }
  program.result = floats.back();
  return program;
}

void expectFault(const std::string &text, ErrorCode code,
                 const std::string &detail) {
  auto problem = parseProblem(text);
  ASSERT_FALSE(static_cast<bool>(problem)) << text;
  EXPECT_EQ(problem.error().code(), code) << problem.error().message();
  EXPECT_THAT(problem.error().detail(), HasSubstr(detail)) << text;
}

void expectRoundTrip(const Problem &problem) {
  std::string text = toJson(problem);
  auto back = parseProblem(text);
  ASSERT_TRUE(static_cast<bool>(back)) << back.error().message() << text;
  EXPECT_EQ(*back, problem) << text;
  EXPECT_EQ(toJson(*back), text);
}

TEST(JsonProblem, VariantsSurviveARoundTrip) {
  expectRoundTrip(Problem());
  expectRoundTrip(causalProblem(128, ElementType::F32));
  expectRoundTrip(alibiProblem());
  Problem problem = alibiProblem();
  problem.name = "quote \" newline \n unicode \u00e4";
  problem.writesLse = true;
  problem.numerics = {.tf32 = true, .approximateMath = true};
  problem.scale = 0.1;
  problem.seqQ = 77;
  problem.captures.push_back({.name = "ids",
                              .type = ElementType::I32,
                              .shape = {kDynamicSize, kDynamicSize},
                              .minValue = -3,
                              .maxValue = 1 << 30,
                              .sorted = true});
  problem.captures.push_back(
      {.name = "cap", .type = ElementType::BF16, .isScalar = true});
  expectRoundTrip(problem);
}

TEST(JsonProblem, RandomProgramsSurviveARoundTrip) {
  std::mt19937 random(11);
  for (int i = 0; i < 500; ++i) {
    Problem problem = plainProblem();
    problem.score = randomScore(random);
    expectRoundTrip(problem);
  }
}

TEST(JsonProblem, ConstantsThatJsonCannotSpell) {
  for (double value :
       {double(-INFINITY), double(INFINITY), -0.0, 5e-324, 1.7e308}) {
    Problem problem = plainProblem();
    problem.score.instructions = {{.op = ExpressionOp::ConstantFloat,
                                   .operands = {},
                                   .floatValue = value}};
    problem.score.result = 0;
    auto back = parseProblem(toJson(problem));
    ASSERT_TRUE(static_cast<bool>(back)) << back.error().message();
    double read = back->score.instructions[0].floatValue;
    EXPECT_EQ(read, value);
    EXPECT_EQ(std::signbit(read), std::signbit(value));
  }
  Problem problem = plainProblem();
  problem.score.instructions = {
      {.op = ExpressionOp::ConstantFloat, .operands = {}, .floatValue = NAN}};
  problem.score.result = 0;
  auto back = parseProblem(toJson(problem));
  ASSERT_TRUE(static_cast<bool>(back));
  EXPECT_TRUE(std::isnan(back->score.instructions[0].floatValue));
}

TEST(JsonProblem, InvalidUtf8IsReplacedNotThrown) {
  Problem problem = plainProblem();
  problem.name = "bad \xff byte";
  auto back = parseProblem(toJson(problem));
  ASSERT_TRUE(static_cast<bool>(back)) << back.error().message();
  EXPECT_EQ(back->name, "bad \xef\xbf\xbd byte");
}

TEST(JsonProblem, MissingKeysTakeTheirDefaults) {
  auto problem = parseProblem(R"({"version":1})");
  ASSERT_TRUE(static_cast<bool>(problem)) << problem.error().message();
  EXPECT_EQ(*problem, Problem());
}

TEST(JsonProblem, FaultsNameTheirPlace) {
  auto program = [](const std::string &instruction) {
    return R"({"version":1,"score":{"instructions":[)" + instruction +
           R"(],"result":0}})";
  };
  expectFault("{}", ErrorCode::JsonMissingKey, "'problem.version'");
  expectFault(R"({"version":9})", ErrorCode::JsonVersionUnsupported, "is 9");
  expectFault(R"({"version":1,"head":1})", ErrorCode::JsonUnknownKey,
              "'problem.head' is unknown, allowed: version, name");
  expectFault(R"({"version":1,"dtype":"fp8"})", ErrorCode::JsonUnknownSpelling,
              "allowed: f32, f16, bf16");
  expectFault(program("{}"), ErrorCode::JsonMissingKey,
              "'problem.score.instructions[0].op'");
  expectFault(program(R"({"op":"add"})"), ErrorCode::JsonUnknownSpelling,
              "instructions[0].op' is \"add\"");
  expectFault(program("7"), ErrorCode::JsonWrongType,
              "'problem.score.instructions[0]' is of type number");
  expectFault(program(R"({"op":"constant_f"})"), ErrorCode::JsonMissingKey,
              "instructions[0].value");
  expectFault(program(R"({"op":"constant_f","value":"big"})"),
              ErrorCode::JsonUnknownSpelling, "\"inf\"");
  expectFault(program(R"({"op":"constant_f","value":[]})"),
              ErrorCode::JsonWrongType, "expected number");
  expectFault(program(R"({"op":"score","value":1})"), ErrorCode::JsonUnknownKey,
              "instructions[0].value");
  expectFault(program(R"({"op":"neg_f","operands":[4294967296]})"),
              ErrorCode::JsonOutOfRange, "4294967296");
  expectFault(program(R"({"op":"neg_f","operands":["0"]})"),
              ErrorCode::JsonWrongType, "operands[0]");
  expectFault(program(R"({"op":"neg_f","operands":0})"),
              ErrorCode::JsonWrongType, "expected array");
  expectFault(program(R"({"op":"score","bits":4294967296})"),
              ErrorCode::JsonOutOfRange, "bits");
  expectFault(R"({"version":1,"captures":[{"name":"x"}]})",
              ErrorCode::JsonMissingKey, "'problem.captures[0].type'");
  expectFault(R"({"version":1,"numerics":{"tf33":true}})",
              ErrorCode::JsonUnknownKey, "'problem.numerics.tf33'");
  expectFault(R"({"version":1,"mask_summary":{"density":"x"}})",
              ErrorCode::JsonUnknownSpelling, "density");
}

TEST(JsonProblem, IsCheckedAsAWhole) {
  expectFault(R"({"version":1,"heads_q":3,"heads_kv":2})",
              ErrorCode::HeadCountMismatch, "heads_q 3");
  expectFault(R"({"version":1,"head_dim_v":0})", ErrorCode::ProblemInvalid,
              "head_dim_v is 0");
  expectFault(
      R"({"version":1,"mask":{"instructions":[{"op":"score"}],"result":0}})",
      ErrorCode::ExpressionInvalid, "cannot read the score");
  expectFault(R"({"version":1,"dtype":"i8"})", ErrorCode::DtypeUnsupported,
              "i8");
}

TEST(JsonSizes, SurviveARoundTrip) {
  ProblemSizes sizes{.batch = 3,
                     .seqQ = 17,
                     .seqKV = 4097,
                     .captureShapes = {{16}, {}, {2, 3, 4}}};
  auto back = parseProblemSizes(toJson(sizes));
  ASSERT_TRUE(static_cast<bool>(back)) << back.error().message();
  EXPECT_EQ(*back, sizes);
}

TEST(JsonSizes, FaultsNameTheirPlace) {
  auto fault = [](const char *text) {
    auto sizes = parseProblemSizes(text);
    EXPECT_FALSE(static_cast<bool>(sizes)) << text;
    return sizes ? Error(ErrorCode::JsonSyntax, "") : sizes.error();
  };
  EXPECT_EQ(fault(R"({"version":1,"seq_q":1,"seq_kv":1})").code(),
            ErrorCode::JsonMissingKey);
  EXPECT_EQ(fault(R"({"version":1,"batch":0,"seq_q":1,"seq_kv":1})").code(),
            ErrorCode::JsonOutOfRange);
  Error shape = fault(R"({"version":1,"batch":1,"seq_q":1,"seq_kv":1,)"
                      R"("capture_shapes":[[1],[0]]})");
  EXPECT_EQ(shape.code(), ErrorCode::JsonOutOfRange);
  EXPECT_THAT(shape.detail(), HasSubstr("capture_shapes[1]"));
  EXPECT_EQ(fault(R"({"version":1,"batch":1,"seq_q":1,"seq_kv":1,)"
                  R"("capture_shapes":[3]})")
                .code(),
            ErrorCode::JsonWrongType);
}

} // namespace
