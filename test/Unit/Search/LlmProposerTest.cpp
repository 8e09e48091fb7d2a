//===- LlmProposerTest.cpp - Prompts, replies and falling back ------------===//

#include "HttpServer.h"
#include "Llm/Prompt.h"
#include "Proposers/LegalSpace.h"
#include "SyntheticServices.h"
#include "kgen/Search/ChatClient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kgen::search {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class LlmSearch : public ::testing::Test {
protected:
  LlmSearch() : task(makeTask()), measurer(Schedule()) {
    legal = LegalSpace(task.problem, task.sizes, task.hardware).ranked();
    measurer.optimum = legal[legal.size() / 2];
    options.budget.candidates = 16;
    options.candidatesPerRound = 4;
    options.progress = [this](std::string_view line) {
      lines.emplace_back(line);
    };
  }

  static Expected<ChatReply> says(const std::string &content) {
    ChatReply reply;
    reply.content = content;
    return reply;
  }
  static std::string answer(const std::vector<Schedule> &schedules) {
    std::string text = "{\"schedules\":[";
    for (const Schedule &schedule : schedules)
      text += (text.back() == '[' ? "" : ",") + toJson(schedule);
    return text + "]}";
  }
  SearchResult runScript(std::vector<Expected<ChatReply>> script) {
    auto client = std::make_unique<ScriptedChatClient>(std::move(script));
    asked = client.get();
    proposer = makeLlmProposer(llm, 1, std::move(client));
    return *runSearch(task, compiler, measurer, *proposer, nullptr, options);
  }
  SearchResult runHttp(const std::string &endpoint) {
    ProposerOptions made;
    made.llm = llm;
    made.llm.endpoint = endpoint;
    made.llm.model = "m";
    made.llm.backoffSeconds = 0.01;
    proposer = *makeProposer(ProposerKind::Llm, made);
    return *runSearch(task, compiler, measurer, *proposer, nullptr, options);
  }
  std::string prompt(size_t index) const {
    return asked->requests().at(index).messages.at(0).text;
  }
  size_t warnings() const {
    return static_cast<size_t>(
        std::count_if(lines.begin(), lines.end(), [](const std::string &line) {
          return line.starts_with("warning: [KG50");
        }));
  }

  SearchTask task;
  std::vector<Schedule> legal;
  SyntheticCompiler compiler;
  SyntheticMeasurer measurer;
  SearchOptions options;
  LlmOptions llm;
  std::unique_ptr<Proposer> proposer;
  ScriptedChatClient *asked = nullptr;
  std::vector<std::string> lines;
};

TEST_F(LlmSearch, TakesTheModelsSchedulesAfterTheDefault) {
  SearchResult result = runScript({says(answer({legal[5], legal[9]}))});
  EXPECT_EQ(result.records[0].schedule,
            *defaultSchedule(task.problem, task.hardware));
  EXPECT_EQ(result.records[1].schedule, legal[5]);
  EXPECT_EQ(result.records[2].schedule, legal[9]);
  EXPECT_EQ(result.records[1].proposer, "llm");
}

TEST_F(LlmSearch, ThePromptHoldsWhatAModelNeeds) {
  runScript({says(answer({legal[5]}))});
  EXPECT_THAT(prompt(0),
              AllOf(HasSubstr("{\"schedules\":["),
                    HasSubstr("[4, 16, 4096, 128]"), HasSubstr("bf16"),
                    HasSubstr("keeps 50 % of the pairs"),
                    HasSubstr("\"max_shared_bytes_per_workgroup\":"),
                    HasSubstr("tile_q: "), HasSubstr("No schedule can take"),
                    HasSubstr("Nothing was measured yet")));
  EXPECT_THAT(prompt(0), Not(HasSubstr("{{")));
  EXPECT_LT(prompt(0).size(), 16384u);
}

TEST_F(LlmSearch, TheNextPromptHoldsResultsViolationsAndComplaints) {
  Schedule illegal = legal[5];
  illegal.tileQ = 7;
  runScript({says("{\"schedules\":[" + toJson(legal[5]) + "," +
                  toJson(illegal) + ",{\"version\":1,\"tile_x\":3}]}"),
             says(answer({legal[7]}))});
  ASSERT_GE(asked->requests().size(), 2u);
  EXPECT_THAT(prompt(1),
              AllOf(HasSubstr(toString(legal[5])), HasSubstr("168 registers"),
                    HasSubstr("Schedules that fell out, and why"),
                    HasSubstr("illegal KG2"), HasSubstr("tile_x"),
                    HasSubstr("Wrong in your last answer")));
  EXPECT_THAT(prompt(1), Not(HasSubstr("{{")));
}

TEST_F(LlmSearch, TheNextPromptHoldsTheCountsOfWhatWasEmulated) {
  measurer.emulate();
  measurer.features = [](const Schedule &) {
    KernelFeatures features;
    features.sharedBytes = 128e9;
    return features;
  };
  runScript({says(answer({legal[5]})), says(answer({legal[7]}))});
  ASSERT_GE(asked->requests().size(), 2u);
  EXPECT_THAT(prompt(1), HasSubstr("busiest pipe shared memory"));
}

TEST_F(LlmSearch, ClaimedNumbersChangeNothing) {
  std::string text = answer({legal[5]});
  text.insert(1, "\"best_ms\":0.0001,");
  SearchResult result = runScript({says(text)});
  EXPECT_DOUBLE_EQ(result.records[1].timing->median,
                   syntheticSeconds(legal[5], measurer.optimum));
}

