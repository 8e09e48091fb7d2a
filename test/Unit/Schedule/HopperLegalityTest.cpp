#include "HopperTest.h"
#include "TestProblems.h"
#include "kgen/Schedule/Legality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace kgen;
using namespace kgen::test;
using testing::HasSubstr;

namespace {

/// The first broken rule of the default after a change.
template <typename ChangeT>
Violation broken(const Problem &problem, ChangeT change) {
  Schedule schedule = legalDefault(problem);
  change(schedule);
  auto violations = checkLegality(problem, schedule, hopper());
  EXPECT_FALSE(violations.empty()) << toString(schedule);
  return violations.empty() ? Violation{ErrorCode::JsonSyntax, "", 0, 0, ""}
                            : violations[0];
}

// ptxas holds one product to the registers that threads start with.
TEST(HopperLegality, AProductFitsTheRegistersAtTheStart) {
  Problem problem = causalProblem(256);
  Schedule schedule = legalDefault(problem);
  schedule.consumerWarpgroups = 1;
  schedule.tileQ = 64;
  schedule.overlap = OverlapMode::Intra;
  schedule.warps = 4;
  schedule.tileKV = 32;
  schedule.producerRegisters = 32;
  schedule.maxRegisters = 128;
  auto violations = checkLegality(problem, schedule, hopper());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].code, ErrorCode::RegistersExceeded);
  EXPECT_EQ(violations[0].knob, "max_registers");
  EXPECT_EQ(violations[0].limit, 128);
  schedule.maxRegisters = 160;
  EXPECT_TRUE(checkLegality(problem, schedule, hopper()).empty());
}

TEST(HopperLegality, ScansOfTablesWantAPlainGrid) {
  for (int64_t headDim : {64, 128, 256}) {
    Problem problem = documentProblem(headDim);
    EXPECT_EQ(legalDefault(problem).scheduler, TileScheduler::Grid);
    for (TileScheduler scheduler : {TileScheduler::PersistentStatic,
                                    TileScheduler::PersistentDynamic}) {
      Violation violation = broken(
          problem, [&](Schedule &s) { s.scheduler = scheduler; });
      EXPECT_EQ(violation.code, ErrorCode::MaskScanNeedsGrid);
      EXPECT_THAT(violation.detail, HasSubstr("limit grid"));
      EXPECT_THAT(violation.detail, HasSubstr(spelling(scheduler)));
    }
  }
  // Three numbers of each warp.
  Problem plain = causalProblem(128), document = documentProblem(128);
  Schedule schedule = legalDefault(document);
  ResourceEstimate need = estimateResources(document, schedule, hopper());
  EXPECT_EQ(need.sharedBytes,
            estimateResources(plain, schedule, hopper()).sharedBytes +
                3 * 4 * need.threadsPerWorkgroup / 32);
}

TEST(HopperLegality, FloatsKeepTheOrdinaryLowering) {
  Problem problem = plainProblem(64);
  problem.dtype = ElementType::F32;
  Schedule schedule = legalDefault(problem);
  EXPECT_EQ(schedule.producer, ProducerKind::CpAsync);
  EXPECT_EQ(schedule.consumerWarpgroups, 0);
}

TEST(HopperLegality, OtherMachinesHaveNoProducer) {
  Schedule schedule = legalDefault(plainProblem(64));
  for (const char *key : {"h100", "a100"}) {
    auto violations =
        checkLegality(plainProblem(64), schedule, *findHardware(key));
    EXPECT_FALSE(violations.empty()) << key;
  }
}

TEST(HopperLegality, RowsAreThoseOfTheWarpgroups) {
  Violation violation =
      broken(plainProblem(128), [](Schedule &s) { s.tileQ = 192; });
  EXPECT_EQ(violation.code, ErrorCode::TileWarpsMismatch);
  EXPECT_EQ(violation.limit, 128);
}

TEST(HopperLegality, SharedMemoryCountsWholePanels) {
  Problem problem = plainProblem(96); // stored as 128 columns
  Schedule schedule = legalDefault(problem);
  schedule.tileKV = 64;
  schedule.scheduler = TileScheduler::Grid;
  EXPECT_EQ(estimateResources(problem, schedule, hopper()).sharedBytes,
            (128 * 128 + 4 * 64 * 128) * 2 + 5 * 16 + 16);
  Violation violation = broken(
      plainProblem(128), [](Schedule &s) { s.stagesK = s.stagesV = 4; });
  EXPECT_EQ(violation.code, ErrorCode::SharedMemoryExceeded);
  EXPECT_EQ(violation.limit, 232448);
}

