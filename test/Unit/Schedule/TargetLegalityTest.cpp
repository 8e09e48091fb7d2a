#include "TestProblems.h"
#include "kgen/Schedule/Legality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

HardwareModel machine(const char *key) {
  auto found = findHardware(key);
  EXPECT_TRUE(static_cast<bool>(found)) << key;
  return *found;
}

// A CPU whose numbers do not depend on where the tests run.
HardwareModel smallCpu() {
  HardwareModel cpu = hostCpu();
  cpu.key = "cpu";
  cpu.maxSharedBytes = 256 * 1024;
  cpu.l1Bytes = 32 * 1024;
  return cpu;
}

Schedule legalDefault(const Problem &problem, const HardwareModel &hardware) {
  auto schedule = defaultSchedule(problem, hardware);
  EXPECT_TRUE(static_cast<bool>(schedule)) << schedule.error().message();
  return *schedule;
}

// The one violation of `schedule`; fails if there are more or none.
Violation only(const Problem &problem, const Schedule &schedule,
               const HardwareModel &hardware) {
  auto violations = checkLegality(problem, schedule, hardware);
  std::string all;
  for (const Violation &violation : violations)
    all += toString(violation) + "\n";
  EXPECT_EQ(violations.size(), 1u) << all << toString(schedule);
  return violations.empty() ? Violation{ErrorCode::JsonSyntax, "none", 0, 0, ""}
                            : violations[0];
}

TEST(NvvmLegality, SharedMemorySaysBothNumbers) {
  Problem problem = plainProblem(128);
  HardwareModel h100 = machine("h100");
  Schedule schedule = legalDefault(problem, h100);
  schedule.tileQ = 128;
  schedule.tileKV = 64;
  schedule.warps = 8;
  schedule.qOperand = OperandPlace::Shared;
  schedule.stagesK = schedule.stagesV = 4;
  // (128 * 128 + 2 * 4 * 64 * 128) * 2 = 163840: fits an H100, not a 4090.
  EXPECT_TRUE(checkLegality(problem, schedule, h100).empty());
  Violation violation = only(problem, schedule, machine("rtx4090"));
  EXPECT_EQ(violation.code, ErrorCode::SharedMemoryExceeded);
  EXPECT_EQ(violation.have, 163840);
  EXPECT_EQ(violation.limit, 101376);
  EXPECT_EQ(toString(violation), "[KG2084] shared memory: has 163840 bytes, "
                                 "limit 101376 (rtx4090)");
}

TEST(NvvmLegality, SharedMemoryLimitIsExact) {
  Problem problem = plainProblem(64);
  HardwareModel h100 = machine("h100");
  Schedule schedule = legalDefault(problem, h100);
  h100.maxSharedBytes = estimateResources(problem, schedule, h100).sharedBytes;
  EXPECT_TRUE(checkLegality(problem, schedule, h100).empty());
  h100.maxSharedBytes -= 1;
  EXPECT_EQ(only(problem, schedule, h100).code,
            ErrorCode::SharedMemoryExceeded);
}

TEST(NvvmLegality, Registers) {
  Problem problem = plainProblem(128);
  HardwareModel h100 = machine("h100");
  Schedule schedule = legalDefault(problem, h100);
  schedule.tileQ = 128;
  schedule.tileKV = 64;
  schedule.warps = 4; // 32 rows a warp: O alone has 128 registers, Q has 64
  schedule.qOperand = OperandPlace::Registers;
  Violation violation = only(problem, schedule, h100);
  EXPECT_EQ(violation.code, ErrorCode::RegistersExceeded);
  EXPECT_EQ(violation.limit, 255);
  EXPECT_GT(violation.have, 255);
  schedule.warps = 8;
  EXPECT_TRUE(checkLegality(problem, schedule, h100).empty());
}

