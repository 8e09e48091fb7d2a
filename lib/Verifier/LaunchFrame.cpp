//===- LaunchFrame.cpp - Guarded buffers and arguments of one case ---------===//

#include "LaunchFrame.h"

#include <algorithm>
#include <cstring>

namespace kgen {

static const std::string &redZone() {
  static const std::string zone = [] {
    std::string bytes;
    while (bytes.size() < kRedZoneBytes)
      for (uint8_t byte : kRedZonePattern)
        bytes.push_back(static_cast<char>(byte));
    return bytes;
  }();
  return zone;
}

Expected<std::unique_ptr<GuardedBuffer>>
GuardedBuffer::make(Device &device, std::string name, size_t bytes) {
  Expected<void *> base = device.allocate(bytes + 2 * kRedZoneBytes);
  if (!base)
    return base.error();
  std::unique_ptr<GuardedBuffer> buffer(new GuardedBuffer(
      device, std::move(name), static_cast<char *>(*base), bytes));
  if (Expected<void> done = buffer->poison(); !done)
    return done.error();
  for (size_t at : {size_t(0), kRedZoneBytes + bytes})
    if (auto done = device.upload(buffer->base + at, redZone().data(), kRedZoneBytes); !done)
      return done.error();
  return buffer;
}

GuardedBuffer::~GuardedBuffer() { device.release(base); }

Expected<void> GuardedBuffer::poison() {
  return bytes ? device.fill(data(), kPoison, bytes) : Expected<void>();
}

Expected<void> GuardedBuffer::setContents(const std::string &contents) {
  if (bytes == 0)
    return {};
  return device.upload(data(), contents.data(), bytes);
}

Expected<std::string> GuardedBuffer::contents() {
  std::string copy(bytes, '\0');
  if (bytes != 0)
    if (Expected<void> done = device.download(copy.data(), data(), bytes); !done)
      return done.error();
  return copy;
}

Expected<void> GuardedBuffer::checkRedZones() {
  std::string zone(kRedZoneBytes, '\0');
  for (bool isAfter : {false, true}) {
    char *at = isAfter ? base + kRedZoneBytes + bytes : base;
    if (Expected<void> done = device.download(zone.data(), at, zone.size()); !done)
      return done;
    if (zone == redZone())
      continue;
    size_t first = 0;
    while (zone[first] == redZone()[first])
      ++first;
    std::string place =
        isAfter ? "+" + std::to_string(first) + " bytes past its end"
                : "-" + std::to_string(kRedZoneBytes - first) +
                      " bytes before its start";
    return Error(ErrorCode::RedZoneOverwritten,
                 "red zone of " + bufferName + " overwritten at " + place);
  }
  return {};
}

Expected<void> LaunchFrame::addTensor(std::string name, ElementType type,
                                      std::vector<int64_t> shape,
                                      const std::string *bytes) {
  size_t size = byteSize(type);
  for (int64_t dimension : shape)
    size *= dimension;
  auto buffer = GuardedBuffer::make(device, std::move(name), size);
  if (!buffer)
    return buffer.error();
  KernelArgument argument;
  argument.type = type;
  argument.shape = std::move(shape);
  argument.data = (*buffer)->data();
  argumentList.push_back(std::move(argument));
  if (!bytes) {
    outputs.push_back(*std::move(buffer));
    return {};
  }
  inputs.push_back(*std::move(buffer));
  inputBytes.push_back(bytes);
  return inputs.back()->setContents(*bytes);
}

static KernelArgument scalarArgument(ElementType type, const std::string &bytes) {
  KernelArgument argument;
  argument.type = type;
  argument.isScalar = true;
  std::memcpy(&argument.bits, bytes.data(), std::min<size_t>(8, bytes.size()));
  return argument;
}

Expected<std::unique_ptr<LaunchFrame>>
LaunchFrame::make(Device &device, const Problem &problem,
                  std::shared_ptr<const Case> subject) {
  const ProblemSizes &sizes = subject->sizes;
  std::unique_ptr<LaunchFrame> frame(new LaunchFrame(device, subject));
  struct Tensor {
    std::string name;
    ElementType type;
    std::vector<int64_t> shape;
    const std::string *bytes;
  };
  int64_t b = sizes.batch, hq = problem.headsQ, hkv = problem.headsKV;
  int64_t dqk = problem.headDimQK, dv = problem.headDimV;
  std::vector<Tensor> tensors = {
      {"Q", problem.dtype, {b, hq, sizes.seqQ, dqk}, &subject->qBytes},
      {"K", problem.dtype, {b, hkv, sizes.seqKV, dqk}, &subject->kBytes},
      {"V", problem.dtype, {b, hkv, sizes.seqKV, dv}, &subject->vBytes}};
  for (Tensor &tensor : tensors)
    if (auto done = frame->addTensor(tensor.name, tensor.type, tensor.shape, tensor.bytes);
        !done)
      return done.error();
  for (size_t i = 0; i < problem.captures.size(); ++i) {
    const Capture &capture = problem.captures[i];
    const std::string &bytes = subject->captureBytes[i];
    if (capture.isScalar)
      frame->argumentList.push_back(scalarArgument(capture.type, bytes));
    else if (auto done = frame->addTensor("capture '" + capture.name + "'", capture.type,
                                          sizes.captureShapes[i], &bytes);
             !done)
      return done.error();
  }
  if (auto done = frame->addTensor("O", problem.dtype, {b, hq, sizes.seqQ, dv}, nullptr); !done)
    return done.error();
  if (problem.writesLse)
    if (auto done = frame->addTensor("LSE", ElementType::F32, {b, hq, sizes.seqQ}, nullptr); !done)
      return done.error();
  return frame;
}

Expected<LaunchFrame::Outputs> LaunchFrame::readOutputs() {
  Outputs result;
  for (size_t i = 0; i < outputs.size(); ++i) {
    Expected<std::string> bytes = outputs[i]->contents();
    if (!bytes)
      return bytes.error();
    (i == 0 ? result.o : result.lse) = *std::move(bytes);
  }
  return result;
}

Expected<LaunchFrame::Outputs> LaunchFrame::run(LoadedKernel &kernel) {
  for (auto &output : outputs)
    if (Expected<void> done = output->poison(); !done)
      return done.error();
  if (Expected<void> done = kernel.launch(argumentList); !done)
    return done.error();
  if (Expected<void> done = device.synchronize(); !done)
    return done.error();
  return readOutputs();
}

Expected<void> LaunchFrame::checkGuards() {
  for (auto *buffers : {&inputs, &outputs})
    for (auto &buffer : *buffers)
      if (Expected<void> intact = buffer->checkRedZones(); !intact)
        return intact;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Expected<std::string> now = inputs[i]->contents();
    if (!now)
      return now.error();
    if (*now == *inputBytes[i])
      continue;
    size_t at = 0;
    while ((*now)[at] == (*inputBytes[i])[at])
      ++at;
    return Error(ErrorCode::InputModified,
                 inputs[i]->name() + " changed at byte " + std::to_string(at));
  }
  return {};
}

} // namespace kgen
