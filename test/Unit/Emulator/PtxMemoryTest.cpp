//===- PtxMemoryTest.cpp - Loads, stores, atomics, copies, barriers
//--------===//

#include "PtxHarness.h"

#include <gtest/gtest.h>

#include <bit>

using namespace kgen::emulator;

namespace {

using Words = std::vector<uint32_t>;

/// in[t] = 1000 + t, 256 words; out has 256 words.
struct Execution {
  Words in = Words(256), out = Words(256);
  Counts counts;
  std::string error;

  explicit Execution(PtxKernel kernel) {
    for (uint32_t t = 0; t < in.size(); ++t)
      in[t] = 1000 + t;
    auto result = kernel.run(in.data(), 1024, out.data(), 1024, &counts);
    error = result ? "" : result.error().message();
  }
};

constexpr const char *kStatic = ".shared .align 16 .b8 tile[1024];";

} // namespace

TEST(PtxMemory, VectorsMoveInOneAccess) {
  PtxKernel kernel{R"(
    shl.b32 %r9, %tid, 4;
    cvt.u64.u32 %x1, %r9;
    add.s64 %x2, %in, %x1;
    add.s64 %x3, %out, %x1;
    ld.global.nc.L1::no_allocate.v4.b32 {%r1, %r2, %r3, %r4}, [%x2];
    st.shared.v2.b32 [%x1], {%r2, %r1};
    st.shared.v2.b32 [%x1+8], {%r4, %r3};
    ld.shared.v2.u64 {%x4, %x5}, [%x1];
    st.global.v2.b64 [%x3], {%x4, %x5};)"};
  kernel.dynamicSharedBytes = 512;
  Execution run(kernel);
  ASSERT_EQ(run.error, "");
  for (uint32_t t = 0; t < 128; ++t)
    EXPECT_EQ(run.out[t], 1000 + (t ^ 1));
  EXPECT_EQ(run.counts.globalLoadBytes, 512u);
  EXPECT_EQ(run.counts.globalStoreBytes, 512u);
  EXPECT_EQ(run.counts.sharedLoadBytes, 512u);
  EXPECT_EQ(run.counts.sharedStoreBytes, 512u);
}

TEST(PtxMemory, ShortValuesAreExtendedInTheirRegisters) {
  PtxKernel kernel{R"(
    ld.global.b32 %x1, [%in];     // into a register of 64 bits
    ld.global.s32 %x2, [%in+4];
    ld.global.u8 %h1, [%in];
    ld.global.s8 %h2, [%in+4];
    st.global.b64 [%out], %x1;
    st.global.b64 [%out+8], %x2;
    st.global.b16 [%out+16], %h1;
    st.global.b16 [%out+18], %h2;
    st.global.b8 [%out+20], %x2;)"};
  kernel.threads = 1;
  Words in = {0x800000F0, 0x800000F1}, out(6);
  auto result = kernel.run(in.data(), 8, out.data(), 24);
  ASSERT_TRUE(bool(result)) << result.error().message();
  EXPECT_EQ(out,
            (Words{0x800000F0, 0, 0x800000F1, 0xFFFFFFFF, 0xFFF100F0, 0xF1}));
}

TEST(PtxMemory, GenericAddressesFindTheirSpace) {
  PtxKernel kernel{R"(
    .local .align 8 .b8 stack[16];
    mov.u64 %x1, tile;
    cvta.shared.u64 %x2, %x1;
    shl.b32 %r1, %tid, 2;
    cvt.u64.u32 %x3, %r1;
    add.s64 %x4, %x2, %x3;
    st.u32 [%x4], %tid;           // shared, through a generic address
    cvta.to.shared.u64 %x5, %x4;
    ld.shared.u32 %r2, [%x5];
    mov.u64 %x6, stack;
    cvta.local.u64 %x7, %x6;
    st.u32 [%x7+4], %r2;
    ld.local.u32 %r3, [%x6+4];
    isspacep.shared %p1, %x4;
    isspacep.global %p2, %out;
    isspacep.local %p3, %x7;
    isspacep.shared %p4, %x7;
    @%p1 add.s32 %r3, %r3, 100;
    @%p2 add.s32 %r3, %r3, 200;
    @%p3 add.s32 %r3, %r3, 400;
    @%p4 add.s32 %r3, %r3, 10000;
    add.s64 %x8, %out, %x3;
    st.u32 [%x8], %r3;)"};
  kernel.globals = kStatic;
  Execution run(kernel);
  ASSERT_EQ(run.error, "");
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(run.out[t], t + 700);
}

