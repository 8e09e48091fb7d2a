//===- cpu_vs_openblas.cpp - CPU kernels against sgemm, softmax, sgemm -----===//
//
// Forward attention in f32: the CPU target's kernel on all cores against what a
// BLAS user writes, two sgemm a head (OpenBLAS with its own threads) around a
// softmax that is vectorised and spread over the same cores. Both run in turn,
// medians are compared, and each checks the other's result.
//
//   kgen-bench-openblas [sequence [head-dim [heads [tile_q tile_kv]]]]
//
// Without tile sizes a few are tried. The last column excludes the baseline's
// softmax: a ratio above 1 there means faster than the two products alone.
//
//===----------------------------------------------------------------------===//

#include "KernelRunner.h"
#include "TiledFlash.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cblas.h>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>

using namespace kgen;
using namespace kgen::test;

namespace {

const int kThreads = std::max(1u, std::thread::hardware_concurrency());
constexpr int kRounds = 9;

double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

/// Runs `body(i, thread)` for i < count on all cores.
template <typename BodyT>
void parallel(int64_t count, BodyT body) {
  std::atomic<int64_t> next = 0;
  auto work = [&](int thread) {
    for (int64_t i; (i = next++) < count;)
      body(i, thread);
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < kThreads; ++t)
    threads.emplace_back(work, t);
  work(0);
  for (std::thread &thread : threads)
    thread.join();
}

struct Attention {
  int64_t heads, sequence, d;
  std::vector<float> q, k, v;

  double flops() const { return 4.0 * heads * sequence * sequence * d; }
};

std::vector<float> randomValues(int64_t count, uint32_t state) {
  std::vector<float> values(count);
  for (float &value : values) {
    state = state * 1664525u + 1013904223u;
    value = float(state >> 8) / (1 << 23) - 1.0f;
  }
  return values;
}

/// 2^x for x <= 0, in a form that the compiler vectorises.
inline float power(float x) {
  x = std::max(x, -126.0f);
  float whole = std::floor(x + 0.5f), f = x - whole;
  float p = 1.5353362e-4f;
  for (float c : {1.3398874e-3f, 9.6184374e-3f, 5.5503325e-2f, 2.4022648e-1f,
                  6.9314720e-1f, 1.0f})
    p = p * f + c;
  return p * std::bit_cast<float>((int32_t(whole) + 127) << 23);
}

void softmaxRow(float *row, int64_t count) {
  float most = row[0], sum = 0;
  for (int64_t j = 0; j < count; ++j)
    most = std::max(most, row[j]);
  for (int64_t j = 0; j < count; ++j) {
    row[j] = power((row[j] - most) * 1.44269504f);
    sum += row[j];
  }
  for (int64_t j = 0; j < count; ++j)
    row[j] /= sum;
}

struct Baseline {
  double total = 0, products = 0;
};

Baseline runBaseline(const Attention &p, std::vector<float> &scores,
                     std::vector<float> &out) {
  Baseline times;
  double start = now(), softmax = 0;
  float scale = 1 / std::sqrt(float(p.d));
  int s = int(p.sequence), d = int(p.d);
  for (int64_t h = 0; h < p.heads; ++h) {
    int64_t at = h * p.sequence * p.d;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, s, s, d, scale,
                &p.q[at], d, &p.k[at], d, 0, scores.data(), s);
    double between = now();
    parallel(s / 16, [&](int64_t block, int) {
      for (int64_t i = block * 16; i < block * 16 + 16; ++i)
        softmaxRow(&scores[i * s], s);
    });
    softmax += now() - between;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, s, d, s, 1,
                scores.data(), s, &p.v[at], d, 0, &out[at], d);
  }
  times.total = now() - start;
  times.products = times.total - softmax;
  return times;
}

