//===- Specials.h - Special registers
//--------------------------------------===//
#ifndef KGEN_LIB_EMULATOR_PTX_SPECIALS_H
#define KGEN_LIB_EMULATOR_PTX_SPECIALS_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace kgen::emulator::ptx {

class Warp;

/// Special registers whose value a thread keeps for its whole life; %clock and
/// its like, which the emulator has no answer for, are not among them.
enum class Special : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NwarpId,
  ClusteridX,
  ClusteridY,
  ClusteridZ,
  NclusteridX,
  NclusteridY,
  NclusteridZ,
  ClusterCtaidX,
  ClusterCtaidY,
  ClusterCtaidZ,
  ClusterNctaidX,
  ClusterNctaidY,
  ClusterNctaidZ,
  ClusterCtarank,
  ClusterNctarank,
  LanemaskEq,
  LanemaskLt,
  LanemaskLe,
  LanemaskGt,
  LanemaskGe,
  DynamicSmemSize,
  TotalSmemSize,
  WarpSize,
};

/// "%tid.x"; nullopt for what is not emulated.
std::optional<Special> parseSpecial(std::string_view name);
uint64_t specialValue(Special special, Warp &warp, uint32_t lane);

} // namespace kgen::emulator::ptx

#endif // KGEN_LIB_EMULATOR_PTX_SPECIALS_H
