//===- Machine.h - Which machine a pass option means
//-----------------------===//
#ifndef KGEN_AUTOTUNE_MACHINE_H
#define KGEN_AUTOTUNE_MACHINE_H

#include "kgen/Schedule/HardwareModel.h"
#include "kgen/Schedule/Problem.h"
#include "kgen/Verifier/Client.h"

#include <string>
#include <string_view>

namespace kgen {

/// A machine to compile for, and the device that can run the result here.
struct Machine {
  HardwareModel hardware;
  /// "cpu", "cuda:0", "hip:0", "emulated:sm_80"; what kgen-verify takes.
  std::string device;

  /// Kernels run without the hardware: PTX instead of machine code, counts
  /// instead of times.
  bool isEmulated() const;
};

/// Resolves `target=`. "auto" and "gpu" ask a worker for the first CUDA device;
/// "auto" falls back to the CPU, "gpu" fails. "emulated:sm_80" is the machine
/// of that architecture, emulated. A named machine is not probed. `device=`,
/// unless empty, says where kernels run instead; with target=auto it is the
/// target, too.
Expected<Machine> resolveMachine(std::string_view target,
                                 const std::string &workerPath,
                                 const std::string &device = "");

/// How to start a worker for a device: `workerPath`, else kgen-verify beside
/// the program or plugin, else the one in PATH.
WorkerOptions workerOptions(const std::string &workerPath,
                            const std::string &device);

/// "90s", "15m", "2h" or plain seconds; more than zero.
Expected<double> parseDuration(std::string_view text);

/// The device's defaultSizes() with the values of "batch=2,seq_q=100,seq_kv=7"
/// put in. Fails for unknown names and for values that contradict a static
/// size.
Expected<ProblemSizes> parseSizes(const Problem &problem, std::string_view text,
                                  std::string_view device);

} // namespace kgen

#endif // KGEN_AUTOTUNE_MACHINE_H
