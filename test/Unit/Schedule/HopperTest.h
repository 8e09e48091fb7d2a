//===- HopperTest.h - The H100 and its default schedules --------*- C++ -*-===//
#ifndef KGEN_TEST_UNIT_SCHEDULE_HOPPERTEST_H
#define KGEN_TEST_UNIT_SCHEDULE_HOPPERTEST_H

#include "kgen/Schedule/Legality.h"

#include <gtest/gtest.h>

namespace kgen::test {

inline HardwareModel hopper() { return *findHardware("sm_90a"); }

inline Schedule legalDefault(const Problem &problem) {
  auto schedule = defaultSchedule(problem, hopper());
  EXPECT_TRUE(static_cast<bool>(schedule)) << schedule.error().message();
  return *schedule;
}

} // namespace kgen::test

#endif // KGEN_TEST_UNIT_SCHEDULE_HOPPERTEST_H
