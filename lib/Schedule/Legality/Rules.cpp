//===- Rules.cpp - The rules that repeat
//-----------------------------------===//

#include "Rules.h"

namespace kgen::legality {

void Rules::broken(ErrorCode code, const std::string &knob, int64_t have,
                   int64_t limit, const std::string &detail) {
  std::string place = where.empty() ? "" : " (" + where + ")";
  violations.push_back({code, knob, have, limit, detail + place});
}

void Rules::atLeast(ErrorCode code, const std::string &knob, int64_t have,
                    int64_t limit) {
  if (have < limit)
    broken(code, knob, have, limit,
           knob + ": has " + std::to_string(have) + ", at least " +
               std::to_string(limit));
}

void Rules::atMost(ErrorCode code, const std::string &knob, int64_t have,
                   int64_t limit, const std::string &unit) {
  if (have > limit)
    broken(code, knob, have, limit,
           knob + ": has " + std::to_string(have) + unit + ", limit " +
               std::to_string(limit));
}

void Rules::multipleOf(ErrorCode code, const std::string &knob, int64_t have,
                       int64_t multiple) {
  if (have % multiple != 0)
    broken(code, knob, have, multiple,
           knob + ": has " + std::to_string(have) + ", must be a multiple of " +
               std::to_string(multiple));
}

void Rules::inRange(ErrorCode code, const std::string &knob, int64_t have,
                    const Range &range) {
  if (range.least == range.most) {
    equal(code, knob, have, range.least, "");
    return;
  }
  atLeast(code, knob, have, range.least);
  atMost(code, knob, have, range.most);
  multipleOf(code, knob, have, range.multiple);
}

void Rules::equal(ErrorCode code, const std::string &knob, int64_t have,
                  int64_t limit, const std::string &why) {
  if (have != limit)
    broken(code, knob, have, limit,
           knob + ": has " + std::to_string(have) + ", must be " +
               std::to_string(limit) + (why.empty() ? "" : ", " + why));
}

Schedule usualSchedule(const Capabilities &served) {
  Schedule schedule;
  schedule.tileQ = served.tileQ.least;
  schedule.tileKV = served.tileKV.least;
  schedule.warps = served.warps.front();
  schedule.consumerWarpgroups = served.consumerWarpgroups.front();
  schedule.producerRegisters = served.producerRegisters.front();
  schedule.producer = served.producer.front();
  schedule.overlap = served.overlap.front();
  schedule.qOperand = served.qOperand.front();
  schedule.pOperand = served.pOperand.front();
  schedule.scheduler = served.scheduler.front();
  schedule.order = served.order.front();
  schedule.kvDirection = served.kvDirection.front();
  schedule.exp2 = served.exp2.front();
  schedule.rescale = served.rescale.front();
  schedule.kvRange = served.kvRange.front();
  schedule.epilogue = served.epilogue.front();
  schedule.affine = served.affine.front();
  schedule.rowMaximum = served.rowMaximum.front();
  schedule.clusterSize = served.clusterSize.front();
  return schedule;
}

int64_t registerLimit(const Schedule &schedule, const HardwareModel &hardware) {
  int64_t threads = std::max<int64_t>(schedule.warps, 1) * hardware.lanes;
  int64_t limit = std::min(hardware.maxRegistersPerThread,
                           hardware.registersPerProcessor / threads);
  return schedule.maxRegisters > 0 ? std::min(limit, schedule.maxRegisters)
                                   : limit;
}

} // namespace kgen::legality
