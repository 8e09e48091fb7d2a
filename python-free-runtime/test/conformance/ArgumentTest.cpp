//===- ArgumentTest.cpp - Wrong launch arguments
//-----------------------------===//
#include "conformance.h"

#include <cstring>

using namespace kgen::runtime_test;

namespace {

class Arguments : public Conformance {
protected:
  void SetUp() override {
    Conformance::SetUp();
    if (kernel)
      arguments = makeArguments(100);
  }
  /// Launches, expects the status and that the text has these words, and that
  /// nothing ran.
  void expectRefused(kgen_status_t status, const char *words) {
    EXPECT_EQ(launch(arguments), status) << kgen_last_error();
    EXPECT_NE(std::strstr(kgen_last_error(), words), nullptr)
        << kgen_last_error();
    std::vector<uint32_t> out(4);
    EXPECT_OK(kgen_copy_to_host(device, out.data(), outData, 16, nullptr));
    EXPECT_EQ(out, std::vector<uint32_t>(4, 0xffffffffu));
  }
  void keepOut() { outData = arguments[3].data; }

  std::vector<kgen_argument_t> arguments;
  void *outData = nullptr;
};

TEST_F(Arguments, KG7014TooFewAndTooMany) {
  keepOut();
  kgen_argument_t last = arguments.back();
  arguments.pop_back();
  expectRefused(KGEN_STATUS_ARGUMENT_COUNT, "has 3 arguments");
  arguments.push_back(last);
  arguments.push_back(last);
  expectRefused(KGEN_STATUS_ARGUMENT_COUNT, "takes 4");
}

TEST_F(Arguments, KG7015ScalarForATensorAndTheReverse) {
  keepOut();
  std::swap(arguments[1], arguments[2]);
  expectRefused(KGEN_STATUS_ARGUMENT_KIND, "y is a scalar");
  std::swap(arguments[1], arguments[2]);
  arguments[2] = arguments[0];
  expectRefused(KGEN_STATUS_ARGUMENT_KIND, "alpha is a tensor");
}

TEST_F(Arguments, KG7016OtherElementType) {
  keepOut();
  arguments[1].element_type = KGEN_BF16;
  expectRefused(KGEN_STATUS_ARGUMENT_TYPE,
                "y has elements of type bf16, the kernel takes f32");
}

TEST_F(Arguments, KG7017OtherRank) {
  keepOut();
  for (int32_t rank : {1, 3, -1, 1000}) {
    arguments[0].rank = rank;
    expectRefused(KGEN_STATUS_ARGUMENT_RANK, "the kernel takes rank 2");
  }
}

TEST_F(Arguments, KG7018OtherStaticSize) {
  keepOut();
  arguments[0].sizes[1] = 5;
  expectRefused(KGEN_STATUS_ARGUMENT_SIZE,
                "x has size 5 in dimension 1, the kernel takes 4");
}

TEST_F(Arguments, KG7018NegativeAndHugeSizes) {
  keepOut();
  arguments[0].sizes[0] = -1;
  expectRefused(KGEN_STATUS_ARGUMENT_SIZE, "x has size -1");
  for (int i : {0, 1, 3})
    arguments[i].sizes[0] = INT64_MAX;
  expectRefused(KGEN_STATUS_ARGUMENT_SIZE, "more bytes than");
}

TEST_F(Arguments, KG7019UnequalSymbols) {
  keepOut();
  arguments[3].sizes[0] = 99;
  expectRefused(KGEN_STATUS_ARGUMENT_SYMBOL,
                "out has size 99 in dimension 0, but x has 100");
}

TEST_F(Arguments, KG7020NullData) {
  keepOut();
  arguments[1].data = nullptr;
  expectRefused(KGEN_STATUS_ARGUMENT_NULL, "y has 1600 bytes");
}

TEST_F(Arguments, KG7021NotAMultiple) {
  ArtifactBuilder builder = axpyArtifact();
  if (!kernel) // skipped
    return;
  builder.parameters[1].dimensions[0].divisor = 64;
  ASSERT_OK(load(builder.build()));
  keepOut();
  expectRefused(KGEN_STATUS_ARGUMENT_DIVISIBILITY,
                "y has size 100 in dimension 0, not a multiple of 64");
}

TEST_F(Arguments, KG7022UnalignedData) {
  keepOut();
  arguments[3].data = static_cast<char *>(arguments[3].data) + 4;
  expectRefused(KGEN_STATUS_ARGUMENT_ALIGNMENT, "not a multiple of 16 bytes");
  arguments[3].data = outData;
  arguments[0].data = static_cast<char *>(arguments[0].data) + 2;
  expectRefused(KGEN_STATUS_ARGUMENT_ALIGNMENT, "not a multiple of 4 bytes");
}

TEST_F(Arguments, KG7023GridOverflow) {
  ArtifactBuilder builder = axpyArtifact();
  if (!kernel) // skipped
    return;
  builder.header.grid[0] = {3, 0, INT64_MAX / 2, 1};
  ASSERT_OK(load(builder.build()));
  keepOut();
  expectRefused(KGEN_STATUS_LAUNCH_LIMIT, "grid dimension x");
}

TEST_F(Arguments, KG7001NullHandles) {
  EXPECT_EQ(kgen_launch(nullptr, arguments.data(), 4, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  EXPECT_EQ(kgen_launch(kernel, nullptr, 4, nullptr),
            KGEN_STATUS_INVALID_ARGUMENT);
  kgen_kernel_t *loaded;
  EXPECT_EQ(kgen_kernel_load(device, nullptr, &loaded),
            KGEN_STATUS_INVALID_ARGUMENT);
  kgen_kernel_destroy(nullptr);
}

} // namespace
