//===- KnobSpace.cpp - What is worth trying on a machine ------------------===//

#include "Legality/Rules.h"
#include "ScoreSlope.h"

#include "kgen/Schedule/MaskDensity.h"

namespace kgen {

using namespace legality;

KnobSpace knobSpace(const Problem &problem, const HardwareModel &hardware) {
  Capabilities served = capabilities(hardware, problem.dtype);
  KnobSpace space;
  auto keep = [](std::vector<int64_t> values, const Range &range) {
    std::erase_if(values, [&](int64_t value) {
      return value < range.least || value > range.most ||
             value % range.multiple != 0;
    });
    return values;
  };
  space.tileQ = keep({8, 16, 32, 64, 96, 128, 192, 256}, served.tileQ);
  space.tileKV =
      keep({16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 256, 384,
            512},
           served.tileKV);
  space.warps = served.warps;
  std::sort(space.warps.begin(), space.warps.end());
  space.stagesK = keep({1, 2, 3, 4}, served.stages);
  space.stagesV = space.stagesK;
  // A cap below the estimate is refused, and one above it changes nothing but
  // the number of workgroups a processor holds.
  space.maxRegisters = {0};
  for (int64_t cap : keep({80, 128, 168, 256}, served.maxRegisters))
    space.maxRegisters.push_back(cap);
  space.qOperand = served.qOperand;
  space.overlap = served.overlap;
  space.scheduler = served.scheduler;
  // Without a mask all tiles are equally long, and both ends of a walk are
  // alike.
  bool uneven = !problem.mask.empty() || problem.maskSummary.density < 1;
  auto ifUneven = [&](auto values) {
    if (!uneven)
      values.resize(1);
    return values;
  };
  space.order = ifUneven(served.order);
  space.kvDirection = hasSlope(problem.score) ? served.kvDirection
                                              : ifUneven(served.kvDirection);
  // On the CPU all served names mean the same code.
  space.exp2 = {served.exp2.front()};
  auto ifSeveral = [](auto values) {
    if (values.size() < 2)
      values.clear();
    return values;
  };
  space.pOperand = ifSeveral(served.pOperand);
  space.clusterSize = uneven ? std::vector<int64_t>()
                             : ifSeveral(served.clusterSize);
  space.rescale = ifSeveral(served.rescale);
  // Scans of tables give the range of a workgroup.
  if (uneven && countTableMatches(problem.mask) == 0)
    space.kvRange = ifSeveral(served.kvRange);
  space.epilogue = ifSeveral(served.epilogue);
  if (hasSlope(problem.score) || hasKeyTerms(problem.score))
    space.affine = ifSeveral(served.affine);
  space.rowMaximum = ifSeveral(served.rowMaximum);
  return space;
}

namespace {

/// Calls `visit` with every combination of the knobs' values, which are given
/// as pairs of a member and its list; the last knob changes fastest.
template <typename VisitT>
void forEachPoint(Schedule &schedule, VisitT &visit) {
  visit(schedule);
}
template <typename VisitT, typename ValueT, typename... RestT>
void forEachPoint(Schedule &schedule, VisitT &visit, ValueT Schedule::*knob,
                  const std::vector<ValueT> &values, const RestT &...rest) {
  for (ValueT value : values) {
    schedule.*knob = value;
    forEachPoint(schedule, visit, rest...);
  }
}

/// Calls `visit` with each value of a knob but the schedule's own.
template <typename VisitT, typename ValueT>
void forEachOther(const Schedule &schedule, VisitT &visit,
                  ValueT Schedule::*knob, const std::vector<ValueT> &values) {
  for (ValueT value : values) {
    Schedule other = schedule;
    other.*knob = value;
    if (value != schedule.*knob)
      visit(other);
  }
}

/// What the other points differ from. Which unit a slope and row maxima take is
/// as in the stored default, where it depends on the problem more than on tiles
/// (tensor and integer are slower, or no faster, at head dimension 256); points
/// with the other value are still listed.
Schedule usualPoint(const Problem &problem, const HardwareModel &hardware) {
  Schedule usual = usualSchedule(capabilities(hardware, problem.dtype));
  if (Expected<Schedule> stored = defaultSchedule(problem, hardware)) {
    usual.affine = stored->affine;
    usual.rowMaximum = stored->rowMaximum;
  }
  return usual;
}

/// Lists the legal points of a space. What decides most is outermost, and tiles
/// that cannot fit are left out before the rest is spelt out.
class LegalPoints {
public:
  LegalPoints(const Problem &problem, const HardwareModel &hardware)
      : problem(problem), hardware(hardware),
        withRoles(hasRoles(hardware, problem.dtype)),
        space(knobSpace(problem, hardware)),
        usual(usualPoint(problem, hardware)) {}

