//===- CudaGraphTest.cpp - Launches that are captured into CUDA graphs ----===//
//
// On an NVIDIA GPU alone: the tile counters of captured launches, of the eager
// ones beside them, and the memory for more of them while a stream is captured.
//
//===----------------------------------------------------------------------===//
#include "draw_tiles.h"

#include "cuda/cuda_api.h"

#include <dlfcn.h>
#include <functional>

using namespace kgen::runtime_test;

namespace {

/// A function of libcuda that the runtime itself does not call.
template <typename Function>
Function *cudaFunction(const char *name) {
  static void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  void *function = library ? dlsym(library, name) : nullptr;
  EXPECT_NE(function, nullptr) << name;
  return reinterpret_cast<Function *>(function);
}

#define CUDA(result, name, parameters) cudaFunction<result parameters>(#name)
#define EXPECT_CUDA(call) EXPECT_EQ((call), 0)

constexpr int kGlobalMode = 0; // CUstreamCaptureMode

/// Launches of one kernel on one stream, as an executable graph.
struct Graph {
  cuda_stream_t stream = nullptr;
  void *graph = nullptr, *executable = nullptr;
};

class CudaGraph : public DrawTiles {
protected:
  void SetUp() override {
    DrawTiles::SetUp();
    if (IsSkipped())
      return;
    EXPECT_CUDA(CUDA(int, cuDevicePrimaryCtxRetain,
                     (cuda_context_t *, int))(&context, 0));
    EXPECT_CUDA(CUDA(int, cuCtxPushCurrent_v2, (cuda_context_t))(context));
    ASSERT_OK(load(drawTilesArtifact()));
  }
  void TearDown() override {
    for (Graph &it : graphs) {
      EXPECT_CUDA(CUDA(int, cuGraphExecDestroy, (void *))(it.executable));
      EXPECT_CUDA(CUDA(int, cuGraphDestroy, (void *))(it.graph));
      EXPECT_CUDA(CUDA(int, cuStreamDestroy_v2, (cuda_stream_t))(it.stream));
    }
    DrawTiles::TearDown();
    if (!context)
      return;
    EXPECT_CUDA(CUDA(int, cuCtxPopCurrent_v2, (cuda_context_t *))(&context));
    EXPECT_CUDA(CUDA(int, cuDevicePrimaryCtxRelease_v2, (int))(0));
  }
  /// Captures `count` launches in the strictest mode; `meanwhile` is called
  /// before it ends.
  void capture(const kgen_argument_t &hits, int count,
               const std::function<void()> &meanwhile = [] {}) {
    Graph it;
    kgen_stream_t *stream;
    EXPECT_CUDA(CUDA(int, cuStreamCreate, (cuda_stream_t *, unsigned))(
        &it.stream, CUDA_STREAM_NON_BLOCKING));
    ASSERT_OK(kgen_stream_adopt(device, it.stream, &stream));
    EXPECT_CUDA(CUDA(int, cuStreamBeginCapture_v2,
                     (cuda_stream_t, int))(it.stream, kGlobalMode));
    for (int i = 0; i < count; ++i)
      EXPECT_OK(launch({hits}, stream));
    meanwhile();
    EXPECT_CUDA(CUDA(int, cuStreamEndCapture,
                     (cuda_stream_t, void **))(it.stream, &it.graph));
    EXPECT_CUDA(CUDA(int, cuGraphInstantiateWithFlags,
                     (void **, void *, uint64_t))(&it.executable, it.graph, 0));
    kgen_stream_destroy(stream);
    graphs.push_back(it);
  }
  void run(const Graph &it) {
    EXPECT_CUDA(CUDA(int, cuGraphLaunch,
                     (void *, cuda_stream_t))(it.executable, it.stream));
  }
  void synchronize(const Graph &it) {
    EXPECT_CUDA(CUDA(int, cuStreamSynchronize, (cuda_stream_t))(it.stream));
  }
  cuda_context_t context = nullptr;
  std::vector<Graph> graphs;
};

TEST_F(CudaGraph, RunsAgainAndAgain) {
  kgen_argument_t hits = makeHits(3000);
  capture(hits, 100); // more than have counters when the kernel is loaded
  for (int n = 0; n < 5; ++n)
    run(graphs[0]);
  synchronize(graphs[0]);
  expectHits(hits, 500);
}

TEST_F(CudaGraph, RunsBesideAnotherAndBesideEagerLaunches) {
  kgen_argument_t first = makeHits(3000), second = makeHits(2000),
                  eager = makeHits(1000);
  capture(first, 20);
  capture(second, 30);
  for (int n = 0; n < 10; ++n) {
    run(graphs[0]);
    run(graphs[1]);
    for (int i = 0; i < 10; ++i)
      ASSERT_OK(launch({eager}));
  }
  for (const Graph &it : graphs)
    synchronize(it);
  EXPECT_OK(kgen_stream_synchronize(device, nullptr));
  expectHits(first, 200);
  expectHits(second, 300);
  expectHits(eager, 100);
}

TEST_F(CudaGraph, AStreamMayBeNewWhileAnotherIsCaptured) {
  kgen_argument_t hits = makeHits(1000);
  std::vector<kgen_stream_t *> streams(100); // more than there are counters
  std::vector<kgen_argument_t> eager;
  for (kgen_stream_t *&stream : streams) {
    ASSERT_OK(kgen_stream_create(device, &stream));
    eager.push_back(makeHits(500));
  }
  capture(hits, 3, [&] {
    for (size_t i = 0; i < streams.size(); ++i)
      EXPECT_OK(launch({eager[i]}, streams[i]));
  });
  run(graphs[0]);
  synchronize(graphs[0]);
  expectHits(hits, 3);
  for (size_t i = 0; i < streams.size(); ++i) {
    EXPECT_OK(kgen_stream_synchronize(device, streams[i]));
    expectHits(eager[i], 1);
    kgen_stream_destroy(streams[i]);
  }
}

} // namespace
