//===- LegalSpace.h - The legal schedules of one problem, ranked ----------===//
#ifndef KGEN_SEARCH_PROPOSERS_LEGALSPACE_H
#define KGEN_SEARCH_PROPOSERS_LEGALSPACE_H

#include "kgen/Schedule/CostModel.h"
#include "kgen/Search/Proposer.h"

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace kgen::search {

/// Schedules that were proposed already, by value.
class SeenSchedules {
public:
  /// True if the schedule was not there before.
  bool insert(const Schedule &schedule);
  bool contains(const Schedule &schedule) const;

private:
  std::unordered_set<std::string> keys;
};

/// A reproducible source of random numbers: the standard distributions may
/// differ between libraries, the engine may not.
class RandomSource {
public:
  explicit RandomSource(uint64_t seed) : word(seed) {}
  /// Uniform in [0, count); count > 0.
  size_t below(size_t count);

private:
  uint64_t next();
  uint64_t word;
};

/// The default schedule and every legal point of the knob space, in the cost
/// model's order (cheapest first; equal costs keep the space's order).
class LegalSpace {
public:
  LegalSpace(const Problem &problem, const ProblemSizes &sizes,
             const HardwareModel &hardware);

  /// Ranks anew by the cost model as the counted candidates calibrate it. True
  /// if there were more of them than at the last call, and the order is new.
  bool recalibrate(const SearchState &state);

  const std::optional<Schedule> &defaultPoint() const { return first; }
  const std::vector<Schedule> &ranked() const { return schedules; }
  const KnobSpace &knobs() const { return space; }

  /// Steps between two schedules: neighbouring values of a knob are one step
  /// apart; a knob outside the space counts one step when it differs.
  size_t distance(const Schedule &a, const Schedule &b) const;

private:
  void rank(const Problem &problem, const ProblemSizes &sizes,
            const HardwareModel &hardware, const CostFactors &factors);

  KnobSpace space;
  std::optional<Schedule> first;
  std::vector<Schedule> legal;     ///< in the space's order
  std::vector<Schedule> schedules; ///< ranked
  size_t countedSoFar = 0;
};

/// Calls `visit(&Schedule::knob, values)` for every knob that the space varies.
template <typename Visitor>
void forEachSpaceKnob(const KnobSpace &space, Visitor &&visit) {
  visit(&Schedule::tileQ, space.tileQ);
  visit(&Schedule::tileKV, space.tileKV);
  visit(&Schedule::warps, space.warps);
  visit(&Schedule::stagesK, space.stagesK);
  visit(&Schedule::stagesV, space.stagesV);
  visit(&Schedule::maxRegisters, space.maxRegisters);
  visit(&Schedule::qOperand, space.qOperand);
  visit(&Schedule::overlap, space.overlap);
  visit(&Schedule::scheduler, space.scheduler);
  visit(&Schedule::order, space.order);
  visit(&Schedule::kvDirection, space.kvDirection);
  visit(&Schedule::exp2, space.exp2);
  visit(&Schedule::pOperand, space.pOperand);
  visit(&Schedule::clusterSize, space.clusterSize);
  visit(&Schedule::rescale, space.rescale);
  visit(&Schedule::kvRange, space.kvRange);
  visit(&Schedule::epilogue, space.epilogue);
  visit(&Schedule::affine, space.affine);
  visit(&Schedule::rowMaximum, space.rowMaximum);
}

} // namespace kgen::search

#endif // KGEN_SEARCH_PROPOSERS_LEGALSPACE_H