  std::vector<Schedule> list() {
    auto tiles = [&](Schedule schedule) { addTiles(schedule); };
    forEachPoint(usual, tiles, &Schedule::tileQ, space.tileQ,
                 &Schedule::tileKV, space.tileKV, &Schedule::warps, space.warps,
                 &Schedule::stagesK, space.stagesK, &Schedule::stagesV,
                 space.stagesV);
    return std::move(legal);
  }

private:
  bool isLegal(const Schedule &schedule) const {
    return checkServedSchedule(problem, schedule, hardware).empty();
  }

  /// Points with these tiles, buffers and warps.
  void addTiles(Schedule schedule) {
    if (schedule.consumerWarpgroups > 0) {
      schedule.consumerWarpgroups = schedule.warps / 4;
      schedule.producerRegisters =
          usualProducerRegisters(schedule.consumerWarpgroups);
      schedule.kvRange = usualKvRange(problem, schedule.consumerWarpgroups,
                                      schedule.tileKV);
    }
    // What needs least: if that does not fit, nothing does.
    Schedule least = schedule;
    if (contains(space.overlap, OverlapMode::None))
      least.overlap = OverlapMode::None;
    if (contains(space.qOperand, OperandPlace::Shared))
      least.qOperand = OperandPlace::Shared;
    if (contains(space.affine, AffineUnit::Fma))
      least.affine = AffineUnit::Fma;
    if (!isLegal(least))
      return;
    auto units = [&](const Schedule &point) { addUnits(point); };
    // Where wgmma reads Q makes a small difference, elsewhere a large one.
    std::vector<OperandPlace> qOperand = space.qOperand;
    if (withRoles)
      qOperand = {usual.qOperand};
    forEachPoint(schedule, units, &Schedule::maxRegisters, space.maxRegisters,
                 &Schedule::qOperand, qOperand, &Schedule::overlap,
                 space.overlap, &Schedule::scheduler, space.scheduler);
  }

  /// Where threads start with fewer registers, that must leave room for one more
  /// workgroup.
  bool mayWin(const Schedule &schedule) const {
    if (!withRoles || schedule.maxRegisters == 0)
      return true;
    auto count = [&](const Schedule &point) {
      return estimateResources(problem, point, hardware).workgroupsPerProcessor;
    };
    Schedule uncapped = schedule;
    uncapped.maxRegisters = 0;
    return count(schedule) > count(uncapped);
  }

  /// The point and, where both rings have as many buffers, its neighbours along
  /// the knobs that vary one at a time.
  void addUnits(const Schedule &schedule) {
    auto add = [&](const Schedule &point) { addOrders(point); };
    add(schedule);
    if (schedule.stagesK != schedule.stagesV)
      return;
    if (withRoles)
      forEachOther(schedule, add, &Schedule::qOperand, space.qOperand);
    forEachOther(schedule, add, &Schedule::pOperand, space.pOperand);
    forEachOther(schedule, add, &Schedule::clusterSize, space.clusterSize);
    forEachOther(schedule, add, &Schedule::rescale, space.rescale);
    if (schedule.consumerWarpgroups > 1)
      forEachOther(schedule, add, &Schedule::kvRange, space.kvRange);
    forEachOther(schedule, add, &Schedule::epilogue, space.epilogue);
    forEachOther(schedule, add, &Schedule::affine, space.affine);
    forEachOther(schedule, add, &Schedule::rowMaximum, space.rowMaximum);
  }

  /// No rule knows these knobs but by the lists that the space is made of.
  void addOrders(Schedule schedule) {
    if (!mayWin(schedule) || !isLegal(schedule))
      return;
    auto add = [&](const Schedule &point) { legal.push_back(point); };
    forEachPoint(schedule, add, &Schedule::order, space.order,
                 &Schedule::kvDirection, space.kvDirection, &Schedule::exp2,
                 space.exp2);
  }

  const Problem &problem;
  const HardwareModel &hardware;
  bool withRoles;
  KnobSpace space;
  Schedule usual;
  std::vector<Schedule> legal;
};

} // namespace

std::vector<Schedule> legalSchedules(const Problem &problem,
                                     const HardwareModel &hardware) {
  if (!checkServed(problem, hardware).empty())
    return {};
  return LegalPoints(problem, hardware).list();
}

} // namespace kgen
