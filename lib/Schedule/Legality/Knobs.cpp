//===- Knobs.cpp - Every knob against the target's table
//-------------------===//

#include "Rules.h"

#include <type_traits>

namespace kgen::legality {
namespace {

std::string text(int64_t value) { return std::to_string(value); }
template <typename EnumT>
requires std::is_enum_v<EnumT> std::string text(EnumT value) {
  return std::string(spelling(value));
}

template <typename T>
std::string listText(const std::vector<T> &values) {
  std::string joined;
  for (T value : values)
    joined += (joined.empty() ? "" : ", ") + text(value);
  return joined;
}

// "cpu, rocdl" that serve a value, for a user who asks for what this target
// does not have.
template <typename ServesT>
std::string servedBy(ElementType dtype, ServesT serves) {
  std::string names;
  auto ask = [&](std::string_view name, const Capabilities &other) {
    if (contains(other.dtypes, dtype) && serves(other))
      names.append(names.empty() ? "" : ", ").append(name);
  };
  for (TargetKind target :
       {TargetKind::Cpu, TargetKind::Nvvm, TargetKind::Rocdl})
    ask(spelling(target), capabilities(target, dtype));
  ask("nvvm on sm_90a", hopperCapabilities());
  return names.empty() ? "no target of this build serves it"
                       : "served by " + names;
}

class KnobChecker {
public:
  KnobChecker(const Capabilities &capabilities, ElementType dtype, Rules &rules)
      : capabilities(capabilities), dtype(dtype), rules(rules) {}

  /// A knob with a list of served values.
  template <typename T>
  void listed(const std::string &knob, T have,
              std::vector<T> Capabilities::*list,
              ErrorCode code = ErrorCode::KnobUnsupportedByTarget) {
    const std::vector<T> &served = capabilities.*list;
    if (contains(served, have))
      return;
    refuse(
        code, knob, have, served.front(), listText(served),
        [&](const Capabilities &other) { return contains(other.*list, have); });
  }

  /// A knob with one served value.
  template <typename T>
  void only(const std::string &knob, T have, T Capabilities::*value) {
    T served = capabilities.*value;
    if (have == served)
      return;
    refuse(ErrorCode::KnobUnsupportedByTarget, knob, have, served, text(served),
           [&](const Capabilities &other) { return other.*value == have; });
  }

private:
  template <typename T, typename ServesT>
  void refuse(ErrorCode code, const std::string &knob, T have, T limit,
              const std::string &served, ServesT serves) {
    rules.broken(
        code, knob, static_cast<int64_t>(have), static_cast<int64_t>(limit),
        knob + ": has " + text(have) + ", " + capabilities.name + " serves " +
            served + "; " + text(have) + ": " + servedBy(dtype, serves));
  }

  const Capabilities &capabilities;
  ElementType dtype;
  Rules &rules;
};

void checkTile(const std::string &knob, int64_t have, const Range &range,
               Rules &rules) {
  rules.atLeast(ErrorCode::TileTooSmall, knob, have, range.least);
  rules.atMost(ErrorCode::TileTooLarge, knob, have, range.most);
  rules.multipleOf(ErrorCode::TileNotMultiple, knob, have, range.multiple);
}

} // namespace

void checkKnobs(const Capabilities &capabilities, const Problem &problem,
                const Schedule &schedule, Rules &rules) {
  checkTile("tile_q", schedule.tileQ, capabilities.tileQ, rules);
  checkTile("tile_kv", schedule.tileKV, capabilities.tileKV, rules);
  rules.inRange(ErrorCode::StagesUnsupported, "stages_k", schedule.stagesK,
                capabilities.stages);
  rules.inRange(ErrorCode::StagesUnsupported, "stages_v", schedule.stagesV,
                capabilities.stages);
  if (schedule.maxRegisters != 0)
    rules.inRange(ErrorCode::KnobUnsupportedByTarget, "max_registers",
                  schedule.maxRegisters, capabilities.maxRegisters);

  KnobChecker knobs(capabilities, problem.dtype, rules);
  knobs.listed("warps", schedule.warps, &Capabilities::warps,
               ErrorCode::WarpsUnsupported);
  knobs.listed("producer", schedule.producer, &Capabilities::producer);
  knobs.listed("overlap", schedule.overlap, &Capabilities::overlap);
  knobs.listed("q_operand", schedule.qOperand, &Capabilities::qOperand);
  knobs.listed("p_operand", schedule.pOperand, &Capabilities::pOperand);
  knobs.listed("scheduler", schedule.scheduler, &Capabilities::scheduler);
  knobs.listed("order", schedule.order, &Capabilities::order);
  knobs.listed("kv_direction", schedule.kvDirection,
               &Capabilities::kvDirection);
  knobs.listed("exp2", schedule.exp2, &Capabilities::exp2);
  knobs.listed("rescale", schedule.rescale, &Capabilities::rescale);
  knobs.listed("kv_range", schedule.kvRange, &Capabilities::kvRange);
  knobs.listed("epilogue", schedule.epilogue, &Capabilities::epilogue);
  knobs.listed("affine", schedule.affine, &Capabilities::affine);
  knobs.listed("row_maximum", schedule.rowMaximum, &Capabilities::rowMaximum);
  knobs.listed("consumer_warpgroups", schedule.consumerWarpgroups,
               &Capabilities::consumerWarpgroups);
  knobs.listed("producer_registers", schedule.producerRegisters,
               &Capabilities::producerRegisters);
  knobs.listed("cluster_size", schedule.clusterSize,
               &Capabilities::clusterSize);
  knobs.only("split_kv", schedule.splitKV, &Capabilities::splitKV);
  knobs.only("pack_gqa", schedule.packGqa, &Capabilities::packGqa);
}

} // namespace kgen::legality
