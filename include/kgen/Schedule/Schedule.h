//===- Schedule.h - How it is computed: every knob, typed -----------------===//
//
// A closed, versioned struct. JSON and `#attention.schedule` are two spellings
// of it; both refuse unknown keys. Not every target serves every value: that is
// Legality's business, and it says which limit, what we have and the maximum.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SCHEDULE_SCHEDULE_H
#define KGEN_SCHEDULE_SCHEDULE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kgen {

/// Who moves K and V into shared memory.
enum class ProducerKind : uint8_t { None, CpAsync, Tma };
/// What runs at the same time: nothing, softmax under products of the same
/// warpgroup (intra), of another one (ping-pong), or both.
enum class OverlapMode : uint8_t { None, Intra, PingPong, Both };
/// Where an operand of a product lives.
enum class OperandPlace : uint8_t { Registers, Shared };
enum class TileScheduler : uint8_t { Grid, PersistentStatic, PersistentDynamic };
enum class TileOrder : uint8_t { Linear, LongestFirst, L2Swizzled };
enum class KvDirection : uint8_t { Forward, Reverse };
/// Which unit computes 2^x: the special-function unit (native instruction), a
/// polynomial on the FMA pipes, or both in turn.
enum class Exp2Unit : uint8_t { Native, Polynomial, Mixed };
/// When O is rescaled: each kv tile, or only when the row maximum grew by more
/// than a threshold; weights may then exceed 1 by that much.
enum class RescalePolicy : uint8_t { Always, Lazy };
/// Whose rows decide which kv tiles a warpgroup computes: those of its workgroup
/// or its own.
enum class KvRangeOf : uint8_t { Workgroup, Warpgroup };
/// How O leaves: from registers to global memory, or through shared memory and
/// the copy engine.
enum class EpilogueKind : uint8_t { Direct, Tma };
/// Which unit adds what a score has that is linear in the key's position: sums
/// that products start from, or one more step of each product. Nothing where a
/// score has no such part.
enum class AffineUnit : uint8_t { Fma, Tensor };
/// As what steps without a mask compare scores to find a row's maximum: their
/// f32 values, or the same bits as signed integers, which have the same order
/// where the greatest is not negative. Rows below that take the former.
enum class RowMaximum : uint8_t { Float, Integer };

struct Schedule {
  /// Version of the JSON and attribute forms; a reader refuses a newer one.
  static constexpr int kVersion = 1;

  int64_t tileQ = 64;     ///< query rows a workgroup computes
  int64_t tileKV = 64;    ///< keys per step of the kv loop
  int64_t warps = 4;      ///< warps (waves) that compute; 1 on the CPU
  int64_t consumerWarpgroups = 0; ///< 0: warps above are plain warps (no wgmma)
  ProducerKind producer = ProducerKind::CpAsync;
  int64_t stagesK = 1;    ///< buffers of K in flight
  int64_t stagesV = 1;
  OverlapMode overlap = OverlapMode::None;
  OperandPlace qOperand = OperandPlace::Registers;
  OperandPlace pOperand = OperandPlace::Registers;
  int64_t maxRegisters = 0;      ///< per thread cap given to ptxas; 0: none
  int64_t producerRegisters = 0; ///< setmaxnreg split; 0: none
  int64_t clusterSize = 1;
  TileScheduler scheduler = TileScheduler::Grid;
  TileOrder order = TileOrder::Linear;
  KvDirection kvDirection = KvDirection::Forward;
  int64_t splitKV = 1;    ///< workgroups that share one q tile
  bool packGqa = false;   ///< query heads of one kv head share a q tile
  Exp2Unit exp2 = Exp2Unit::Native;
  RescalePolicy rescale = RescalePolicy::Always;
  KvRangeOf kvRange = KvRangeOf::Workgroup;
  EpilogueKind epilogue = EpilogueKind::Direct;
  AffineUnit affine = AffineUnit::Fma;
  RowMaximum rowMaximum = RowMaximum::Float;

  bool operator==(const Schedule &) const = default;
};

std::string_view spelling(ProducerKind value);
std::string_view spelling(OverlapMode value);
std::string_view spelling(OperandPlace value);
std::string_view spelling(TileScheduler value);
std::string_view spelling(TileOrder value);
std::string_view spelling(KvDirection value);
std::string_view spelling(Exp2Unit value);
std::string_view spelling(RescalePolicy value);
std::string_view spelling(KvRangeOf value);
std::string_view spelling(EpilogueKind value);
std::string_view spelling(AffineUnit value);
std::string_view spelling(RowMaximum value);

/// The inverse of spelling() for each of the enums above; empty when no
/// enumerator is spelled so.
template <typename EnumT>
std::optional<EnumT> parseSpelling(std::string_view text);
/// "none, cp_async, tma": what parseSpelling takes, for error texts.
template <typename EnumT>
std::string allSpellings();

/// Calls `visit(key, field)` for every knob in a fixed order. The JSON writer
/// and reader, the attribute and the proposers are all written over it, so a
/// new knob is one line here and one in the struct.
template <typename ScheduleT, typename Visitor>
void forEachKnob(ScheduleT &schedule, Visitor &&visit) {
  visit("tile_q", schedule.tileQ);
  visit("tile_kv", schedule.tileKV);
  visit("warps", schedule.warps);
  visit("consumer_warpgroups", schedule.consumerWarpgroups);
  visit("producer", schedule.producer);
  visit("stages_k", schedule.stagesK);
  visit("stages_v", schedule.stagesV);
  visit("overlap", schedule.overlap);
  visit("q_operand", schedule.qOperand);
  visit("p_operand", schedule.pOperand);
  visit("max_registers", schedule.maxRegisters);
  visit("producer_registers", schedule.producerRegisters);
  visit("cluster_size", schedule.clusterSize);
  visit("scheduler", schedule.scheduler);
  visit("order", schedule.order);
  visit("kv_direction", schedule.kvDirection);
  visit("split_kv", schedule.splitKV);
  visit("pack_gqa", schedule.packGqa);
  visit("exp2", schedule.exp2);
  visit("rescale", schedule.rescale);
  visit("kv_range", schedule.kvRange);
  visit("epilogue", schedule.epilogue);
  visit("affine", schedule.affine);
  visit("row_maximum", schedule.rowMaximum);
}

/// One line for people: "tile_q=128 tile_kv=64 warps=4 ..."; the other knobs
/// only where they differ from their default value.
std::string toString(const Schedule &schedule);

} // namespace kgen

#endif // KGEN_SCHEDULE_SCHEDULE_H
