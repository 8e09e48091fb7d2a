//===- RuntimeDevice.cpp - A device of kgen's runtime ----------------------===//

#include "RuntimeDevice.h"

#include "ProcessorClock.h"
#include "kgen_runtime.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace kgen {
namespace {

Error runtimeError(ErrorCode code) { return Error(code, kgen_last_error()); }

// The emulator's report without the frame that the runtime puts around it,
// "[KG7029] ...: what to do": the verdict has one of its own.
Error emulatorFinding() {
  std::string text = kgen_last_error();
  std::string sentence =
      std::string(": ") + kgen_status_sentence(KGEN_STATUS_EMULATION_FINDING);
  if (text.ends_with(sentence))
    text.resize(text.size() - sentence.size());
  if (size_t end = text.find("] "); text.starts_with("[KG7029]"))
    text.erase(0, end + 2);
  return Error(ErrorCode::EmulatorFinding, text);
}

kgen_element_type_t runtimeType(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return KGEN_F32;
  case ElementType::F16:
    return KGEN_F16;
  case ElementType::BF16:
    return KGEN_BF16;
  case ElementType::I1:
    return KGEN_I1;
  case ElementType::I8:
    return KGEN_I8;
  case ElementType::I16:
    return KGEN_I16;
  case ElementType::I32:
    return KGEN_I32;
  default: // I64; checkSizes() has refused F64
    return KGEN_I64;
  }
}

Expected<kgen_artifact_t *> openArtifact(const ArtifactSource &source) {
  kgen_artifact_t *artifact = nullptr;
  kgen_status_t status =
      source.path.empty()
          ? kgen_artifact_load(source.bytes.data(), source.bytes.size(), &artifact)
          : kgen_artifact_load_file(source.path.c_str(), &artifact);
  if (status != KGEN_STATUS_OK)
    return runtimeError(ErrorCode::ArtifactUnreadable);
  return artifact;
}

class RuntimeKernel : public LoadedKernel {
public:
  RuntimeKernel(kgen_kernel_t *kernel, kgen_stream_t *stream, bool &lost)
      : kernel(kernel), stream(stream), lost(lost) {}
  ~RuntimeKernel() override { kgen_kernel_destroy(kernel); }
  Expected<void> launch(const std::vector<KernelArgument> &arguments) override;
  Expected<void> checkSignature(const Problem &problem) const override;
  std::string info() const override;

private:
  kgen_kernel_t *kernel;
  kgen_stream_t *stream;
  bool &lost;
};

Expected<void>
RuntimeKernel::launch(const std::vector<KernelArgument> &arguments) {
  std::vector<kgen_argument_t> packed;
  for (const KernelArgument &argument : arguments) {
    kgen_element_type_t type = runtimeType(argument.type);
    packed.push_back(argument.isScalar
                         ? kgen_scalar_argument(type, argument.bits)
                         : kgen_tensor_argument(argument.data, type,
                                                argument.shape.size(),
                                                argument.shape.data()));
  }
  kgen_status_t status = kgen_launch(kernel, packed.data(), packed.size(), stream);
  if (status == KGEN_STATUS_OK)
    return {};
  if (status == KGEN_STATUS_EMULATION_FINDING)
    return emulatorFinding();
  lost |= status == KGEN_STATUS_DEVICE_FAULT;
  bool isMismatch = status >= KGEN_STATUS_ARGUMENT_COUNT &&
                    status <= KGEN_STATUS_ARGUMENT_SYMBOL;
  return runtimeError(isMismatch ? ErrorCode::ArtifactMismatch
                                 : ErrorCode::KernelLaunchFailed);
}

// Counts and roles; kgen_launch checks kinds, types, ranks and sizes.
Expected<void> RuntimeKernel::checkSignature(const Problem &problem) const {
  const kgen_artifact_t *artifact = kgen_kernel_artifact(kernel);
  size_t inputs = 3 + problem.captures.size();
  size_t count = inputs + 1 + problem.writesLse;
  size_t have = 0;
  while (kgen_artifact_get_parameter(artifact, have))
    ++have;
  if (have != count)
    return Error(ErrorCode::ArtifactMismatch,
                 "the artefact has " + std::to_string(have) +
                     " parameters, the problem " + std::to_string(count));
  for (size_t i = 0; i < count; ++i) {
    const kgen_artifact_parameter_t *parameter = kgen_artifact_get_parameter(artifact, i);
    bool isInput = parameter->role == KGEN_ROLE_INPUT;
    if (isInput != (i < inputs))
      return Error(ErrorCode::ArtifactMismatch,
                   "parameter " + std::to_string(i) + " ('" + parameter->name +
                       "') should be an " + (i < inputs ? "input" : "output"));
  }
  return {};
}

std::string RuntimeKernel::info() const {
  kgen_artifact_info_t info;
  if (kgen_artifact_get_info(kgen_kernel_artifact(kernel), &info) != KGEN_STATUS_OK)
    return {};
  return std::string(info.info_json, info.info_json_size);
}

