//===- Program.cpp - Launches an AMD kernel
//--------------------------------===//

#include "ListingReader.h"

#include <cstring>

namespace kgen::emulator::amd {

namespace {

/// Loads of several words may read past the segment's end into its padding.
constexpr size_t kArgumentPadding = 64;
/// Far above what a spilling kernel takes; keeps odd descriptors from being
/// allocated.
constexpr uint32_t kMostPrivateBytes = 256 * 1024;

Error invalid(std::string what) {
  return Error(ErrorCode::EmulatorLaunchInvalid, std::move(what));
}

/// Arguments that the launch gives; the hidden ones follow from the grid.
bool isHidden(const ArgumentPlace &place) {
  return place.kind.starts_with("hidden_");
}

class AmdProgram final : public Program {
public:
  explicit AmdProgram(Code code) : code(std::move(code)) {}
  Expected<void> launch(const Launch &launch, GlobalMemory &memory,
                        Counts &counts) const override;
  StaticCounts staticCounts() const override;

private:
  Expected<void> check(const Launch &launch) const;
  Expected<void> fillArguments(LaunchState &state) const;
  Code code;
};

Expected<void> AmdProgram::check(const Launch &launch) const {
  const Architecture &arch = *code.arch;
  for (int64_t size : launch.grid)
    if (size < 1 || size > INT32_MAX)
      return invalid("the grid has " + std::to_string(size) + " blocks");
  uint32_t most = std::min(arch.maxThreads, code.facts.maxThreads);
  if (launch.threads < 1 || launch.threads > most)
    return invalid(std::to_string(launch.threads) +
                   " threads, the kernel allows " + std::to_string(most));
  uint64_t lds = code.facts.ldsBytes + launch.dynamicSharedBytes;
  if (lds > arch.maxSharedBytes)
    return invalid(std::to_string(lds) + " bytes of LDS, the limit is " +
                   std::to_string(arch.maxSharedBytes));
  if (launch.cluster != std::array<uint32_t, 3>{1, 1, 1})
    return invalid("AMD devices have no clusters");
  size_t given = 0;
  for (const ArgumentPlace &place : code.facts.arguments)
    given += !isHidden(place);
  if (launch.arguments.size() != given)
    return invalid(std::to_string(launch.arguments.size()) +
                   " arguments, the kernel has " + std::to_string(given));
  return {};
}

/// The value of a hidden argument (AMDGPUUsage, "Code Object V5 Metadata").
std::optional<uint64_t> hiddenValue(const std::string &kind,
                                    const Launch &launch) {
  for (uint32_t d = 0; d != 3; ++d) {
    std::string axis(1, "xyz"[d]);
    if (kind == "hidden_block_count_" + axis)
      return uint64_t(launch.grid[d]);
    if (kind == "hidden_group_size_" + axis)
      return d == 0 ? launch.threads : 1;
    if (kind == "hidden_remainder_" + axis ||
        kind == "hidden_global_offset_" + axis)
      return 0;
  }
  if (kind == "hidden_grid_dims")
    return 3;
  if (kind == "hidden_dynamic_lds_size")
    return launch.dynamicSharedBytes;
  return std::nullopt; // stays undefined
}

Expected<void> AmdProgram::fillArguments(LaunchState &state) const {
  size_t size = code.facts.argumentBytes + kArgumentPadding;
  state.arguments.assign(size, 0xA5);
  state.argumentGiven.assign(size, false);
  size_t next = 0;
  for (const ArgumentPlace &place : code.facts.arguments) {
    const void *value = nullptr;
    std::optional<uint64_t> hidden;
    if (isHidden(place)) {
      hidden = hiddenValue(place.kind, state.launch);
      value = hidden ? &*hidden : nullptr;
    } else {
      value = state.launch.arguments[next++];
    }
    if (!value)
      continue;
    std::memcpy(state.arguments.data() + place.offset, value,
                hidden ? std::min<size_t>(place.size, 8) : place.size);
    for (uint32_t b = 0; b != place.size; ++b)
      state.argumentGiven[place.offset + b] = true;
  }
  return {};
}

Expected<void> AmdProgram::launch(const Launch &launch, GlobalMemory &memory,
                                  Counts &counts) const {
  if (Expected<void> valid = check(launch); !valid)
    return valid;
  LaunchState state{code, launch, memory, {}, {}, 0, {}, {}};
  if (Expected<void> filled = fillArguments(state); !filled)
    return filled;
  memory.beginLaunch();
  uint64_t blocks =
      uint64_t(launch.grid[0]) * uint64_t(launch.grid[1] * launch.grid[2]);
  // Odd seeds run the blocks backwards: see GlobalMemory::checkLoad.
  for (uint64_t n = 0; n != blocks && !state.faults.raised(); ++n) {
    uint64_t linear = launch.seed % 2 ? blocks - 1 - n : n;
    uint64_t x = uint64_t(launch.grid[0]), y = uint64_t(launch.grid[1]);
    std::array<uint32_t, 3> block{uint32_t(linear % x),
                                  uint32_t(linear / x % y),
                                  uint32_t(linear / x / y)};
    Workgroup(state, block, uint32_t(linear)).run();
  }
  state.counts.launches = 1;
  deriveCycles(state.counts, code.arch->rates);
  counts += state.counts;
  if (state.faults.raised())
    return *state.faults.error();
  return {};
}

StaticCounts AmdProgram::staticCounts() const {
  StaticCounts counts;
  for (const Instruction &i : code.instructions)
    ++counts.instructions[size_t(i.operation->instructionClass)];
  counts.total = code.instructions.size();
  counts.staticSharedBytes = code.facts.ldsBytes;
  counts.localBytes = code.facts.privateBytes;
  counts.vectorRegisters = code.facts.usedVectorRegisters;
  counts.accumulationRegisters = code.facts.usedAccumulationRegisters;
  counts.scalarRegisters = code.facts.usedScalarRegisters;
  return counts;
}

/// What the first instructions may expect and this emulator cannot give.
Expected<void> checkFacts(const KernelFacts &facts) {
  auto unsupported = [](const char *what) {
    return Error(ErrorCode::EmulatorUnsupported,
                 std::string("the kernel asks for ") + what);
  };
  if (facts.dispatchPointer)
    return unsupported("the dispatch packet");
  if (facts.queuePointer)
    return unsupported("the queue pointer");
  if (facts.dispatchId)
    return unsupported("the dispatch number");
  if (facts.roundMode32 || facts.roundMode16And64)
    return unsupported("rounding other than to nearest even");
  if (facts.privateBytes > kMostPrivateBytes)
    return unsupported("more than 256 KiB of private memory a lane");
  if (facts.maxThreads == 0)
    return Error(ErrorCode::EmulatorCodeObject, "allows no threads");
  return {};
}

} // namespace

Expected<std::unique_ptr<Program>> parseListing(const Listing &listing,
                                                const Architecture &arch) {
  if (arch.vendor != Vendor::Amd)
    return Error(ErrorCode::EmulatorCodeObject,
                 std::string(arch.name) + " runs no AMD code");
  if (Expected<void> facts = checkFacts(listing.facts); !facts)
    return facts.error();
  Expected<Code> code = readListing(listing, arch);
  if (!code)
    return code.error();
  return std::unique_ptr<Program>(
      std::make_unique<AmdProgram>(std::move(*code)));
}

} // namespace kgen::emulator::amd

namespace kgen::emulator {

Expected<std::unique_ptr<Program>> loadCodeObject(std::span<const char> bytes,
                                                  std::string_view kernel,
                                                  const Architecture &arch) {
  Expected<amd::Listing> listing = amd::disassemble(bytes, kernel, arch);
  if (!listing)
    return listing.error();
  return amd::parseListing(*listing, arch);
}

} // namespace kgen::emulator
