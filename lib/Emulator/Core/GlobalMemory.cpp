//===- GlobalMemory.cpp - The memory of an emulated device
//-----------------===//

#include "kgen/Emulator/GlobalMemory.h"

#include <cstdio>
#include <cstring>
#include <new>

namespace kgen::emulator {

/// Untouchable bytes on both sides of an allocation. Longer than the largest
/// tile row and than any vector access; kernels that run further still find no
/// live allocation unless they jump into another one.
static constexpr size_t kGap = 4096;
static constexpr size_t kAlignment = 256;
/// The shadow remembers stores in granules of this many bytes.
static constexpr uint64_t kGranule = 4;

struct GlobalMemory::Allocation {
  /// Of the last store to a granule. `launch` tells old marks from new ones, so
  /// that a launch begins without clearing.
  struct Mark {
    uint32_t launch = 0;
    uint32_t block = 0;
    uint32_t instruction = 0;
  };
  uint8_t *begin = nullptr;
  uint64_t size = 0;
  std::unique_ptr<uint8_t[]> owned; ///< empty if adopted
  std::vector<Mark> stores;         ///< empty until the first store

  uint64_t address() const { return reinterpret_cast<uint64_t>(begin); }
  bool contains(uint64_t at, uint64_t bytes) const {
    return at >= address() && at - address() <= size &&
           bytes <= size - (at - address());
  }
  /// First and one past the last granule of an access that it contains.
  std::pair<uint64_t, uint64_t> granules(uint64_t at, uint64_t bytes) const {
    uint64_t offset = at - address();
    return {offset / kGranule, (offset + bytes + kGranule - 1) / kGranule};
  }
};

GlobalMemory::GlobalMemory() = default;
GlobalMemory::~GlobalMemory() = default;

Expected<void *> GlobalMemory::allocate(size_t bytes) {
  size_t room = bytes + 2 * kGap + kAlignment;
  std::unique_ptr<uint8_t[]> owned;
  if (room > bytes) // else the sum wrapped around
    owned.reset(new (std::nothrow) uint8_t[room]);
  if (!owned)
    return Error(ErrorCode::OutOfMemory,
                 "cannot allocate " + std::to_string(bytes) + " bytes");
  uint64_t first = reinterpret_cast<uint64_t>(owned.get()) + kGap;
  first = (first + kAlignment - 1) / kAlignment * kAlignment;
  auto allocation = std::make_unique<Allocation>();
  allocation->begin = reinterpret_cast<uint8_t *>(first);
  allocation->size = bytes;
  allocation->owned = std::move(owned);
  std::memset(allocation->begin, 0xA5, bytes);
  void *pointer = allocation->begin;
  allocations[first] = std::move(allocation);
  return pointer;
}

Expected<void> GlobalMemory::release(void *pointer) {
  auto found = allocations.find(reinterpret_cast<uint64_t>(pointer));
  if (found == allocations.end())
    return Error(
        ErrorCode::InvalidArgument,
        "this address is not the begin of an allocation of the device");
  if (last == found->second.get())
    last = nullptr;
  allocations.erase(found);
  return {};
}

void GlobalMemory::adopt(void *pointer, size_t bytes) {
  auto allocation = std::make_unique<Allocation>();
  allocation->begin = static_cast<uint8_t *>(pointer);
  allocation->size = bytes;
  allocations[allocation->address()] = std::move(allocation);
  last = nullptr;
}

GlobalMemory::Allocation *GlobalMemory::enclosing(uint64_t address,
                                                  uint64_t size) {
  if (last && last->contains(address, size))
    return last;
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin())
    return nullptr;
  Allocation *candidate = std::prev(after)->second.get();
  if (!candidate->contains(address, size))
    return nullptr;
  return last = candidate;
}

bool GlobalMemory::owns(const void *pointer) const {
  return const_cast<GlobalMemory *>(this)->enclosing(
             reinterpret_cast<uint64_t>(pointer), 1) != nullptr;
}

uint8_t *GlobalMemory::find(uint64_t address, uint64_t size) {
  return enclosing(address, size) ? reinterpret_cast<uint8_t *>(address)
                                  : nullptr;
}

std::string GlobalMemory::describe(uint64_t address, uint64_t size) const {
  char hex[32];
  std::snprintf(hex, sizeof hex, "0x%llx", (unsigned long long)address);
  std::string what =
      std::to_string(size) + " bytes at address " + std::string(hex) + ": ";
  auto after = allocations.upper_bound(address);
  const Allocation *below =
      after == allocations.begin() ? nullptr : std::prev(after)->second.get();
  const Allocation *above =
      after == allocations.end() ? nullptr : after->second.get();
  auto sized = [](const Allocation *allocation) {
    return "the allocation of " + std::to_string(allocation->size) + " bytes";
  };
  if (below && below->contains(address, size))
    return what + "byte " + std::to_string(address - below->address()) +
           " of " + sized(below);
  if (below && (!above || address - (below->address() + below->size) <=
                              above->address() - address)) {
    // The access may begin inside and run over the end.
    uint64_t end = below->address() + below->size;
    if (address < end)
      return what + "the last " + std::to_string(address + size - end) +
             " lie past the end of " + sized(below);
    return what + std::to_string(address - end) + " bytes past the end of " +
           sized(below);
  }
  if (above)
    return what + std::to_string(above->address() - address) +
           " bytes before " + sized(above);
  return what + "the device has no memory there";
}

void GlobalMemory::beginLaunch() { ++launch; }

std::optional<GlobalMemory::Conflict>
GlobalMemory::noteStore(uint64_t address, uint32_t size, uint32_t block,
                        uint32_t instruction) {
  Allocation *allocation = enclosing(address, size);
  if (!allocation)
    return std::nullopt;
  if (allocation->stores.empty())
    allocation->stores.resize((allocation->size + kGranule - 1) / kGranule);
  auto [first, end] = allocation->granules(address, size);
  for (uint64_t g = first; g != end; ++g) {
    Allocation::Mark &mark = allocation->stores[g];
    if (mark.launch == launch && mark.block != block)
      return Conflict{mark.block, mark.instruction};
    mark = {launch, block, instruction};
  }
  return std::nullopt;
}

std::optional<GlobalMemory::Conflict>
GlobalMemory::checkLoad(uint64_t address, uint32_t size, uint32_t block) {
  Allocation *allocation = enclosing(address, size);
  if (!allocation || allocation->stores.empty())
    return std::nullopt;
  auto [first, end] = allocation->granules(address, size);
  for (uint64_t g = first; g != end; ++g) {
    const Allocation::Mark &mark = allocation->stores[g];
    if (mark.launch == launch && mark.block != block)
      return Conflict{mark.block, mark.instruction};
  }
  return std::nullopt;
}

} // namespace kgen::emulator