TEST(Resources, BytesTellTheTwoHeadDimsApart) {
  Problem problem = plainProblem(128);
  problem.headDimV = 64;
  Schedule schedule;
  schedule.tileQ = 32;
  schedule.tileKV = 16;
  schedule.stagesK = schedule.stagesV = 2;
  EXPECT_EQ(estimateResources(problem, schedule, machine("h100")).sharedBytes,
            2 * (32 * 128 + 2 * 16 * 128 + 2 * 16 * 64));
  EXPECT_EQ(estimateResources(problem, schedule, machine("mi300x")).sharedBytes,
            2 * (2 * 16 * 132 + 2 * 64 * 20));
  // Scores, Q and O, K and V, rows and columns; 72 is padded to 80.
  problem.headDimV = 72;
  EXPECT_EQ(estimateResources(problem, schedule, smallCpu()).sharedBytes,
            4 * (32 * 16 + 32 * 208 + 16 * 208 + 8 * 32 + 4 * 16));
}

TEST(NvvmLegality, RegisterCap) {
  Problem problem = plainProblem(128);
  HardwareModel h100 = machine("h100");
  Schedule schedule = legalDefault(problem, h100);
  schedule.tileQ = schedule.tileKV = 64;
  schedule.maxRegisters = 168;
  EXPECT_TRUE(checkLegality(problem, schedule, h100).empty());
  // Below the estimate the kernel would spill.
  schedule.maxRegisters = 64;
  Violation violation = only(problem, schedule, h100);
  EXPECT_EQ(violation.code, ErrorCode::RegistersExceeded);
  EXPECT_EQ(violation.limit, 64);
  schedule.maxRegisters = 300;
  violation = only(problem, schedule, h100);
  EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
  EXPECT_EQ(violation.knob, "max_registers");
  EXPECT_EQ(violation.limit, 255);
}

TEST(RocdlLegality, RegisterCapsAreSharesOfWaves) {
  Problem problem = plainProblem(64);
  HardwareModel mi300x = machine("mi300x");
  Schedule schedule = legalDefault(problem, mi300x);
  for (int64_t cap : {168, 256, 512}) {
    schedule.maxRegisters = cap;
    EXPECT_TRUE(checkLegality(problem, schedule, mi300x).empty()) << cap;
  }
  schedule.maxRegisters = 200;
  Violation violation = only(problem, schedule, mi300x);
  EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
  EXPECT_EQ(violation.limit, 256);
  EXPECT_THAT(violation.detail, HasSubstr("3 have 168"));
  // Below the estimate the kernel would spill.
  schedule.maxRegisters = 128;
  violation = only(problem, schedule, mi300x);
  EXPECT_EQ(violation.code, ErrorCode::RegistersExceeded);
  EXPECT_EQ(violation.limit, 128);
}

TEST(NvvmLegality, TilesAndWarps) {
  Problem problem = plainProblem(64);
  HardwareModel a100 = machine("a100");
  Schedule schedule = legalDefault(problem, a100);
  schedule.tileQ = 192; // 48 rows a warp
  auto violations = checkLegality(problem, schedule, a100);
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations[0].code, ErrorCode::TileWarpsMismatch);
  EXPECT_EQ(violations[0].have, 192);
  EXPECT_EQ(violations[0].limit, 64);
  schedule = legalDefault(problem, a100);
  schedule.tileQ = 64;
  schedule.warps = 3;
  violations = checkLegality(problem, schedule, a100);
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations[0].code, ErrorCode::WarpsUnsupported);
  schedule = legalDefault(problem, a100);
  schedule.tileKV = 40;
  EXPECT_EQ(only(problem, schedule, a100).code, ErrorCode::TileNotMultiple);
  schedule.tileKV = 8;
  schedule.tileQ = 64;
  violations = checkLegality(problem, schedule, a100);
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations[0].code, ErrorCode::TileTooSmall);
  schedule.tileKV = 512;
  violations = checkLegality(problem, schedule, a100);
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations[0].code, ErrorCode::TileTooLarge);
}

