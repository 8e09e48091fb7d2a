//===- Session.h - One device of the runtime, with errors as exceptions
//-----===//
#ifndef KGEN_BENCH_AGREEMENT_SESSION_H
#define KGEN_BENCH_AGREEMENT_SESSION_H

#include "kgen_runtime.h"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace kgen::agreement {

/// Throws std::runtime_error with the runtime's text.
void check(kgen_status_t status);

using Artifact =
    std::unique_ptr<kgen_artifact_t, decltype(&kgen_artifact_destroy)>;
Artifact loadArtifact(const std::string &bytes);

/// A tensor of a launch: its bytes on the host, inputs and outputs alike.
struct HostTensor {
  kgen_element_type_t type = KGEN_F32;
  kgen_parameter_role_t role = KGEN_ROLE_INPUT;
  std::string name;
  std::vector<int64_t> sizes;
  std::vector<uint8_t> bytes;
};

/// An open device.
class Session {
public:
  explicit Session(const std::string &name);
  std::string description() const;
  /// Copies the tensors to the device, launches once, copies the outputs back.
  void run(kgen_artifact_t *artifact, std::vector<HostTensor> &tensors) const;

private:
  std::unique_ptr<kgen_device_t, decltype(&kgen_device_close)> device;
};

} // namespace kgen::agreement

#endif // KGEN_BENCH_AGREEMENT_SESSION_H
