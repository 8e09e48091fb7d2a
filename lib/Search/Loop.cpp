//===- Loop.cpp - Propose, check, compile, measure, keep the best ---------===//

#include "Evaluate.h"
#include "Finals.h"
#include "Format.h"
#include "Progress.h"
#include "Proposers/LegalSpace.h"
#include "Ranking.h"
#include "kgen/Schedule/CostModel.h"
#include "kgen/Schedule/Json.h"
#include "kgen/Search/History.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <unordered_map>

namespace kgen::search {
namespace {

// A proposer that gives nothing new and legal so often in a row has no more.
constexpr size_t kMaxBarrenRounds = 8;

double steadySeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string utcNow() {
  std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

class SearchRun {
public:
  SearchRun(const SearchTask &task, CompileService &compiler,
            MeasureService &measurer, Proposer &proposer, History *history,
            const SearchOptions &options)
      : task(task), compiler(compiler), measurer(measurer), proposer(proposer),
        history(history), options(options) {}

  Expected<SearchResult> run();

private:
  Expected<void> start();
  bool proposeRound();
  bool mayContinue();
  void tryCandidate(const Schedule &schedule);
  std::optional<CandidateRecord> recall(const Schedule &schedule) const;
  CandidateRecord evaluate(const Schedule &schedule,
                           std::optional<Artifact> &artifact);
  bool recallProgram(CandidateRecord &record) const;
  void keep(CandidateRecord record, std::optional<Artifact> artifact);
  void keepArtifact(size_t index, std::optional<Artifact> artifact);
  SearchResult finish();

  double now() const {
    return options.clock ? options.clock() : steadySeconds();
  }
  /// Seconds of the budget that are used up: wall time, and what candidates
  /// from the history cost when they were measured.
  double spent() const { return now() - startTime + charged; }
  bool stopped() const { return options.stop && options.stop->load(); }
  void say(const std::string &line) const {
    if (options.progress)
      options.progress(line);
  }
  void warn(const Error &error) const { say("warning: " + error.message()); }
  template <typename RecordT>
  void store(const RecordT &record);

  const SearchTask &task;
  CompileService &compiler;
  MeasureService &measurer;
  Proposer &proposer;
  History *history; ///< null, or given up after a failed write
  const SearchOptions &options;

  RecordContext context;
  double startTime = 0, charged = 0, lastEnd = 0, floor = 0;
  size_t round = 0, barren = 0;
  StopReason reason = StopReason::Candidates;
  SearchCounts counts;
  SeenSchedules seen;
  std::vector<CandidateRecord> records;
  std::map<size_t, Artifact> artifacts; ///< of the fastest few, by record
  std::unordered_map<std::string, size_t> programs; ///< fingerprint to record
};

// A history that cannot be written is given up, not the search.
template <typename RecordT>
void SearchRun::store(const RecordT &record) {
  if (!history)
    return;
  if (Expected<void> result = history->append(context, record); !result) {
    warn(result.error());
    history = nullptr;
  }
}

Expected<void> SearchRun::start() {
  startTime = now();
  // Says so when the target cannot serve the problem at all.
  if (Expected<Schedule> served = defaultSchedule(task.problem, task.hardware);
      !served)
    return served.error();
  Expected<MeasureIdentity> identity = measurer.identify();
  if (!identity)
    return identity.error();
  context = {makeProblemKey(task.problem, task.sizes),
             task.hardware.key + "/" + task.hardware.arch, identity->device,
             compiler.compilerVersion(), identity->verifierVersion};
  const bool isTimed = identity->metric == Metric::Seconds;
  floor = isTimed ? floorSeconds(task.problem, task.sizes, task.hardware) : 0;
  say("search: " + task.problem.name + " on " + identity->device + " (" +
      context.hardwareKey + "), proposer " + proposer.name() + ", at most " +
      std::to_string(options.budget.candidates) + " candidates and " +
      formatNumber(options.budget.seconds) + " s");
  if (!isTimed)
    say("search: the device is emulated and has no clock: candidates are "
        "ranked "
        "by issue cycles, which are counts, not seconds");
  if (history)
    for (const Error &warning : history->warnings())
      warn(warning);
  store(RunRecord{toJson(task.problem), toJson(task.sizes), task.hardware.name,
                  proposer.name(), task.command, utcNow()});
  return {};
}

bool SearchRun::mayContinue() {
  if (stopped())
    reason = StopReason::Interrupted;
  else if (counts.legal() >= options.budget.candidates)
    reason = StopReason::Candidates;
  else if (counts.legal() > 0 && spent() >= options.budget.seconds)
    // The first candidate is always tried: a search ends with a result.
    reason = StopReason::Seconds;
  else
    return true;
  return false;
}

// One round; false when the search is over.
bool SearchRun::proposeRound() {
  size_t left = options.budget.candidates - counts.legal();
  size_t wanted =
      std::min(left, std::max<size_t>(options.candidatesPerRound, 1));
  SearchState state{
      task.problem,  task.sizes,
      task.hardware, records,
      round++,       std::max(0.0, options.budget.seconds - spent()),
      left,          options.stop};
  std::vector<Schedule> proposals = proposer.propose(state, wanted);
  for (const Error &warning : proposer.takeWarnings())
    warn(warning);
  proposals.resize(std::min(proposals.size(), wanted));
  size_t legalBefore = counts.legal();
  for (const Schedule &schedule : proposals) {
    if (!mayContinue())
      return false;
    tryCandidate(schedule);
  }
  barren = counts.legal() == legalBefore ? barren + 1 : 0;
  if (!proposals.empty() && barren < kMaxBarrenRounds)
    return true;
  reason = stopped() ? StopReason::Interrupted : StopReason::Exhausted;
  return false;
}

void SearchRun::tryCandidate(const Schedule &schedule) {
  if (!seen.insert(schedule)) {
    ++counts.duplicates;
    return;
  }
  std::optional<Artifact> artifact;
  std::optional<CandidateRecord> record = checkCandidate(task, schedule);
  if (!record)
    record = recall(schedule);
  if (!record)
    record = evaluate(schedule, artifact);
  keep(std::move(*record), std::move(artifact));
}

// What the history knows about a legal schedule.
std::optional<CandidateRecord>
SearchRun::recall(const Schedule &schedule) const {
  const CandidateRecord *known =
      history ? history->find(context, schedule) : nullptr;
  // A record from when Legality refused it says nothing about a legal one.
  if (!known || known->outcome == Outcome::Illegal ||
      (known->outcome == Outcome::Failed && options.retryFailed))
    return std::nullopt;
  CandidateRecord record = *known;
  record.fromHistory = true;
  return record;
}

CandidateRecord SearchRun::evaluate(const Schedule &schedule,
                                    std::optional<Artifact> &artifact) {
  ++counts.compiled;
  Compiled compiled = compileCandidate(compiler, schedule);
  CandidateRecord &record = compiled.record;
  artifact = std::move(compiled.artifact);
  if (artifact && !recallProgram(record))
    measureCandidate(measurer, *artifact, options.measure, floor, record);
  return record;
}

// Two schedules may give the same program: it is judged once.
bool SearchRun::recallProgram(CandidateRecord &record) const {
  auto same = programs.find(record.fingerprint);
  if (record.fingerprint.empty() || same == programs.end())
    return false;
  const CandidateRecord &known = records[same->second];
  record.outcome = known.outcome;
  record.code = known.code;
  record.text = known.text;
  record.findings = known.findings;
  record.timing = known.timing;
  record.remarks.push_back("the same program as " + toString(known.schedule) +
                           ": not measured again");
  return true;
}

void SearchRun::keep(CandidateRecord record, std::optional<Artifact> artifact) {
  const bool legal = record.outcome != Outcome::Illegal;
  std::vector<size_t> best = fastest(records, 1);
  if (record.fromHistory)
    charged += record.costSeconds;
  else if (legal)
    record.costSeconds = spent() - lastEnd;
  if (!record.fromHistory) {
    record.proposer = proposer.name();
    record.elapsedSeconds = spent();
  }
  if (legal)
    lastEnd = spent();
  count(record, counts);
  say(candidateLine(record, counts.legal(), options.budget.candidates,
                    best.empty() ? nullptr : &records[best.front()]));
  // Illegal ones are known for good; the rest is stored once, when measured.
  if (!record.fromHistory &&
      (legal || !history || !history->find(context, record.schedule)))
    store(record);
  records.push_back(std::move(record));
  proposer.observe(records.back());
  keepArtifact(records.size() - 1, std::move(artifact));
}

void SearchRun::keepArtifact(size_t index, std::optional<Artifact> artifact) {
  const CandidateRecord &record = records[index];
  // A failure may be the machine's, so it does not speak for the program.
  if (artifact && record.outcome != Outcome::Failed)
    programs.emplace(record.fingerprint, index);
  if (!artifact || !record.timing)
    return;
  std::vector<size_t> best =
      fastest(records, std::max<size_t>(options.finalists, 1));
  if (best.front() == index)
    measurer.setIncumbent(*artifact);
  artifacts.emplace(index, *std::move(artifact));
  std::erase_if(artifacts, [&](const auto &held) {
    return std::find(best.begin(), best.end(), held.first) == best.end();
  });
}

SearchResult SearchRun::finish() {
  FinalsTask finals{records,
                    artifacts,
                    compiler,
                    measurer,
                    options,
                    history ? history->finals(context)
                            : std::vector<FinalRecord>(),
                    [this](const std::string &line) { say(line); }};
  FinalsResult final = runFinals(finals);
  counts.compiled += finals.compiled;
  if (final.record)
    store(*final.record);
  SearchResult result;
  result.best = records[final.winner];
  if (final.timing)
    result.best.timing = final.timing;
  if (auto held = artifacts.find(final.winner); held != artifacts.end())
    result.artifact = std::move(held->second);
  result.confirmed = final.confirmed;
  result.stopReason = reason;
  result.counts = counts;
  result.seconds = now() - startTime;
  result.records = std::move(records);
  result.summary = summaryLine(result);
  return result;
}

Expected<SearchResult> SearchRun::run() {
  if (Expected<void> started = start(); !started)
    return started.error();
  while (mayContinue() && proposeRound()) {
  }
  bool accepted = counts.accepted > 0;
  std::optional<SearchResult> result;
  if (accepted)
    result = finish();
  if (history)
    if (Expected<void> flushed = history->flush(); !flushed)
      warn(flushed.error());
  if (!result)
    return Error(ErrorCode::NoAcceptedCandidate,
                 describeFallen(records, reason));
  say(result->summary);
  return *std::move(result);
}

} // namespace

Expected<SearchResult> runSearch(const SearchTask &task,
                                 CompileService &compiler,
                                 MeasureService &measurer, Proposer &proposer,
                                 History *history,
                                 const SearchOptions &options) {
  return SearchRun(task, compiler, measurer, proposer, history, options).run();
}

} // namespace kgen::search