// Two positions of drawn tiles, each number with a full and an empty barrier.
TEST(HopperLegality, DrawnTilesTakeSharedMemory) {
  Problem problem = plainProblem(128);
  Schedule grid = legalDefault(problem), drawn = grid;
  grid.scheduler = TileScheduler::Grid;
  drawn.scheduler = TileScheduler::PersistentDynamic;
  EXPECT_TRUE(checkLegality(problem, drawn, hopper()).empty());
  EXPECT_EQ(estimateResources(problem, drawn, hopper()).sharedBytes,
            estimateResources(problem, grid, hopper()).sharedBytes + 2 * 2 * 32);
}

// O has a buffer of its own, in whole panels, and no barriers.
TEST(HopperLegality, StagedOutputTakesSharedMemory) {
  for (int64_t headDim : {64, 96}) {
    Problem problem = plainProblem(headDim);
    Schedule direct = legalDefault(problem), staged = direct;
    staged.epilogue = EpilogueKind::Tma;
    EXPECT_TRUE(checkLegality(problem, staged, hopper()).empty());
    int64_t columns = headDim == 64 ? 64 : 128;
    EXPECT_EQ(estimateResources(problem, staged, hopper()).sharedBytes,
              estimateResources(problem, direct, hopper()).sharedBytes +
                  staged.tileQ * columns * 2);
  }
  Violation full = broken(plainProblem(256), [](Schedule &s) {
    s.epilogue = EpilogueKind::Tma;
    s.tileKV = 80;
    s.stagesK = s.stagesV = 2;
  });
  EXPECT_EQ(full.code, ErrorCode::SharedMemoryExceeded);
  for (const char *machine : {"h100", "mi300x", "x86-64-v3"}) {
    Problem problem = plainProblem(64);
    Schedule schedule = *defaultSchedule(problem, *findHardware(machine));
    schedule.epilogue = EpilogueKind::Tma;
    auto violations =
        checkLegality(problem, schedule, *findHardware(machine));
    ASSERT_EQ(violations.size(), 1u) << machine;
    EXPECT_EQ(violations[0].code, ErrorCode::KnobUnsupportedByTarget);
    EXPECT_EQ(violations[0].knob, "epilogue");
  }
}

TEST(HopperLegality, TheSpaceHasBothEpilogues) {
  std::vector<Schedule> points = legalSchedules(plainProblem(64), hopper());
  for (EpilogueKind epilogue : {EpilogueKind::Direct, EpilogueKind::Tma})
    EXPECT_TRUE(std::any_of(
        points.begin(), points.end(),
        [&](const Schedule &s) { return s.epilogue == epilogue; }));
}

// Three warpgroups start with 168 registers a thread; two share what the producer
// does not keep of them.
TEST(HopperLegality, RegistersFollowTheSplit) {
  auto wide = [](Schedule &s) { s.tileKV = 208; s.stagesK = s.stagesV = 1; };
  Violation violation = broken(plainProblem(128), wide);
  EXPECT_EQ(violation.code, ErrorCode::RegistersExceeded);
  EXPECT_EQ(violation.limit, (3 * 168 - 40) / 2);
  // Without two steps in flight there is one copy of P less.
  Schedule schedule = legalDefault(plainProblem(128));
  wide(schedule);
  schedule.overlap = OverlapMode::None;
  EXPECT_TRUE(checkLegality(plainProblem(128), schedule, hopper()).empty());
}

TEST(HopperLegality, EveryPointOfTheSpaceHasItsWarpgroups) {
  std::vector<Schedule> points = legalSchedules(causalProblem(64), hopper());
  EXPECT_GT(points.size(), 20u);
  for (const Schedule &point : points)
    EXPECT_EQ(point.warps, 4 * point.consumerWarpgroups);
}

