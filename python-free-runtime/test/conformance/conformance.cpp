//===- conformance.cpp - Fixture of the conformance suite
//--------------------===//
#include "conformance.h"

namespace kgen::runtime_test {

float xValue(int64_t i) { return static_cast<float>(i % 1000); }
float yValue(int64_t i) { return static_cast<float>(i % 7) - 3.0f; }

ArtifactBuilder axpyArtifact() {
  const ConformanceDriver &driver = conformanceDriver();
  ArtifactBuilder builder;
  builder.header.target = driver.target;
  builder.header.code_format = driver.format;
  builder.setArch(driver.arch);
  builder.setKernelName("kgen_test_axpy");
  builder.code = driver.code;
  builder.header.threads_per_block = driver.threads;
  builder.header.scratch_bytes = 256;
  builder.addTensor("x", KGEN_ROLE_INPUT, KGEN_F32, {-1, 4});
  builder.addTensor("y", KGEN_ROLE_INPUT, KGEN_F32, {-1, 4});
  builder.addScalar("alpha", KGEN_F32);
  builder.addTensor("out", KGEN_ROLE_OUTPUT, KGEN_F32, {-1, 4});
  builder.parameters[3].alignment = 16;
  builder.header.grid[0] = {3, 0, 1, 64};
  return builder;
}

void Conformance::SetUp() {
  std::string reason = prepareDriver();
  if (!reason.empty())
    GTEST_SKIP() << reason;
  ASSERT_OK(
      kgen_device_open(conformanceDriver().device.c_str(), nullptr, &device));
  ASSERT_OK(load(axpyArtifact().build()));
}

void Conformance::TearDown() {
  for (void *buffer : buffers)
    EXPECT_OK(kgen_buffer_free(device, buffer));
  kgen_kernel_destroy(kernel);
  kgen_device_close(device);
}

kgen_status_t Conformance::load(const std::string &bytes) {
  kgen_artifact_t *artifact;
  kgen_status_t status =
      kgen_artifact_load(bytes.data(), bytes.size(), &artifact);
  EXPECT_EQ(status, KGEN_STATUS_OK) << kgen_last_error();
  if (status != KGEN_STATUS_OK)
    return status;
  kgen_kernel_destroy(kernel);
  status = kgen_kernel_load(device, artifact, &kernel);
  EXPECT_EQ(status == KGEN_STATUS_OK, kernel != nullptr);
  kgen_artifact_destroy(artifact); // the kernel keeps what it needs
  return status;
}

void *Conformance::allocate(size_t size) {
  void *pointer = nullptr;
  EXPECT_OK(kgen_buffer_allocate(device, size, &pointer));
  buffers.push_back(pointer);
  return pointer;
}

std::vector<kgen_argument_t> Conformance::makeArguments(int64_t rows) {
  size_t count = static_cast<size_t>(rows) * 4;
  std::vector<float> x(count), y(count);
  for (size_t i = 0; i < count; ++i) {
    x[i] = xValue(static_cast<int64_t>(i));
    y[i] = yValue(static_cast<int64_t>(i));
  }
  size_t bytes = count * sizeof(float);
  void *pointers[] = {allocate(bytes), allocate(bytes), allocate(bytes)};
  EXPECT_OK(kgen_copy_to_device(device, pointers[0], x.data(), bytes, nullptr));
  EXPECT_OK(kgen_copy_to_device(device, pointers[1], y.data(), bytes, nullptr));
  EXPECT_OK(kgen_fill(device, pointers[2], 0xff, 1, bytes, nullptr));
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  int64_t sizes[] = {rows, 4};
  return {kgen_tensor_argument(pointers[0], KGEN_F32, 2, sizes),
          kgen_tensor_argument(pointers[1], KGEN_F32, 2, sizes),
          kgen_f32_argument(axpyAlpha),
          kgen_tensor_argument(pointers[2], KGEN_F32, 2, sizes)};
}

kgen_status_t Conformance::launch(const std::vector<kgen_argument_t> &arguments,
                                  kgen_stream_t *stream) {
  return kgen_launch(kernel, arguments.data(), arguments.size(), stream);
}

void Conformance::expectResult(const std::vector<kgen_argument_t> &arguments) {
  size_t count = static_cast<size_t>(arguments[3].sizes[0]) * 4;
  std::vector<float> out(count);
  EXPECT_OK(kgen_copy_to_host(device, out.data(), arguments[3].data,
                              count * sizeof(float), nullptr));
  for (size_t i = 0; i < count; ++i) {
    int64_t index = static_cast<int64_t>(i);
    ASSERT_EQ(out[i], axpyAlpha * xValue(index) + yValue(index)) << i;
  }
}

} // namespace kgen::runtime_test
