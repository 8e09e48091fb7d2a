//===- Tables.h - One function per family of machines ------------*- C++
//-*-===//
#ifndef KGEN_SCHEDULE_HARDWARE_TABLES_H
#define KGEN_SCHEDULE_HARDWARE_TABLES_H

#include "kgen/Schedule/HardwareModel.h"

#include <optional>

namespace kgen::hardware {

HardwareModel h100();
/// The same machine with its own instructions: wgmma, setmaxnreg.
HardwareModel h100a();
HardwareModel a100();
HardwareModel rtx4090();
HardwareModel mi250x();
HardwareModel mi300x();
HardwareModel mi355x();

/// The host as if it had only the vector instructions of `arch`
/// ("x86-64-v2", -v3, -v4); empty if it lacks them.
std::optional<HardwareModel> hostCpuAs(std::string_view arch);

} // namespace kgen::hardware

#endif // KGEN_SCHEDULE_HARDWARE_TABLES_H
