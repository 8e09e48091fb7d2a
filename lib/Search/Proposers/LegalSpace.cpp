//===- LegalSpace.cpp - The legal schedules of one problem, ranked --------===//

#include "LegalSpace.h"

#include "kgen/Schedule/CostModel.h"
#include "kgen/Schedule/Json.h"

#include <algorithm>
#include <numeric>

namespace kgen::search {
namespace {

/// Steps between two values of one knob: positions apart in the list, or one
/// if a value is not listed.
template <typename T>
size_t steps(const T &a, const T &b, const std::vector<T> &values) {
  if (a == b)
    return 0;
  auto from = std::find(values.begin(), values.end(), a);
  auto to = std::find(values.begin(), values.end(), b);
  if (from == values.end() || to == values.end())
    return 1;
  return static_cast<size_t>(from < to ? to - from : from - to);
}

} // namespace

bool SeenSchedules::insert(const Schedule &schedule) {
  return keys.insert(toJson(schedule)).second;
}

bool SeenSchedules::contains(const Schedule &schedule) const {
  return keys.contains(toJson(schedule));
}

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, 2014): full period from every seed, 0 included.
uint64_t RandomSource::next() {
  uint64_t z = (word += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

size_t RandomSource::below(size_t count) {
  // Rejection keeps it uniform; the loop runs twice at most on average.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % count;
  uint64_t value;
  do
    value = next();
  while (value >= limit);
  return static_cast<size_t>(value % count);
}

LegalSpace::LegalSpace(const Problem &problem, const ProblemSizes &sizes,
                       const HardwareModel &hardware)
    : space(knobSpace(problem, hardware)) {
  if (Expected<Schedule> point = defaultSchedule(problem, hardware))
    first = *point;
  legal = legalSchedules(problem, hardware);
  rank(problem, sizes, hardware, CostFactors());
}

void LegalSpace::rank(const Problem &problem, const ProblemSizes &sizes,
                      const HardwareModel &hardware,
                      const CostFactors &factors) {
  std::vector<double> cost(legal.size());
  for (size_t i = 0; i < legal.size(); ++i)
    cost[i] = estimateCost(problem, sizes, legal[i], hardware, factors).seconds;
  std::vector<size_t> order(legal.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return cost[a] != cost[b] ? cost[a] < cost[b] : a < b;
  });
  schedules.clear();
  schedules.reserve(legal.size());
  for (size_t index : order)
    schedules.push_back(legal[index]);
}

bool LegalSpace::recalibrate(const SearchState &state) {
  std::vector<CountedSchedule> counted;
  for (const CandidateRecord &record : state.records)
    if (record.features)
      counted.push_back({record.schedule, *record.features});
  if (counted.size() <= countedSoFar)
    return false;
  countedSoFar = counted.size();
  rank(state.problem, state.sizes, state.hardware,
       calibrate(state.problem, state.sizes, state.hardware, counted));
  return true;
}

size_t LegalSpace::distance(const Schedule &a, const Schedule &b) const {
  size_t total = 0;
  Schedule rest = b; // b with the space's knobs of a: what is left differs
                     // outside the space
  forEachSpaceKnob(space, [&](auto knob, const auto &values) {
    total += steps(a.*knob, b.*knob, values);
    rest.*knob = a.*knob;
  });
  return total + (rest == a ? 0 : 1);
}

} // namespace kgen::search