TEST(PtxMemory, ConstantsAndDynamicSharedMemoryHaveTheirPlace) {
  PtxKernel kernel{R"(
    ld.const.u32 %r1, [table+4];
    st.shared.u32 [tile], %r1;
    st.shared.u32 [more], %tid;
    ld.shared.u32 %r2, [tile];
    mov.u32 %r3, more;
    mov.u32 %r4, %dynamic_smem_size;
    st.global.u32 [%out], %r2;
    st.global.u32 [%out+4], %r3;
    st.global.u32 [%out+8], %r4;)"};
  kernel.globals = ".const .align 4 .b32 table[2] = {11, 22};\n"
                   ".shared .align 16 .b8 tile[40];\n"
                   ".extern .shared .align 128 .b8 more[];";
  kernel.threads = 1;
  kernel.dynamicSharedBytes = 4;
  Execution run(kernel);
  ASSERT_EQ(run.error, "");
  EXPECT_EQ(run.out[0], 22u);
  EXPECT_EQ(run.out[1], 128u);
  EXPECT_EQ(run.out[2], 4u);
}

TEST(PtxMemory, BanksAreCounted) {
  auto conflicts = [](const std::string &stride, const std::string &vector) {
    PtxKernel kernel{"mul.lo.s32 %r9, %tid, " + stride + ";\nst.shared." +
                     vector + ";"};
    kernel.dynamicSharedBytes = 8192;
    Execution run(kernel);
    EXPECT_EQ(run.error, "");
    return run.counts.bankConflictCycles;
  };
  EXPECT_EQ(conflicts("4", "b32 [%r9], %tid"), 0u);
  EXPECT_EQ(conflicts("8", "b32 [%r9], %tid"), 1u);
  EXPECT_EQ(conflicts("128", "b32 [%r9], %tid"), 31u);
  EXPECT_EQ(conflicts("132", "b32 [%r9], %tid"), 0u);
  EXPECT_EQ(conflicts("0", "b32 [%r9], %tid"), 0u); // one word: a broadcast
  // 16 bytes a lane: quarter warps of 8 lanes.
  EXPECT_EQ(conflicts("16", "v4.b32 [%r9], {%tid, %tid, %tid, %tid}"), 0u);
  EXPECT_EQ(conflicts("32", "v4.b32 [%r9], {%tid, %tid, %tid, %tid}"), 4u);
  EXPECT_EQ(conflicts("8", "v2.b32 [%r9], {%tid, %tid}"), 0u);
}

// ---- atomics ---------------------------------------------------------------

TEST(PtxAtomic, EveryOperationReturnsTheOldValue) {
  auto onOneThread = [](const std::string &operation, uint32_t old) {
    PtxKernel kernel{"st.global.u32 [%out], " + std::to_string(old) +
                     ";\natom.global." + operation +
                     ";\nst.global.u32 [%out+4], %r1;"};
    kernel.threads = 1;
    Execution run(kernel);
    EXPECT_EQ(run.error, "");
    EXPECT_EQ(run.out[1], old);
    return run.out[0];
  };
  EXPECT_EQ(onOneThread("add.u32 %r1, [%out], 5", 7), 12u);
  EXPECT_EQ(onOneThread("and.b32 %r1, [%out], 6", 12), 4u);
  EXPECT_EQ(onOneThread("or.b32 %r1, [%out], 6", 9), 15u);
  EXPECT_EQ(onOneThread("xor.b32 %r1, [%out], 6", 3), 5u);
  EXPECT_EQ(onOneThread("exch.b32 %r1, [%out], 6", 3), 6u);
  EXPECT_EQ(onOneThread("cas.b32 %r1, [%out], 3, 8", 3), 8u);
  EXPECT_EQ(onOneThread("cas.b32 %r1, [%out], 4, 8", 3), 3u);
  EXPECT_EQ(onOneThread("min.s32 %r1, [%out], -1", 3), 0xFFFFFFFFu);
  EXPECT_EQ(onOneThread("max.u32 %r1, [%out], -1", 3), 0xFFFFFFFFu);
  EXPECT_EQ(onOneThread("inc.u32 %r1, [%out], 3", 3), 0u);
  EXPECT_EQ(onOneThread("dec.u32 %r1, [%out], 3", 0), 3u);
  EXPECT_EQ(onOneThread("add.f32 %r1, [%out], 0f3FC00000", 0x3F000000),
            0x40000000u);
  EXPECT_EQ(onOneThread("add.noftz.f16x2 %r1, [%out], 0x3C003C00", 0x3C000000),
            0x40003C00u);
}