// Each knob that the kernels with roles have is varied, with each other one.
TEST(HopperLegality, TheSpaceVariesWhatRolesHave) {
  std::vector<Schedule> points = legalSchedules(causalProblem(128), hopper());
  for (OverlapMode overlap :
       {OverlapMode::Both, OverlapMode::Intra, OverlapMode::None})
    for (TileScheduler scheduler :
         {TileScheduler::Grid, TileScheduler::PersistentStatic,
          TileScheduler::PersistentDynamic})
      for (TileOrder order : {TileOrder::Linear, TileOrder::LongestFirst,
                              TileOrder::L2Swizzled})
        for (KvDirection direction :
             {KvDirection::Reverse, KvDirection::Forward})
          EXPECT_TRUE(std::any_of(
              points.begin(), points.end(),
              [&](const Schedule &point) {
                return point.overlap == overlap &&
                       point.scheduler == scheduler && point.order == order &&
                       point.kvDirection == direction;
              }))
              << spelling(overlap) << " " << spelling(scheduler) << " "
              << spelling(order) << " " << spelling(direction);
  // Equally long tiles have no order, and no end to start from.
  for (const Schedule &point : legalSchedules(plainProblem(128), hopper())) {
    EXPECT_EQ(point.order, TileOrder::Linear);
    EXPECT_EQ(point.kvDirection, KvDirection::Reverse);
  }
}

// What cannot be compiled is not proposed: table comparisons need a plain grid.
TEST(HopperLegality, TheSpaceOfScannedMasksIsOneOfGrids) {
  std::vector<Schedule> points = legalSchedules(documentProblem(128), hopper());
  ASSERT_FALSE(points.empty());
  for (const Schedule &point : points)
    EXPECT_EQ(point.scheduler, TileScheduler::Grid);
}

int64_t sharedBytes(const Problem &problem, const Schedule &schedule) {
  return estimateResources(problem, schedule, hopper()).sharedBytes;
}

// Q in registers still comes through its slot.
TEST(HopperLegality, QueriesInRegistersTakeAQuarterAColumn) {
  Problem problem = plainProblem(128);
  Schedule schedule = legalDefault(problem), loaded = schedule;
  loaded.qOperand = OperandPlace::Registers;
  EXPECT_TRUE(checkLegality(problem, loaded, hopper()).empty());
  EXPECT_EQ(sharedBytes(problem, loaded), sharedBytes(problem, schedule));
  auto load = [](Schedule &s) {
    s.qOperand = OperandPlace::Registers;
    s.overlap = OverlapMode::Intra;
    s.tileKV = 160;
  };
  Violation violation = broken(problem, load);
  EXPECT_EQ(violation.code, ErrorCode::RegistersExceeded);
  EXPECT_EQ(violation.have, 24 + 128 / 2 + 160 / 2 + 160 / 4 + 128 / 4);
  EXPECT_EQ(violation.limit, (3 * 168 - 40) / 2);
  // O alone takes half of what there is.
  violation = broken(plainProblem(256), [](Schedule &s) {
    s.qOperand = OperandPlace::Registers;
  });
  EXPECT_EQ(violation.code, ErrorCode::RegistersExceeded);
}

// Whole panels of P instead of a register for each four columns.
TEST(HopperLegality, StagedWeightsTakeSharedMemoryForRegisters) {
  Problem problem = plainProblem(128);
  auto widen = [](Schedule &s) {
    s.tileKV = 208;
    s.stagesK = s.stagesV = 1;
    s.overlap = OverlapMode::Both;
  };
  EXPECT_EQ(broken(problem, widen).code, ErrorCode::RegistersExceeded);
  Schedule staged = legalDefault(problem);
  widen(staged);
  Schedule held = staged;
  staged.pOperand = OperandPlace::Shared;
  EXPECT_TRUE(checkLegality(problem, staged, hopper()).empty());
  EXPECT_EQ(sharedBytes(problem, staged),
            sharedBytes(problem, held) + 128 * 256 * 2);
  Violation violation = broken(problem, [](Schedule &s) {
    s.tileKV = 160;
    s.pOperand = OperandPlace::Shared;
  });
  EXPECT_EQ(violation.code, ErrorCode::SharedMemoryExceeded);
}

TEST(HopperLegality, TheSpaceHasBothPlacesOfOperands) {
  std::vector<Schedule> points = legalSchedules(causalProblem(128), hopper());
  for (auto operand : {&Schedule::qOperand, &Schedule::pOperand})
    for (OperandPlace place : {OperandPlace::Registers, OperandPlace::Shared})
      EXPECT_TRUE(std::any_of(
          points.begin(), points.end(),
          [&](const Schedule &point) { return point.*operand == place; }))
          << spelling(place);
}