class RuntimeDevice : public Device {
public:
  RuntimeDevice(kgen_device_t *device, kgen_stream_t *stream,
                kgen_event_t *start, kgen_event_t *stop,
                const kgen_device_info_t &info)
      : device(device), stream(stream), start(start), stop(stop), info(info) {
    if (info.target == KGEN_TARGET_CUDA && !info.emulated)
      clock = ProcessorClock::open(info.ordinal);
  }
  ~RuntimeDevice() override {
    kgen_event_destroy(start);
    kgen_event_destroy(stop);
    kgen_stream_destroy(stream);
    kgen_device_close(device);
  }
  WorkerHello describe() const override;
  Expected<std::unique_ptr<LoadedKernel>>
  load(const ArtifactSource &artifact) override;
  Expected<void *> allocate(size_t bytes) override;
  void release(void *pointer) override {
    (void)!kgen_buffer_free(device, pointer);
  }
  Expected<void> upload(void *to, const void *from, size_t bytes) override {
    return check(kgen_copy_to_device(device, to, from, bytes, stream));
  }
  Expected<void> download(void *to, const void *from, size_t bytes) override {
    return check(kgen_copy_to_host(device, to, from, bytes, stream));
  }
  Expected<void> fill(void *at, uint8_t value, size_t bytes) override {
    return check(kgen_fill(device, at, value, 1, bytes, stream));
  }
  Expected<void> synchronize() override {
    return check(kgen_stream_synchronize(device, stream));
  }
  Expected<double>
  timeLaunch(LoadedKernel &kernel,
             const std::vector<KernelArgument> &arguments) override;
  bool isLost() const override { return lost; }
  std::optional<double> clockMhz() const override {
    return clock ? clock->read() : std::nullopt;
  }
  std::optional<EmulatedCounts> counts() override;
  std::string varyInterleaving(uint64_t variation) override;

private:
  Expected<void> check(kgen_status_t status) {
    if (status == KGEN_STATUS_OK)
      return {};
    lost |= status == KGEN_STATUS_DEVICE_FAULT;
    return runtimeError(ErrorCode::KernelLaunchFailed);
  }

  kgen_device_t *device;
  kgen_stream_t *stream;
  kgen_event_t *start;
  kgen_event_t *stop;
  kgen_device_info_t info;
  std::unique_ptr<ProcessorClock> clock;
  bool lost = false;
};

WorkerHello RuntimeDevice::describe() const {
  WorkerHello hello;
  hello.device = info.name;
  hello.name = info.description;
  hello.arch = info.arch;
  hello.driver = info.driver_version ? std::to_string(info.driver_version) : "none";
  hello.driver += std::string(", kgen runtime ") + kgen_version();
  hello.l2Bytes = static_cast<int64_t>(info.l2_bytes);
  hello.processId = getpid();
  hello.emulated = info.emulated != 0;
  return hello;
}

std::optional<EmulatedCounts> RuntimeDevice::counts() {
  kgen_device_counts_t now;
  if (!info.emulated || kgen_device_get_counts(device, &now) != KGEN_STATUS_OK)
    return std::nullopt;
  EmulatedCounts counts;
#define KGEN_COUNT(member, key, words) counts.member = now.key;
#include "kgen/Verifier/EmulatedCounts.def"
  return counts;
}

std::string RuntimeDevice::varyInterleaving(uint64_t variation) {
  if (!info.emulated ||
      kgen_device_vary_interleaving(device, variation) != KGEN_STATUS_OK)
    return {};
  // The name ends with the seed that the variation is added to.
  std::string name = info.name;
  size_t at = name.find(",seed=");
  uint64_t seed = at == std::string::npos
                      ? 0
                      : std::strtoull(name.c_str() + at + 6, nullptr, 10);
  return "interleaving seed " + std::to_string(seed + variation);
}

Expected<std::unique_ptr<LoadedKernel>>
RuntimeDevice::load(const ArtifactSource &source) {
  Expected<kgen_artifact_t *> artifact = openArtifact(source);
  if (!artifact)
    return artifact.error();
  kgen_kernel_t *kernel = nullptr;
  kgen_status_t status = kgen_kernel_load(device, *artifact, &kernel);
  kgen_artifact_destroy(*artifact);
  if (status != KGEN_STATUS_OK)
    return runtimeError(ErrorCode::ArtifactUnreadable);
  return std::unique_ptr<LoadedKernel>(new RuntimeKernel(kernel, stream, lost));
}

Expected<void *> RuntimeDevice::allocate(size_t bytes) {
  void *pointer = nullptr;
  kgen_status_t status = kgen_buffer_allocate(device, bytes, &pointer);
  if (status == KGEN_STATUS_OK)
    return pointer;
  lost |= status == KGEN_STATUS_DEVICE_FAULT;
  return runtimeError(status == KGEN_STATUS_OUT_OF_MEMORY
                          ? ErrorCode::VerifierOutOfMemory
                          : ErrorCode::KernelLaunchFailed);
}

