//===- ProtocolResponses.cpp - Responses as JSON ---------------------------===//

#include "JsonFields.h"
#include "kgen/Schedule/Json.h"
#include "kgen/Verifier/Protocol.h"

namespace kgen {
namespace {

Json header(const char *type) {
  return {{"version", kProtocolVersion}, {"type", type}};
}

Json toJsonObject(const Timing &timing) {
  Json json = {{"median_ms", finite(timing.medianMs)}, {"mad_ms", finite(timing.madMs)},
               {"min_ms", finite(timing.minMs)},       {"p10_ms", finite(timing.p10Ms)},
               {"p90_ms", finite(timing.p90Ms)},       {"samples", timing.samples}};
  if (timing.smClockMhz)
    json["sm_clock_mhz"] = finite(*timing.smClockMhz);
  return json;
}

Json toJsonObject(const EmulatedCounts &counts) {
  Json json = Json::object();
#define KGEN_COUNT(member, key, words) json[#key] = counts.member;
#include "kgen/Verifier/EmulatedCounts.def"
  return json;
}

void writePair(Json &json, const PairTiming &pair) {
  json["candidate"] = toJsonObject(pair.candidate);
  json["incumbent"] = toJsonObject(pair.incumbent);
  json["ratio"] = finite(pair.ratio);
  json["ratio_mad"] = finite(pair.ratioMad);
  json["bursts"] = pair.bursts;
}

Json toJsonObject(const ErrorReport &report) {
  return {{"family", std::string(spelling(report.family))},
          {"shape", Json::parse(toJson(report.shape))},
          {"worst_row", finite(report.worstRow)},
          {"worst_row_at", {report.worstRowAt.batch, report.worstRowAt.head, report.worstRowAt.row}},
          {"row_allowance", finite(report.rowAllowance)},
          {"honest_worst_row", finite(report.honestWorstRow)},
          {"global", finite(report.global)},
          {"global_allowance", finite(report.globalAllowance)},
          {"honest_global", finite(report.honestGlobal)},
          {"worst_lse", finite(report.worstLse)},
          {"lse_allowance", finite(report.lseAllowance)},
          {"rows_compared", report.rowsCompared},
          {"rows_total", report.rowsTotal},
          {"rows_wrong", report.rowsWrong}};
}

struct Writer {
  Json operator()(const WorkerHello &hello) {
    Json json = header("hello");
    json["protocol"] = hello.version;
    json["device"] = hello.device;
    json["name"] = hello.name;
    json["arch"] = hello.arch;
    json["driver"] = hello.driver;
    json["l2_bytes"] = hello.l2Bytes;
    json["process_id"] = hello.processId;
    json["emulated"] = hello.emulated;
    return json;
  }
  Json operator()(const LoadedResponse &loaded) {
    Json json = header("loaded");
    json["id"] = loaded.id;
    return json;
  }
  Json operator()(const DoneResponse &) { return header("done"); }
  Json operator()(const PairTiming &pair) {
    Json json = header("pair_timing");
    writePair(json, pair);
    return json;
  }
  Json operator()(const ErrorResponse &response) {
    Json json = header("error");
    json["code"] = static_cast<int>(response.error.code());
    json["detail"] = response.error.detail();
    json["worker_ends"] = response.workerEnds;
    return json;
  }
  Json operator()(const Verdict &verdict) {
    Json json = header("verdict");
    json["status"] = std::string(spelling(verdict.status));
    json["code"] = verdict.code ? static_cast<int>(*verdict.code) : 0;
    json["reason"] = verdict.reason;
    json["hints"] = verdict.hints;
    json["cases_checked"] = verdict.casesChecked;
    json["runs_checked"] = verdict.runsChecked;
    json["verify_seconds"] = finite(verdict.verifySeconds);
    json["worker_ends"] = verdict.workerEnds;
    if (verdict.worst)
      json["worst"] = toJsonObject(*verdict.worst);
    if (verdict.timing)
      json["timing"] = toJsonObject(*verdict.timing);
    if (verdict.counts)
      json["counts"] = toJsonObject(*verdict.counts);
    if (verdict.pair)
      writePair(json["pair"] = Json::object(), *verdict.pair);
    return json;
  }
};

Timing readTiming(FieldReader &outer, const Json &json) {
  FieldReader reader(json, "a timing");
  Timing timing;
  timing.medianMs = reader.number("median_ms");
  timing.madMs = reader.number("mad_ms");
  timing.minMs = reader.number("min_ms");
  timing.p10Ms = reader.number("p10_ms");
  timing.p90Ms = reader.number("p90_ms");
  timing.samples = reader.integer("samples");
  if (reader.optional("sm_clock_mhz"))
    timing.smClockMhz = reader.number("sm_clock_mhz");
  if (Expected<void> done = reader.finish(); !done)
    outer.complain(done.error());
  return timing;
}

EmulatedCounts readCounts(FieldReader &outer, const Json &json) {
  FieldReader reader(json, "counts");
  EmulatedCounts counts;
  auto read = [&reader](const char *key) {
    int64_t value = reader.integer(key);
    if (value < 0)
      reader.complain(std::string("has a negative '") + key + "'");
    return static_cast<uint64_t>(value);
  };
#define KGEN_COUNT(member, key, words) counts.member = read(#key);
#include "kgen/Verifier/EmulatedCounts.def"
  if (Expected<void> done = reader.finish(); !done)
    outer.complain(done.error());
  return counts;
}

PairTiming readPair(FieldReader &reader) {
  PairTiming pair;
  if (const Json *candidate = reader.member("candidate"))
    pair.candidate = readTiming(reader, *candidate);
  if (const Json *incumbent = reader.member("incumbent"))
    pair.incumbent = readTiming(reader, *incumbent);
  pair.ratio = reader.number("ratio");
  pair.ratioMad = reader.number("ratio_mad");
  pair.bursts = reader.integer("bursts");
  return pair;
}

RowIndex readRow(FieldReader &reader, const char *key) {
  const Json *row = reader.array(key);
  if (!row)
    return {};
  bool isRow = row->size() == 3;
  for (const Json &item : *row)
    isRow &= item.is_number_integer();
  if (!isRow) {
    reader.complain(std::string("has a '") + key + "' that is not three integers");
    return {};
  }
  return {(*row)[0], (*row)[1], (*row)[2]};
}

ErrorReport readReport(FieldReader &outer, const Json &json) {
  FieldReader reader(json, "an error report");
  ErrorReport report;
  auto family = parseInputFamily(reader.text("family"));
  if (family)
    report.family = *family;
  else
    reader.complain(family.error());
  if (const Json *shape = reader.member("shape")) {
    auto sizes = parseProblemSizes(shape->dump());
    if (sizes)
      report.shape = *sizes;
    else
      reader.complain(sizes.error());
  }
  report.worstRow = reader.number("worst_row");
  report.worstRowAt = readRow(reader, "worst_row_at");
  report.rowAllowance = reader.number("row_allowance");
  report.honestWorstRow = reader.number("honest_worst_row");
  report.global = reader.number("global");
  report.globalAllowance = reader.number("global_allowance");
  report.honestGlobal = reader.number("honest_global");
  report.worstLse = reader.number("worst_lse");
  report.lseAllowance = reader.number("lse_allowance");
  report.rowsCompared = reader.integer("rows_compared");
  report.rowsTotal = reader.integer("rows_total");
  report.rowsWrong = reader.integer("rows_wrong");
  if (Expected<void> done = reader.finish(); !done)
    outer.complain(done.error());
  return report;
}

VerdictStatus readStatus(FieldReader &reader) {
  std::string text = reader.text("status");
  for (VerdictStatus status : {VerdictStatus::Accepted, VerdictStatus::Rejected})
    if (spelling(status) == text)
      return status;
  if (text != spelling(VerdictStatus::Error))
    reader.complain("has the unknown status '" + text + "'");
  return VerdictStatus::Error;
}

std::optional<ErrorCode> readCode(FieldReader &reader) {
  int64_t number = reader.integer("code");
  if (number == 0)
    return std::nullopt;
  auto code = static_cast<ErrorCode>(number);
  if (number < 0 || number > 0xffff || errorName(code) == "Unknown")
    reader.complain("has the unknown code " + std::to_string(number));
  return code;
}

Verdict readVerdict(FieldReader &reader) {
  Verdict verdict;
  verdict.status = readStatus(reader);
  verdict.code = readCode(reader);
  verdict.reason = reader.text("reason");
  if (const Json *hints = reader.array("hints"))
    for (const Json &hint : *hints)
      verdict.hints.push_back(hint.is_string() ? hint.get<std::string>() : hint.dump());
  verdict.casesChecked = reader.integer("cases_checked");
  verdict.runsChecked = reader.integer("runs_checked");
  verdict.verifySeconds = reader.number("verify_seconds");
  verdict.workerEnds = reader.boolean("worker_ends");
  if (const Json *worst = reader.optional("worst"))
    verdict.worst = readReport(reader, *worst);
  if (const Json *timing = reader.optional("timing"))
    verdict.timing = readTiming(reader, *timing);
  if (const Json *counts = reader.optional("counts"))
    verdict.counts = readCounts(reader, *counts);
  if (const Json *pair = reader.optional("pair")) {
    FieldReader pairReader(*pair, "a pair");
    verdict.pair = readPair(pairReader);
    if (Expected<void> done = pairReader.finish(); !done)
      reader.complain(done.error());
  }
  bool isMeasured = verdict.timing || verdict.pair || verdict.counts;
  if (verdict.accepted() ? verdict.code.has_value() : !verdict.code || isMeasured)
    reader.complain("contradicts itself: a time without acceptance, or a code with it");
  if (verdict.counts && (verdict.timing || verdict.pair))
    reader.complain("contradicts itself: a device that counts has no time");
  return verdict;
}

WorkerHello readHello(FieldReader &reader) {
  WorkerHello hello;
  hello.version = static_cast<int>(reader.integer("protocol"));
  hello.device = reader.text("device");
  hello.name = reader.text("name");
  hello.arch = reader.text("arch");
  hello.driver = reader.text("driver");
  hello.l2Bytes = reader.integer("l2_bytes");
  hello.processId = reader.integer("process_id");
  hello.emulated = reader.boolean("emulated");
  return hello;
}

ErrorResponse readError(FieldReader &reader) {
  ErrorCode code = readCode(reader).value_or(ErrorCode::ProtocolViolation);
  std::string detail = reader.text("detail");
  return {Error(code, detail), reader.boolean("worker_ends")};
}

} // namespace

std::string toJson(const Response &response) {
  return dump(std::visit(Writer(), response));
}

Expected<Response> parseResponse(std::string_view text) {
  Expected<Json> json = parseMessage(text, kProtocolVersion);
  if (!json)
    return json.error();
  FieldReader reader(*json, "a response");
  reader.integer("version");
  std::string type = reader.text("type");
  Response response = DoneResponse();
  if (type == "hello")
    response = readHello(reader);
  else if (type == "loaded")
    response = LoadedResponse{reader.text("id")};
  else if (type == "verdict")
    response = readVerdict(reader);
  else if (type == "pair_timing")
    response = readPair(reader);
  else if (type == "error")
    response = readError(reader);
  else if (type != "done")
    reader.complain("has the unknown type '" + type + "'");
  if (Expected<void> done = reader.finish(); !done)
    return done.error();
  return response;
}

} // namespace kgen
