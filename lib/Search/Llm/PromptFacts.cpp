//===- PromptFacts.cpp - Problem, machine and results in words ------------===//

#include "PromptFacts.h"

#include "../Format.h"
#include "../Proposers/LegalSpace.h"
#include "../Ranking.h"
#include "kgen/Schedule/CostModel.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace kgen::search {
namespace {

using Json = nlohmann::ordered_json;

// A prompt must stay readable for people and cheap for models.
constexpr size_t kMaxSentence = 300;
constexpr size_t kExamplesPerCode = 3;
constexpr size_t kMaxCodes = 8;

std::string shorten(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kMaxSentence)
    text = text.substr(0, kMaxSentence) + "...";
  return text;
}

std::string printValue(int64_t value) { return std::to_string(value); }
template <typename EnumT>
std::string printValue(EnumT value) {
  return std::string(spelling(value));
}

// The JSON key of a knob, found by address in forEachKnob.
template <typename Member>
std::string knobKey(Member knob) {
  Schedule schedule;
  const void *address = &(schedule.*knob);
  std::string key;
  forEachKnob(schedule, [&](const char *name, const auto &field) {
    if (static_cast<const void *>(&field) == address)
      key = name;
  });
  return key;
}

std::string describeProgram(const char *title, const Expression &program,
                            const char *identity) {
  return std::string(title) + (program.empty()
                                   ? std::string(identity) + "\n"
                                   : "\n" + toString(program) + "\n");
}

} // namespace

std::string describeProblem(const SearchState &state) {
  const Problem &problem = state.problem;
  std::ostringstream text;
  text << "Q [" << state.sizes.batch << ", " << problem.headsQ << ", "
       << state.sizes.seqQ << ", " << problem.headDimQK << "], K ["
       << state.sizes.batch << ", " << problem.headsKV << ", "
       << state.sizes.seqKV << ", " << problem.headDimQK << "], V ["
       << state.sizes.batch << ", " << problem.headsKV << ", "
       << state.sizes.seqKV << ", " << problem.headDimV << "], "
       << spelling(problem.dtype) << ", row-major, scale " << problem.scale
       << (problem.writesLse ? ", writes LSE" : "") << ".\n";
  text << describeProgram("Score function:", problem.score, " identity.");
  text << describeProgram("Mask (kept pairs):", problem.mask, " keeps all.");
  bool unknown = !problem.mask.empty() && problem.maskSummary.density >= 1;
  text << "The mask keeps "
       << (unknown ? std::string("an unknown share")
                   : formatNumber(100 * problem.maskSummary.density) + " %")
       << " of the pairs"
       << (problem.maskSummary.analysed ? "; empty tiles are skipped" : "")
       << ".\n";
  text << "Work: " << formatNumber(attentionFlops(problem, state.sizes) / 1e9)
       << " GFLOP. No schedule can take less than "
       << formatSeconds(floorSeconds(problem, state.sizes, state.hardware))
       << " on this machine.";
  return text.str();
}

