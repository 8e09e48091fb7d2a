//===- SassOrderTest.cpp - Machine code that overlaps, and that does not --===//
//
// The words are those that ptxas 13.0 gave for sm_90a, with nvdisasm's reading
// beside them.
//
//===----------------------------------------------------------------------===//

#include "SassOrder.h"
#include "AssemblerOutput.h"
#include "Ptxas.h"

#include "llvm/ADT/STLExtras.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace kgen;
using namespace kgen::nvvm;
using testing::HasSubstr;

namespace {

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

TEST(SassDecoder, KnowsProductsAndTheEndsOfTheirGroups) {
  // HGMMA.64x128x16.F32.BF16 R24, gdesc[UR16], R24
  SassInstruction inside = decodeSass(0x01e00000101879f0, 0x000fe20008701818);
  EXPECT_EQ(inside.kind, SassKind::Product);
  EXPECT_FALSE(inside.endsGroup);
  // HGMMA.64x64x16.F32.BF16 R24, R56, gdesc[UR8].tnspB, R24, gsb0
  SassInstruction last = decodeSass(0x40e0000838187df0, 0x000fe20008001818);
  EXPECT_EQ(last.kind, SassKind::Product);
  EXPECT_TRUE(last.endsGroup);
}

TEST(SassDecoder, KnowsWaitsFromArrivals) {
  // WARPGROUP.ARRIVE
  EXPECT_EQ(decodeSass(0x00000000000079c5, 0x000fe20000000000).kind,
            SassKind::Other);
  // WARPGROUP.DEPBAR.LE gsb0, 0x3; 0x2; 0x1; 0x0
  for (int64_t pending : {3, 2, 1, 0}) {
    SassInstruction wait = decodeSass(
        0x00008000000079c5, 0x000fc40000010000 + (uint64_t(pending) << 8));
    EXPECT_EQ(wait.kind, SassKind::Wait);
    EXPECT_EQ(wait.pending, pending);
  }
}

TEST(SassDecoder, KnowsTheExponentialAmongTheSpecialFunctions) {
  struct Case {
    uint64_t high;
    SassKind kind;
  };
  // MUFU.EX2, EX2.F16; COS, SIN, LG2, RCP, RSQ, SQRT, TANH
  for (Case function : {Case{0x000e220000000800, SassKind::Exponential},
                        Case{0x000e220000000900, SassKind::Exponential},
                        Case{0x000ee20000000000, SassKind::Other},
                        Case{0x000e640000000400, SassKind::Other},
                        Case{0x0000640000000c00, SassKind::Other},
                        Case{0x002e640000001000, SassKind::Other},
                        Case{0x000e640000001400, SassKind::Other},
                        Case{0x000e640000002000, SassKind::Other},
                        Case{0x004e240000002400, SassKind::Other}})
    EXPECT_EQ(decodeSass(0x0000000000007308, function.high).kind,
              function.kind);
}

TEST(SassDecoder, KnowsSpills) {
  // STL [R1+0x488], R0; LDL.LU R8, [R1+0x20]; STS [UR24+0x20050], R52
  EXPECT_EQ(decodeSass(0x0004880001007387, 0x0019ee0000100800).kind,
            SassKind::LocalAccess);
  EXPECT_EQ(decodeSass(0x0000200001087983, 0x001ee80000300800).kind,
            SassKind::LocalAccess);
  EXPECT_EQ(decodeSass(0x02005034ff008988, 0x0001e20008000818).kind,
            SassKind::Other);
}

TEST(SassDecoder, FollowsJumps) {
  // 0x220: @P0 BRA 0x1560
  SassInstruction forward = decodeSass(0x0000001000cc0947, 0x000fea0003800000);
  EXPECT_EQ(forward.kind, SassKind::Jump);
  EXPECT_TRUE(forward.conditional);
  EXPECT_EQ(forward.distance, (0x1560 - 0x230) / 16);
  // 0x320: BRA 0x320, as behind every kernel
  SassInstruction itself = decodeSass(0xfffffffc00fc7947, 0x000fc0000383ffff);
  EXPECT_FALSE(itself.conditional);
  EXPECT_EQ(itself.distance, -1);
  // 0x20: BSSY B0, 0x1f0; 0x11080: BSSY B1, 0x11390; BSYNC B1
  SassInstruction region = decodeSass(0x000001c000007945, 0x000fe20003800000);
  EXPECT_EQ(region.kind, SassKind::Region);
  EXPECT_EQ(region.distance, (0x1f0 - 0x30) / 16);
  EXPECT_EQ(region.barrier, 0);
  EXPECT_EQ(decodeSass(0x0000030000017945, 0x000fe20003800000).barrier, 1);
  SassInstruction meet = decodeSass(0x0000000000017941, 0x000fea0003800000);
  EXPECT_EQ(meet.kind, SassKind::Meet);
  EXPECT_EQ(meet.barrier, 1);
}

TEST(SassDecoder, KnowsWhereAThreadEnds) {
  // EXIT; @!P0 EXIT
  EXPECT_EQ(decodeSass(0x000000000000794d, 0x002fea0003800000).kind,
            SassKind::Stop);
  EXPECT_FALSE(decodeSass(0x000000000000794d, 0x002fea0003800000).conditional);
  EXPECT_TRUE(decodeSass(0x000000000000894d, 0x000fea0003800000).conditional);
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

/// Code by letters: p product, P product that ends a group, 1 and 0 waits, e
/// exponential, L local access, < jump back to the last unmatched [ (if the
/// condition holds), x exit, . anything else.
std::vector<SassInstruction> codeOf(std::string_view letters) {
  std::vector<SassInstruction> code;
  std::vector<int64_t> starts;
  for (char letter : letters) {
    SassInstruction next;
    switch (letter) {
    case '[':
      starts.push_back(static_cast<int64_t>(code.size()));
      continue;
    case 'p':
    case 'P':
      next.kind = SassKind::Product;
      next.endsGroup = letter == 'P';
      break;
    case '0':
    case '1':
      next.kind = SassKind::Wait;
      next.pending = letter - '0';
      break;
    case 'e':
      next.kind = SassKind::Exponential;
      break;
    case 'L':
      next.kind = SassKind::LocalAccess;
      break;
    case '<':
      next.kind = SassKind::Jump;
      next.conditional = true;
      next.distance = starts.back() - static_cast<int64_t>(code.size()) - 1;
      starts.pop_back();
      break;
    case 'x':
      next.kind = SassKind::Stop;
      break;
    default:
      break;
    }
    code.push_back(next);
  }
  return code;
}

SassOrder orderOf(std::string_view letters) {
  return readSassOrder(codeOf(letters));
}

TEST(SassOrder, FindsTheSoftmaxUnderTheProduct) {
  // First step, loop, last step.
  SassOrder order = orderOf(".pP0ee[.pP.pP1eee0.<pP0.x");
  EXPECT_EQ(order.products, 8);
  EXPECT_EQ(order.overlappedSteps, 1);
  EXPECT_EQ(order.covered, 3);
  EXPECT_EQ(order.exposed, 0);
  EXPECT_FALSE(order.firstExposed);
}

TEST(SassOrder, FindsTheSoftmaxBehindTheWait) {
  SassOrder all = orderOf("P0ee[PP10eee.<P0x");
  EXPECT_EQ(all.covered, 0);
  EXPECT_EQ(all.exposed, 3);
  EXPECT_EQ(all.firstExposed, 8u);
  SassOrder some = orderOf("P0ee[PP1e0ee.<P0x");
  EXPECT_EQ(some.covered, 1);
  EXPECT_EQ(some.exposed, 2);
  // The wait for the first product gone altogether.
  EXPECT_EQ(orderOf("P0ee[PP0eee.<P0x").exposed, 3);
}

TEST(SassOrder, FollowsTheLoopToItsTop) {
  // The softmax at the top belongs to the wait at the bottom.
  EXPECT_EQ(orderOf("P0[eePP10.<P0x").exposed, 2);
}

TEST(SassOrder, KnowsStepsWithoutOverlap) {
  SassOrder order = orderOf("[P0eeP0.<x");
  EXPECT_EQ(order.overlappedSteps, 0);
  EXPECT_EQ(order.exposed, 0);
}

// Each tile starts with a step that has nothing to run under.
TEST(SassOrder, TakesALoopOverTilesApart) {
  SassOrder good = orderOf(".[P0ee[PP1eee0.<P0..<x");
  EXPECT_EQ(good.covered, 3);
  EXPECT_EQ(good.exposed, 0);
  SassOrder bad = orderOf(".[P0ee[PP1eee0.<[PP1e0eee.<P0..<x");
  EXPECT_EQ(bad.overlappedSteps, 2);
  EXPECT_EQ(bad.covered, 4);
  EXPECT_EQ(bad.exposed, 3);
}

TEST(SassOrder, LeavesOutWhatNoPathReaches) {
  EXPECT_EQ(orderOf("PP1e0P0xPP10eee").exposed, 0);
}

// A producer ends, or loops, without a product.
TEST(SassOrder, CountsSpillsBesideProductsOnly) {
  EXPECT_EQ(orderOf("LPLxL").localAccesses, 2);
  std::vector<SassInstruction> code = codeOf(".LLxL[PP1e0.L<");
  code[0] = {SassKind::Jump, false, 0, true, /*distance=*/3, 0};
  EXPECT_EQ(readSassOrder(code).localAccesses, 2);
}

// A wait that loops in code of its own, out of the way, is no loop of the step.
TEST(SassOrder, GoesOnWhereThreadsMeet) {
  std::vector<SassInstruction> code = codeOf("..PP1e0..P0xee");
  code[7] = {SassKind::Region, false, 0, false, /*distance=*/1, /*barrier=*/2};
  code[8] = {SassKind::Jump, false, 0, true, /*distance=*/3, 0};
  code.push_back({SassKind::Meet, false, 0, false, 0, /*barrier=*/2});
  SassOrder order = readSassOrder(code);
  EXPECT_EQ(order.exposed, 2);
  // Behind the meeting: the product at the region's end, not what follows.
  code.push_back({SassKind::Exponential, false, 0, false, 0, 0});
  EXPECT_EQ(readSassOrder(code).exposed, 2);
}

TEST(SassOrder, TakesNothingForGranted) {
  EXPECT_EQ(readSassOrder({}).products, 0);
  std::vector<SassInstruction> code = codeOf("PP0e.");
  code[4] = {SassKind::Jump, false, 0, false, /*distance=*/-100, 0};
  EXPECT_EQ(readSassOrder(code).exposed, 1);
}

//===----------------------------------------------------------------------===//
// With ptxas
//===----------------------------------------------------------------------===//

/// Text of steps that compute a score while the product of the one before runs.
std::string makeSteps(bool pinned, int64_t spilled, bool fenced) {
  std::string text = R"(
.version 8.6
.target sm_90a
.address_size 64
.visible .entry steps(.param .u64 out, .param .u64 q, .param .u64 k,
                      .param .u32 count) .reqntid 128 .maxnreg 64
{
.reg .f32 %s<8>, %o<4>, %l, %x<128>; .reg .b32 %p<4>, %n; .reg .b64 %d<3>;
.reg .pred %c<3>;
.shared .f32 scratch;
ld.param.u64 %d0, [out]; ld.param.u64 %d1, [q]; ld.param.u64 %d2, [k];
ld.param.u32 %n, [count];
mov.f32 %l, 0f00000000;
)";
  auto each = [&](int64_t count, auto &&line) {
    for (int64_t i = 0; i < count; ++i)
      text += line(std::to_string(i)) + "\n";
  };
  auto at = [](int64_t byte) { return "[%d0+" + std::to_string(byte) + "]"; };
  each(4, [](auto i) {
    return "mov.f32 %o" + i + ", 0f00000000; mov.b32 %p" + i + ", 0;";
  });
  each(8, [](auto i) { return "mov.f32 %s" + i + ", 0f00000000;"; });
  each(spilled, [&](auto i) {
    return "ld.global.f32 %x" + i + ", " + at(64 + 4 * std::stol(i)) + ";";
  });
  text += "step:\n";
  if (fenced)
    text += "wgmma.fence.sync.aligned;\n";
  text += R"(
wgmma.mma_async.sync.aligned.m64n16k16.f32.bf16.bf16
  {%s0, %s1, %s2, %s3, %s4, %s5, %s6, %s7}, %d1, %d2, 0, 1, 1, 0, 0;
wgmma.commit_group.sync.aligned;
wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16
  {%o0, %o1, %o2, %o3}, {%p0, %p1, %p2, %p3}, %d2, 1, 1, 1, 1;
wgmma.commit_group.sync.aligned;
wgmma.wait_group.sync.aligned 1;
)";
  each(8, [](auto i) {
    return "ex2.approx.ftz.f32 %s" + i + ", %s" + i + "; add.f32 %l, %l, %s" +
           i + ";";
  });
  if (pinned)
    text +=
        "setp.lt.f32 %c0, %l, 0f00000000; @%c0 st.shared.f32 [scratch], %l;\n";
  text += "wgmma.wait_group.sync.aligned 0;\n";
  each(4, [](auto i) {
    std::string first = std::to_string(2 * std::stol(i));
    std::string second = std::to_string(2 * std::stol(i) + 1);
    return "cvt.rn.bf16x2.f32 %p" + i + ", %s" + second + ", %s" + first + ";";
  });
  text += "sub.u32 %n, %n, 1; setp.ne.u32 %c1, %n, 0; @%c1 bra step;\n";
  each(4, [&](auto i) {
    return "st.global.f32 " + at(4 * std::stol(i)) + ", %o" + i + ";";
  });
  each(spilled, [&](auto i) {
    return "st.global.f32 " + at(64 + 4 * std::stol(i)) + ", %x" + i + ";";
  });
  return text + "st.global.f32 [%d0+16], %l; ret; }\n";
}

class AssembledSteps : public testing::Test {
protected:
  void SetUp() override {
    ptxas = findPtxas("");
    if (ptxas.empty())
      GTEST_SKIP() << "no ptxas";
  }
  KernelCode assemble(const std::string &text) {
    Expected<AssembledPtx> assembled = assemblePtx(ptxas, text, "sm_90a");
    KernelCode code;
    if (!assembled) {
      ADD_FAILURE() << assembled.error().message();
      return code;
    }
    code.kernelName = "steps";
    code.resources = readAssemblerOutput(assembled->messages, code.warnings);
    code.bytes = std::move(assembled->cubin);
    return code;
  }
  Expected<void> check(const std::string &text) {
    return checkProducts(assemble(text), text);
  }
  std::string ptxas;
};

TEST_F(AssembledSteps, PassInTheRightOrder) {
  std::string text = makeSteps(/*pinned=*/true, 0, /*fenced=*/true);
  KernelCode code = assemble(text);
  Expected<void> checked = checkProducts(code, text);
  EXPECT_TRUE(bool(checked)) << checked.error().message();
  auto instructions = decodeKernel(code.bytes, "steps");
  ASSERT_TRUE(bool(instructions)) << instructions.error().message();
  SassOrder order = readSassOrder(*instructions);
  EXPECT_EQ(order.products, 2);
  EXPECT_EQ(order.overlappedSteps, 1);
  EXPECT_EQ(order.covered, 8);
  EXPECT_EQ(order.localAccesses, 0);
}

TEST_F(AssembledSteps, AreRefusedInTheWrongOrder) {
  Expected<void> checked = check(makeSteps(/*pinned=*/false, 0, true));
  ASSERT_FALSE(bool(checked));
  EXPECT_EQ(checked.error().code(), ErrorCode::OverlapLost);
  EXPECT_THAT(checked.error().detail(), HasSubstr(" of 8 exponentials"));
}

TEST_F(AssembledSteps, AreRefusedWithSpills) {
  Expected<void> checked = check(makeSteps(true, /*spilled=*/100, true));
  ASSERT_FALSE(bool(checked));
  EXPECT_EQ(checked.error().code(), ErrorCode::RegistersSpilled);
}

TEST_F(AssembledSteps, AreRefusedWhenPtxasSerialisesThem) {
  Expected<void> checked = check(makeSteps(true, 0, /*fenced=*/false));
  ASSERT_FALSE(bool(checked));
  EXPECT_EQ(checked.error().code(), ErrorCode::ProductsSerialised);
  EXPECT_THAT(checked.error().detail(), HasSubstr("(C75"));
}

TEST_F(AssembledSteps, MayNotLoseTheirWaitsAltogether) {
  std::string text = R"(
.version 8.6
.target sm_90a
.address_size 64
.visible .entry steps(.param .u64 q) .reqntid 128 {
.reg .f32 %s<4>; .reg .b64 %d<2>;
ld.param.u64 %d0, [q];
wgmma.fence.sync.aligned;
wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16
  {%s0, %s1, %s2, %s3}, %d0, %d0, 0, 1, 1, 0, 0;
wgmma.commit_group.sync.aligned;
wgmma.wait_group.sync.aligned 0;
st.global.f32 [%d0], %s0; ret; }
)";
  KernelCode code = assemble(text);
  EXPECT_TRUE(bool(checkProducts(code, text)));
  Expected<void> checked =
      checkProducts(code, text + "// wgmma.wait_group.sync.aligned 1;");
  ASSERT_FALSE(bool(checked));
  EXPECT_EQ(checked.error().code(), ErrorCode::OverlapLost);
}