double runKernel(const Attention &p, const FlashCase &flash,
                 const LoadedKernel &kernel, std::vector<void *> &scratch,
                 std::vector<float> &out, std::vector<float> &lse) {
  Arguments arguments;
  arguments.tensor(p.q.data(), {1, p.sequence});
  arguments.tensor(p.k.data(), {1, p.sequence});
  arguments.tensor(p.v.data(), {1, p.sequence});
  arguments.tensor(out.data(), {1, p.sequence});
  arguments.tensor(lse.data(), {1, p.sequence});
  std::vector<void *> pointers = arguments.pointers();
  int64_t tiles = (p.sequence + flash.tileQ - 1) / flash.tileQ;
  double start = now();
  parallel(tiles * p.heads, [&](int64_t i, int thread) {
    int64_t block[] = {i % tiles, i / tiles, 0};
    kernel.runBlock(pointers.data(), block, scratch[thread]);
  });
  return now() - start;
}

/// Largest difference; values are averages of numbers in [-1, 1).
double difference(const std::vector<float> &a, const std::vector<float> &b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i)
    most = std::max(most, std::fabs(double(a[i]) - b[i]));
  return most;
}

bool compare(const Attention &p, int64_t tileQ, int64_t tileKV) {
  FlashCase flash;
  flash.tileQ = tileQ;
  flash.tileKV = tileKV;
  flash.d = flash.dv = p.d;
  flash.heads = flash.kvHeads = p.heads;
  Compiled compiled = compileForCpu(tiledFlash(flash), hostArch());
  LoadedKernel kernel(compiled.code);
  if (!kernel) {
    std::fprintf(stderr, "%s\n", compiled.diagnostics.c_str());
    return false;
  }
  std::vector<void *> scratch;
  for (int t = 0; t < kThreads; ++t)
    scratch.push_back(std::aligned_alloc(64, (compiled.code.scratchBytes + 63) / 64 * 64));
  std::vector<float> scores(p.sequence * p.sequence), theirs(p.q.size()),
      ours(p.q.size()), lse(p.heads * p.sequence);
  std::vector<double> kernelTimes, totals, products;
  for (int round = 0; round < kRounds + 1; ++round) {
    double mine = runKernel(p, flash, kernel, scratch, ours, lse);
    Baseline other = runBaseline(p, scores, theirs);
    if (round == 0) // Warms caches, pages and the clock.
      continue;
    kernelTimes.push_back(mine);
    totals.push_back(other.total);
    products.push_back(other.products);
  }
  for (void *pointer : scratch)
    std::free(pointer);
  double mine = median(kernelTimes), error = difference(ours, theirs);
  std::printf("%4ld %4ld  %8.3f ms %7.1f GFLOP/s   %8.3f ms %7.1f GFLOP/s   "
              "%5.2f  %5.2f   %.1e\n",
              long(tileQ), long(tileKV), mine * 1e3, p.flops() / mine / 1e9,
              median(totals) * 1e3, p.flops() / median(totals) / 1e9,
              median(totals) / mine, median(products) / mine, error);
  std::fflush(stdout);
  return error < 1e-5;
}

} // namespace

int main(int argc, char **argv) {
  auto number = [&](int i, int64_t otherwise) {
    return i < argc ? std::max<int64_t>(1, std::atoll(argv[i])) : otherwise;
  };
  Attention p;
  p.sequence = (number(1, 2048) + 15) / 16 * 16;
  p.d = number(2, 64);
  p.heads = number(3, 8);
  int64_t count = p.heads * p.sequence * p.d;
  p.q = randomValues(count, 1);
  p.k = randomValues(count, 2);
  p.v = randomValues(count, 3);
  openblas_set_num_threads(kThreads);
  std::printf("f32, batch 1, %ld heads, sequence %ld, head dim %ld, %d threads, "
              "%s\ntile_q/kv       kgen                         OpenBLAS"
              "                     ratio  products  max diff\n",
              long(p.heads), long(p.sequence), long(p.d), kThreads,
              hostArch().c_str());
  if (argc > 5)
    return compare(p, number(4, 64), number(5, 128)) ? 0 : 1;
  bool same = true;
  for (int64_t tileQ : {32, 64, 96, 128})
    for (int64_t tileKV : {64, 128, 192, 256})
      same &= compare(p, tileQ, tileKV);
  return same ? 0 : 1;
}