TEST(NvvmLegality, Stages) {
  Problem problem = plainProblem(64);
  HardwareModel h100 = machine("h100");
  Schedule schedule = legalDefault(problem, h100);
  schedule.stagesK = 2;
  Violation violation = only(problem, schedule, h100);
  EXPECT_EQ(violation.code, ErrorCode::StagesUnsupported);
  EXPECT_THAT(violation.detail, HasSubstr("the same as stages_k"));
  schedule.stagesK = schedule.stagesV = 5;
  auto violations = checkLegality(problem, schedule, h100);
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations[0].code, ErrorCode::StagesUnsupported);
  EXPECT_EQ(violations[0].limit, 4);
}

TEST(NvvmLegality, PolynomialsAreForRoundedWeights) {
  for (const char *key : {"h100", "h100a"})
    for (Exp2Unit unit : {Exp2Unit::Mixed, Exp2Unit::Polynomial}) {
      Problem problem = plainProblem(64);
      Schedule schedule = legalDefault(problem, machine(key));
      EXPECT_EQ(schedule.exp2, Exp2Unit::Native);
      schedule.exp2 = unit;
      EXPECT_TRUE(checkLegality(problem, schedule, machine(key)).empty());
      problem.dtype = ElementType::F32;
      schedule = legalDefault(problem, machine(key));
      schedule.exp2 = unit;
      Violation violation = only(problem, schedule, machine(key));
      EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
      EXPECT_EQ(violation.knob, "exp2");
    }
}

TEST(NvvmLegality, RefusedKnobsNameWhoServesThem) {
  Problem problem = plainProblem(64);
  HardwareModel h100 = machine("h100");
  auto refused = [&](auto change) {
    Schedule schedule = legalDefault(problem, h100);
    change(schedule);
    Violation violation = only(problem, schedule, h100);
    EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
    EXPECT_NE(violation.have, violation.limit);
    return violation.knob + ": " + violation.detail;
  };
  using S = Schedule;
  EXPECT_THAT(refused([](S &s) { s.producer = ProducerKind::Tma; }),
              HasSubstr("served by nvvm on sm_90a"));
  EXPECT_THAT(refused([](S &s) {
                s.producer = ProducerKind::None;
                s.stagesK = s.stagesV = 1;
              }),
              HasSubstr("served by cpu, rocdl"));
  EXPECT_THAT(refused([](S &s) { s.overlap = OverlapMode::Intra; }),
              HasSubstr("overlap"));
  EXPECT_THAT(refused([](S &s) { s.pOperand = OperandPlace::Shared; }),
              HasSubstr("p_operand"));
  EXPECT_THAT(
      refused([](S &s) { s.scheduler = TileScheduler::PersistentStatic; }),
      HasSubstr("serves grid"));
  EXPECT_THAT(refused([](S &s) { s.order = TileOrder::L2Swizzled; }),
              HasSubstr("serves linear, longest_first"));
  EXPECT_THAT(refused([](S &s) { s.kvDirection = KvDirection::Reverse; }),
              HasSubstr("kv_direction"));
  EXPECT_THAT(refused([](S &s) { s.splitKV = 2; }), HasSubstr("split_kv"));
  EXPECT_THAT(refused([](S &s) { s.packGqa = true; }), HasSubstr("pack_gqa"));
  EXPECT_THAT(refused([](S &s) { s.consumerWarpgroups = 1; }),
              HasSubstr("consumer_warpgroups"));
}

