//===- HopperCopyTest.cpp - Bulk copies, one by one -----------------------===//

#include "Hopper/TensorMap.h"
#include "HopperSnippet.h"
#include "PTX/HalfFloat.h"

#include <gtest/gtest.h>

using namespace kgen;
using namespace kgen::emulator;
using namespace kgen::emulator::test;
using enum kgen::ErrorCode;

static uint32_t number(ErrorCode code) { return uint32_t(code); }

namespace {

/// One thread and one barrier at %smem; `copy` runs with it ready.
std::string oneThread(const std::string &copy) {
  return "setp.ne.u32 %p0, %tid, 0;\n@%p0 bra end;\n"
         "mbarrier.init.shared.b64 [%smem], 1;\n"
         "fence.mbarrier_init.release.cluster;\n" +
         copy + "end:";
}
std::string expect(const std::string &bytes) {
  return "mbarrier.arrive.expect_tx.shared.b64 _, [%smem], " + bytes + ";\n";
}
const std::string kWait =
    "wait: mbarrier.try_wait.parity.shared.b64 %p1, [%smem], 0;\n"
    "@!%p1 bra wait;\n";
const std::string kLoad =
    "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes "
    "[%smem+1024], [%in], 256, [%smem];\n";
const std::string kStore =
    "cp.async.bulk.global.shared::cta.bulk_group [%out], [%smem+1024], 256;\n"
    "cp.async.bulk.commit_group;\ncp.async.bulk.wait_group 0;\n";

/// A map of `type` over the snippet's output, 1-D or 2-D.
void encode(Snippet &snippet, hopper::TensorType type, uint64_t columns,
            uint64_t rows, uint32_t boxColumns, uint32_t boxRows) {
  uint64_t dims[] = {columns, rows}, strides[] = {columns * bytesOf(type)};
  uint32_t box[] = {boxColumns, boxRows}, steps[] = {1, 1};
  hopper::TensorMapParameters p;
  p.type = uint32_t(type);
  p.rank = rows > 1 ? 2 : 1;
  p.address = reinterpret_cast<uint64_t>(snippet.out.data());
  p.dims = dims;
  p.strides = strides;
  p.box = box;
  p.elementStrides = steps;
  auto encoded = hopper::encodeTensorMap(snippet.map, p);
  ASSERT_TRUE(encoded) << encoded.error().message();
}

} // namespace

TEST(HopperBulkCopy, GoesThroughSharedMemoryAndBack) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    Snippet snippet(oneThread(expect("256") + kLoad + kWait + kStore));
    for (uint32_t i = 0; i < 64; ++i)
      snippet.input<uint32_t>(i, i * i);
    ASSERT_EQ(snippet.finding(seed), 0u) << snippet.last->message();
    for (uint32_t i = 0; i < 64; ++i)
      EXPECT_EQ(snippet.output<uint32_t>(i), i * i);
    EXPECT_EQ(snippet.counts.globalLoadBytes, 256u);
    EXPECT_EQ(snippet.counts.globalStoreBytes, 256u);
  }
}

TEST(HopperBulkCopy, MustBeWaitedForBeforeItsDataAreUsed) {
  uint32_t code =
      Snippet(oneThread(expect("256") + kLoad + kStore + kWait)).finding();
  EXPECT_EQ(code, number(FindingMissingWait));
  EXPECT_EQ(Snippet(oneThread(expect("256") + kLoad)).finding(),
            number(FindingMissingWait))
      << "the block ends first";
}

TEST(HopperBulkCopy, ReadsWhatAGenericStoreWroteOnlyAfterAProxyFence) {
  std::string write = "mov.u32 %r0, 5;\nmov.u32 %r1, 0;\n"
                      "fill: add.u32 %r2, %smem, %r1;\n"
                      "st.shared.u32 [%r2+1024], %r0;\nadd.u32 %r1, %r1, 4;\n"
                      "setp.lt.u32 %p2, %r1, 256;\n@%p2 bra fill;\n";
  EXPECT_EQ(Snippet(oneThread(write + kStore)).finding(),
            number(FindingProxyRace));
  EXPECT_EQ(
      Snippet(oneThread("fence.proxy.async;\n" + write + kStore)).finding(),
      number(FindingProxyRace))
      << "the fence stands before the writes";
  EXPECT_EQ(Snippet(oneThread(write + "fence.proxy.async.global;\n" + kStore))
                .finding(),
            number(FindingProxyRace));
  for (const char *fence :
       {"fence.proxy.async;\n", "fence.proxy.async.shared::cta;\n",
        "fence.proxy.async.shared::cluster;\n"}) {
    Snippet snippet(oneThread(write + fence + kStore));
    EXPECT_EQ(snippet.finding(), 0u) << fence;
    EXPECT_EQ(snippet.output<uint32_t>(63), 5u);
  }
}

