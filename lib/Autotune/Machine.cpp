//===- Machine.cpp - Which machine a pass option means
//---------------------===//

#include "kgen/Autotune/Machine.h"
#include "kgen/Support/Subprocess.h"
#include "kgen/Verifier/Service.h"

#include <charconv>
#include <dlfcn.h>
#include <filesystem>

namespace kgen {
namespace {

/// Folders where kgen-verify may stand: beside this program, or beside the
/// bin folder's sibling where the plugin is installed.
std::vector<std::string> toolFolders() {
  std::vector<std::string> folders;
  std::error_code ignored;
  auto addBeside = [&](const std::filesystem::path &binary) {
    if (binary.empty())
      return;
    std::filesystem::path folder = binary.parent_path();
    folders.push_back(folder.string());
    folders.push_back((folder.parent_path() / "bin").string());
  };
  addBeside(std::filesystem::read_symlink("/proc/self/exe", ignored));
  Dl_info info;
  if (dladdr(reinterpret_cast<const void *>(&resolveMachine), &info) &&
      info.dli_fname)
    addBeside(std::filesystem::absolute(info.dli_fname, ignored));
  return folders;
}

std::string findWorker(const std::string &workerPath) {
  if (!workerPath.empty())
    return workerPath;
  for (const std::string &folder : toolFolders()) {
    std::string candidate = folder + "/kgen-verify";
    std::error_code ignored;
    if (std::filesystem::exists(candidate, ignored))
      return candidate;
  }
  return "kgen-verify";
}

std::string deviceOf(TargetKind target) {
  switch (target) {
  case TargetKind::Cpu:
    return "cpu";
  case TargetKind::Nvvm:
    return "cuda:0";
  case TargetKind::Rocdl:
    return "hip:0";
  }
  return "cpu";
}

/// The model of the device that a worker describes: by product name where a
/// table has it, else by architecture. Compute capability 9.0 has instructions
/// that a portable kernel does not use (wgmma, TMA): sm_90a, which runs there.
Expected<HardwareModel> modelOf(const WorkerHello &hello) {
  if (hello.arch == "sm_90")
    return findHardware("sm_90a");
  Expected<HardwareModel> hardware = findHardware(hello.name);
  if (!hardware)
    hardware = findHardware(hello.arch);
  if (hardware)
    (*hardware).arch = hello.arch;
  return hardware;
}

/// What a device is, in its worker's words.
Expected<Machine> askDevice(const std::string &workerPath,
                            const std::string &device) {
  WorkerClient client(workerOptions(workerPath, device));
  Expected<WorkerHello> hello = client.hello();
  if (!hello)
    return hello.error();
  Expected<HardwareModel> hardware = modelOf(*hello);
  if (!hardware)
    return hardware.error();
  return Machine{*hardware, device};
}

/// "emulated:sm_80,seed=7": the hardware of the architecture, and the device of
/// that name. The rest of the name is the runtime's to check.
Expected<Machine> emulatedMachine(std::string_view name) {
  std::string_view arch = name.substr(name.find(':') + 1);
  arch = arch.substr(0, arch.find(','));
  Expected<HardwareModel> hardware = findHardware(arch);
  if (!hardware)
    return hardware.error();
  if (hardware->target == TargetKind::Cpu)
    return Error(ErrorCode::HardwareUnknown,
                 "'" + std::string(name) + "': a processor is not emulated");
  return Machine{*std::move(hardware), std::string(name)};
}

Expected<Machine> resolveTarget(std::string_view target,
                                const std::string &workerPath) {
  if (isEmulatedDevice(target))
    return emulatedMachine(target);
  if (target == "auto" || target == "gpu") {
    Expected<Machine> gpu = askDevice(workerPath, "cuda:0");
    if (gpu || target == "gpu")
      return gpu;
    return Machine{hostCpu(), "cpu"};
  }
  Expected<HardwareModel> hardware = findHardware(target);
  if (!hardware)
    return hardware.error();
  std::string device = deviceOf(hardware->target);
  return Machine{std::move(*hardware), std::move(device)};
}

} // namespace

WorkerOptions workerOptions(const std::string &workerPath,
                            const std::string &device) {
  WorkerOptions options;
  options.command.front() = findWorker(workerPath);
  options.device = device;
  return options;
}

bool Machine::isEmulated() const { return isEmulatedDevice(device); }

Expected<Machine> resolveMachine(std::string_view target,
                                 const std::string &workerPath,
                                 const std::string &device) {
  if (device.empty())
    return resolveTarget(target, workerPath);
  if (target == "auto") {
    if (device == "cpu" || isEmulatedDevice(device))
      return resolveTarget(device, workerPath);
    return askDevice(workerPath, device);
  }
  Expected<Machine> machine = resolveTarget(target, workerPath);
  if (machine)
    machine->device = device;
  return machine;
}

/// A month: what is longer, or infinite, is a slip, and no clock takes it.
constexpr double kLongestSeconds = 31 * 24 * 3600.0;

Expected<double> parseDuration(std::string_view text) {
  double value = 0;
  auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  std::string_view unit = text.substr(end - text.data());
  double factor = unit == "" || unit == "s" ? 1
                  : unit == "m"             ? 60
                  : unit == "h"             ? 3600
                                            : 0;
  double seconds = value * factor;
  if (code != std::errc() || !(seconds > 0 && seconds <= kLongestSeconds) ||
      factor == 0)
    return Error(ErrorCode::DurationInvalid, "got '" + std::string(text) + "'");
  return seconds;
}

/// One "name=value"; sets the size it names.
static Expected<void> applySize(const Problem &problem, ProblemSizes &sizes,
                                std::string_view item) {
  size_t equals = item.find('=');
  std::string_view name = item.substr(0, equals);
  struct Slot {
    std::string_view name;
    int64_t fixed;
    int64_t *value;
  };
  const Slot slots[] = {{"batch", problem.batch, &sizes.batch},
                        {"seq_q", problem.seqQ, &sizes.seqQ},
                        {"seq_kv", problem.seqKV, &sizes.seqKV}};
  for (const Slot &slot : slots) {
    if (slot.name != name || equals == std::string_view::npos)
      continue;
    std::string_view digits = item.substr(equals + 1);
    int64_t value = 0;
    auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code != std::errc() || end != digits.data() + digits.size() ||
        value < 1 || (slot.fixed != kDynamicSize && slot.fixed != value))
      return Error(ErrorCode::SizesInvalid,
                   "'" + std::string(item) + "', where the op has " +
                       (slot.fixed == kDynamicSize
                            ? std::string("?")
                            : std::to_string(slot.fixed)));
    *slot.value = value;
    return {};
  }
  return Error(ErrorCode::SizesInvalid,
               "'" + std::string(item) + "'; names are batch, seq_q, seq_kv");
}

Expected<ProblemSizes> parseSizes(const Problem &problem, std::string_view text,
                                  std::string_view device) {
  Problem sized = problem;
  ProblemSizes sizes = defaultSizes(problem, device);
  while (!text.empty()) {
    size_t comma = text.find(',');
    Expected<void> applied = applySize(problem, sizes, text.substr(0, comma));
    if (!applied)
      return applied.error();
    text = comma == std::string_view::npos ? std::string_view()
                                           : text.substr(comma + 1);
  }
  // Captured dimensions follow the sizes that were given.
  sized.batch = sizes.batch;
  sized.seqQ = sizes.seqQ;
  sized.seqKV = sizes.seqKV;
  return nominalSizes(sized);
}

} // namespace kgen