TEST(PtxAtomic, IncrementWrapsAtItsBound) {
  // PTX ISA, atom: inc stores 0 where the old value is not below the bound.
  // 192 threads draw from 48 numbers: each four times, in every order of blocks.
  for (uint64_t seed : {0, 1, 2}) {
    PtxKernel kernel{R"(
    atom.global.inc.u32 %r1, [%out], 47;
    mul.wide.u32 %x1, %r1, 4;
    add.s64 %x2, %out, %x1;
    red.global.add.u32 [%x2+4], 1;)"};
    kernel.threads = 96;
    kernel.grid = {2, 1, 1};
    kernel.seed = seed;
    Execution run(kernel);
    ASSERT_EQ(run.error, "");
    EXPECT_EQ(run.out[0], 0u) << "back at its start";
    for (size_t i = 1; i <= 48; ++i)
      EXPECT_EQ(run.out[i], 4u) << i;
    EXPECT_EQ(run.out[49], 0u);
  }
}

TEST(PtxAtomic, ThreadsOfManyBlocksAddUp) {
  PtxKernel kernel{R"(
    red.shared.add.u32 [tile], 1;)"};
  kernel.globals = kStatic;
  EXPECT_NE(kernel.failure().find("[KG9020]"), std::string::npos)
      << "nobody wrote the word first";
  kernel.body = R"(
    mov.u32 %r2, %laneid;
    setp.eq.b32 %p1, %tid, 0;
    @%p1 st.shared.u32 [tile], 0;
    bar.sync 0;
    red.shared.add.u32 [tile], 1;
    red.global.add.u32 [%out], 1;
    bar.sync 0;
    ld.shared.u32 %r1, [tile];
    @%p1 red.global.max.u32 [%out+4], %r1;)";
  kernel.threads = 96;
  kernel.grid = {5, 2, 1};
  Execution run(kernel);
  ASSERT_EQ(run.error, "");
  EXPECT_EQ(run.out[0], 960u);
  EXPECT_EQ(run.out[1], 96u);
}

TEST(PtxAtomic, ReleaseAndAcquireHandDataOver) {
  // Warp 0 writes data and releases a flag; warp 1 spins on it.
  std::string body = R"(
    setp.lt.u32 %p1, %tid, 32;
    setp.eq.b32 %p3, %tid, 0;
    @%p3 st.shared.u32 [tile+512], 0;
    bar.sync 0;
    shl.b32 %r9, %tid, 2;
    @%p1 bra $write;
  $wait:
    ld.acquire.cta.shared.u32 %r2, [tile+512];
    setp.eq.b32 %p2, %r2, 0;
    @%p2 bra $wait;
    ld.shared.u32 %r3, [%r9+-128];
    bra.uni $end;
  $write:
    st.shared.u32 [%r9], %tid;
    bar.warp.sync -1;
    @%p3 st.release.cta.shared.u32 [tile+512], 1;
  $end:)";
  PtxKernel kernel{body};
  kernel.globals = kStatic;
  kernel.threads = 64;
  for (kernel.seed = 0; kernel.seed < 8; ++kernel.seed)
    EXPECT_EQ(kernel.failure(), "no error");
  // Without the order the data race, in every interleaving.
  for (std::string word : {"acquire", "release"}) {
    kernel.body = body;
    kernel.body.replace(kernel.body.find(word), word.size(), "relaxed");
    for (kernel.seed = 0; kernel.seed < 4; ++kernel.seed)
      EXPECT_NE(kernel.failure().find("[KG9023]"), std::string::npos);
  }
}

// ---- cp.async --------------------------------------------------------------

namespace {

/// Each thread copies 16 bytes, waits with `wait`, and stores what it got.
std::string copyKernel(const std::string &copy, const std::string &wait) {
  return R"(
    shl.b32 %r9, %tid, 4;
    cvt.u64.u32 %x1, %r9;
    add.s64 %x2, %in, %x1;
    add.s64 %x3, %out, %x1;
    )" + copy +
         "\n" + wait + R"(
    ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%r9];
    st.global.v4.b32 [%x3], {%r1, %r2, %r3, %r4};)";
}

constexpr const char *kCopy = "cp.async.cg.shared.global [%r9], [%x2], 16;";
constexpr const char *kWait = "cp.async.commit_group;\ncp.async.wait_group 0;";

} // namespace

TEST(PtxAsyncCopy, BytesArriveOnceTheyAreWaitedFor) {
  PtxKernel kernel{copyKernel(kCopy, kWait)};
  kernel.dynamicSharedBytes = 1024;
  Execution run(kernel);
  ASSERT_EQ(run.error, "");
  for (uint32_t t = 0; t < 128; ++t)
    EXPECT_EQ(run.out[t], 1000 + t);
  kernel.body = copyKernel(kCopy, "cp.async.wait_all;");
  EXPECT_EQ(Execution(kernel).error, "");
}

TEST(PtxAsyncCopy, MissingBytesAreZeros) {
  PtxKernel kernel{copyKernel(R"(
    and.b32 %r8, %tid, 1;
    shl.b32 %r8, %r8, 3;
    cp.async.ca.shared.global [%r9], [%x2], 16, %r8;)",
                              kWait)};
  kernel.dynamicSharedBytes = 1024;
  Execution run(kernel);
  ASSERT_EQ(run.error, "");
  for (uint32_t t = 0; t < 128; ++t)
    EXPECT_EQ(run.out[t], t / 4 % 2 && t % 4 < 2 ? 1000 + t : 0);
}

