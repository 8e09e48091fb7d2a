//===- conformance.h - One suite, one program for each driver
//----------------===//
//
// The tests of this folder hold for every driver. Each program links them with
// one driver_*.cpp, which says what they run on.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_RUNTIME_TEST_CONFORMANCE_CONFORMANCE_H
#define KGEN_RUNTIME_TEST_CONFORMANCE_CONFORMANCE_H

#include "artifact_builder.h"
#include "fake/fake_tensor_map.h"
#include "kgen_runtime.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kgen::runtime_test {

/// What the suite runs on.
struct ConformanceDriver {
  std::string device; ///< name for kgen_device_open
  kgen_target_t target;
  kgen_code_format_t format;
  std::string arch;      ///< that the artefacts name
  std::string otherArch; ///< that no machine of this driver has
  std::string code;      ///< exports kgen_test_axpy
  uint32_t threads;      ///< per block
  bool threadSafe;       ///< whether the library below it is
  bool isHardware = true; ///< has a clock, and is found without being named
};

/// Defined by the program's driver_*.cpp.
const ConformanceDriver &conformanceDriver();
/// What a fake saw of the latest launch. Programs with HopperTest.cpp define it.
struct RecordedLaunch {
  int64_t grid[3];
  uint32_t cluster[3]; ///< all 0: launched without clusters
  int encoded;         ///< tensor maps encoded until now
  uint32_t *counter;   ///< in the fake's memory, which is the host's
  fake_tensor_map_t map;
};
/// The argument after `arguments` others is read as a tile counter from now on.
void readCounterAfter(int arguments);
/// The argument after `arguments` others is read as a tensor map from now on.
void readMapAfter(int arguments);
RecordedLaunch recordedLaunch();
/// The library in a version from before tensor maps, clusters and the ids of
/// streams; until the next test.
void useOldLibrary();

/// Why nothing can run here; empty if it can. Called before each test, so that
/// it can also reset a fake library.
std::string prepareDriver();

#define EXPECT_OK(call) EXPECT_EQ((call), KGEN_STATUS_OK) << kgen_last_error()
#define ASSERT_OK(call) ASSERT_EQ((call), KGEN_STATUS_OK) << kgen_last_error()

/// An artefact of kgen_test_axpy: x, y, alpha, out; x, y and out are
/// tensor<?x4xf32> with one size symbol.
ArtifactBuilder axpyArtifact();

/// Opens the device, loads kgen_test_axpy and frees everything.
class Conformance : public testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  /// Loads an artefact's bytes on the device into `kernel`.
  kgen_status_t load(const std::string &bytes);
  /// A device buffer that TearDown frees.
  void *allocate(size_t size);
  /// Device copies of x and y with `rows` rows, and out filled with 0xff.
  std::vector<kgen_argument_t> makeArguments(int64_t rows);
  kgen_status_t launch(const std::vector<kgen_argument_t> &arguments,
                       kgen_stream_t *stream = nullptr);
  /// Whether out is alpha * x + y in every element.
  void expectResult(const std::vector<kgen_argument_t> &arguments);

  kgen_device_t *device = nullptr;
  kgen_kernel_t *kernel = nullptr;
  std::vector<void *> buffers;
};

/// Row-major x and y of the tests, and what the kernel makes of them.
float xValue(int64_t i);
float yValue(int64_t i);
constexpr float axpyAlpha = 2.5f;

} // namespace kgen::runtime_test

#endif // KGEN_RUNTIME_TEST_CONFORMANCE_CONFORMANCE_H
