//===- Device.cpp - What the verifier needs of a machine -------------------===//

#include "Device.h"

namespace kgen {

LoadedKernel::~LoadedKernel() = default;
Expected<void> LoadedKernel::checkSignature(const Problem &problem) const {
  return {};
}
std::string LoadedKernel::info() const { return {}; }

Device::~Device() = default;
bool Device::isLost() const { return false; }
std::optional<double> Device::clockMhz() const { return std::nullopt; }
std::optional<EmulatedCounts> Device::counts() { return std::nullopt; }
std::string Device::varyInterleaving(uint64_t variation) { return {}; }

} // namespace kgen