TEST_F(LlmSearch, HandsOverToLocalSearchAfterItsRounds) {
  llm.rounds = 2;
  SearchResult result =
      runScript({says(answer({legal[5], legal[6]})),
                 says(answer({legal[7], legal[8]})), says(answer({legal[9]}))});
  EXPECT_THAT(asked->requests(), SizeIs(2));
  EXPECT_EQ(result.records.back().proposer, "evolutionary");
  EXPECT_EQ(result.counts.legal(), options.budget.candidates);
}

TEST_F(LlmSearch, GarbageFallsBackWithACodedWarning) {
  SearchResult result =
      runScript({says("no"), says(answer({legal[5]})), says("{}")});
  EXPECT_EQ(result.counts.legal(), options.budget.candidates);
  EXPECT_EQ(result.records[0].proposer, "evolutionary");
  EXPECT_THAT(lines,
              Contains(HasSubstr(formatCode(ErrorCode::LlmNoSchedules))));
  EXPECT_THAT(prompt(1), HasSubstr("no JSON object with a key"));
}

TEST_F(LlmSearch, AnAnswerThatRepeatsItselfFallsBack) {
  SearchResult result =
      runScript({says(answer({legal[5]})), says(answer({legal[5]}))});
  EXPECT_THAT(lines, Contains(HasSubstr("only repeats earlier schedules")));
  EXPECT_EQ(result.counts.legal(), options.budget.candidates);
}

TEST_F(LlmSearch, TheWaitIsCutToTheBudgetThatIsLeft) {
  options.budget.seconds = 5;
  runScript({says(answer({legal[5]}))});
  EXPECT_LE(asked->requests()[0].limitSeconds, 5);
}

// Whatever the server does, the search ends with a result and says why the
// model had no part in it.
TEST_F(LlmSearch, NoServerFaultEndsASearch) {
  unsetenv("KGEN_LLM_API_KEY");
  llm.timeoutSeconds = 0.3;
  llm.maxReplyBytes = 20000;
  std::vector<CannedResponse> faults = {
      respond(500, "broken"),
      respond(401, "who are you"),
      respond(200, "<html>"),
      respond(200, "{\"choices\":[{\"mess"),
      complete("{\"schedules\":[{\"version\":1,\"tile\":1}]}"),
      complete("{\"schedules\":[{\"version\":1,"),
      complete(std::string(50000, '{')),
      {"", true},
      {"", false}};
  for (const CannedResponse &fault : faults) {
    HttpServer server({fault});
    lines.clear();
    SearchResult result = runHttp(server.endpoint());
    EXPECT_EQ(result.counts.legal(), options.budget.candidates) << fault.bytes;
    EXPECT_GE(warnings(), 1u) << fault.bytes;
    EXPECT_LE(warnings(), 2u) << fault.bytes;
  }
}

TEST_F(LlmSearch, NoServerAtAllAndNoConfigurationEndNoSearch) {
  SearchResult result = runHttp(refusedEndpoint());
  EXPECT_EQ(result.counts.legal(), options.budget.candidates);
  EXPECT_THAT(lines,
              Contains(HasSubstr(formatCode(ErrorCode::LlmConnectionFailed))));
  lines.clear();
  result = runHttp("");
  EXPECT_EQ(result.counts.legal(), options.budget.candidates);
  EXPECT_EQ(warnings(), 1u);
  EXPECT_THAT(lines,
              Contains(HasSubstr(formatCode(ErrorCode::LlmNotConfigured))));
}

TEST_F(LlmSearch, WorksOverHttpAfterATransientFault) {
  HttpServer server({respond(429, "busy"), complete(answer({legal[5]}))});
  SearchResult result = runHttp(server.endpoint());
  EXPECT_EQ(result.records[1].schedule, legal[5]);
  EXPECT_EQ(result.records[1].proposer, "llm");
}

// The wording steers models: a change to it must be seen.
TEST(Prompt, DoesNotAskForCaution) {
  SearchTask task = makeTask();
  std::vector<CandidateRecord> records;
  SearchState state{task.problem, task.sizes, task.hardware, records};
  std::string text = buildPrompt(state, 8, {});
  for (const char *word : {"prefer safe", "conservative", "be careful"})
    EXPECT_THAT(text, Not(HasSubstr(word)));
  EXPECT_THAT(text, HasSubstr("Give 8 schedules"));
}

TEST(Prompt, NamesTheKnobsOfRoles) {
  SearchTask task = makeTask();
  task.hardware = *findHardware("sm_90a");
  std::vector<CandidateRecord> records;
  SearchState state{task.problem, task.sizes, task.hardware, records};
  std::string text = buildPrompt(state, 8, {});
  EXPECT_THAT(
      text,
      AllOf(HasSubstr("overlap: both, intra, none"),
            HasSubstr("scheduler: grid, persistent_static, persistent_dynamic"),
            HasSubstr("order: linear, longest_first, l2_swizzled"),
            HasSubstr("kv_direction: reverse, forward")));
}

TEST(Prompt, TextFromOutsideCannotFillAPlaceholder) {
  SearchTask task = makeTask();
  std::vector<CandidateRecord> records(1);
  records[0].outcome = Outcome::CompileFailed;
  records[0].code = "KG4001";
  records[0].text = "{{problem}} " + std::string(5000, 'x');
  SearchState state{task.problem, task.sizes, task.hardware, records};
  std::string text = buildPrompt(state, 8, {});
  EXPECT_THAT(text, HasSubstr("{{problem}}"));
  EXPECT_LT(text.size(), 16384u);
}

} // namespace
} // namespace kgen::search
