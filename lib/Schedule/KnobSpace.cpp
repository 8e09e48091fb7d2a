//===- KnobSpace.cpp - What is worth trying on a machine
//-------------------===//

#include "Legality/Rules.h"

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
      keep({16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 256, 384, 512},
           served.tileKV);
  space.warps = served.warps;
  std::sort(space.warps.begin(), space.warps.end());
  space.stagesK = keep({1, 2, 3, 4}, served.stages);
  space.stagesV = space.stagesK;
  // A cap below the estimate is refused, and one above it changes nothing but
  // the number of workgroups a processor holds.
  space.maxRegisters = {0};
  for (int64_t cap : keep({128, 168, 256}, served.maxRegisters))
    space.maxRegisters.push_back(cap);
  space.qOperand = served.qOperand;
  // Without a mask all tiles are equally long.
  bool uneven = !problem.mask.empty() || problem.maskSummary.density < 1;
  space.order =
      uneven ? served.order : std::vector<TileOrder>{served.order.front()};
  // On the CPU all served names mean the same code.
  space.exp2 = {served.exp2.front()};
  return space;
}

namespace {

/// Calls `visit` with every combination, the last knob changing fastest.
template <typename VisitT>
void forEachPoint(const KnobSpace &space, Schedule schedule, VisitT visit) {
  for (int64_t tileQ : space.tileQ)
    for (int64_t tileKV : space.tileKV)
      for (int64_t warps : space.warps)
        for (int64_t stagesK : space.stagesK)
          for (int64_t stagesV : space.stagesV)
            for (int64_t maxRegisters : space.maxRegisters)
              for (OperandPlace qOperand : space.qOperand)
                for (TileOrder order : space.order)
                  for (Exp2Unit exp2 : space.exp2) {
                    schedule.tileQ = tileQ;
                    schedule.tileKV = tileKV;
                    schedule.warps = warps;
                    if (schedule.consumerWarpgroups > 0)
                      schedule.consumerWarpgroups = warps / 4;
                    schedule.stagesK = stagesK;
                    schedule.stagesV = stagesV;
                    schedule.maxRegisters = maxRegisters;
                    schedule.qOperand = qOperand;
                    schedule.order = order;
                    schedule.exp2 = exp2;
                    visit(schedule);
                  }
}

} // namespace

std::vector<Schedule> legalSchedules(const Problem &problem,
                                     const HardwareModel &hardware) {
  std::vector<Schedule> legal;
  if (!checkServed(problem, hardware).empty())
    return legal;
  Schedule usual = usualSchedule(capabilities(hardware, problem.dtype));
  forEachPoint(knobSpace(problem, hardware), usual,
               [&](const Schedule &schedule) {
                 if (checkServedSchedule(problem, schedule, hardware).empty())
                   legal.push_back(schedule);
               });
  return legal;
}

} // namespace kgen
