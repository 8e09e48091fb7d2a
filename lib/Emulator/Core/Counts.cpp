//===- Counts.cpp - Sums, derived cycles and words for counts -------------===//

#include "kgen/Emulator/Counts.h"

#include "kgen/Emulator/Emulator.h"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace kgen::emulator {

std::string_view spelling(InstructionClass instructionClass) {
  static constexpr std::array<std::string_view, kInstructionClasses> kWords = {
      "integer", "float",         "conversion",    "transcendental",
      "tensor",  "global memory", "shared memory", "shuffle",
      "barrier", "control",       "scalar",        "other"};
  return kWords[size_t(instructionClass)];
}

uint64_t Counts::totalInstructions() const {
  return std::accumulate(instructions.begin(), instructions.end(), uint64_t(0));
}

double Counts::tensorUtilisation() const {
  return issueCycles > 0 ? tensorCycles / issueCycles : 0;
}

Counts &Counts::operator+=(const Counts &other) {
  launches += other.launches;
  for (size_t i = 0; i < kInstructionClasses; ++i)
    instructions[i] += other.instructions[i];
  for (uint64_t Counts::*sum :
       {&Counts::tensorFlops, &Counts::globalLoadBytes,
        &Counts::globalStoreBytes, &Counts::sharedLoadBytes,
        &Counts::sharedStoreBytes, &Counts::bankConflictCycles,
        &Counts::divergentBranches, &Counts::inactiveLaneSlots,
        &Counts::laneSlots})
    this->*sum += other.*sum;
  tensorCycles += other.tensorCycles;
  issueCycles += other.issueCycles;
  return *this;
}

//===----------------------------------------------------------------------===//
// Cycles
//===----------------------------------------------------------------------===//

/// Cycles for `work` at `rate` a cycle. Without a rate the unit is not there.
static double cyclesFor(double work, double rate) {
  return rate > 0 ? work / rate : 0;
}

/// The pipes of vector arithmetic: one for each kind, or one for all.
static std::vector<PipeLoad> vectorLoads(const Counts &counts,
                                         const PipeRates &rates) {
  const auto load = [&](InstructionClass c, double lanes) {
    return PipeLoad{spelling(c),
                    cyclesFor(double(counts.of(c)) * rates.warpLanes, lanes)};
  };
  std::vector<PipeLoad> loads = {
      load(InstructionClass::Integer, rates.integerLanes),
      load(InstructionClass::Float, rates.floatLanes),
      load(InstructionClass::Conversion, rates.conversionLanes),
      load(InstructionClass::Transcendental, rates.transcendentalLanes)};
  if (!rates.oneVectorPipe)
    return loads;
  PipeLoad all{"vector", 0};
  for (const PipeLoad &each : loads)
    all.cycles += each.cycles;
  return {all};
}

std::vector<PipeLoad> pipeLoads(const Counts &counts, const PipeRates &rates) {
  std::vector<PipeLoad> loads = vectorLoads(counts, rates);
  const double shared =
      double(counts.sharedLoadBytes) + double(counts.sharedStoreBytes);
  const double global =
      double(counts.globalLoadBytes) + double(counts.globalStoreBytes);
  const double shuffled =
      double(counts.of(InstructionClass::Shuffle)) * rates.warpLanes;
  loads.insert(
      loads.end(),
      {{"tensor", cyclesFor(double(counts.tensorFlops), rates.tensorFlops)},
       {"shuffle", cyclesFor(shuffled, rates.shuffleLanes)},
       {"shared memory", cyclesFor(shared, rates.sharedBytes) +
                             double(counts.bankConflictCycles)},
       {"global memory", cyclesFor(global, rates.globalBytes)},
       {"scalar", cyclesFor(double(counts.of(InstructionClass::Scalar)),
                            rates.scalarInstructions)},
       {"issue", cyclesFor(double(counts.totalInstructions()),
                           rates.warpInstructions)}});
  return loads;
}

void deriveCycles(Counts &counts, const PipeRates &rates) {
  counts.issueCycles = 0;
  for (const PipeLoad &load : pipeLoads(counts, rates)) {
    counts.issueCycles = std::max(counts.issueCycles, load.cycles);
    if (load.pipe == "tensor")
      counts.tensorCycles = load.cycles;
  }
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

static std::string line(std::string_view words, uint64_t number,
                        std::string_view unit = "") {
  char text[96];
  snprintf(text, sizeof text, "%-28.*s %15llu%s%.*s\n", int(words.size()),
           words.data(), static_cast<unsigned long long>(number),
           unit.empty() ? "" : " ", int(unit.size()), unit.data());
  return text;
}

static std::string percentLine(std::string_view words, double share) {
  char text[96];
  snprintf(text, sizeof text, "%-28.*s %15.1f %%\n", int(words.size()),
           words.data(), 100 * share);
  return text;
}

/// Classes that do not occur are left out.
static std::string
describeClasses(const std::array<uint64_t, kInstructionClasses> &numbers) {
  std::string text;
  for (size_t i = 0; i < kInstructionClasses; ++i)
    if (numbers[i])
      text +=
          line("  " + std::string(spelling(InstructionClass(i))), numbers[i]);
  return text;
}

std::string Counts::describe() const {
  std::string text = line("launches", launches);
  text += line("warp instructions", totalInstructions());
  text += describeClasses(instructions);
  text += line("tensor operations", tensorFlops, "FLOP");
  text += line("global memory read", globalLoadBytes, "bytes");
  text += line("global memory written", globalStoreBytes, "bytes");
  text += line("shared memory read", sharedLoadBytes, "bytes");
  text += line("shared memory written", sharedStoreBytes, "bytes");
  text += line("bank conflicts", bankConflictCycles, "cycles");
  text += line("divergent branches", divergentBranches);
  if (laneSlots)
    text += percentLine("lanes inactive",
                        double(inactiveLaneSlots) / double(laneSlots));
  text += line("busiest pipe, ideal issue", uint64_t(issueCycles), "cycles");
  return text + percentLine("tensor utilisation, ideal", tensorUtilisation());
}

std::string StaticCounts::describe() const {
  std::string text = line("instructions of the program", total);
  text += describeClasses(instructions);
  text += line("static shared memory", staticSharedBytes, "bytes");
  text += line("local memory per thread", localBytes, "bytes");
  if (vectorRegisters || accumulationRegisters || scalarRegisters) {
    text += line("vector registers", vectorRegisters);
    text += line("accumulation registers", accumulationRegisters);
    text += line("scalar registers", scalarRegisters);
  }
  return text;
}

} // namespace kgen::emulator
