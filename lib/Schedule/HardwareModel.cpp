//===- HardwareModel.cpp - Finding a machine
//-------------------------------===//

#include "kgen/Schedule/HardwareModel.h"

#include "Hardware/Tables.h"

namespace kgen {

std::string_view spelling(TargetKind kind) {
  switch (kind) {
  case TargetKind::Cpu:
    return "cpu";
  case TargetKind::Nvvm:
    return "nvvm";
  case TargetKind::Rocdl:
    return "rocdl";
  }
  return "invalid";
}

const std::vector<HardwareModel> &allHardware() {
  static const std::vector<HardwareModel> models = {
      hardware::h100(),    hardware::h100a(),  hardware::a100(),
      hardware::rtx4090(), hardware::mi250x(), hardware::mi300x(),
      hardware::mi355x(),  hostCpu()};
  return models;
}

Expected<HardwareModel> findHardware(std::string_view keyOrArch) {
  std::string_view wanted = keyOrArch;
  if (wanted == "host")
    wanted = "cpu";
  for (const HardwareModel &model : allHardware())
    if (wanted == model.key || wanted == model.arch || wanted == model.name)
      return model;
  if (std::optional<HardwareModel> host = hardware::hostCpuAs(wanted))
    return *host;
  std::string known;
  for (const HardwareModel &model : allHardware())
    known += (known.empty() ? "" : ", ") + model.key + " (" + model.arch + ")";
  return Error(ErrorCode::HardwareUnknown,
               "'" + std::string(keyOrArch.substr(0, 64)) +
                   "' is unknown, known: " + known);
}

} // namespace kgen