TEST(HopperBulkCopy, TakesMultiplesOfSixteenInsideTheirMemory) {
  auto load = [](const char *destination, const char *source,
                 const char *bytes) {
    return oneThread(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [" +
        std::string(destination) + "], [" + source + "], " + bytes +
        ", [%smem];\n");
  };
  EXPECT_EQ(Snippet(load("%smem+1032", "%in", "16")).finding(),
            number(FindingMisaligned));
  EXPECT_EQ(Snippet(load("%smem+1024", "%in+4", "16")).finding(),
            number(FindingMisaligned));
  EXPECT_EQ(Snippet(load("%smem+1024", "%in", "24")).finding(),
            number(FindingMisaligned));
  EXPECT_EQ(Snippet(load("%smem+1024", "%in+65536", "16")).finding(),
            number(FindingOutOfBounds));
  EXPECT_EQ(Snippet(load("%smem+65536", "%in", "16")).finding(),
            number(FindingOutOfBounds));
}

TEST(HopperBulkCopy, BringsDataToAnotherBlock) {
  // Block 0 sends 256 bytes to block 1, whose barrier hears of them.
  std::string body =
      "mov.u32 %r0, %cluster_ctarank;\nsetp.eq.u32 %p0, %tid, 0;\n"
      "@%p0 mbarrier.init.shared.b64 [%smem], 1;\n"
      "fence.mbarrier_init.release.cluster;\n"
      "shl.b32 %r1, %tid, 3;\nadd.u32 %r1, %r1, %smem;\n"
      "mov.u64 %d0, 77;\nst.shared.u64 [%r1+1024], %d0;\n"
      "fence.proxy.async;\n"
      "barrier.cluster.arrive.aligned;\nbarrier.cluster.wait.aligned;\n"
      "setp.eq.u32 %p1, %r0, 1;\n@%p1 bra receiver;\n"
      "mapa.shared::cluster.u32 %r2, %smem, 1;\n"
      "@%p0 cp.async.bulk.shared::cluster.shared::cta.mbarrier::"
      "complete_tx::bytes [%r2+4096], [%smem+1024], 256, [%r2];\nbra end;\n"
      "receiver:\n@%p0 mbarrier.arrive.expect_tx.shared.b64 _, [%smem], "
      "256;\n" +
      kWait +
      "ld.shared.u64 %d1, [%smem+4344];\nst.global.u64 [%out], %d1;\nend:\n"
      "barrier.cluster.arrive;\nbarrier.cluster.wait;\n";
  for (uint64_t seed = 0; seed < 4; ++seed) {
    Snippet snippet(body);
    ASSERT_EQ(snippet.cluster(2).finding(seed), 0u) << snippet.last->message();
    EXPECT_EQ(snippet.output<uint64_t>(0), 77u);
  }
}

TEST(HopperBulkCopy, MulticastsToTheBlocksOfTheMask) {
  std::string body =
      "mov.u32 %r0, %cluster_ctarank;\nsetp.eq.u32 %p0, %tid, 0;\n"
      "@%p0 mbarrier.init.shared.b64 [%smem], 1;\n"
      "fence.mbarrier_init.release.cluster;\n"
      "barrier.cluster.arrive.relaxed.aligned;\n"
      "barrier.cluster.wait.aligned;\nbar.sync 0;\n"
      "@%p0 mbarrier.arrive.expect_tx.shared.b64 _, [%smem], 256;\n"
      "setp.eq.and.u32 %p2, %r0, 0, %p0;\nmov.u16 %h0, 3;\n"
      "@%p2 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes"
      ".multicast::cluster [%smem+1024], [%in], 256, [%smem], %h0;\n" +
      kWait +
      "ld.shared.u32 %r2, [%smem+1276];\nshl.b32 %r3, %r0, 2;\n"
      "cvt.u64.u32 %d0, %r3;\nadd.u64 %d0, %d0, %out;\n"
      "@%p0 st.global.u32 [%d0], %r2;\n";
  for (uint64_t seed = 0; seed < 4; ++seed) {
    Snippet snippet(body);
    snippet.input<uint32_t>(63, 11);
    ASSERT_EQ(snippet.cluster(2).finding(seed), 0u) << snippet.last->message();
    EXPECT_EQ(snippet.output<uint32_t>(0), 11u);
    EXPECT_EQ(snippet.output<uint32_t>(1), 11u);
  }
}

TEST(HopperTensorCopyOps, ReducesIntoDeviceMemory) {
  Snippet snippet(
      "setp.ne.u32 %p0, %tid, 0;\n@%p0 bra end;\nmov.u32 %r0, 0;\n"
      "fill: add.u32 %r1, %smem, %r0;\nmov.f32 %f0, 0f3F800000;\n"
      "st.shared.f32 [%r1+1024], %f0;\nadd.u32 %r0, %r0, 4;\n"
      "setp.lt.u32 %p1, %r0, 64;\n@%p1 bra fill;\nfence.proxy.async;\n"
      "prefetch.tensormap [%map];\nadd.u32 %r2, %smem, 1024;\n"
      "cp.reduce.async.bulk.tensor.1d.global.shared::cta.add.tile.bulk_group "
      "[%map, {8}], [%r2];\n"
      "cp.reduce.async.bulk.tensor.1d.global.shared::cta.add.bulk_group "
      "[%map, {8}], [%r2];\n"
      "cp.async.bulk.commit_group;\ncp.async.bulk.wait_group.read 0;\nend:");
  encode(snippet, hopper::TensorType::F32, 20, 1, 16, 1);
  ASSERT_EQ(snippet.finding(), 0u) << snippet.last->message();
  for (uint32_t i = 0; i < 32; ++i)
    EXPECT_EQ(snippet.output<float>(i), i >= 8 && i < 20 ? 2.0f : 0.0f) << i;
}

TEST(HopperTensorCopyOps, StoresWhatOthersWroteAfterTheirProxyFences) {
  // Each of 128 threads writes four bytes; the first one copies them all.
  auto body = [](const std::string &fence, const std::string &join) {
    return "shl.b32 %r0, %tid, 2;\nadd.u32 %r1, %smem, %r0;\n"
           "st.shared.u32 [%r1+1024], %tid;\n" + fence + join +
           "setp.ne.u32 %p0, %tid, 0;\n@%p0 bra end;\n"
           "add.u32 %r2, %smem, 1024;\n"
           "cp.async.bulk.tensor.1d.global.shared::cta.bulk_group "
           "[%map, {8}], [%r2];\n"
           "cp.async.bulk.commit_group;\ncp.async.bulk.wait_group.read 0;\n"
           "end:";
  };
  const std::string fence = "fence.proxy.async.shared::cta;\n",
                    join = "bar.sync 4, 128;\n";
  for (uint64_t seed = 0; seed < 4; ++seed) {
    auto found = [&](const std::string &text) {
      Snippet snippet(text);
      snippet.threads(128);
      encode(snippet, hopper::TensorType::S32, 136, 1, 128, 1);
      uint32_t code = snippet.finding(seed);
      for (uint32_t i = 8; code == 0 && i < 136; ++i)
        EXPECT_EQ(snippet.output<uint32_t>(i), i - 8);
      return code;
    };
    EXPECT_EQ(found(body(fence, join)), 0u);
    EXPECT_EQ(found(body("", join)), number(FindingProxyRace));
    EXPECT_EQ(found(body("", join + fence)), 0u) << "between the two";
    EXPECT_NE(found(body(fence, "")), 0u);
  }
}

TEST(HopperTensorCopyOps, MayLeaveUndefinedWhatTheTensorClips) {
  // 12 of the box's 16 elements lie inside the tensor.
  for (uint32_t written : {11, 12}) {
    Snippet snippet(
        "setp.ne.u32 %p0, %tid, 0;\n@%p0 bra end;\nmov.u32 %r0, 0;\n"
        "fill: add.u32 %r1, %smem, %r0;\nst.shared.u32 [%r1+1024], 7;\n"
        "add.u32 %r0, %r0, 4;\nsetp.lt.u32 %p1, %r0, " +
        std::to_string(4 * written) +
        ";\n@%p1 bra fill;\nfence.proxy.async;\nadd.u32 %r2, %smem, 1024;\n"
        "cp.async.bulk.tensor.1d.global.shared::cta.bulk_group [%map, {8}], "
        "[%r2];\n"
        "cp.async.bulk.commit_group;\ncp.async.bulk.wait_group.read 0;\nend:");
    encode(snippet, hopper::TensorType::S32, 20, 1, 16, 1);
    EXPECT_EQ(snippet.finding(),
              written == 12 ? 0 : number(FindingUninitialised));
  }
}

TEST(HopperTensorCopyOps, ChecksTheMapItIsGiven) {
  std::string body =
      oneThread("add.u32 %r2, %smem, 1024;\n"
                "cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::"
                "complete_tx::bytes [%r2], [%map, {0, 0}], [%smem];\n");
  Snippet noMap(body);
  EXPECT_EQ(noMap.finding(), number(FindingOperand));
  Snippet otherRank(body);
  encode(otherRank, hopper::TensorType::F32, 16, 1, 16, 1);
  EXPECT_EQ(otherRank.finding(), number(FindingOperand));
  EXPECT_NE(otherRank.last->detail().find("1 dimensions"), std::string::npos);
  Snippet inGlobal(oneThread("prefetch.tensormap [%in+65472];\n"));
  EXPECT_EQ(inGlobal.finding(), number(FindingOutOfBounds));
}

TEST(HopperTensorCopyOps, RefusesWhatIsNotEmulatedWithTheLine) {
  const std::pair<const char *, ErrorCode> cases[] = {
      {"cp.async.bulk.tensor.3d.shared::cluster.global.im2col.mbarrier::"
       "complete_tx::bytes [%smem], [%map, {0, 0, 0}], [%smem], {%h0};",
       EmulatorUnsupported},
      {"cp.async.bulk.tensor.shared::cluster.global.mbarrier::complete_tx::"
       "bytes [%smem], [%map, {0, 0}], [%smem];",
       EmulatorSyntax},
      {"cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::"
       "bytes [%smem], [%map, {0}], [%smem];",
       EmulatorSyntax},
      {"cp.reduce.async.bulk.tensor.1d.global.shared::cta.xor.bulk_group "
       "[%map, {0}], [%smem];",
       EmulatorUnsupported},
      {"cp.async.bulk.global.global.bulk_group [%out], [%in], 16;",
       EmulatorSyntax},
      {"multimem.ld_reduce.global.add.f32 %f0, [%in];", EmulatorUnsupported},
      {"fence.proxy.alias;", EmulatorUnsupported},
      {"st.async.shared::cluster.mbarrier::complete_tx::bytes.u32 [%smem], "
       "%r0, [%smem];",
       EmulatorUnsupported},
      {"wgmma.mma_async.sp.sync.aligned.m64n8k32.f32.f16.f16 {%f0, %f1, %f2, "
       "%f3}, %d0, %d1, %r0, 0, 1, 1, 1, 0, 0;",
       EmulatorUnsupported},
      {"wgmma.mma_async.sync.aligned.m64n12k16.f32.f16.f16 {%f0, %f1, %f2, "
       "%f3}, %d0, %d1, 1, 1, 1, 0, 0;",
       EmulatorSyntax},
  };
  for (const auto &[body, code] : cases) {
    Snippet snippet(body);
    EXPECT_EQ(snippet.finding(), number(code))
        << body << "\n"
        << (snippet.last ? snippet.last->message() : "accepted");
    EXPECT_TRUE(snippet.last &&
                snippet.last->detail().starts_with(snippet.place()))
        << (snippet.last ? snippet.last->detail() : "");
  }
}
