//===- ReplyParserTest.cpp - Answers as models give them ------------------===//

#include "Llm/ReplyParser.h"
#include "kgen/Schedule/Json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kgen::search {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

ParsedReply parse(const std::string &content, bool truncated = false,
                  const std::string &reasoning = "") {
  ChatReply reply;
  reply.content = content;
  reply.reasoning = reasoning;
  reply.truncated = truncated;
  return parseReply(reply);
}

const std::string kOne = R"({"version":1,"tile_q":128})";
const std::string kTwo = R"({"version":1,"tile_q":64,"tile_kv":128})";
const std::string kAnswer = R"({"schedules":[)" + kOne + "," + kTwo + "]}";

void expectBoth(const ParsedReply &parsed) {
  ASSERT_THAT(parsed.schedules, SizeIs(2));
  EXPECT_EQ(parsed.schedules[0].tileQ, 128);
  EXPECT_EQ(parsed.schedules[1].tileKV, 128);
}

TEST(ReplyParser, ReadsBareJson) {
  expectBoth(parse(kAnswer));
  EXPECT_THAT(parse(kAnswer).complaints, IsEmpty());
}

TEST(ReplyParser, ReadsJsonInProseFencesAndReasoning) {
  expectBoth(parse("Sure {like this}! \"Here\":\n" + kAnswer + "\nEnjoy."));
  expectBoth(parse("```json\n" + kAnswer + "\n```"));
  expectBoth(parse("<think>maybe {\"schedules\":[{}]} no</think>" + kAnswer));
  // The opening tag may be missing.
  expectBoth(parse("{\"schedules\":[]} hm </think>\n" + kAnswer));
  expectBoth(parse("", false, "so the answer is " + kAnswer));
  // Everything inside of the reasoning, nothing after it.
  expectBoth(parse("<think>" + kAnswer + "</think>"));
}

TEST(ReplyParser, TakesTheLastAnswer) {
  expectBoth(parse(R"({"schedules":[{"version":1}]} better: )" + kAnswer));
}

TEST(ReplyParser, SalvagesWhatIsWholeInACutOffAnswer) {
  std::string cut = kAnswer.substr(0, kAnswer.size() - 10);
  ParsedReply parsed = parse(cut, true);
  ASSERT_THAT(parsed.schedules, SizeIs(1));
  EXPECT_EQ(parsed.schedules[0].tileQ, 128);
  EXPECT_THAT(parsed.complaints, Contains(HasSubstr("cut off")));
}

TEST(ReplyParser, NumbersThatTheModelClaimsAreIgnored) {
  expectBoth(parse(R"({"expected_ms":0.001,"speedup":17.7,"schedules":[)" +
                   kOne + "," + kTwo + "]}"));
}

TEST(ReplyParser, ComplainsAboutEachBadScheduleAndKeepsTheGood) {
  ParsedReply parsed = parse(
      R"({"schedules":[{"version":1,"tile_q":"128"},{"version":1,"tile":4},)"
      R"({"tile_q":64},{"version":99},7,null,)" +
      kTwo + "]}");
  ASSERT_THAT(parsed.schedules, SizeIs(1));
  EXPECT_THAT(parsed.complaints, SizeIs(6));
  EXPECT_THAT(parsed.complaints[0],
              HasSubstr(formatCode(ErrorCode::JsonWrongType)));
  EXPECT_THAT(parsed.complaints[1],
              HasSubstr(formatCode(ErrorCode::JsonUnknownKey)));
  EXPECT_THAT(parsed.complaints[2],
              HasSubstr(formatCode(ErrorCode::JsonMissingKey)));
  EXPECT_THAT(parsed.complaints[3],
              HasSubstr(formatCode(ErrorCode::JsonVersionUnsupported)));
}

TEST(ReplyParser, SaysWhatIsMissing) {
  for (const char *text :
       {"", "I cannot do that.", "{", "}{", "[1,2,3]", "{\"a\":{\"b\":[]}}",
        "{\"schedules\":{}}", "\"{\\\"schedules\\\":[]}"}) {
    ParsedReply parsed = parse(text);
    EXPECT_THAT(parsed.schedules, IsEmpty()) << text;
    EXPECT_THAT(parsed.complaints, Contains(HasSubstr("schedules"))) << text;
  }
  EXPECT_THAT(parse("{\"schedules\":[]}").complaints,
              Contains(HasSubstr("empty")));
}

TEST(ReplyParser, BoundsTheNumberOfSchedules) {
  std::string many = "{\"schedules\":[";
  for (int i = 0; i < 1000; ++i)
    many += (i ? "," : "") + kOne;
  ParsedReply parsed = parse(many + "]}");
  EXPECT_THAT(parsed.schedules, SizeIs(kMaxSchedulesPerReply));
  EXPECT_THAT(parsed.complaints, Contains(HasSubstr("the rest was ignored")));
}

// Quadratic or recursive scanning would not come back from these.
TEST(ReplyParser, HostileTextEndsSoon) {
  for (const char *unit : {"{", "[", "{\"a\":", "{\"", "{}", "\\\"{"}) {
    std::string text;
    while (text.size() < (4u << 20))
      text += unit;
    EXPECT_THAT(parse(text).schedules, IsEmpty());
  }
}

TEST(ReplyParser, InvalidUtf8SpoilsOnlyWhatHoldsIt) {
  ParsedReply parsed =
      parse("{\"schedules\":[{\"version\":1,\"\xff\":3}," + kOne + "]}");
  EXPECT_THAT(parsed.schedules, SizeIs(1));
}

} // namespace
} // namespace kgen::search
