//===- HopperSnippet.h - A few instructions as a kernel -------------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_HOPPERSNIPPET_H
#define KGEN_TEST_UNIT_EMULATOR_HOPPERSNIPPET_H

#include "kgen/Emulator/Emulator.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace kgen::emulator::test {

/// Runs `body` as the body of a kernel for sm_90a. Declared and set: %tid,
/// %lane, %warp, %smem (address of 64 KiB of shared memory), %in and %out
/// (addresses of 64 KiB each), %map (of a tensor map given as a parameter);
/// declared: %r0-31, %f0-127, %d0-15 (64 bits), %h0-3 (16 bits), %p0-7.
class Snippet {
public:
  static constexpr uint64_t kBytes = 65536;
  explicit Snippet(std::string body)
      : body(std::move(body)), in(kBytes), out(kBytes) {}
  Snippet &threads(uint32_t count) {
    threadCount = count;
    return *this;
  }
  Snippet &cluster(uint32_t blocks) {
    blockCount = blocks;
    return *this;
  }
  Snippet &directives(std::string text) {
    directiveText = std::move(text);
    return *this;
  }

  /// What went wrong, if anything.
  std::optional<Error> run(uint64_t seed = 0) {
    auto program = loadPtx(text(), "k", **findArchitecture("sm_90a"));
    if (!program)
      return program.error();
    GlobalMemory memory;
    memory.adopt(in.data(), kBytes);
    memory.adopt(out.data(), kBytes);
    void *inAddress = in.data(), *outAddress = out.data();
    void *arguments[] = {map, &inAddress, &outAddress};
    Launch launch;
    launch.grid = {int64_t(blockCount), 1, 1};
    launch.cluster = {blockCount, 1, 1};
    launch.threads = threadCount;
    launch.dynamicSharedBytes = kBytes;
    launch.arguments = arguments;
    launch.seed = seed;
    launch.instructionLimit = 1'000'000;
    counts = {};
    Expected<void> done = (*program)->launch(launch, memory, counts);
    if (!done)
      return done.error();
    return std::nullopt;
  }
  /// The code of what went wrong; 0 if nothing did.
  uint32_t finding(uint64_t seed = 0) {
    last = run(seed);
    return last ? uint32_t(last->code()) : 0;
  }

  /// "line 20: ", where the body begins.
  std::string place() const {
    std::string whole = text();
    auto end = whole.begin() + ptrdiff_t(whole.find(body));
    return "line " + std::to_string(1 + std::count(whole.begin(), end, '\n')) +
           ": ";
  }

  template <typename T>
  T output(size_t index) const {
    T value;
    std::memcpy(&value, out.data() + index * sizeof(T), sizeof(T));
    return value;
  }
  template <typename T>
  void input(size_t index, T value) {
    std::memcpy(in.data() + index * sizeof(T), &value, sizeof(T));
  }

  std::string text() const {
    return ".version 8.6\n.target sm_90a\n.address_size 64\n"
           ".extern .shared .align 1024 .b8 smem[];\n"
           ".visible .entry k(.param .align 64 .b8 map[128], .param .u64 in, "
           ".param .u64 out)\n" +
           directiveText +
           "{\n.reg .b32 %r<32>, %tid, %lane, %warp, %smem;\n"
           ".reg .b64 %d<16>, %in, %out, %map;\n.reg .f32 %f<128>;\n"
           ".reg .b16 %h<4>;\n.reg .pred %p<8>;\n"
           "mov.u32 %tid, %tid.x;\nand.b32 %lane, %tid, 31;\n"
           "shr.u32 %warp, %tid, 5;\nmov.u32 %smem, smem;\n"
           "ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\n"
           "mov.b64 %map, map;\ncvta.param.u64 %map, %map;\n" +
           body + "\nret;\n}\n";
  }

  alignas(64) uint8_t map[128] = {};
  Counts counts;
  std::optional<Error> last;

private:
  std::string body, directiveText;
  uint32_t threadCount = 32, blockCount = 1;

  /// 256-byte aligned, as device memory is.
  struct Buffer {
    explicit Buffer(size_t bytes) : storage(bytes + 256) {}
    uint8_t *data() {
      uint64_t at = reinterpret_cast<uint64_t>(storage.data());
      return storage.data() + (256 - at % 256) % 256;
    }
    const uint8_t *data() const { return const_cast<Buffer *>(this)->data(); }
    std::vector<uint8_t> storage;
  };

public:
  Buffer in, out;
};

} // namespace kgen::emulator::test

#endif // KGEN_TEST_UNIT_EMULATOR_HOPPERSNIPPET_H
