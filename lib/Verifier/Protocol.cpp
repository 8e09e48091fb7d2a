//===- Protocol.cpp - Frames, spellings and words --------------------------===//

#include "kgen/Verifier/Protocol.h"

#include <cstdio>

namespace kgen {

std::string_view spelling(InputFamily family) {
  switch (family) {
#define KGEN_INPUT_FAMILY(name, spelling)                                      \
  case InputFamily::name:                                                      \
    return spelling;
#include "kgen/Verifier/InputFamilies.def"
  }
  return "unknown";
}

std::vector<InputFamily> allInputFamilies() {
  return {
#define KGEN_INPUT_FAMILY(name, spelling) InputFamily::name,
#include "kgen/Verifier/InputFamilies.def"
  };
}

Expected<InputFamily> parseInputFamily(std::string_view text) {
  std::string known;
  for (InputFamily family : allInputFamilies()) {
    if (spelling(family) == text)
      return family;
    known.append(known.empty() ? "" : ", ").append(spelling(family));
  }
  return Error(ErrorCode::InvalidVerifyRequest,
               "unknown input family '" + std::string(text) + "', known are " + known);
}

std::string_view spelling(VerdictStatus status) {
  switch (status) {
  case VerdictStatus::Accepted:
    return "accepted";
  case VerdictStatus::Rejected:
    return "rejected";
  case VerdictStatus::Error:
    return "error";
  }
  return "unknown";
}

Verdict errorVerdict(const Error &error) {
  Verdict verdict;
  verdict.status = VerdictStatus::Error;
  verdict.code = error.code();
  verdict.reason = error.message();
  return verdict;
}

std::string makeFrame(std::string_view payload) {
  uint32_t size = static_cast<uint32_t>(payload.size());
  std::string frame;
  frame.reserve(payload.size() + 4);
  for (int shift = 0; shift < 32; shift += 8)
    frame.push_back(static_cast<char>(size >> shift));
  return frame.append(payload);
}

Expected<uint32_t> parseFrameLength(std::string_view header, uint32_t limit) {
  if (header.size() != 4)
    return Error(ErrorCode::ProtocolViolation,
                 "a frame header has " + std::to_string(header.size()) + " bytes, must have 4");
  uint32_t size = 0;
  for (int i = 0; i < 4; ++i)
    size |= static_cast<uint32_t>(static_cast<uint8_t>(header[i])) << (8 * i);
  if (size <= limit)
    return size;
  return Error(ErrorCode::FrameTooLarge, "a frame has " + std::to_string(size) +
                                             " bytes, limit " + std::to_string(limit));
}

static const ArtifactSource *artifactOf(const Request &request) {
  if (auto *load = std::get_if<LoadRequest>(&request))
    return &load->artifact;
  if (auto *verify = std::get_if<VerifyRequest>(&request))
    return &verify->artifact;
  return nullptr;
}

std::string makeRequestBytes(const Request &request) {
  std::string bytes = makeFrame(toJson(request));
  const ArtifactSource *artifact = artifactOf(request);
  if (artifact && artifact->path.empty())
    bytes += makeFrame(artifact->bytes);
  return bytes;
}

template <typename... Arguments>
static std::string format(const char *pattern, Arguments... arguments) {
  char text[256];
  std::snprintf(text, sizeof(text), pattern, arguments...);
  return text;
}

std::string toString(const Timing &timing) {
  std::string text =
      format("%.4g ms median (+-%.2g, p10 %.4g, p90 %.4g, %lld samples", timing.medianMs,
             timing.madMs, timing.p10Ms, timing.p90Ms, static_cast<long long>(timing.samples));
  if (timing.smClockMhz)
    text += format(", SM clock %.0f MHz", *timing.smClockMhz);
  return text + ")";
}

std::string toString(const EmulatedCounts &counts) {
  std::string text;
#define KGEN_COUNT(member, key, words)                                         \
  text += format("    %-28s %15llu\n", words,                                  \
                 static_cast<unsigned long long>(counts.member));
#include "kgen/Verifier/EmulatedCounts.def"
  return text;
}

static double percent(uint64_t part, uint64_t whole) {
  return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string inOneLine(const EmulatedCounts &counts) {
  auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  return format("%llu instructions (%llu tensor, %llu transcendental, %llu shared memory, "
                "%llu barrier), %llu global bytes, ",
                number(counts.instructions), number(counts.tensorInstructions),
                number(counts.transcendentalInstructions),
                number(counts.sharedMemoryInstructions), number(counts.barrierInstructions),
                number(counts.globalBytes)) +
         format("%llu bank conflict cycles, %llu divergent branches, tensor pipe busy %.1f %%",
                number(counts.bankConflictCycles), number(counts.divergentBranches),
                percent(counts.tensorCycles, counts.issueCycles));
}

static std::string toString(const ErrorReport &report) {
  const ProblemSizes &shape = report.shape;
  std::string text = format(
      "  nearest: family %s, B=%lld Sq=%lld Skv=%lld\n", std::string(spelling(report.family)).c_str(),
      static_cast<long long>(shape.batch), static_cast<long long>(shape.seqQ),
      static_cast<long long>(shape.seqKV));
  if (report.worstRow >= 0)
    text += format("    worst row  %.3g (allowed %.3g, honest %.3g) at batch %lld, head %lld, row %lld\n",
                   report.worstRow, report.rowAllowance, report.honestWorstRow,
                   static_cast<long long>(report.worstRowAt.batch),
                   static_cast<long long>(report.worstRowAt.head),
                   static_cast<long long>(report.worstRowAt.row));
  if (report.global >= 0)
    text += format("    all rows   %.3g (allowed %.3g, honest %.3g)\n", report.global,
                   report.globalAllowance, report.honestGlobal);
  if (report.worstLse >= 0)
    text += format("    LSE        %.3g (allowed %.3g)\n", report.worstLse, report.lseAllowance);
  return text + format("    rows       %lld compared of %lld, %lld wrong\n",
                       static_cast<long long>(report.rowsCompared),
                       static_cast<long long>(report.rowsTotal),
                       static_cast<long long>(report.rowsWrong));
}

std::string toString(const Verdict &verdict) {
  std::string text = std::string(spelling(verdict.status)) +
                     format(": %lld cases, %lld runs in %.2f s\n",
                            static_cast<long long>(verdict.casesChecked),
                            static_cast<long long>(verdict.runsChecked), verdict.verifySeconds);
  if (!verdict.reason.empty())
    text += "  " + verdict.reason + "\n";
  for (const std::string &hint : verdict.hints)
    text += "  hint: " + hint + "\n";
  if (verdict.worst)
    text += toString(*verdict.worst);
  if (verdict.timing)
    text += "  time: " + toString(*verdict.timing) + "\n";
  if (verdict.counts)
    text += "  counts, not seconds, of one emulated launch:\n" + toString(*verdict.counts) +
            format("    %-28s %13.1f %%\n", "tensor pipe busy",
                   percent(verdict.counts->tensorCycles, verdict.counts->issueCycles)) +
            format("    %-28s %13.1f %%\n", "lanes inactive",
                   percent(verdict.counts->inactiveLaneSlots, verdict.counts->laneSlots));
  if (verdict.pair)
    text += "  incumbent: " + toString(verdict.pair->incumbent) +
            format("\n  ratio: %.4f (+-%.2g, %lld bursts)\n", verdict.pair->ratio,
                   verdict.pair->ratioMad, static_cast<long long>(verdict.pair->bursts));
  return text;
}

} // namespace kgen