// It is as precise, so no permission of the problem's changes who serves it.
TEST(NvvmLegality, LazyRescaleIsForKernelsWithRoles) {
  for (bool approximate : {false, true}) {
    Problem problem = plainProblem(64);
    problem.numerics.approximateMath = approximate;
    HardwareModel h100 = machine("h100");
    Schedule schedule = legalDefault(problem, h100);
    schedule.rescale = RescalePolicy::Lazy;
    Violation violation = only(problem, schedule, h100);
    EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
    EXPECT_THAT(violation.detail,
                HasSubstr("serves always; lazy: served by nvvm on sm_90a"));
    HardwareModel hopper = machine("sm_90a");
    Schedule withRoles = legalDefault(problem, hopper);
    withRoles.rescale = RescalePolicy::Lazy;
    EXPECT_TRUE(checkLegality(problem, withRoles, hopper).empty());
  }
}

/// Other kernels serve only one value of the knob, which `change` leaves.
template <typename ChangeT>
void expectOnlyRolesServe(const Problem &problem, ChangeT change,
                          const char *knob, const char *served) {
  for (const char *name : {"h100", "mi300x", "x86-64-v3"}) {
    Schedule schedule = legalDefault(problem, machine(name));
    change(schedule);
    Violation violation = only(problem, schedule, machine(name));
    EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget) << name;
    EXPECT_EQ(violation.knob, knob) << name;
    EXPECT_THAT(violation.detail, HasSubstr(served)) << name;
  }
}

TEST(NvvmLegality, RangesOfWarpgroupsAreForKernelsWithRoles) {
  expectOnlyRolesServe(
      causalProblem(64), [](Schedule &s) { s.kvRange = KvRangeOf::Warpgroup; },
      "kv_range", "serves workgroup; warpgroup: served by nvvm on sm_90a");
  // Where warpgroups see the same keys it changes nothing, and is legal.
  HardwareModel hopper = machine("sm_90a");
  for (const Problem &problem : {plainProblem(64), causalProblem(64),
                                 documentProblem(64)})
    for (KvRangeOf range : {KvRangeOf::Workgroup, KvRangeOf::Warpgroup}) {
      Schedule schedule = legalDefault(problem, hopper);
      schedule.kvRange = range;
      EXPECT_TRUE(checkLegality(problem, schedule, hopper).empty());
    }
}

TEST(NvvmLegality, IntegerMaximaAreForKernelsWithRoles) {
  expectOnlyRolesServe(
      plainProblem(64), [](Schedule &s) { s.rowMaximum = RowMaximum::Integer; },
      "row_maximum", "serves float; integer: served by nvvm on sm_90a");
}

TEST(NvvmLegality, AffineScoresOnTheMatrixUnitAreForKernelsWithRoles) {
  expectOnlyRolesServe(
      alibiProblem(), [](Schedule &s) { s.affine = AffineUnit::Tensor; },
      "affine", "serves fma; tensor: served by nvvm on sm_90a");
}

TEST(NvvmLegality, ProblemsItDoesNotServe) {
  HardwareModel h100 = machine("h100");
  Schedule schedule = legalDefault(plainProblem(64), h100);
  Problem problem = plainProblem(64);
  problem.headDimV = 72;
  Violation violation = only(problem, schedule, h100);
  EXPECT_EQ(violation.code, ErrorCode::HeadDimUnsupported);
  EXPECT_EQ(violation.knob, "head_dim_v");
  EXPECT_EQ(violation.have, 72);
  EXPECT_EQ(violation.limit, 16);
  // f32 serves what 16 bit does not.
  problem.dtype = ElementType::F32;
  EXPECT_TRUE(static_cast<bool>(defaultSchedule(problem, h100)));
}

TEST(NvvmLegality, OldArchitecturesAreRefused) {
  HardwareModel turing = machine("a100");
  turing.arch = "sm_75";
  turing.key = "t4";
  turing.computeCapability = 75;
  Violation violation =
      only(plainProblem(64), legalDefault(plainProblem(64), machine("a100")),
           turing);
  EXPECT_EQ(violation.code, ErrorCode::ArchUnsupported);
  EXPECT_EQ(violation.have, 75);
}

