//===- ParserTest.cpp - What the PTX reader makes of well-formed text
//------===//

#include "PtxInvariants.h"
#include "PtxText.h"

#include <gmock/gmock.h>

using namespace kgen;
using namespace kgen::emulator::ptx;
using testing::ElementsAre;

namespace {

/// The one statement of a kernel with `body`.
struct OneStatement {
  explicit OneStatement(std::string_view body) : module(read(withBody(body))) {
    if (module && module->kernels.front().statements.size() == 1)
      statement = &module->kernels.front().statements.front();
    else
      ADD_FAILURE() << "not one statement: " << body;
  }
  const Operand &operand(size_t i) const { return statement->operands.at(i); }
  const Kernel &kernel() const { return module->kernels.front(); }
  std::string registerName(const Operand &operand) const {
    return kernel().registers.at(operand.index).name;
  }
  std::unique_ptr<Module> module;
  const Statement *statement = nullptr;
};

TEST(PtxParser, ReadsTheHeader) {
  const auto module = read(std::string(kPtxHeader));
  ASSERT_TRUE(module);
  EXPECT_EQ(module->versionMajor, 8u);
  EXPECT_EQ(module->versionMinor, 6u);
  EXPECT_EQ(module->target, "sm_90a");
  EXPECT_TRUE(module->kernels.empty());
}

TEST(PtxParser, CutsTheMnemonicAtItsDotsOnly) {
  const OneStatement it("mbarrier.try_wait.parity.shared::cta.b64 %p1, [%rd1], "
                        "%r2, 10000000;");
  EXPECT_THAT(it.statement->parts, ElementsAre("mbarrier", "try_wait", "parity",
                                               "shared::cta", "b64"));
  EXPECT_EQ(it.statement->line, 7u);
  EXPECT_EQ(it.operand(3).bits, 10000000u);
}

TEST(PtxParser, ReadsGuards) {
  const OneStatement it("@!%p3 mov.b32\t%r1,\n  %r2;");
  EXPECT_TRUE(it.statement->guardNegated);
  EXPECT_EQ(it.kernel().registers.at(size_t(it.statement->guard)).name, "%p3");
  EXPECT_EQ(it.statement->text, "mov.b32 %r1, %r2");
}

TEST(PtxParser, ReadsAddressesOfEachForm) {
  const OneStatement it(".shared .b32 s[4];\n"
                        "x [%rd1+16], [%rd1 + -8], [s+4], [64], [out], "
                        "[%rd2, {%r1, %r2}], [%rd1-4];");
  EXPECT_EQ(it.operand(0).offset, 16);
  EXPECT_EQ(it.registerName(it.operand(0).elements[0]), "%rd1");
  EXPECT_EQ(it.operand(1).offset, -8);
  EXPECT_EQ(it.operand(2).offset, 4);
  EXPECT_EQ(it.operand(2).elements[0].offset, 0);
  EXPECT_EQ(it.operand(3).offset, 64);
  EXPECT_TRUE(it.operand(3).elements.empty());
  const Operand &parameter = it.operand(4).elements[0];
  EXPECT_EQ(parameter.kind, OperandKind::Symbol);
  EXPECT_EQ(it.kernel().symbols[parameter.index].name, "out");
  ASSERT_EQ(it.operand(5).elements.size(), 2u);
  EXPECT_EQ(it.operand(5).elements[1].kind, OperandKind::Vector);
  EXPECT_EQ(it.operand(5).elements[1].elements.size(), 2u);
  EXPECT_EQ(it.operand(6).offset, -4);
}

TEST(PtxParser, ReadsVectorsPairsSinksAndSpecials) {
  const OneStatement it("x {%r1, _, {1, %r2}}, %r3|%p1, _|%p2, _, %tid.x, "
                        "%laneid, !%p3, %tid.x;");
  EXPECT_EQ(it.operand(0).elements[1].kind, OperandKind::Sink);
  EXPECT_EQ(it.operand(0).elements[2].elements[0].bits, 1u);
  EXPECT_EQ(it.operand(1).kind, OperandKind::Pair);
  EXPECT_EQ(it.operand(2).elements[0].kind, OperandKind::Sink);
  EXPECT_EQ(it.operand(3).kind, OperandKind::Sink);
  EXPECT_THAT(it.kernel().specials, ElementsAre("%tid.x", "%laneid"));
  EXPECT_TRUE(it.operand(6).negated);
  EXPECT_EQ(it.operand(7).index, it.operand(4).index);
}

TEST(PtxParser, ReadsImmediates) {
  const OneStatement it("x -1, 0x10, 0f3F800000, -0f3F800000, -1.5, "
                        "-9223372036854775808, WARP_SZ, 0b11, 017;");
  EXPECT_EQ(it.operand(0).bits, ~uint64_t(0));
  EXPECT_EQ(it.operand(1).bits, 16u);
  EXPECT_EQ(it.operand(2).bits, 0x3f800000u);
  EXPECT_TRUE(it.operand(2).isFloat);
  EXPECT_EQ(it.operand(3).bits, 0xbf800000u);
  EXPECT_EQ(it.operand(4).bits, 0xbff8000000000000u);
  EXPECT_TRUE(it.operand(4).isF64Bits);
  EXPECT_EQ(it.operand(5).bits, uint64_t(1) << 63);
  EXPECT_EQ(it.operand(6).bits, 32u);
  EXPECT_EQ(it.operand(7).bits, 3u);
  EXPECT_EQ(it.operand(8).bits, 15u);
}

TEST(PtxParser, GivesVariablesTheirAddressWithAnOffset) {
  const OneStatement it(".shared .align 16 .b8 a[20];\n"
                        ".shared .b64 b;\nmov.b64 %rd1, b+8;");
  EXPECT_EQ(it.operand(1).kind, OperandKind::Symbol);
  EXPECT_EQ(it.operand(1).offset, 8);
  EXPECT_EQ(it.kernel().symbols[it.operand(1).index].offset, 24u);
  EXPECT_EQ(it.kernel().staticSharedBytes, 32u);
}

TEST(PtxParser, ResolvesLabelsBackwardForwardAndAtTheEnd) {
  const auto module = read(withBody("A: bra B;\nbra.uni A;\nB: @%p1 bra C;\n"
                                    "ret;\nC:"));
  ASSERT_TRUE(module);
  const auto &kernel = module->kernels.front();
  const auto &all = kernel.statements;
  EXPECT_EQ(all[0].operands[0].kind, OperandKind::Label);
  EXPECT_EQ(all[0].operands[0].index, 2u);
  EXPECT_EQ(all[1].operands[0].index, 0u);
  EXPECT_EQ(all[2].operands[0].index, 4u);
  EXPECT_EQ(all.size(), 4u);
  using Label = std::pair<uint32_t, std::string>;
  EXPECT_THAT(kernel.labels,
              ElementsAre(Label{0, "A"}, Label{2, "B"}, Label{4, "C"}));
}

TEST(PtxParser, FlattensScopesWithNamesOfTheirOwn) {
  const auto module = read(withBody("{ .reg .pred p; W: @p bra D; bra W; D: }\n"
                                    "{ .reg .b32 p; W: mov.b32 p, %r1;\n"
                                    "{ .reg .b32 %r<2>; mov.b32 %r1, p; }\n"
                                    "bra W; }\nmov.b32 %r1, 0;"));
  ASSERT_TRUE(module);
  const Kernel &kernel = module->kernels.front();
  const auto &all = kernel.statements;
  EXPECT_EQ(all[0].operands[0].index, 2u);
  EXPECT_EQ(all[1].operands[0].index, 0u);
  EXPECT_EQ(all[4].operands[0].index, 2u);
  const auto name = [&](size_t statement, size_t operand) {
    return kernel.registers[all[statement].operands[operand].index].name;
  };
  EXPECT_EQ(kernel.registers[size_t(all[0].guard)].name, "p");
  EXPECT_EQ(name(2, 0), "p@8");
  EXPECT_EQ(name(2, 1), "%r1");
  EXPECT_EQ(name(3, 0), "%r1@9");
  EXPECT_EQ(name(3, 1), "p@8");
  EXPECT_EQ(name(5, 0), "%r1");
  EXPECT_TRUE(isGoodModule(*module));
}

TEST(PtxParser, LetsInnerScopesJumpToOuterLabels) {
  const auto module = read(withBody("{ { bra OUT; } ret; }\nOUT: ret;"));
  ASSERT_TRUE(module);
  EXPECT_EQ(module->kernels[0].statements[0].operands[0].index, 2u);
}

TEST(PtxParser, NumbersOnlyTheRegistersThatAreUsed) {
  const OneStatement it(".reg .b32 %x<1000000>;\nmov.b32 %x999999, %x0;");
  ASSERT_EQ(it.kernel().registers.size(), 2u);
  EXPECT_EQ(it.kernel().registers[0].name, "%x999999");
}

TEST(PtxParser, TriesEachSplitOfARangesDigits) {
  const OneStatement it(".reg .b64 %r1<5>;\nx %r14, %r17, %r1;");
  EXPECT_EQ(it.kernel().registers[it.operand(0).index].type, Type::B64);
  EXPECT_EQ(it.kernel().registers[it.operand(1).index].type, Type::B32);
  EXPECT_EQ(it.kernel().registers[it.operand(2).index].type, Type::B32);
}

TEST(PtxParser, WritesBranchTablesIntoBrx) {
  const auto module = read(withBody("T: .branchtargets A, B, A;\n"
                                    "brx.idx %r1, T;\nA: ret;\nB: ret;"));
  ASSERT_TRUE(module);
  const Operand &table = module->kernels[0].statements[0].operands[1];
  EXPECT_EQ(table.kind, OperandKind::Vector);
  ASSERT_EQ(table.elements.size(), 3u);
  EXPECT_EQ(table.elements[0].index, 1u);
  EXPECT_EQ(table.elements[1].index, 2u);
  EXPECT_EQ(table.elements[2].index, 1u);
}

TEST(PtxParser, LaysOutParametersByTheirNaturalAlignment) {
  const auto module =
      read(std::string(kPtxHeader) +
           ".entry k(.param .u8 a, .param .align 64 .b8 map[128],\n"
           ".param .u64 .ptr .global .align 1 p, .param .f32 s,\n"
           ".param .b16 v[3]) { }");
  ASSERT_TRUE(module);
  const Kernel &kernel = module->kernels.front();
  ASSERT_EQ(kernel.parameterCount, 5u);
  const uint64_t offsets[] = {0, 64, 192, 200, 204};
  for (size_t i = 0; i < 5; ++i)
    EXPECT_EQ(kernel.symbols[i].offset, offsets[i]) << i;
  EXPECT_EQ(kernel.parameterBytes, 210u);
  EXPECT_EQ(kernel.symbols[2].alignment, 8u);
}

TEST(PtxParser, ReadsTheDirectivesOfAKernel) {
  const auto module = read(std::string(kPtxHeader) +
                           ".entry k .reqntid 16, 8 .maxntid 1024\n"
                           ".minnctapersm 2 .maxnreg 168 .explicitcluster\n"
                           ".reqnctapercluster 2, 1, 1 .pragma \"x\"; { }");
  ASSERT_TRUE(module);
  const Kernel &kernel = module->kernels.front();
  EXPECT_THAT(kernel.requiredThreads, ElementsAre(16, 8, 1));
  EXPECT_THAT(kernel.maximumThreads, ElementsAre(1024, 1, 1));
  EXPECT_THAT(kernel.clusterSize, ElementsAre(2, 1, 1));
  EXPECT_EQ(kernel.minCtasPerSm, 2u);
  EXPECT_EQ(kernel.maximumRegisters, 168u);
}

/// The symbols of a kernel that uses the variable x.
std::vector<Symbol> symbolsOf(std::string_view declarations) {
  const auto module = read(std::string(kPtxHeader) + std::string(declarations) +
                           "\n.entry k { .reg .b64 %rd<2>; mov.b64 %rd1, x; }");
  return module ? module->kernels.front().symbols : std::vector<Symbol>();
}

TEST(PtxParser, ReadsInitialisersAsBytes) {
  const auto ints = symbolsOf(".global .b16 x[2][2] = {{1, -2}, {0x1234}};");
  ASSERT_EQ(ints.size(), 1u);
  EXPECT_THAT(ints[0].initial, ElementsAre(1, 0, 0xfe, 0xff, 0x34, 0x12));
  EXPECT_EQ(ints[0].bytes, 8u);
  const auto floats = symbolsOf(".const .f32 x[] = {0f3F800000, -2.0};");
  ASSERT_EQ(floats.size(), 1u);
  EXPECT_EQ(floats[0].space, Space::Const);
  EXPECT_EQ(floats[0].bytes, 8u);
  EXPECT_THAT(floats[0].initial, ElementsAre(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0));
  const auto one = symbolsOf(".global .f64 x = 0f3F800000;");
  ASSERT_EQ(one.size(), 1u);
  EXPECT_THAT(one[0].initial, ElementsAre(0, 0, 0, 0, 0, 0, 0xf0, 0x3f));
}

TEST(PtxParser, TakesOnlyTheVariablesThatAKernelUses) {
  const auto symbols = symbolsOf(".shared .b8 unused[100];\n"
                                 ".shared .align 8 .b8 x[12];");
  ASSERT_EQ(symbols.size(), 1u);
  EXPECT_EQ(symbols[0].name, "x");
  EXPECT_EQ(symbols[0].offset, 0u);
}

TEST(PtxParser, PutsDynamicSharedMemoryBehindTheStatic) {
  const auto module =
      read(std::string(kPtxHeader) +
           ".extern .shared .align 1024 .b8 dynamic[];\n"
           ".entry k { .reg .b64 %rd<2>; mov.b64 %rd1, dynamic;\n"
           ".shared .b8 fixed[100]; mov.b64 %rd1, fixed; }");
  ASSERT_TRUE(module);
  const Kernel &kernel = module->kernels.front();
  EXPECT_TRUE(kernel.symbols[0].isExtern);
  EXPECT_EQ(kernel.symbols[0].bytes, 0u);
  EXPECT_EQ(kernel.symbols[0].offset, 1024u);
  EXPECT_EQ(kernel.staticSharedBytes, 100u);
}

TEST(PtxParser, CountsLocalMemory) {
  const OneStatement it(".local .align 4 .b8 __local_depot0[30];\n"
                        ".local .b64 second;\nmov.b64 %rd1, second;");
  EXPECT_EQ(it.kernel().localBytes, 40u);
  EXPECT_EQ(it.kernel().symbols[it.operand(1).index].offset, 32u);
}

TEST(PtxParser, LaysOutTheConstantsThatAKernelUses) {
  const auto module =
      read(std::string(kPtxHeader) +
           ".const .b8 a[3] = {1, 2, 3}; .const .b8 unused; .const .b64 b;\n"
           ".entry k { .reg .b64 %rd<3>; mov.b64 %rd1, a; mov.b64 %rd2, b; }");
  ASSERT_TRUE(module);
  const auto &symbols = module->kernels.front().symbols;
  ASSERT_EQ(symbols.size(), 2u);
  EXPECT_EQ(symbols[0].offset, 0u);
  EXPECT_EQ(symbols[1].offset, 8u);
}

TEST(PtxParser, SkipsDebugText) {
  const auto module =
      read(std::string(kPtxHeader) +
           ".file 1 \"a.mlir\", 17, 5\n.entry k {\n.loc 1 2 3\nret;\n"
           ".loc 1 2 3, function_name $L__info+4, inlined_at 1 2 3\n}\n"
           ".section .debug_info { .b32 $L__info\n{ .b8 1 } }\n");
  ASSERT_TRUE(module);
  EXPECT_EQ(module->kernels.front().statements.size(), 1u);
}

TEST(PtxTypes, SpellBackWhatTheyWereReadFrom) {
  for (std::string_view word :
       {"pred", "b8", "b128", "u16", "s64", "f16x2", "bf16", "bf16x2", "f32"})
    EXPECT_EQ(spelling(parseType(word)), word);
  EXPECT_EQ(parseType("f8"), Type::None);
  EXPECT_EQ(bytesOf(Type::BF16x2), 4u);
  EXPECT_EQ(bytesOf(Type::Pred), 0u);
}

} // namespace