Expected<double>
RuntimeDevice::timeLaunch(LoadedKernel &kernel,
                          const std::vector<KernelArgument> &arguments) {
  if (info.emulated)
    return Error(ErrorCode::NoClock, std::string(info.name) + " was asked for a time");
  if (auto done = check(kgen_event_record(start, stream)); !done)
    return done.error();
  if (auto done = kernel.launch(arguments); !done)
    return done.error();
  if (auto done = check(kgen_event_record(stop, stream)); !done)
    return done.error();
  if (auto done = check(kgen_event_synchronize(stop)); !done)
    return done.error();
  double milliseconds = 0;
  if (auto done = check(kgen_event_elapsed(start, stop, &milliseconds)); !done)
    return done.error();
  return milliseconds;
}

} // namespace

Expected<std::unique_ptr<Device>> openRuntimeDevice(const std::string &name) {
  kgen_device_t *device = nullptr;
  if (kgen_device_open(name.c_str(), nullptr, &device) != KGEN_STATUS_OK)
    return runtimeError(ErrorCode::DeviceUnavailable);
  kgen_stream_t *stream = nullptr;
  kgen_event_t *start = nullptr, *stop = nullptr;
  kgen_device_info_t info;
  if (kgen_device_get_info(device, &info) == KGEN_STATUS_OK &&
      kgen_stream_create(device, &stream) == KGEN_STATUS_OK &&
      kgen_event_create(device, &start) == KGEN_STATUS_OK &&
      kgen_event_create(device, &stop) == KGEN_STATUS_OK)
    return std::unique_ptr<Device>(
        new RuntimeDevice(device, stream, start, stop, info));
  Error error = runtimeError(ErrorCode::DeviceUnavailable);
  kgen_event_destroy(start);
  kgen_stream_destroy(stream);
  kgen_device_close(device);
  return error;
}

using Enumerate = kgen_status_t (*)(kgen_device_info_t *, size_t, size_t *);

static Expected<std::vector<std::string>> listWith(Enumerate enumerate) {
  size_t count = 0;
  if (enumerate(nullptr, 0, &count) != KGEN_STATUS_OK)
    return runtimeError(ErrorCode::DeviceUnavailable);
  std::vector<kgen_device_info_t> infos(count);
  if (enumerate(infos.data(), count, &count) != KGEN_STATUS_OK)
    return runtimeError(ErrorCode::DeviceUnavailable);
  std::vector<std::string> lines;
  for (const kgen_device_info_t &info : infos)
    lines.push_back(std::string(info.name) + "  " + info.arch + "  " +
                    info.description);
  return lines;
}

Expected<std::vector<std::string>> listRuntimeDevices() {
  return listWith(kgen_device_enumerate);
}

Expected<std::vector<std::string>> listRuntimeEmulated() {
  return listWith(kgen_device_enumerate_emulated);
}

/// A text of an artefact's info; `pick` copies it.
template <typename Pick>
static Expected<std::string> readText(const ArtifactSource &source, Pick pick) {
  Expected<kgen_artifact_t *> artifact = openArtifact(source);
  if (!artifact)
    return artifact.error();
  kgen_artifact_info_t info;
  std::string text;
  if (kgen_artifact_get_info(*artifact, &info) == KGEN_STATUS_OK)
    text = pick(info);
  kgen_artifact_destroy(*artifact);
  return text;
}

Expected<std::string> readArtifactInfo(const ArtifactSource &source) {
  return readText(source, [](const kgen_artifact_info_t &info) {
    return std::string(info.info_json, info.info_json_size);
  });
}

Expected<std::string> readArtifactArch(const ArtifactSource &source) {
  return readText(source, [](const kgen_artifact_info_t &info) {
    return std::string(info.arch);
  });
}

/// Loads the artefact on the device, asks for its table and unloads it.
static Expected<std::string> describeOn(kgen_device_t *device, const ArtifactSource &source) {
  Expected<kgen_artifact_t *> artifact = openArtifact(source);
  if (!artifact)
    return artifact.error();
  kgen_kernel_t *kernel = nullptr;
  kgen_status_t status = kgen_kernel_load(device, *artifact, &kernel);
  kgen_artifact_destroy(*artifact);
  if (status != KGEN_STATUS_OK)
    return runtimeError(ErrorCode::ArtifactUnreadable);
  char text[4096]; // two dozen short lines
  status = kgen_kernel_describe(kernel, text, sizeof text);
  Expected<std::string> result = std::string(text);
  if (status != KGEN_STATUS_OK)
    result = runtimeError(ErrorCode::DeviceUnavailable);
  kgen_kernel_destroy(kernel);
  return result;
}

Expected<std::string> describeRuntimeProgram(const ArtifactSource &artifact,
                                             const std::string &name) {
  kgen_device_t *device = nullptr;
  if (kgen_device_open(name.c_str(), nullptr, &device) != KGEN_STATUS_OK)
    return runtimeError(ErrorCode::DeviceUnavailable);
  Expected<std::string> text = describeOn(device, artifact);
  kgen_device_close(device);
  return text;
}

} // namespace kgen