void takePairs(Schedule &schedule) {
  schedule.clusterSize = 2;
  schedule.scheduler = TileScheduler::Grid;
}

// The workgroups of a pair walk over the same keys, whatever the scores are.
TEST(HopperLegality, PairsShareKeysWithoutAMask) {
  for (int64_t headDim : {64, 128, 256}) {
    Schedule pairs = legalDefault(plainProblem(headDim)), single = pairs;
    takePairs(pairs);
    single.scheduler = TileScheduler::Grid;
    EXPECT_TRUE(checkLegality(plainProblem(headDim), pairs, hopper()).empty());
    EXPECT_EQ(
        estimateResources(plainProblem(headDim), pairs, hopper()).sharedBytes,
        estimateResources(plainProblem(headDim), single, hopper()).sharedBytes +
            8);
    Violation masked = broken(causalProblem(headDim), takePairs);
    EXPECT_EQ(masked.code, ErrorCode::KnobUnsupportedByTarget);
    EXPECT_EQ(masked.have, 2);
    EXPECT_EQ(masked.limit, 1);
    EXPECT_THAT(masked.detail, HasSubstr("limit 1 with a mask"));
  }
}

TEST(HopperLegality, PairsAreDrawnByNoWorkgroup) {
  for (TileScheduler scheduler : {TileScheduler::Grid,
                                  TileScheduler::PersistentStatic}) {
    Schedule schedule = legalDefault(plainProblem(128));
    schedule.clusterSize = 2;
    schedule.scheduler = scheduler;
    EXPECT_TRUE(checkLegality(plainProblem(128), schedule, hopper()).empty());
  }
  Violation drawn = broken(plainProblem(128), [](Schedule &s) {
    s.clusterSize = 2;
    s.scheduler = TileScheduler::PersistentDynamic;
  });
  EXPECT_EQ(drawn.code, ErrorCode::KnobConflict);
  EXPECT_EQ(drawn.knob, "cluster_size+scheduler");
  EXPECT_THAT(drawn.detail, HasSubstr("limit 1 with scheduler"));
}

TEST(HopperLegality, ClustersHaveTwoWorkgroupsAtMost) {
  Violation violation = broken(plainProblem(128), [](Schedule &s) {
    s.clusterSize = 4;
    s.scheduler = TileScheduler::Grid;
  });
  EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
  EXPECT_THAT(violation.detail, HasSubstr("serves 1, 2"));
}

TEST(HopperLegality, TheSpaceHasPairsOnlyWithoutAMask) {
  auto hasPairs = [](const Problem &problem) {
    std::vector<Schedule> points = legalSchedules(problem, hopper());
    return std::any_of(points.begin(), points.end(), [](const Schedule &point) {
      return point.clusterSize == 2;
    });
  };
  EXPECT_TRUE(hasPairs(plainProblem(128)));
  EXPECT_FALSE(hasPairs(causalProblem(128)));
}

TEST(HopperLegality, TheSpaceHasBothRescalesAndRanges) {
  std::vector<Schedule> masked = legalSchedules(causalProblem(64), hopper());
  auto any = [](const std::vector<Schedule> &points, auto condition) {
    return std::any_of(points.begin(), points.end(), condition);
  };
  for (RescalePolicy rescale : {RescalePolicy::Always, RescalePolicy::Lazy})
    EXPECT_TRUE(any(masked, [&](const Schedule &s) {
      return s.rescale == rescale;
    })) << spelling(rescale);
  for (KvRangeOf range : {KvRangeOf::Workgroup, KvRangeOf::Warpgroup})
    EXPECT_TRUE(any(masked, [&](const Schedule &s) {
      return s.kvRange == range;
    })) << spelling(range);
  // Without a mask all warpgroups see all keys.
  std::vector<Schedule> plain = legalSchedules(plainProblem(64), hopper());
  for (const Schedule &point : plain)
    ASSERT_EQ(point.kvRange, plain.front().kvRange) << toString(point);
}