TEST_F(AssembledSteps, OtherKernelsMaySpill) {
  std::string text = R"(
.version 8.6
.target sm_90a
.address_size 64
.visible .entry steps(.param .u64 p) .reqntid 128 .maxnreg 24 {
.reg .f32 %x<64>; .reg .b64 %d;
ld.param.u64 %d, [p];
)";
  for (const char *statement : {"ld.global.f32 %x", "st.global.f32 [%d+"}) {
    bool loads = statement[0] == 'l';
    for (int i = 0; i < 64; ++i)
      text += loads ? statement + std::to_string(i) + ", [%d+" +
                          std::to_string(4 * i) + "];\n"
                    : statement + std::to_string(4 * i) + "], %x" +
                          std::to_string(i) + ";\n";
    text += "bar.sync 0;\n";
  }
  text += "ret; }\n";
  KernelCode code = assemble(text);
  EXPECT_GT(code.resources.spillBytes, 0);
  EXPECT_TRUE(bool(checkProducts(code, text)));
  auto instructions = decodeKernel(code.bytes, "steps");
  ASSERT_TRUE(bool(instructions));
  EXPECT_TRUE(llvm::any_of(*instructions, [](const SassInstruction &one) {
    return one.kind == SassKind::LocalAccess;
  }));
}

TEST_F(AssembledSteps, AreFoundByName) {
  KernelCode code = assemble(makeSteps(true, 0, true));
  auto other = decodeKernel(code.bytes, "stairs");
  ASSERT_FALSE(bool(other));
  EXPECT_EQ(other.error().code(), ErrorCode::PtxasFailed);
  EXPECT_THAT(other.error().detail(), HasSubstr(".text.stairs"));
  auto nonsense = decodeKernel("no ELF", "steps");
  ASSERT_FALSE(bool(nonsense));
  EXPECT_EQ(nonsense.error().code(), ErrorCode::PtxasFailed);
}

} // namespace
