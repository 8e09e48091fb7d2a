#include "kgen/Schedule/Json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

using namespace kgen;
using testing::HasSubstr;

namespace {

template <typename EnumT>
EnumT randomEnum(std::mt19937 &random) {
  // Enumerators are 0, 1, ...: draw until the spelling is a real one.
  while (true) {
    auto value = static_cast<EnumT>(random() % 4);
    if (spelling(value) != "invalid")
      return value;
  }
}

Schedule randomSchedule(std::mt19937 &random) {
  Schedule schedule;
  forEachKnob(schedule, [&](const char *, auto &field) {
    using Field = std::decay_t<decltype(field)>;
    if constexpr (std::is_same_v<Field, bool>)
      field = random() % 2;
    else if constexpr (std::is_enum_v<Field>)
      field = randomEnum<Field>(random);
    else
      field = static_cast<int64_t>(random()) - (int64_t(1) << 31);
  });
  return schedule;
}

void expectFault(const std::string &text, ErrorCode code,
                 const std::string &detail) {
  auto schedule = parseSchedule(text);
  ASSERT_FALSE(static_cast<bool>(schedule)) << text;
  EXPECT_EQ(schedule.error().code(), code) << schedule.error().message();
  EXPECT_THAT(schedule.error().detail(), HasSubstr(detail));
}

TEST(JsonSchedule, RandomSchedulesSurviveARoundTrip) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    Schedule schedule = randomSchedule(random);
    std::string text = toJson(schedule);
    auto back = parseSchedule(text);
    ASSERT_TRUE(static_cast<bool>(back)) << back.error().message();
    ASSERT_EQ(*back, schedule) << text;
    ASSERT_EQ(toJson(*back), text);
  }
}

TEST(JsonSchedule, TextIsCompactAndInKnobOrder) {
  EXPECT_EQ(
      toJson(Schedule()),
      R"({"version":1,"tile_q":64,"tile_kv":64,"warps":4,)"
      R"("consumer_warpgroups":0,"producer":"cp_async","stages_k":1,)"
      R"("stages_v":1,"overlap":"none","q_operand":"registers",)"
      R"("p_operand":"registers","max_registers":0,"producer_registers":0,)"
      R"("cluster_size":1,"scheduler":"grid","order":"linear",)"
      R"("kv_direction":"forward","split_kv":1,"pack_gqa":false,)"
      R"("exp2":"native","rescale":"always",)"
      R"("kv_range":"workgroup","epilogue":"direct"})");
}

// Stored texts, and what is found by them, are older than these knobs.
TEST(JsonSchedule, AYoungKnobIsWrittenWhereItSaysSomething) {
  Schedule schedule;
  EXPECT_THAT(toJson(schedule), testing::Not(HasSubstr("affine")));
  schedule.affine = AffineUnit::Tensor;
  EXPECT_THAT(toJson(schedule),
              testing::EndsWith(R"("epilogue":"direct","affine":"tensor"})"));
  auto fma = parseSchedule(R"({"version":1,"affine":"fma"})");
  ASSERT_TRUE(static_cast<bool>(fma)) << fma.error().message();
  EXPECT_EQ(*fma, Schedule());
  schedule = Schedule();
  EXPECT_THAT(toJson(schedule), testing::Not(HasSubstr("row_maximum")));
  schedule.rowMaximum = RowMaximum::Integer;
  EXPECT_THAT(toJson(schedule),
              testing::EndsWith(R"("epilogue":"direct",)"
                                R"("row_maximum":"integer"})"));
  auto integer = parseSchedule(toJson(schedule));
  ASSERT_TRUE(static_cast<bool>(integer)) << integer.error().message();
  EXPECT_EQ(*integer, schedule);
}

TEST(JsonSchedule, MissingKnobsTakeTheirDefaults) {
  auto schedule = parseSchedule(R"( {"tile_q": 128, "version": 1} )");
  ASSERT_TRUE(static_cast<bool>(schedule)) << schedule.error().message();
  Schedule expected;
  expected.tileQ = 128;
  EXPECT_EQ(*schedule, expected);
}

TEST(JsonSchedule, SyntaxErrors) {
  for (const char *text :
       {"", "{", "{\"version\":1,}", "{'version':1}", "{\"version\":1} x",
        "{\"version\":1}{}", "// c\n{\"version\":1}", "{\"version\":NaN}",
        "{\"version\":01}", "{\"version\":1,\"tile_q\":\"\xff\"}"})
    expectFault(text, ErrorCode::JsonSyntax, "");
  expectFault("{\"version\":1} x", ErrorCode::JsonSyntax, "byte");
}

