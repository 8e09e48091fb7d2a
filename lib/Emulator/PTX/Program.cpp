//===- Program.cpp - A PTX kernel that is ready to run
//---------------------===//

#include "../Hopper/Forms.h"
#include "Cta.h"
#include "Families.h"
#include "kgen/Emulator/Emulator.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace kgen::emulator {

using namespace ptx;

namespace {

class PtxProgram final : public Program {
public:
  PtxProgram(std::unique_ptr<Module> module, const Kernel &kernel,
             DecodedKernel decoded, const Architecture &arch)
      : module(std::move(module)), kernel(kernel), decoded(std::move(decoded)),
        arch(arch) {}

  Expected<void> launch(const Launch &launch, GlobalMemory &memory,
                        Counts &counts) const override;
  StaticCounts staticCounts() const override;

private:
  Expected<void> check(const Launch &launch) const;
  uint64_t sharedBytes(const Launch &launch) const;
  std::vector<uint8_t> parameterBlock(const Launch &launch) const;
  std::vector<uint8_t> constantBlock() const;
  void runBlocks(LaunchContext &context) const;

  std::unique_ptr<Module> module;
  const Kernel &kernel;
  DecodedKernel decoded;
  const Architecture &arch;
};

Error invalid(std::string detail) {
  return Error(ErrorCode::EmulatorLaunchInvalid, std::move(detail));
}

uint64_t product(const std::array<uint32_t, 3> &sizes) {
  return uint64_t(sizes[0]) * sizes[1] * sizes[2];
}

} // namespace

// ---- what a launch must keep to --------------------------------------------

static Expected<void> checkThreads(const Kernel &kernel,
                                   const Architecture &arch,
                                   const Launch &launch) {
  if (launch.threads == 0 || launch.threads > arch.maxThreads)
    return invalid(std::to_string(launch.threads) + " threads; " +
                   std::string(arch.name) + " allows 1 to " +
                   std::to_string(arch.maxThreads));
  const auto &required = kernel.requiredThreads;
  const auto &maximum = kernel.maximumThreads;
  auto orOne = [](uint32_t size) { return size ? size : 1; };
  if (required[0] && (required[0] != launch.threads ||
                      orOne(required[1]) * orOne(required[2]) != 1))
    return invalid(std::to_string(launch.threads) +
                   " threads in x; .reqntid asks for " +
                   std::to_string(required[0]) + ", " +
                   std::to_string(orOne(required[1])) + ", " +
                   std::to_string(orOne(required[2])));
  uint64_t most =
      uint64_t(orOne(maximum[0])) * orOne(maximum[1]) * orOne(maximum[2]);
  if (maximum[0] && launch.threads > most)
    return invalid(std::to_string(launch.threads) +
                   " threads; .maxntid allows " + std::to_string(most));
  return {};
}

static Expected<void> checkGrid(const Kernel &kernel, const Architecture &arch,
                                const Launch &launch) {
  constexpr int64_t kMost[3] = {0x7FFFFFFF, 65535, 65535};
  uint64_t ctas = product(launch.cluster);
  // CUDA C++ Programming Guide: 8 is portable, 16 can be asked for.
  constexpr uint64_t kMostCtas = 16;
  if (ctas == 0 || ctas > kMostCtas)
    return invalid("clusters of " + std::to_string(ctas) + " blocks");
  if (ctas > 1 && !arch.hasHopperInstructions)
    return invalid(std::string(arch.name) + " has no clusters");
  for (size_t axis = 0; axis < 3; ++axis) {
    int64_t blocks = launch.grid[axis];
    if (blocks < 1 || blocks > kMost[axis])
      return invalid("a grid of " + std::to_string(blocks) + " blocks");
    if (blocks % launch.cluster[axis])
      return invalid(std::to_string(blocks) +
                     " blocks are not a multiple of the cluster's " +
                     std::to_string(launch.cluster[axis]));
    uint32_t required = kernel.clusterSize[axis];
    if (required && required != launch.cluster[axis])
      return invalid("clusters of " + std::to_string(launch.cluster[axis]) +
                     " blocks; .reqnctapercluster asks for " +
                     std::to_string(required));
  }
  return {};
}

uint64_t PtxProgram::sharedBytes(const Launch &launch) const {
  uint64_t begin = kernel.staticSharedBytes;
  for (const Symbol &symbol : kernel.symbols)
    if (symbol.space == Space::Shared && symbol.isExtern)
      begin = std::max(begin, symbol.offset);
  return begin + launch.dynamicSharedBytes;
}

Expected<void> PtxProgram::check(const Launch &launch) const {
  if (Expected<void> threads = checkThreads(kernel, arch, launch); !threads)
    return threads;
  if (Expected<void> grid = checkGrid(kernel, arch, launch); !grid)
    return grid;
  if (launch.dynamicSharedBytes > arch.maxSharedBytes ||
      sharedBytes(launch) > arch.maxSharedBytes)
    return invalid(std::to_string(kernel.staticSharedBytes) + " static and " +
                   std::to_string(launch.dynamicSharedBytes) +
                   " dynamic bytes of shared memory; " +
                   std::string(arch.name) + " has " +
                   std::to_string(arch.maxSharedBytes));
  if (launch.arguments.size() < kernel.parameterCount)
    return invalid(std::to_string(launch.arguments.size()) + " arguments for " +
                   std::to_string(kernel.parameterCount) + " parameters");
  for (void *argument : launch.arguments.first(kernel.parameterCount))
    if (!argument)
      return invalid("an argument's address is null");
  return {};
}