TEST(NvvmLegality, F32KeepsQInSharedMemory) {
  HardwareModel h100 = machine("h100");
  Problem problem = plainProblem(72, ElementType::F32);
  Schedule schedule = legalDefault(problem, h100);
  EXPECT_EQ(schedule.qOperand, OperandPlace::Shared);
  int64_t expected =
      4 * (schedule.tileQ * 72 + schedule.stagesK * schedule.tileKV * 144);
  EXPECT_EQ(estimateResources(problem, schedule, h100).sharedBytes, expected);
  schedule.qOperand = OperandPlace::Registers;
  EXPECT_EQ(only(problem, schedule, h100).knob, "q_operand");
}

TEST(CpuLegality, ScratchMustFitThePrivateCache) {
  HardwareModel cpu = smallCpu();
  Problem problem = plainProblem(128, ElementType::F32);
  Schedule schedule = legalDefault(problem, cpu);
  EXPECT_LE(estimateResources(problem, schedule, cpu).sharedBytes, 256 * 1024);
  schedule.tileQ = 256;
  Violation violation = only(problem, schedule, cpu);
  EXPECT_EQ(violation.code, ErrorCode::ScratchExceeded);
  EXPECT_EQ(violation.limit, 256 * 1024);
}

TEST(CpuLegality, TilesWarpsAndKnobs) {
  HardwareModel cpu = smallCpu();
  Problem problem = plainProblem(40);
  auto broken = [&](auto change) {
    Schedule schedule = legalDefault(problem, cpu);
    change(schedule);
    return only(problem, schedule, cpu);
  };
  using S = Schedule;
  EXPECT_EQ(broken([](S &s) {
              s.tileQ = 264;
              s.tileKV = 16;
            }).code,
            ErrorCode::TileTooLarge);
  EXPECT_EQ(broken([](S &s) { s.tileKV = 24; }).code,
            ErrorCode::TileNotMultiple);
  EXPECT_EQ(broken([](S &s) { s.warps = 4; }).code,
            ErrorCode::WarpsUnsupported);
  Violation producer = broken([](S &s) { s.producer = ProducerKind::CpAsync; });
  EXPECT_EQ(producer.code, ErrorCode::KnobUnsupportedByTarget);
  EXPECT_THAT(producer.detail, HasSubstr("served by nvvm"));
  EXPECT_EQ(broken([](S &s) { s.exp2 = Exp2Unit::Mixed; }).knob, "exp2");
  Schedule native = legalDefault(problem, cpu);
  native.exp2 = Exp2Unit::Native;
  EXPECT_TRUE(checkLegality(problem, native, cpu).empty());
}

TEST(CpuLegality, HeadDims) {
  HardwareModel cpu = smallCpu();
  for (int64_t headDim : {1, 7, 63, 200, 512})
    EXPECT_TRUE(checkLegality(plainProblem(headDim),
                              legalDefault(plainProblem(headDim), cpu), cpu)
                    .empty())
        << headDim;
  auto refused = defaultSchedule(plainProblem(513), cpu);
  ASSERT_FALSE(static_cast<bool>(refused));
  EXPECT_EQ(refused.error().code(), ErrorCode::HeadDimUnsupported);
  EXPECT_THAT(refused.error().detail(), HasSubstr("limit 512"));
}

TEST(RocdlLegality, LdsIsKAndTransposedVWithPadding) {
  Problem problem = plainProblem(256);
  HardwareModel mi300x = machine("mi300x");
  Schedule schedule = legalDefault(problem, mi300x);
  schedule.tileKV = 32;
  EXPECT_EQ(estimateResources(problem, schedule, mi300x).sharedBytes,
            2 * (32 * (256 + 4) + 256 * (32 + 4)));
  EXPECT_TRUE(checkLegality(problem, schedule, mi300x).empty());
  schedule.tileKV = 64;
  Violation violation = only(problem, schedule, mi300x);
  EXPECT_EQ(violation.code, ErrorCode::SharedMemoryExceeded);
  EXPECT_EQ(violation.have, 2 * (64 * (256 + 4) + 256 * (64 + 4)));
  EXPECT_EQ(violation.limit, 65536);
  // gfx950 has 160 KiB.
  EXPECT_TRUE(checkLegality(problem, schedule, machine("mi355x")).empty());
}