// A step of 16 columns in bf16 for each key of a tile; nothing elsewhere.
TEST(HopperLegality, AnAffineScoreOnTheMatrixUnitTakesSharedMemory) {
  auto more = [](const Problem &problem) {
    Schedule schedule = legalDefault(problem), tensor = schedule;
    schedule.affine = AffineUnit::Fma;
    tensor.affine = AffineUnit::Tensor;
    EXPECT_TRUE(checkLegality(problem, tensor, hopper()).empty());
    auto bytes = [&](const Schedule &point) {
      return estimateResources(problem, point, hopper()).sharedBytes;
    };
    return static_cast<double>(bytes(tensor) - bytes(schedule)) /
           static_cast<double>(schedule.tileKV);
  };
  EXPECT_EQ(more(alibiProblem()), 32);
  EXPECT_EQ(more(causalProblem()), 0);
  Problem wide = alibiProblem();
  wide.headDimQK = wide.headDimV = 128;
  Violation violation = broken(wide, [](Schedule &s) {
    s.affine = AffineUnit::Tensor;
    s.tileKV = 192; // 224 KiB for Q, K and V
    s.stagesK = s.stagesV = 2;
  });
  EXPECT_EQ(violation.code, ErrorCode::SharedMemoryExceeded);
}

// Two slots of such a step for each warpgroup, with a barrier each, and 64 rows
// of ones.
TEST(HopperLegality, TermsOfKeysOnTheMatrixUnitTakeSharedMemory) {
  Problem problem = alibiProblem();
  problem.score.instructions[4] = {.op = ExpressionOp::MulInt,
                                   .operands = {3, 3}};
  for (int64_t groups : {1, 2, 3}) {
    Schedule schedule = legalDefault(problem);
    schedule.consumerWarpgroups = groups;
    schedule.tileQ = 64 * groups;
    schedule.warps = 4 * groups;
    auto bytes = [&](AffineUnit unit) {
      schedule.affine = unit;
      return estimateResources(problem, schedule, hopper()).sharedBytes;
    };
    int64_t slot = 32 * schedule.tileKV + 8;
    EXPECT_EQ(bytes(AffineUnit::Tensor) - bytes(AffineUnit::Fma),
              2 * groups * slot + 64 * 32);
  }
}

// What the analysis of scores (AffineScore.h) does not know to be linear, it
// takes as terms of keys: the bytes are theirs.
TEST(HopperLegality, DoubtfulSlopesTakeTheBytesOfTermsOfKeys) {
  // s + t, with t of the key k (0 to 3: score, head, scalar, k).
  auto takesTerms = [](std::vector<Instruction> instructions) {
    Problem problem = alibiProblem();
    problem.captures = {
        {.name = "n", .type = ElementType::I32, .isScalar = true}};
    problem.score.instructions = {
        {.op = ExpressionOp::ArgumentScore},
        {.op = ExpressionOp::ArgumentHead},
        {.op = ExpressionOp::CaptureScalar, .bits = 32},
        {.op = ExpressionOp::ArgumentKeyIndex}};
    std::vector<Instruction> &all = problem.score.instructions;
    all.insert(all.end(), instructions.begin(), instructions.end());
    auto last = static_cast<int32_t>(all.size()) - 1;
    all.push_back({.op = ExpressionOp::AddFloat, .operands = {0, last}});
    problem.score.result = last + 1;
    Schedule schedule = legalDefault(problem);
    auto bytes = [&](AffineUnit unit) {
      schedule.affine = unit;
      return estimateResources(problem, schedule, hopper()).sharedBytes;
    };
    int64_t step = bytes(AffineUnit::Tensor) - bytes(AffineUnit::Fma);
    EXPECT_GE(step, 32 * schedule.tileKV);
    return step > 32 * schedule.tileKV;
  };
  auto integer = [](int64_t value) -> Instruction {
    return {.op = ExpressionOp::ConstantInt, .intValue = value};
  };
  auto number = [](double value) -> Instruction {
    return {.op = ExpressionOp::ConstantFloat, .floatValue = value};
  };
  auto apply = [](ExpressionOp op, int32_t a, int32_t b) -> Instruction {
    return {.op = op, .operands = {a, b}};
  };
  auto toFloat = [](int32_t a) -> Instruction {
    return {.op = ExpressionOp::SignedToFloat, .operands = {a}};
  };
  auto narrow = [](int32_t bits) -> Instruction {
    return {.op = ExpressionOp::SignExtendOrTruncate,
            .operands = {3},
            .bits = bits};
  };
  using enum ExpressionOp;
  EXPECT_FALSE(takesTerms({toFloat(3)}));
  EXPECT_FALSE(takesTerms({narrow(32), toFloat(4)}));
  EXPECT_TRUE(takesTerms({narrow(16), toFloat(4)}));
  EXPECT_FALSE(takesTerms({apply(SubInt, 3, 1), toFloat(4)}));
  EXPECT_TRUE(takesTerms({apply(SubInt, 3, 2), toFloat(4)}));
  EXPECT_TRUE(takesTerms({apply(MulInt, 3, 1), toFloat(4)}));
  EXPECT_FALSE(takesTerms({integer(64), apply(MulInt, 3, 4), toFloat(5)}));
  EXPECT_TRUE(takesTerms({integer(65), apply(MulInt, 4, 3), toFloat(5)}));
  EXPECT_TRUE(
      takesTerms({integer(int64_t(1) << 31), apply(AddInt, 3, 4), toFloat(5)}));
  for (double factor : {0.5, -1e30})
    EXPECT_FALSE(
        takesTerms({toFloat(3), number(factor), apply(MulFloat, 4, 5)}))
        << factor;
  for (double factor : {0.0, 1e-40, 1e39, std::nan("")})
    EXPECT_TRUE(takesTerms({toFloat(3), number(factor), apply(MulFloat, 4, 5)}))
        << factor;
  EXPECT_FALSE(takesTerms({toFloat(3), number(4), apply(DivFloat, 4, 5)}));
  EXPECT_TRUE(takesTerms({toFloat(3), number(0), apply(DivFloat, 4, 5)}));
}

