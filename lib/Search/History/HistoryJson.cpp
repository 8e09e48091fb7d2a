//===- HistoryJson.cpp - Lines of a history file --------------------------===//

#include "HistoryJson.h"

#include "kgen/Schedule/Json.h"

#include <nlohmann/json.hpp>

namespace kgen::search {
namespace {

using Json = nlohmann::ordered_json;

// Diagnostics of a compiler can be long; a line must stay well below
// kMaxLineBytes.
constexpr size_t kMaxTextBytes = 4096;
constexpr size_t kMaxTexts = 32;
constexpr std::string_view kPrefix = "{\"kgen_history\":";

std::string cut(const std::string &text) {
  return text.substr(0, kMaxTextBytes);
}

Json cutAll(const std::vector<std::string> &texts) {
  Json array = Json::array();
  for (size_t i = 0; i < texts.size() && i < kMaxTexts; ++i)
    array.push_back(cut(texts[i]));
  return array;
}

Json scheduleJson(const Schedule &schedule) {
  return Json::parse(toJson(schedule));
}

// Raw JSON of another room as a value; a text that does not parse is kept as a
// string, so that nothing is lost.
Json embedded(const std::string &json) {
  Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json(cut(json)) : value;
}

// The unit is part of each key, so that no reader takes a count for a time.
Json timingJson(const Timing &timing) {
  std::string unit = timing.metric == Metric::Seconds ? "_s" : "_cycles";
  return Json{{"median" + unit, timing.median},
              {"low" + unit, timing.low},
              {"high" + unit, timing.high},
              {"samples", timing.samples},
              {"clock_mhz", timing.clockMhz},
              {"ratio_to_incumbent", timing.ratioToIncumbent}};
}

Json resourcesJson(const ResourceUsage &usage) {
  return Json{{"registers", usage.registersPerThread},
              {"spill_bytes", usage.spillBytes},
              {"shared_bytes", usage.sharedBytes},
              {"code_bytes", usage.codeBytes},
              {"compile_s", usage.compileSeconds}};
}

// Records without cycles keep the version that an older kgen reads.
int64_t versionFor(const std::optional<Timing> &timing) {
  return timing && timing->metric != Metric::Seconds ? kHistoryVersion
                                                     : kTimesOnlyVersion;
}

Json header(std::string_view kind, const RecordContext &context,
            int64_t version = kTimesOnlyVersion) {
  return Json{
      {"kgen_history", version},       {"kind", kind},
      {"problem", context.problemKey}, {"hardware", context.hardwareKey},
      {"device", context.device},      {"compiler", context.compiler},
      {"verifier", context.verifier}};
}

std::string dump(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Schedule readSchedule(const Json &value, bool &newer) {
  Expected<Schedule> schedule = parseSchedule(value.dump());
  if (schedule)
    return *schedule;
  newer |= schedule.error().code() == ErrorCode::JsonVersionUnsupported;
  throw std::invalid_argument("schedule");
}

Timing readTiming(const Json &value) {
  Timing timing;
  bool isCycles = value.contains("median_cycles");
  timing.metric = isCycles ? Metric::EmulatedCycles : Metric::Seconds;
  std::string unit = isCycles ? "_cycles" : "_s";
  value.at("median" + unit).get_to(timing.median);
  value.at("low" + unit).get_to(timing.low);
  value.at("high" + unit).get_to(timing.high);
  value.at("samples").get_to(timing.samples);
  value.at("clock_mhz").get_to(timing.clockMhz);
  value.at("ratio_to_incumbent").get_to(timing.ratioToIncumbent);
  // A time of zero or less would win every search.
  if (!(timing.median > 0))
    throw std::invalid_argument("timing");
  return timing;
}

Json featuresJson(const KernelFeatures &features) {
  Json json;
  forEachFeature(features,
                 [&](const char *key, double number) { json[key] = number; });
  return json;
}

KernelFeatures readFeatures(const Json &value) {
  KernelFeatures features;
  forEachFeature(features, [&](const char *key, double &number) {
    value.at(key).get_to(number);
    if (!(number >= 0))
      throw std::invalid_argument("features");
  });
  return features;
}

ResourceUsage readResources(const Json &value) {
  ResourceUsage usage;
  value.at("registers").get_to(usage.registersPerThread);
  value.at("spill_bytes").get_to(usage.spillBytes);
  value.at("shared_bytes").get_to(usage.sharedBytes);
  value.at("code_bytes").get_to(usage.codeBytes);
  value.at("compile_s").get_to(usage.compileSeconds);
  return usage;
}

Outcome readOutcome(const std::string &text) {
  for (Outcome outcome :
       {Outcome::Accepted, Outcome::Illegal, Outcome::CompileFailed,
        Outcome::Rejected, Outcome::Failed})
    if (spelling(outcome) == text)
      return outcome;
  throw std::invalid_argument("outcome");
}

RecordContext readContext(const Json &line) {
  return {line.at("problem"), line.at("hardware"), line.at("device"),
          line.at("compiler"), line.at("verifier")};
}

CandidateRecord readCandidate(const Json &line, bool &newer) {
  CandidateRecord record;
  record.schedule = readSchedule(line.at("schedule"), newer);
  record.outcome = readOutcome(line.at("outcome"));
  line.at("code").get_to(record.code);
  line.at("text").get_to(record.text);
  line.at("findings").get_to(record.findings);
  line.at("remarks").get_to(record.remarks);
  if (line.contains("timing"))
    record.timing = readTiming(line.at("timing"));
  // The contract of a record: a time if and only if accepted.
  if (record.timing.has_value() != (record.outcome == Outcome::Accepted))
    throw std::invalid_argument("timing without acceptance");
  if (line.contains("features"))
    record.features = readFeatures(line.at("features"));
  record.resources = readResources(line.at("resources"));
  line.at("fingerprint").get_to(record.fingerprint);
  line.at("proposer").get_to(record.proposer);
  line.at("cost_s").get_to(record.costSeconds);
  line.at("elapsed_s").get_to(record.elapsedSeconds);
  return record;
}

FinalRecord readFinal(const Json &line, bool &newer) {
  FinalRecord record;
  record.winner = readSchedule(line.at("winner"), newer);
  for (const Json &schedule : line.at("compared"))
    record.compared.push_back(readSchedule(schedule, newer));
  if (line.contains("timing"))
    record.timing = readTiming(line.at("timing"));
  return record;
}

RunRecord readRun(const Json &line) {
  auto text = [&](const char *key) {
    const Json &value = line.at(key);
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  return {text("problem_json"), text("sizes"),   text("hardware_name"),
          text("proposer"),     text("command"), text("started_at")};
}

void readEntry(const Json &line, HistoryEntry &entry, bool &newer) {
  entry.context = readContext(line);
  const std::string kind = line.at("kind");
  if (kind == "candidate")
    entry.candidate = readCandidate(line, newer);
  else if (kind == "final")
    entry.final = readFinal(line, newer);
  else if (kind == "run")
    entry.run = readRun(line);
  else
    throw std::invalid_argument("kind");
}

} // namespace

std::string encodeLine(const RecordContext &context,
                       const CandidateRecord &record) {
  Json line = header("candidate", context, versionFor(record.timing));
  line["schedule"] = scheduleJson(record.schedule);
  line["outcome"] = spelling(record.outcome);
  line["code"] = record.code;
  line["text"] = cut(record.text);
  line["findings"] = cutAll(record.findings);
  line["remarks"] = cutAll(record.remarks);
  if (record.timing)
    line["timing"] = timingJson(*record.timing);
  if (record.features)
    line["features"] = featuresJson(*record.features);
  line["resources"] = resourcesJson(record.resources);
  line["fingerprint"] = record.fingerprint;
  line["proposer"] = record.proposer;
  line["cost_s"] = record.costSeconds;
  line["elapsed_s"] = record.elapsedSeconds;
  return dump(line);
}

std::string encodeLine(const RecordContext &context,
                       const FinalRecord &record) {
  Json line = header("final", context, versionFor(record.timing));
  line["winner"] = scheduleJson(record.winner);
  line["compared"] = Json::array();
  for (const Schedule &schedule : record.compared)
    line["compared"].push_back(scheduleJson(schedule));
  if (record.timing)
    line["timing"] = timingJson(*record.timing);
  return dump(line);
}

std::string encodeLine(const RecordContext &context, const RunRecord &record) {
  Json line = header("run", context);
  line["problem_json"] = embedded(record.problemJson);
  line["sizes"] = embedded(record.sizesJson);
  line["hardware_name"] = record.hardwareName;
  line["proposer"] = record.proposer;
  line["command"] = cut(record.command);
  line["started_at"] = record.startedAt;
  return dump(line);
}

LineKind decodeLine(std::string_view line, HistoryEntry &entry) {
  const LineKind broken =
      line.starts_with(kPrefix) ? LineKind::Damaged : LineKind::Foreign;
  if (line.size() > kMaxLineBytes)
    return broken;
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object() ||
      !json.contains("kgen_history"))
    return broken;
  bool newer = false;
  try {
    if (json.at("kgen_history").get<int64_t>() > kHistoryVersion)
      return LineKind::Newer;
    readEntry(json, entry, newer);
    return LineKind::Entry;
  } catch (const std::exception &) {
    // Wrong types, absent keys and broken contracts all mean the same here.
    entry = {};
    return newer ? LineKind::Newer : LineKind::Damaged;
  }
}

} // namespace kgen::search
