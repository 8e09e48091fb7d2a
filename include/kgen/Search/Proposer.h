//===- Proposer.h - Who says which schedules to try -----------------------===//
//
// A proposer turns the state of a search into schedules. It may propose illegal
// ones (they cost no build; the violations come back in the records) and
// repeated ones (the loop drops them). How to add one: docs/AddingAProposer.md.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SEARCH_PROPOSER_H
#define KGEN_SEARCH_PROPOSER_H

#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Schedule/Problem.h"
#include "kgen/Search/Record.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kgen::search {

/// One line per proposer: (enumerator, spelling, one-line description). The
/// enum, the parser, the help text and the factory all read this table.
#define KGEN_PROPOSERS(PROPOSER)                                               \
  PROPOSER(Default, "default",                                                 \
           "the default schedule, then legal ones in the cost model's order")  \
  PROPOSER(Random, "random", "legal schedules, uniformly and without repeats") \
  PROPOSER(Evolutionary, "evolutionary",                                       \
           "mutates and crosses the best accepted schedules")                  \
  PROPOSER(Replay, "replay", "the schedules of an earlier history, in order")  \
  PROPOSER(Llm, "llm", "asks a chat-completions server for schedules as JSON")

enum class ProposerKind : uint8_t {
#define KGEN_PROPOSER_ENUM(name, text, description) name,
  KGEN_PROPOSERS(KGEN_PROPOSER_ENUM)
#undef KGEN_PROPOSER_ENUM
};
std::string_view spelling(ProposerKind kind);
std::string_view description(ProposerKind kind);
const std::vector<ProposerKind> &allProposers();
/// Fails with the list of names.
Expected<ProposerKind> parseProposerKind(std::string_view name);

/// What a proposer may look at. References are valid during the call only.
struct SearchState {
  const Problem &problem;
  const ProblemSizes &sizes;
  const HardwareModel &hardware;
  /// Every candidate of this run so far, in order, illegal ones included.
  const std::vector<CandidateRecord> &records;
  size_t round = 0;          ///< 0 for the first call
  double secondsLeft = 0;    ///< of the budget
  size_t candidatesLeft = 0; ///< of the budget
  /// Set when the user wants to stop; null: never. Slow proposers poll it.
  const std::atomic<bool> *stop = nullptr;

  /// The accepted record with the smallest median; null if there is none.
  const CandidateRecord *best() const;
  bool stopRequested() const { return stop && stop->load(); }
};

class Proposer {
public:
  virtual ~Proposer();

  /// At most `wanted` schedules; an empty answer ends the search. Must not
  /// fail: a proposer that has trouble says so in takeWarnings.
  virtual std::vector<Schedule> propose(const SearchState &state,
                                        size_t wanted) = 0;
  /// Told once about every candidate, in order, also those from the history.
  virtual void observe(const CandidateRecord &record) {}
  /// Name for records and reports. May change from call to call (a fallback
  /// has the name of who really proposed).
  virtual std::string name() const = 0;
  /// Coded warnings since the last call, for the progress output.
  virtual std::vector<Error> takeWarnings() { return {}; }
};

/// Where an llm proposer finds its server. The key is not here: it is read
/// from the environment variable KGEN_LLM_API_KEY only, and never stored.
struct LlmOptions {
  /// Base URL, "https://api.example.com/v1"; "/chat/completions" is appended.
  std::string endpoint;
  std::string model;
  double timeoutSeconds = 120; ///< one request; cut to the budget that is left
  int64_t maxTokens = 8192;    ///< of one reply
  int maxAttempts = 4;         ///< requests per round: first try and retries
  /// Rounds that ask the model; later ones are local search around the best.
  size_t rounds = 3;
  double backoffSeconds = 0.5; ///< before the first retry; doubles, at most 8
  size_t maxReplyBytes = 4u << 20; ///< a longer reply is refused
};

struct ProposerOptions {
  uint64_t seed = 1;
  std::string replayPath; ///< a history, or JSON lines of schedules
  LlmOptions llm;
};

/// Makes a proposer. Fails for a replay file that cannot be read; an llm
/// proposer that cannot reach its server is made all the same and falls back.
Expected<std::unique_ptr<Proposer>>
makeProposer(ProposerKind kind, const ProposerOptions &options);

} // namespace kgen::search

#endif // KGEN_SEARCH_PROPOSER_H
