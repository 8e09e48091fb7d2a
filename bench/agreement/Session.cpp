//===- Session.cpp - One device of the runtime
//------------------------------===//

#include "Session.h"

namespace kgen::agreement {

void check(kgen_status_t status) {
  if (status != KGEN_STATUS_OK)
    throw std::runtime_error(kgen_last_error());
}

Artifact loadArtifact(const std::string &bytes) {
  kgen_artifact_t *artifact = nullptr;
  check(kgen_artifact_load(bytes.data(), bytes.size(), &artifact));
  return Artifact(artifact, kgen_artifact_destroy);
}

static kgen_device_t *openDevice(const std::string &name) {
  kgen_device_t *device = nullptr;
  check(kgen_device_open(name.c_str(), nullptr, &device));
  return device;
}

Session::Session(const std::string &name)
    : device(openDevice(name), kgen_device_close) {}

std::string Session::description() const {
  kgen_device_info_t info;
  check(kgen_device_get_info(device.get(), &info));
  return std::string(info.name) + " (" + info.description + ")";
}

void Session::run(kgen_artifact_t *artifact,
                  std::vector<HostTensor> &tensors) const {
  struct Buffer {
    kgen_device_t *device;
    void *pointer = nullptr;
    ~Buffer() { kgen_buffer_free(device, pointer); }
  };
  kgen_kernel_t *loaded = nullptr;
  check(kgen_kernel_load(device.get(), artifact, &loaded));
  std::unique_ptr<kgen_kernel_t, decltype(&kgen_kernel_destroy)> kernel(
      loaded, kgen_kernel_destroy);
  std::vector<std::unique_ptr<Buffer>> buffers;
  std::vector<kgen_argument_t> arguments;
  for (const HostTensor &tensor : tensors) {
    buffers.push_back(std::make_unique<Buffer>(Buffer{device.get()}));
    void *&pointer = buffers.back()->pointer;
    check(kgen_buffer_allocate(device.get(), tensor.bytes.size(), &pointer));
    check(kgen_copy_to_device(device.get(), pointer, tensor.bytes.data(),
                              tensor.bytes.size(), nullptr));
    arguments.push_back(kgen_tensor_argument(pointer, tensor.type,
                                             int32_t(tensor.sizes.size()),
                                             tensor.sizes.data()));
  }
  check(kgen_launch(kernel.get(), arguments.data(), arguments.size(), nullptr));
  check(kgen_stream_synchronize(device.get(), nullptr));
  for (size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].role != KGEN_ROLE_INPUT)
      check(kgen_copy_to_host(device.get(), tensors[i].bytes.data(),
                              buffers[i]->pointer, tensors[i].bytes.size(),
                              nullptr));
}

} // namespace kgen::agreement