TEST(HopperLegality, TheSpaceVariesWhatAddsASlopeWhereThereIsOne) {
  auto varies = [](const Problem &problem) {
    std::vector<Schedule> points = legalSchedules(problem, hopper());
    return std::any_of(points.begin(), points.end(), [](const Schedule &point) {
      return point.affine == AffineUnit::Tensor;
    });
  };
  Problem alibi = alibiProblem();
  EXPECT_TRUE(varies(alibi));
  EXPECT_FALSE(varies(causalProblem()));
  auto changed = [&](size_t position, Instruction instruction) {
    Problem problem = alibi;
    problem.score.instructions[position] = std::move(instruction);
    return varies(problem);
  };
  // The key's position squared is a term of keys; not so times the row's.
  EXPECT_TRUE(changed(4, {.op = ExpressionOp::MulInt, .operands = {3, 3}}));
  EXPECT_FALSE(changed(4, {.op = ExpressionOp::MulInt, .operands = {3, 2}}));
  EXPECT_FALSE(changed(4, {.op = ExpressionOp::MaxSigned, .operands = {3, 2}}));
  // A score that is not linear in s, one times a table, and one without s.
  EXPECT_FALSE(changed(8, {.op = ExpressionOp::MulFloat, .operands = {0, 7}}));
  EXPECT_FALSE(changed(8, {.op = ExpressionOp::MulFloat, .operands = {0, 6}}));
  EXPECT_FALSE(changed(8, {.op = ExpressionOp::AddFloat, .operands = {5, 7}}));
  EXPECT_FALSE(changed(5, {.op = ExpressionOp::Tanh, .operands = {0}}));
  EXPECT_TRUE(
      changed(8, {.op = ExpressionOp::FmaFloat, .operands = {6, 5, 0}}));
}

// What is not varied freely is as in the stored default: a slope on the matrix
// unit wins up to head dimension 128 and not at 256.
TEST(HopperLegality, TheSpaceLiesAroundTheDefaultsUnits) {
  for (int64_t headDim : {64, 256})
    for (bool masked : {false, true}) {
      Problem problem = alibiProblem();
      problem.headDimQK = problem.headDimV = headDim;
      if (!masked)
        problem.mask = {}, problem.maskSummary = {};
      Schedule stored = legalDefault(problem);
      int64_t as[2] = {}, other[2] = {};
      for (const Schedule &point : legalSchedules(problem, hopper())) {
        ++(point.affine == stored.affine ? as : other)[0];
        ++(point.rowMaximum == stored.rowMaximum ? as : other)[1];
      }
      SCOPED_TRACE(toString(stored));
      EXPECT_EQ(stored.affine,
                headDim > 128 ? AffineUnit::Fma : AffineUnit::Tensor);
      for (int knob : {0, 1}) {
        EXPECT_GT(other[knob], 0);
        EXPECT_GT(as[knob], 2 * other[knob]);
      }
    }
}