std::vector<uint8_t> PtxProgram::parameterBlock(const Launch &launch) const {
  std::vector<uint8_t> block(kernel.parameterBytes);
  for (uint32_t p = 0; p < kernel.parameterCount; ++p) {
    const Symbol &symbol = kernel.symbols[p];
    std::memcpy(block.data() + symbol.offset, launch.arguments[p],
                symbol.bytes);
  }
  return block;
}

std::vector<uint8_t> PtxProgram::constantBlock() const {
  std::vector<uint8_t> block;
  for (const Symbol &symbol : kernel.symbols) {
    if (symbol.space != Space::Const)
      continue;
    uint64_t begin = symbolAddress(kernel, symbol);
    block.resize(begin + symbol.bytes);
    std::copy_n(symbol.initial.begin(),
                std::min<uint64_t>(symbol.initial.size(), symbol.bytes),
                block.begin() + ptrdiff_t(begin));
  }
  return block;
}

// ---- running ---------------------------------------------------------------

/// Clusters run one after the other: forwards with an even seed, backwards with
/// an odd one, so that two seeds see both orders of any two blocks.
void PtxProgram::runBlocks(LaunchContext &context) const {
  const auto &cluster = context.launch.cluster;
  std::array<uint64_t, 3> clusters;
  for (size_t axis = 0; axis < 3; ++axis)
    clusters[axis] = uint64_t(context.launch.grid[axis]) / cluster[axis];
  uint64_t total = clusters[0] * clusters[1] * clusters[2];
  SeededRandom seeds(context.launch.seed);
  for (uint64_t n = 0; n < total && !context.faults.raised(); ++n) {
    uint64_t at = context.launch.seed & 1 ? total - 1 - n : n;
    std::array<uint32_t, 3> origin = {
        uint32_t(at % clusters[0]) * cluster[0],
        uint32_t(at / clusters[0] % clusters[1]) * cluster[1],
        uint32_t(at / clusters[0] / clusters[1]) * cluster[2]};
    Cluster(context, origin, seeds.next()).run();
  }
}

Expected<void> PtxProgram::launch(const Launch &wanted, GlobalMemory &memory,
                                  Counts &counts) const {
  Launch launch = wanted;
  // A cluster size that the kernel asks for need not be given, as in CUDA.
  if (kernel.clusterSize[0] && product(launch.cluster) == 1)
    for (size_t axis = 0; axis < 3; ++axis)
      launch.cluster[axis] = std::max(kernel.clusterSize[axis], 1u);
  if (Expected<void> fits = check(launch); !fits)
    return fits;
  FaultSink faults;
  Counts sums;
  sums.launches = 1;
  memory.beginLaunch();
  LaunchContext context{kernel, decoded, arch,   launch,
                        memory, sums,    faults, parameterBlock(launch),
                        {},     0,       0};
  context.constants = constantBlock();
  context.sharedBytes = sharedBytes(launch);
  context.instructionsLeft = launch.instructionLimit;
  runBlocks(context);
  deriveCycles(sums, arch.rates);
  counts += sums;
  if (faults.raised())
    return *faults.error();
  return {};
}

StaticCounts PtxProgram::staticCounts() const {
  StaticCounts counts;
  for (size_t s = 0; s < kernel.statements.size(); ++s)
    ++counts.instructions[size_t(decoded.instructions[s].instructionClass)];
  counts.total = kernel.statements.size();
  counts.staticSharedBytes = kernel.staticSharedBytes;
  counts.localBytes = kernel.localBytes;
  return counts;
}

// ---- loading ---------------------------------------------------------------

/// "sm_90a": 90 and whether it is only for this architecture.
static std::pair<uint32_t, bool> parseTarget(std::string_view target) {
  uint32_t number = 0;
  if (target.starts_with("sm_"))
    std::from_chars(target.data() + 3, target.data() + target.size(), number);
  return {number, target.ends_with('a')};
}

static Expected<void> checkTarget(const Module &module,
                                  const Architecture &arch) {
  auto [wanted, specific] = parseTarget(module.target);
  auto [have, haveSpecific] = parseTarget(arch.name);
  bool fits = specific ? module.target == arch.name : wanted && wanted <= have;
  if (fits)
    return {};
  return Error(ErrorCode::EmulatorUnsupported, ".target " + module.target +
                                                   " does not run on " +
                                                   std::string(arch.name));
}

static Expected<const Kernel *> findKernel(const Module &module,
                                           std::string_view name) {
  if (name.empty() && module.kernels.size() == 1)
    return &module.kernels.front();
  std::string known;
  for (const Kernel &kernel : module.kernels) {
    if (kernel.name == name)
      return &kernel;
    known += (known.empty() ? "" : ", ") + kernel.name;
  }
  return Error(ErrorCode::EmulatorKernelMissing,
               (name.empty() ? "no kernel was named" : std::string(name)) +
                   "; the module has " + (known.empty() ? "none" : known));
}

Expected<std::unique_ptr<Program>>
loadPtx(std::string text, std::string_view name, const Architecture &arch) {
  Expected<std::unique_ptr<Module>> module = parseModule(std::move(text));
  if (!module)
    return module.error();
  if (Expected<void> target = checkTarget(**module, arch); !target)
    return target.error();
  Expected<const Kernel *> kernel = findKernel(**module, name);
  if (!kernel)
    return kernel.error();
  std::vector<std::span<const InstructionForm>> forms = {coreForms()};
  if (arch.hasHopperInstructions)
    forms.push_back(hopperForms());
  Expected<DecodedKernel> decoded = decodeKernel(**kernel, forms);
  if (!decoded)
    return decoded.error();
  return std::unique_ptr<Program>(std::make_unique<PtxProgram>(
      std::move(*module), **kernel, std::move(*decoded), arch));
}

} // namespace kgen::emulator