TEST(JsonSchedule, DuplicateKeys) {
  expectFault(R"({"version":1,"warps":4,"warps":8})",
              ErrorCode::JsonDuplicateKey, "\"warps\"");
  // Also where the first pass alone sees it: the same key, spelled otherwise.
  expectFault(R"({"version":1,"warps":4,"\u0077arps":8})",
              ErrorCode::JsonDuplicateKey, "\"warps\"");
}

TEST(JsonSchedule, UnknownKeysNameTheAllowedOnes) {
  expectFault(R"({"version":1,"tile_m":4})", ErrorCode::JsonUnknownKey,
              "'schedule.tile_m' is unknown, allowed: version, tile_q, "
              "tile_kv");
}

TEST(JsonSchedule, WrongTypes) {
  expectFault("[]", ErrorCode::JsonWrongType, "expected object");
  expectFault("3", ErrorCode::JsonWrongType, "expected object");
  expectFault(R"({"version":1,"tile_q":"64"})", ErrorCode::JsonWrongType,
              "'schedule.tile_q' is of type string, expected integer");
  expectFault(R"({"version":1,"tile_q":64.0})", ErrorCode::JsonWrongType,
              "expected integer");
  expectFault(R"({"version":1,"tile_q":null})", ErrorCode::JsonWrongType,
              "expected integer");
  expectFault(R"({"version":1,"pack_gqa":1})", ErrorCode::JsonWrongType,
              "expected boolean");
  expectFault(R"({"version":1,"exp2":0})", ErrorCode::JsonWrongType,
              "expected string");
}

TEST(JsonSchedule, EnumSpellingsNameTheAllowedOnes) {
  expectFault(R"({"version":1,"producer":"TMA"})",
              ErrorCode::JsonUnknownSpelling,
              "'schedule.producer' is \"TMA\", allowed: none, cp_async, tma");
}

TEST(JsonSchedule, Versions) {
  expectFault("{}", ErrorCode::JsonMissingKey, "'schedule.version'");
  expectFault(R"({"version":2})", ErrorCode::JsonVersionUnsupported,
              "is 2, this build reads 1 to 1");
  expectFault(R"({"version":0})", ErrorCode::JsonVersionUnsupported, "is 0");
  expectFault(R"({"version":"1"})", ErrorCode::JsonWrongType, "version");
}

TEST(JsonSchedule, NumbersOutOfRange) {
  expectFault(R"({"version":1,"warps":9223372036854775808})",
              ErrorCode::JsonOutOfRange, "9223372036854775808");
  expectFault(R"({"version":1,"warps":1e999})", ErrorCode::JsonOutOfRange, "");
}

TEST(JsonSchedule, SizesAreBounded) {
  expectFault(std::string((1 << 20) + 1, ' '), ErrorCode::JsonTooLarge,
              "limit 1048576");
  expectFault(std::string(100, '['), ErrorCode::JsonTooLarge, "nested");
  std::string list = "[0";
  for (int i = 0; i < 4096; ++i)
    list += ",0";
  expectFault(list + "]", ErrorCode::JsonTooLarge, "4096");
}

TEST(JsonSchedule, TruncationsNeverPass) {
  std::string text = toJson(Schedule());
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(static_cast<bool>(parseSchedule(text.substr(0, length))));
}

TEST(Schedule, TextShowsTilesAndWhatDiffers) {
  Schedule schedule;
  EXPECT_EQ(toString(schedule), "tile_q=64 tile_kv=64 warps=4");
  schedule.stagesK = 2;
  schedule.order = TileOrder::LongestFirst;
  schedule.packGqa = true;
  EXPECT_EQ(toString(schedule), "tile_q=64 tile_kv=64 warps=4 stages_k=2 "
                                "order=longest_first pack_gqa=true");
}

TEST(Schedule, SpellingsAreInverses) {
  EXPECT_EQ(parseSpelling<OverlapMode>("ping_pong"), OverlapMode::PingPong);
  EXPECT_EQ(parseSpelling<TileScheduler>("persistent_dynamic"),
            TileScheduler::PersistentDynamic);
  EXPECT_FALSE(parseSpelling<RescalePolicy>("never"));
  EXPECT_FALSE(parseSpelling<KvDirection>(""));
  EXPECT_EQ(allSpellings<Exp2Unit>(), "native, polynomial, mixed");
  EXPECT_EQ(spelling(static_cast<TileOrder>(9)), "invalid");
}

} // namespace
