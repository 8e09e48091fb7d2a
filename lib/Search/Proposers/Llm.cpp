//===- Llm.cpp - Schedules from a language model --------------------------===//
//
// The first rounds ask the model; later ones are local search around the best,
// which is where a model's prior stops to help (docs/Searching.md). A round in
// which the model gives nothing usable is local search too, with one warning:
// trouble with a server never ends a search.
//
//===----------------------------------------------------------------------===//

#include "../Llm/Prompt.h"
#include "../Llm/ReplyParser.h"
#include "LegalSpace.h"
#include "Proposers.h"
#include "kgen/Schedule/Legality.h"
#include "kgen/Search/ChatClient.h"

#include <algorithm>

namespace kgen::search {
namespace {

// A model that failed so often in a row is not asked again.
constexpr size_t kMaxFailuresInARow = 2;

class LlmProposer final : public Proposer {
public:
  LlmProposer(const LlmOptions &options, std::unique_ptr<Proposer> fallback,
              std::unique_ptr<ChatClient> client)
      : options(options), fallback(std::move(fallback)),
        client(std::move(client)) {}

  std::vector<Schedule> propose(const SearchState &state,
                                size_t wanted) override;
  void observe(const CandidateRecord &record) override {
    seen.insert(record.schedule);
    fallback->observe(record);
  }
  std::string name() const override { return asked ? "llm" : fallback->name(); }
  std::vector<Error> takeWarnings() override {
    return std::exchange(warnings, {});
  }
  void warn(Error error) { warnings.push_back(std::move(error)); }

private:
  std::vector<Schedule> ask(const SearchState &state, size_t wanted);
  void fail(Error error);

  LlmOptions options;
  std::unique_ptr<Proposer> fallback;
  std::unique_ptr<ChatClient> client; ///< null: not configured
  SeenSchedules seen;
  std::vector<std::string> complaints;
  std::vector<Error> warnings;
  size_t roundsAsked = 0;
  size_t failuresInARow = 0;
  bool asked = false; ///< the last proposals are the model's
};

std::vector<Schedule> LlmProposer::propose(const SearchState &state,
                                           size_t wanted) {
  std::vector<Schedule> proposals;
  bool mayAsk = client && wanted > 0 && roundsAsked < options.rounds &&
                failuresInARow < kMaxFailuresInARow && !state.stopRequested();
  if (mayAsk)
    proposals = ask(state, wanted);
  asked = !proposals.empty();
  return asked ? proposals : fallback->propose(state, wanted);
}

std::vector<Schedule> LlmProposer::ask(const SearchState &state,
                                       size_t wanted) {
  ++roundsAsked;
  ChatRequest request;
  request.messages.push_back(
      {ChatRole::User, buildPrompt(state, wanted, complaints)});
  request.limitSeconds = std::min(options.timeoutSeconds, state.secondsLeft);
  request.stop = state.stop;
  Expected<ChatReply> reply = client->complete(request);
  if (!reply) {
    fail(reply.error());
    return {};
  }
  ParsedReply parsed = parseReply(*reply);
  complaints = std::move(parsed.complaints);
  std::vector<Schedule> proposals;
  // The default first, in every search: the anchor that others are compared to.
  if (Expected<Schedule> standard =
          defaultSchedule(state.problem, state.hardware);
      standard && state.records.empty() && seen.insert(*standard))
    proposals.push_back(*standard);
  size_t fresh = 0;
  for (const Schedule &schedule : parsed.schedules) {
    if (proposals.size() >= wanted)
      break;
    if (!seen.insert(schedule))
      continue;
    proposals.push_back(schedule);
    ++fresh;
  }
  if (fresh == 0) {
    std::string why = complaints.empty()
                          ? "the answer only repeats earlier schedules"
                          : complaints.front();
    complaints.push_back("none of your schedules was new and well formed");
    fail(Error(ErrorCode::LlmNoSchedules, why));
    return {};
  }
  failuresInARow = 0;
  return proposals;
}

void LlmProposer::fail(Error error) {
  // What no retry can mend is not tried again in later rounds.
  bool final = error.code() == ErrorCode::LlmKeyRefused ||
               error.code() == ErrorCode::LlmInsecureEndpoint;
  failuresInARow = final ? kMaxFailuresInARow : failuresInARow + 1;
  std::string next = failuresInARow < kMaxFailuresInARow
                         ? "; this round is proposed by local search"
                         : "; the rest is proposed by local search";
  warnings.emplace_back(error.code(), error.detail() + next);
}

std::unique_ptr<LlmProposer> make(const LlmOptions &options, uint64_t seed,
                                  std::unique_ptr<ChatClient> client) {
  ProposerOptions local;
  local.seed = seed;
  // Making the evolutionary proposer reads nothing and cannot fail.
  std::unique_ptr<Proposer> fallback = *makeEvolutionaryProposer(local);
  return std::make_unique<LlmProposer>(options, std::move(fallback),
                                       std::move(client));
}

} // namespace

std::unique_ptr<Proposer> makeLlmProposer(const LlmOptions &options,
                                          uint64_t seed,
                                          std::unique_ptr<ChatClient> client) {
  return make(options, seed, std::move(client));
}

Expected<std::unique_ptr<Proposer>>
makeLlmProposer(const ProposerOptions &options) {
  Expected<std::unique_ptr<ChatClient>> client =
      makeCurlChatClient(options.llm);
  if (client)
    return makeLlmProposer(options.llm, options.seed, *std::move(client));
  std::unique_ptr<LlmProposer> proposer =
      make(options.llm, options.seed, nullptr);
  proposer->warn(Error(client.error().code(),
                       client.error().detail() +
                           "; the search is proposed by local search"));
  return std::unique_ptr<Proposer>(std::move(proposer));
}

} // namespace kgen::search
