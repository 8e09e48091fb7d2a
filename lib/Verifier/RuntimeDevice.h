//===- RuntimeDevice.h - A device of kgen's runtime ------------------------===//
#ifndef KGEN_LIB_VERIFIER_RUNTIMEDEVICE_H
#define KGEN_LIB_VERIFIER_RUNTIMEDEVICE_H

#include "Device.h"

#include <string>
#include <vector>

namespace kgen {

/// Opens "cpu", "cuda:0", "hip:1", "emulated:sm_80" through the C runtime.
Expected<std::unique_ptr<Device>> openRuntimeDevice(const std::string &name);

/// One line for each device that the runtime finds: name, arch, product.
Expected<std::vector<std::string>> listRuntimeDevices();
/// The same for the devices that it can emulate. Fails without the emulator.
Expected<std::vector<std::string>> listRuntimeEmulated();

/// The info text (JSON) of an artefact; needs no device.
Expected<std::string> readArtifactInfo(const ArtifactSource &artifact);
/// The architecture that it is for, "sm_80".
Expected<std::string> readArtifactArch(const ArtifactSource &artifact);

/// Instructions by class of an artefact's program and the memory it declares,
/// as the emulator of `device` ("emulated:sm_80") reads it. Runs nothing.
Expected<std::string> describeRuntimeProgram(const ArtifactSource &artifact,
                                             const std::string &device);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_RUNTIMEDEVICE_H