std::string describeHardware(const HardwareModel &hardware) {
  Json json{{"name", hardware.name},
            {"arch", hardware.arch},
            {"target", spelling(hardware.target)},
            {"processors", hardware.processors},
            {"lanes", hardware.lanes},
            {"max_shared_bytes_per_workgroup", hardware.maxSharedBytes},
            {"shared_bytes_per_processor", hardware.sharedBytesPerProcessor},
            {"registers_per_processor", hardware.registersPerProcessor},
            {"max_registers_per_thread", hardware.maxRegistersPerThread},
            {"max_threads_per_workgroup", hardware.maxThreadsPerWorkgroup},
            {"max_threads_per_processor", hardware.maxThreadsPerProcessor},
            {"l1_bytes", hardware.l1Bytes},
            {"l2_bytes", hardware.l2Bytes},
            {"clock_ghz", hardware.clockGhz},
            {"memory_gbps", hardware.memoryGBps},
            {"matrix_tflops_16bit", hardware.matrixTflops16},
            {"vector_tflops_f32", hardware.vectorTflops32},
            {"exp2_gops_per_processor", hardware.exp2GopsPerProcessor}};
  // A zero means "does not apply": say nothing rather than something false.
  Json known;
  for (const auto &[key, value] : json.items())
    if (!value.is_number() || value.get<double>() != 0)
      known[key] = value;
  return known.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string describeKnobs(const SearchState &state) {
  KnobSpace space = knobSpace(state.problem, state.hardware);
  std::string text;
  forEachSpaceKnob(space, [&](auto knob, const auto &values) {
    if (values.empty())
      return;
    text += (text.empty() ? "" : "\n") + knobKey(knob) + ":";
    const char *separator = " ";
    for (const auto &value : values) {
      text += separator + printValue(value);
      separator = ", ";
    }
  });
  return text;
}

std::string describeResources(const SearchState &state,
                              const Schedule &schedule) {
  ResourceEstimate need =
      estimateResources(state.problem, schedule, state.hardware);
  std::ostringstream text;
  text << need.sharedBytes
       << (state.hardware.target == TargetKind::Cpu
               ? " bytes of scratch per thread"
               : " bytes of shared memory per workgroup")
       << ", about " << need.registersPerThread << " registers per thread, "
       << need.threadsPerWorkgroup << " threads, "
       << need.workgroupsPerProcessor << " workgroups per processor";
  return text.str();
}

std::string describeBest(const SearchState &state, size_t limit) {
  std::string text;
  for (size_t index : fastest(state.records, limit)) {
    const CandidateRecord *record = &state.records[index];
    const ResourceUsage &used = record->resources;
    text +=
        "- " + formatMedian(*record->timing) +
        (record->timing->metric == Metric::Seconds ? ": " : " (emulated): ") +
        toString(record->schedule);
    if (used.registersPerThread)
      text += "; " + std::to_string(used.registersPerThread) + " registers, " +
              std::to_string(used.spillBytes) + " spill bytes, " +
              std::to_string(used.sharedBytes) + " shared bytes";
    if (record->features)
      if (std::string pipes = describePipes(*record->features, state.hardware);
          !pipes.empty())
        text += "; " + pipes;
    for (const std::string &remark : record->remarks)
      text += "; " + shorten(remark);
    for (const std::string &finding : record->findings)
      text += "; " + shorten(finding);
    text += "\n";
  }
  return text.empty() ? "- none was accepted yet\n" : text;
}

std::string describeFailures(const SearchState &state) {
  std::map<std::string, std::vector<const CandidateRecord *>> byCode;
  for (const CandidateRecord &record : state.records)
    if (record.outcome != Outcome::Accepted)
      byCode[record.code].push_back(&record);
  std::string text;
  size_t codes = 0;
  for (const auto &[code, records] : byCode) {
    if (++codes > kMaxCodes)
      break;
    text += "- " + std::string(spelling(records.front()->outcome)) + " " +
            code + ", " + std::to_string(records.size()) + " times. Latest:\n";
    size_t first = records.size() - std::min(records.size(), kExamplesPerCode);
    for (size_t i = first; i < records.size(); ++i) {
      text += "  - " + toString(records[i]->schedule) + ": " +
              shorten(records[i]->text) + "\n";
      for (size_t j = 0; j < std::min<size_t>(records[i]->findings.size(), 2);
           ++j)
        text += "    " + shorten(records[i]->findings[j]) + "\n";
    }
  }
  return text.empty() ? text : "Schedules that fell out, and why:\n" + text;
}

std::string describeCounts(const SearchState &state) {
  std::map<Outcome, size_t> counts;
  for (const CandidateRecord &record : state.records)
    ++counts[record.outcome];
  std::string text = std::to_string(state.records.size()) + " tried:";
  const char *separator = " ";
  for (const auto &[outcome, count] : counts) {
    text += separator + std::to_string(count) + " " +
            std::string(spelling(outcome));
    separator = ", ";
  }
  return text + ".";
}

} // namespace kgen::search
