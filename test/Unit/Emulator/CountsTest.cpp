//===- CountsTest.cpp - Sums, derived cycles and words for counts ---------===//

#include "kgen/Emulator/Counts.h"
#include "kgen/Emulator/Emulator.h"

#include <gmock/gmock.h>

#include <set>

using namespace kgen::emulator;
using testing::HasSubstr;

namespace {

const PipeRates &rates(std::string_view arch) {
  return (*findArchitecture(arch))->rates;
}

double cyclesOf(const Counts &counts, std::string_view arch,
                std::string_view pipe) {
  for (const PipeLoad &load : pipeLoads(counts, rates(arch)))
    if (load.pipe == pipe)
      return load.cycles;
  ADD_FAILURE() << arch << " has no pipe " << pipe;
  return -1;
}

TEST(Counts, AddMemberByMember) {
  Counts one;
  one.launches = 1;
  one.of(InstructionClass::Tensor) = 2;
  one.tensorFlops = 3;
  one.globalLoadBytes = 4;
  one.globalStoreBytes = 5;
  one.sharedLoadBytes = 6;
  one.sharedStoreBytes = 7;
  one.bankConflictCycles = 8;
  one.divergentBranches = 9;
  one.inactiveLaneSlots = 10;
  one.laneSlots = 11;
  one.tensorCycles = 12;
  one.issueCycles = 13;
  Counts sum = one;
  sum += one;
  EXPECT_EQ(sum.launches, 2u);
  EXPECT_EQ(sum.totalInstructions(), 4u);
  EXPECT_EQ(sum.tensorFlops, 6u);
  EXPECT_EQ(sum.globalLoadBytes, 8u);
  EXPECT_EQ(sum.globalStoreBytes, 10u);
  EXPECT_EQ(sum.sharedLoadBytes, 12u);
  EXPECT_EQ(sum.sharedStoreBytes, 14u);
  EXPECT_EQ(sum.bankConflictCycles, 16u);
  EXPECT_EQ(sum.divergentBranches, 18u);
  EXPECT_EQ(sum.inactiveLaneSlots, 20u);
  EXPECT_EQ(sum.laneSlots, 22u);
  EXPECT_EQ(sum.tensorCycles, 24);
  EXPECT_EQ(sum.issueCycles, 26);
}

TEST(Counts, TensorCyclesFollowTheArchitecturesRate) {
  Counts counts;
  counts.tensorFlops = 4096 * 1000;
  EXPECT_EQ(cyclesOf(counts, "sm_90a", "tensor"), 1000);
  EXPECT_EQ(cyclesOf(counts, "sm_80", "tensor"), 2000);
  EXPECT_EQ(cyclesOf(counts, "gfx90a", "tensor"), 4000);
  EXPECT_EQ(cyclesOf(counts, "gfx942", "tensor"), 2000);
}

TEST(Counts, ExponentialsTakeTwoCyclesAWarpOnNvidia) {
  Counts counts;
  counts.of(InstructionClass::Transcendental) = 100;
  EXPECT_EQ(cyclesOf(counts, "sm_80", "transcendental"), 200);
}

TEST(Counts, VectorInstructionsOfAmdShareOnePipe) {
  Counts counts;
  counts.of(InstructionClass::Integer) = 10;
  counts.of(InstructionClass::Float) = 20;
  counts.of(InstructionClass::Conversion) = 30;
  counts.of(InstructionClass::Transcendental) = 5;
  // A wave of 64 lanes takes one cycle of four SIMDs, a quarter-rate one four.
  EXPECT_EQ(cyclesOf(counts, "gfx942", "vector"), 10 + 20 + 30 + 4 * 5);
}

TEST(Counts, BankConflictsAddToTheCyclesOfSharedMemory) {
  Counts counts;
  counts.sharedLoadBytes = 128 * 10;
  counts.sharedStoreBytes = 128 * 5;
  EXPECT_EQ(cyclesOf(counts, "sm_80", "shared memory"), 15);
  counts.bankConflictCycles = 7;
  EXPECT_EQ(cyclesOf(counts, "sm_80", "shared memory"), 22);
}

TEST(Counts, IssueCyclesAreThoseOfTheBusiestPipe) {
  Counts counts;
  counts.tensorFlops = 4096 * 100;
  counts.of(InstructionClass::Tensor) = 10;
  deriveCycles(counts, rates("sm_90a"));
  EXPECT_EQ(counts.tensorCycles, 100);
  EXPECT_EQ(counts.issueCycles, 100);
  EXPECT_EQ(counts.tensorUtilisation(), 1);
  counts.of(InstructionClass::Transcendental) = 200; // 400 cycles
  deriveCycles(counts, rates("sm_90a"));
  EXPECT_EQ(counts.issueCycles, 400);
  EXPECT_EQ(counts.tensorUtilisation(), 0.25);
  counts.of(InstructionClass::Other) = 4000; // at four a cycle
  deriveCycles(counts, rates("sm_90a"));
  EXPECT_EQ(counts.issueCycles, (4000 + 200 + 10) / 4.0);
}

TEST(Counts, WithoutInstructionsTakeNoCycles) {
  Counts counts;
  for (const Architecture &arch : architectures()) {
    deriveCycles(counts, arch.rates);
    EXPECT_EQ(counts.issueCycles, 0) << arch.name;
    EXPECT_EQ(counts.tensorUtilisation(), 0) << arch.name;
  }
}

TEST(Counts, EveryArchitectureHasARateForEveryPipe) {
  Counts counts;
  counts.instructions.fill(1);
  counts.tensorFlops = counts.globalLoadBytes = counts.sharedLoadBytes = 1;
  for (const Architecture &arch : architectures())
    for (const PipeLoad &load : pipeLoads(counts, arch.rates))
      EXPECT_GT(load.cycles, 0) << arch.name << ": " << load.pipe;
}

TEST(Counts, EveryClassHasAWordOfItsOwn) {
  std::set<std::string_view> words;
  for (size_t i = 0; i < kInstructionClasses; ++i)
    words.insert(spelling(InstructionClass(i)));
  EXPECT_EQ(words.size(), kInstructionClasses);
  EXPECT_EQ(spelling(InstructionClass::Other), "other");
}

TEST(Counts, AreDescribedOneNumberALine) {
  Counts counts;
  counts.launches = 1;
  counts.of(InstructionClass::Tensor) = 12;
  counts.tensorFlops = 4096 * 100;
  counts.bankConflictCycles = 42;
  counts.laneSlots = 400;
  counts.inactiveLaneSlots = 100;
  deriveCycles(counts, rates("sm_90a"));
  const std::string text = counts.describe();
  EXPECT_THAT(text,
              HasSubstr("  tensor                                  12\n"));
  EXPECT_THAT(text, HasSubstr("bank conflicts                            42 "
                              "cycles\n"));
  EXPECT_THAT(text, HasSubstr("lanes inactive                          25.0 "
                              "%\n"));
  EXPECT_THAT(text, HasSubstr("tensor utilisation, ideal              100.0 "
                              "%\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("shuffle")));
}

TEST(StaticCounts, NameRegistersOnlyWhereTheProgramHasThem) {
  StaticCounts counts;
  counts.total = counts.instructions[size_t(InstructionClass::Float)] = 3;
  EXPECT_THAT(counts.describe(), testing::Not(HasSubstr("registers")));
  counts.vectorRegisters = 128;
  EXPECT_THAT(counts.describe(), HasSubstr("vector registers"));
}

} // namespace