TEST(PtxAsyncCopy, NothingIsReadWhereNothingIsTaken) {
  // 0 bytes from an address that does not exist.
  PtxKernel kernel{copyKernel(
      "cp.async.cg.shared.global [%r9], [%x2+100000], 16, 0;", kWait)};
  kernel.dynamicSharedBytes = 1024;
  EXPECT_EQ(Execution(kernel).error, "");
  kernel.body =
      copyKernel("cp.async.cg.shared.global [%r9], [%x2+100000], 16;", kWait);
  EXPECT_NE(Execution(kernel).error.find("[KG9021]"), std::string::npos);
}

TEST(PtxAsyncCopy, EarlierGroupsMayBeReadWhileALaterOneIsUnderWay) {
  std::string two = R"(
    cp.async.cg.shared.global [%r9], [%x2], 16;
    cp.async.commit_group;
    cp.async.cg.shared.global [%r9+512], [%x2], 16;
    cp.async.commit_group;)";
  PtxKernel kernel{copyKernel(two, "cp.async.wait_group 1;")};
  kernel.dynamicSharedBytes = 1024;
  EXPECT_EQ(Execution(kernel).error, "");
  kernel.body = copyKernel(two, "cp.async.wait_group 2;");
  std::string error = Execution(kernel).error;
  EXPECT_NE(error.find("[KG9026]"), std::string::npos) << error;
  EXPECT_NE(error.find("cp.async.cg.shared.global [%r9]"), std::string::npos);
}

TEST(PtxAsyncCopy, AWaitMakesBytesVisibleToItsOwnThreadOnly) {
  std::string other = R"(
    shl.b32 %r9, %tid, 4;
    cvt.u64.u32 %x1, %r9;
    add.s64 %x2, %in, %x1;
    cp.async.cg.shared.global [%r9], [%x2], 16;
    cp.async.wait_all;
    $barrier
    xor.b32 %r8, %r9, 512;
    ld.shared.b32 %r1, [%r8];)";
  auto with = [&](const std::string &barrier) {
    PtxKernel kernel{other};
    kernel.body.replace(kernel.body.find("$barrier"), 8, barrier);
    kernel.dynamicSharedBytes = 1024;
    kernel.threads = 64;
    return Execution(kernel).error;
  };
  EXPECT_EQ(with("bar.sync 0;"), "");
  EXPECT_NE(with("").find("[KG90"), std::string::npos);
}

// ---- barriers --------------------------------------------------------------

TEST(PtxBarrier, NamedBarriersPairProducersAndConsumers) {
  // Warp 0 fills the tile and arrives; warp 1 waits for both warps.
  PtxKernel kernel{R"(
    shl.b32 %r9, %tid, 2;
    setp.ge.u32 %p1, %tid, 32;
    @%p1 bra $consume;
    st.shared.u32 [%r9], %tid;
    bar.arrive 3, 64;
    bra.uni $end;
  $consume:
    bar.sync 3, 64;
    ld.shared.u32 %r1, [%r9+-128];
    cvt.u64.u32 %x1, %r9;
    add.s64 %x1, %out, %x1;
    st.global.u32 [%x1], %r1;
  $end:)"};
  kernel.dynamicSharedBytes = 1024;
  kernel.threads = 64;
  for (kernel.seed = 0; kernel.seed < 8; ++kernel.seed) {
    Execution run(kernel);
    ASSERT_EQ(run.error, "");
    for (uint32_t t = 0; t < 32; ++t)
      EXPECT_EQ(run.out[32 + t], t);
  }
}

TEST(PtxBarrier, ReductionsCountTheBlocksVotes) {
  PtxKernel kernel{R"(
    setp.lt.u32 %p1, %tid, 10;
    barrier.cta.red.popc.aligned.u32 %r1, 0, %p1;
    barrier.cta.red.and.aligned.pred %p2, 0, %p1;
    bar.red.or.pred %p3, 1, 96, !%p1;
    @%p2 add.s32 %r1, %r1, 1000;
    @%p3 add.s32 %r1, %r1, 2000;
    st.global.u32 [%out], %r1;)"};
  kernel.threads = 96;
  Execution run(kernel);
  ASSERT_EQ(run.error, "");
  EXPECT_EQ(run.out[0], 2010u);
}

TEST(PtxBarrier, FencesAreAccepted) {
  PtxKernel kernel{"membar.gl; membar.cta; fence.acq_rel.gpu; fence.sc.sys;"};
  EXPECT_EQ(kernel.failure(), "no error");
}
