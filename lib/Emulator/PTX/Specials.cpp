//===- Specials.cpp - Special registers
//------------------------------------===//

#include "Specials.h"

#include "Warp.h"

#include <utility>

namespace kgen::emulator::ptx {

static constexpr std::pair<std::string_view, Special> kNames[] = {
    {"%tid.x", Special::TidX},
    {"%tid.y", Special::TidY},
    {"%tid.z", Special::TidZ},
    {"%ntid.x", Special::NtidX},
    {"%ntid.y", Special::NtidY},
    {"%ntid.z", Special::NtidZ},
    {"%ctaid.x", Special::CtaidX},
    {"%ctaid.y", Special::CtaidY},
    {"%ctaid.z", Special::CtaidZ},
    {"%nctaid.x", Special::NctaidX},
    {"%nctaid.y", Special::NctaidY},
    {"%nctaid.z", Special::NctaidZ},
    {"%laneid", Special::LaneId},
    {"%warpid", Special::WarpId},
    {"%nwarpid", Special::NwarpId},
    {"%clusterid.x", Special::ClusteridX},
    {"%clusterid.y", Special::ClusteridY},
    {"%clusterid.z", Special::ClusteridZ},
    {"%nclusterid.x", Special::NclusteridX},
    {"%nclusterid.y", Special::NclusteridY},
    {"%nclusterid.z", Special::NclusteridZ},
    {"%cluster_ctaid.x", Special::ClusterCtaidX},
    {"%cluster_ctaid.y", Special::ClusterCtaidY},
    {"%cluster_ctaid.z", Special::ClusterCtaidZ},
    {"%cluster_nctaid.x", Special::ClusterNctaidX},
    {"%cluster_nctaid.y", Special::ClusterNctaidY},
    {"%cluster_nctaid.z", Special::ClusterNctaidZ},
    {"%cluster_ctarank", Special::ClusterCtarank},
    {"%cluster_nctarank", Special::ClusterNctarank},
    {"%lanemask_eq", Special::LanemaskEq},
    {"%lanemask_lt", Special::LanemaskLt},
    {"%lanemask_le", Special::LanemaskLe},
    {"%lanemask_gt", Special::LanemaskGt},
    {"%lanemask_ge", Special::LanemaskGe},
    {"%dynamic_smem_size", Special::DynamicSmemSize},
    {"%total_smem_size", Special::TotalSmemSize},
    {"WARP_SZ", Special::WarpSize},
};

std::optional<Special> parseSpecial(std::string_view name) {
  for (auto [spelling, special] : kNames)
    if (spelling == name)
      return special;
  return std::nullopt;
}

static uint64_t launchValue(Special special, const Cta &cta) {
  const Launch &launch = cta.cluster.context.launch;
  auto axis = [&](Special first) { return size_t(special) - size_t(first); };
  switch (special) {
  case Special::CtaidX:
  case Special::CtaidY:
  case Special::CtaidZ:
    return cta.index[axis(Special::CtaidX)];
  case Special::NctaidX:
  case Special::NctaidY:
  case Special::NctaidZ:
    return uint64_t(launch.grid[axis(Special::NctaidX)]);
  case Special::ClusteridX:
  case Special::ClusteridY:
  case Special::ClusteridZ: {
    size_t a = axis(Special::ClusteridX);
    return cta.index[a] / launch.cluster[a];
  }
  case Special::NclusteridX:
  case Special::NclusteridY:
  case Special::NclusteridZ: {
    size_t a = axis(Special::NclusteridX);
    return uint64_t(launch.grid[a]) / launch.cluster[a];
  }
  case Special::ClusterCtaidX:
  case Special::ClusterCtaidY:
  case Special::ClusterCtaidZ: {
    size_t a = axis(Special::ClusterCtaidX);
    return cta.index[a] % launch.cluster[a];
  }
  case Special::ClusterNctaidX:
  case Special::ClusterNctaidY:
  case Special::ClusterNctaidZ:
    return launch.cluster[axis(Special::ClusterNctaidX)];
  case Special::ClusterCtarank:
    return cta.rank;
  case Special::ClusterNctarank:
    return launch.cluster[0] * launch.cluster[1] * launch.cluster[2];
  case Special::NtidX:
    return launch.threads;
  case Special::NtidY:
  case Special::NtidZ:
    return 1;
  case Special::NwarpId:
    return (launch.threads + kLanes - 1) / kLanes;
  case Special::DynamicSmemSize:
    return launch.dynamicSharedBytes;
  case Special::TotalSmemSize:
    return cta.shared.size();
  default:
    return 0; // tid.y, tid.z: blocks have one dimension
  }
}

uint64_t specialValue(Special special, Warp &warp, uint32_t lane) {
  uint32_t bit = 1u << lane;
  switch (special) {
  case Special::TidX:
    return warp.number * kLanes + lane;
  case Special::LaneId:
    return lane;
  case Special::WarpId:
    return warp.number;
  case Special::LanemaskEq:
    return bit;
  case Special::LanemaskLt:
    return bit - 1;
  case Special::LanemaskLe:
    return bit | (bit - 1);
  case Special::LanemaskGt:
    return ~(bit | (bit - 1));
  case Special::LanemaskGe:
    return ~(bit - 1);
  case Special::WarpSize:
    return kLanes;
  default:
    return launchValue(special, warp.cta);
  }
}

} // namespace kgen::emulator::ptx