TEST(RocdlLegality, StagesTakeLdsAndRegisters) {
  Problem problem = plainProblem(128);
  HardwareModel mi300x = machine("mi300x");
  Schedule schedule = legalDefault(problem, mi300x);
  schedule.tileKV = 32;
  ResourceEstimate one = estimateResources(problem, schedule, mi300x);
  schedule.stagesK = 2;
  Violation violation = only(problem, schedule, mi300x);
  EXPECT_EQ(violation.code, ErrorCode::StagesUnsupported);
  EXPECT_EQ(violation.knob, "stages_v");
  schedule.stagesV = 2;
  EXPECT_TRUE(checkLegality(problem, schedule, mi300x).empty());
  ResourceEstimate two = estimateResources(problem, schedule, mi300x);
  EXPECT_EQ(two.sharedBytes, 2 * one.sharedBytes);
  // Two tiles of 32 x 128 x 2 bytes in flight on 256 threads instead of one.
  EXPECT_EQ(two.registersPerThread, one.registersPerThread + 8);
  schedule.stagesK = schedule.stagesV = 4;
  EXPECT_FALSE(checkLegality(problem, schedule, mi300x).empty());
}

TEST(RocdlLegality, TilesFollowWaves) {
  Problem problem = plainProblem(64);
  HardwareModel mi250x = machine("mi250x");
  Schedule schedule = legalDefault(problem, mi250x);
  schedule.warps = 4;
  schedule.tileQ = 64;
  Violation violation = only(problem, schedule, mi250x);
  EXPECT_EQ(violation.code, ErrorCode::TileWarpsMismatch);
  EXPECT_EQ(violation.limit, 128);
  // A wave holds 32 rows, or 64.
  for (int64_t warps : {1, 2}) {
    schedule.warps = warps;
    EXPECT_TRUE(checkLegality(problem, schedule, mi250x).empty()) << warps;
  }
  schedule.tileQ = 32;
  schedule.warps = 2;
  EXPECT_EQ(only(problem, schedule, mi250x).code, ErrorCode::TileWarpsMismatch);
  schedule.tileQ = 64;
  EXPECT_TRUE(checkLegality(problem, schedule, mi250x).empty());
}

TEST(RocdlLegality, ProblemsAndMachinesItDoesNotServe) {
  HardwareModel mi300x = machine("mi300x");
  auto f32 = defaultSchedule(plainProblem(64, ElementType::F32), mi300x);
  ASSERT_FALSE(static_cast<bool>(f32));
  EXPECT_EQ(f32.error().code(), ErrorCode::DtypeUnsupported);
  EXPECT_THAT(f32.error().detail(), HasSubstr("bf16, f16"));
  auto odd = defaultSchedule(plainProblem(48), mi300x);
  ASSERT_FALSE(static_cast<bool>(odd));
  EXPECT_EQ(odd.error().code(), ErrorCode::HeadDimUnsupported);
  Schedule schedule = legalDefault(plainProblem(64), mi300x);
  mi300x.arch = "gfx1100";
  EXPECT_EQ(only(plainProblem(64), schedule, mi300x).code,
            ErrorCode::ArchUnsupported);
}

TEST(NvvmLegality, WarpsThatShareAScanMeetInSharedMemory) {
  HardwareModel a100 = *findHardware("a100");
  Schedule schedule = *defaultSchedule(documentProblem(), a100);
  EXPECT_EQ(
      estimateResources(documentProblem(), schedule, a100).sharedBytes,
      estimateResources(causalProblem(), schedule, a100).sharedBytes +
          3 * 4 * schedule.warps);
}

} // namespace