// Nothing of the machine but instructions: any problem may take it.
TEST(HopperLegality, TheSpaceVariesHowRowMaximaAreFound) {
  for (const Problem &problem :
       {plainProblem(64), causalProblem(128), alibiProblem()}) {
    std::vector<Schedule> points = legalSchedules(problem, hopper());
    auto count = [&](RowMaximum kind) {
      return std::count_if(
          points.begin(), points.end(),
          [&](const Schedule &s) { return s.rowMaximum == kind; });
    };
    EXPECT_GT(count(RowMaximum::Float), 0);
    EXPECT_GT(count(RowMaximum::Integer), 0);
    Schedule schedule = legalDefault(problem), integer = schedule;
    schedule.rowMaximum = RowMaximum::Float;
    integer.rowMaximum = RowMaximum::Integer;
    EXPECT_TRUE(checkLegality(problem, schedule, hopper()).empty());
    EXPECT_TRUE(checkLegality(problem, integer, hopper()).empty());
    EXPECT_EQ(estimateResources(problem, integer, hopper()).sharedBytes,
              estimateResources(problem, schedule, hopper()).sharedBytes);
  }
  Violation violation = broken(plainProblem(64), [](Schedule &s) {
    s.rowMaximum = RowMaximum::Integer;
    s.producer = ProducerKind::CpAsync;
  });
  EXPECT_EQ(violation.code, ErrorCode::KnobUnsupportedByTarget);
  EXPECT_EQ(violation.knob, "producer");
}

// What hardly interacts is tried where both rings have as many buffers.
TEST(HopperLegality, TheSpaceVariesOneAtATimeWhereRingsAreAlike) {
  std::vector<Schedule> points = legalSchedules(causalProblem(64), hopper());
  Schedule usual = points.front();
  for (const Schedule &point : points) {
    int changed =
        (point.qOperand != usual.qOperand) +
        (point.pOperand != usual.pOperand) +
        (point.clusterSize != usual.clusterSize) +
        (point.rescale != usual.rescale) + (point.epilogue != usual.epilogue) +
        (point.affine != usual.affine) + (point.rowMaximum != usual.rowMaximum);
    ASSERT_LE(changed, point.stagesK == point.stagesV ? 1 : 0)
        << toString(point);
  }
}

// Threads start with fewer registers only to make room for a workgroup.
TEST(HopperLegality, TheSpaceCapsRegistersWhereThatMakesRoom) {
  Problem problem = plainProblem(64);
  int64_t capped = 0;
  for (Schedule point : legalSchedules(problem, hopper())) {
    if (point.maxRegisters == 0)
      continue;
    ++capped;
    auto held = [&] {
      return estimateResources(problem, point, hopper()).workgroupsPerProcessor;
    };
    int64_t with = held();
    point.maxRegisters = 0;
    ASSERT_GT(with, held()) << toString(point);
  }
  EXPECT_GT(capped, 0);
}

// Leaving out what cannot fit before it is spelt out loses nothing: of its main
// knobs the space has all combinations that Legality allows.
TEST(HopperLegality, TheSpaceLosesNothing) {
  Problem problem = causalProblem(128);
  KnobSpace space = knobSpace(problem, hopper());
  std::vector<Schedule> points = legalSchedules(problem, hopper());
  // Which range is the usual one, tiles decide.
  auto isListed = [&](Schedule point) {
    bool found = false;
    for (KvRangeOf range : {KvRangeOf::Workgroup, KvRangeOf::Warpgroup}) {
      point.kvRange = range;
      found |= std::find(points.begin(), points.end(), point) != points.end();
    }
    return found;
  };
  Schedule usual = points.front();
  int64_t legal = 0, listed = 0;
  for (int64_t groups : {1, 2, 3})
    for (int64_t tileKV : space.tileKV)
      for (int64_t stages : space.stagesK)
        for (OverlapMode overlap : space.overlap)
          for (OperandPlace weights : space.pOperand) {
            Schedule point = usual;
            point.tileQ = 64 * groups;
            point.warps = 4 * groups;
            point.consumerWarpgroups = groups;
            point.producerRegisters = groups == 2 ? 40 : 32;
            point.tileKV = tileKV;
            point.stagesK = point.stagesV = stages;
            point.overlap = overlap;
            point.pOperand = weights;
            legal += checkLegality(problem, point, hopper()).empty();
            listed += isListed(point);
          }
  EXPECT_GT(legal, 50);
  EXPECT_EQ(listed, legal);
}

} // namespace
