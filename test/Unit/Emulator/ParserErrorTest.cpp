//===- ParserErrorTest.cpp - What the PTX reader refuses, and where
//--------===//

#include "PtxText.h"

using namespace kgen;
using namespace kgen::emulator::ptx;

namespace {

struct Refused {
  std::string_view body; ///< of a kernel; begins in line 7
  std::string_view error;
};

/// So that a failed test names its text and not its bytes.
void PrintTo(const Refused &refused, std::ostream *out) {
  *out << refused.body;
}

class PtxBody : public testing::TestWithParam<Refused> {};

TEST_P(PtxBody, IsRefusedWithItsLine) {
  EXPECT_EQ(refusal(withBody(GetParam().body)), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, PtxBody,
    testing::Values(
        Refused{"mov.b32 %r1, %r2",
                "KG9001 line 8: found '}', expected ',' or ';'"},
        Refused{"ret;\nmov.b32 %r1, %r99;",
                "KG9001 line 8: found '%r99', expected a register or variable "
                "that is declared"},
        Refused{"bra A;", "KG9001 line 7: found 'A', expected a label that "
                          "this scope or one around it has"},
        Refused{"bra A;\n{ A: ret; }",
                "KG9001 line 7: found 'A', expected a label that this scope "
                "or one around it has"},
        Refused{"A:\nA:", "KG9001 line 8: found 'A', expected a label that is "
                          "new in this scope"},
        Refused{".reg .b32 a, a;", "KG9001 line 7: found 'a', expected a "
                                   "register name that is new in this scope"},
        Refused{".reg .b32 %r<5>;", "KG9001 line 7: found '%r', expected a "
                                    "register name that is new in this scope"},
        Refused{"@%r1 ret;",
                "KG9001 line 7: found '%r1', expected a predicate register"},
        Refused{"@%p1 A: ret;",
                "KG9001 line 7: found ':', expected an operand"},
        Refused{"mov.b32 %r1, 99999999999999999999;",
                "KG9001 line 7: found '99999999999999999999', expected a "
                "number of at most 64 bits"},
        Refused{"mov.b32 %r1, -%r2;", "KG9001 line 7: found '%r2', expected a "
                                      "number of at most 64 bits"},
        Refused{"x 1|2;", "KG9001 line 7: found '|', expected a register or "
                          "'_' on each side"},
        Refused{"x !4;", "KG9001 line 7: found '4', expected a register after "
                         "'!'"},
        Refused{"x [4.5];", "KG9001 line 7: found '4.5', expected an address "
                            "of at most 9223372036854775807"},
        Refused{"x [%rd1+9223372036854775807+1];",
                "KG9001 line 7: found '+', expected an offset of 64 bits"},
        Refused{"x {};", "KG9001 line 7: found '}', expected an operand"},
        Refused{"x #;", "KG9001 line 7: found '#', expected an operand"},
        Refused{"%r1 %r2;", "KG9001 line 7: found '%r1', expected an "
                            "instruction"},
        Refused{".reg .q32 a;",
                "KG9001 line 7: found '.q32', expected a register's type"},
        Refused{".shared .align 3 .b8 a;",
                "KG9001 line 7: found '3', expected a power of two"},
        Refused{".shared .b8 a[];",
                "KG9001 line 7: found an array without a size, expected its "
                "size"},
        Refused{".shared .b8 a = 1;",
                "KG9001 line 7: found '=', expected no initialiser: shared "
                "and local memory have none"},
        Refused{".bogus;", "KG9001 line 7: found '.bogus', expected a "
                           "statement, .reg or a variable"}));

INSTANTIATE_TEST_SUITE_P(
    Unsupported, PtxBody,
    testing::Values(
        Refused{"\ncall f;", "KG9002 line 8: found 'call', expected no calls: "
                             "functions are not emulated"},
        Refused{".reg .v4 .f32 a;",
                "KG9002 line 7: found '.v4', expected scalar registers"},
        Refused{".param .b32 a;",
                "KG9002 line 7: found '.param', expected no calls: functions "
                "are not emulated"},
        Refused{".reg .b32 %x<1048576>;",
                "KG9002 line 7: found 1048610 registers, expected at most "
                "1048576"}));

class PtxModuleText : public testing::TestWithParam<Refused> {};

TEST_P(PtxModuleText, IsRefusedWithItsLine) {
  EXPECT_EQ(refusal(std::string(kPtxHeader) + std::string(GetParam().body)),
            GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, PtxModuleText,
    testing::Values(
        Refused{".func f() { }",
                "KG9002 line 4: found '.func', expected a kernel (.entry) or "
                "a .global, .const or .shared variable"},
        Refused{".extern .global .b32 x;",
                "KG9002 line 4: found '.global', expected .extern .shared "
                "only: nothing is linked"},
        Refused{".global .b32 y;\n.global .u64 x = y;",
                "KG9002 line 5: found 'y', expected a number: addresses in "
                "initialisers are not emulated"},
        Refused{".global .b16 x = 1.5;",
                "KG9002 line 4: found '1.5', expected integers for integer "
                "types, floats for .f32 and .f64"},
        Refused{".global .b8 x = 256;",
                "KG9001 line 4: found '256', expected a value of .b8"},
        Refused{".global .b8 x = -129;",
                "KG9001 line 4: found '-', expected a value of .b8"},
        Refused{".global .b8 x[2] = {1, 2, 3};",
                "KG9001 line 4: found '=', expected no more values than the "
                "variable has elements"},
        Refused{".global .b8 x[1073741825];",
                "KG9001 line 4: found '1073741825', expected a number of "
                "elements of at most 1073741824"},
        Refused{".global .b8 x[1073741824][2];",
                "KG9002 line 4: found 2147483648 bytes in a variable, "
                "expected at most 1073741824"},
        Refused{".global .b8 x;\n.const .b8 x;",
                "KG9001 line 5: found x, expected a name that is new in the "
                "module"},
        Refused{".entry k { }\n.entry k { }",
                "KG9001 line 5: found 'k', expected a kernel name that is new "
                "in the module"},
        Refused{".entry k {\nret;",
                "KG9001 line 5: found the end of the text, expected '}' for "
                "the kernel of line 4"},
        Refused{".entry k .bogus { }",
                "KG9001 line 4: found '.bogus', expected a directive of a "
                "kernel, or '{'"},
        Refused{".entry k .reqntid 1,2,3,4 { }",
                "KG9001 line 4: found ',', expected three numbers at most"},
        Refused{".entry k(.param .b8 a[40000]) { }",
                "KG9001 line 4: found a, expected a name that is new here, "
                "within the kernel's memory"},
        Refused{".const .b8 x[65537];\n.entry k { .reg .b64 r; mov.b64 r, x; }",
                "KG9001 line 5: found 'x', expected variables that fit the "
                "kernel's memory"},
        Refused{".section .debug {",
                "KG9001 line 4: found '.section', expected a section that "
                "ends in '}'"},
        Refused{"hello", "KG9001 line 4: found 'hello', expected a kernel, a "
                         "variable or another directive"},
        Refused{".hello", "KG9001 line 4: found '.hello', expected a "
                          "directive of a module"}));

TEST(PtxHeader, IsRequired) {
  EXPECT_EQ(refusal(""), "KG9001 line 1: found the end of the text, expected "
                         ".version");
  EXPECT_EQ(refusal(".version 8\n"),
            "KG9001 line 1: found '8', expected a version such as 8.6");
  EXPECT_EQ(refusal(".version 8.0\n.entry"),
            "KG9001 line 2: found '.entry', expected .target");
  EXPECT_EQ(refusal(".version 8.0 .target sm_80 .address_size 32"),
            "KG9002 line 1: found '32', expected 64: the emulator has 64-bit "
            "addresses");
}

TEST(PtxLimits, BoundTheTextTheNestingAndTheOperands) {
  EXPECT_EQ(refusal(std::string((64 << 20) + 1, ' ')),
            "KG9002 line 1: found 67108865 bytes of text, expected at most "
            "67108864");
  EXPECT_EQ(refusal(withBody(std::string(100, '{'))),
            "KG9002 line 7: found 65 nested scopes, expected at most 64");
  EXPECT_EQ(refusal(withBody("x " + std::string(100, '{'))),
            "KG9002 line 7: found 65 nested operands, expected at most 64");
  EXPECT_EQ(refusal(std::string(kPtxHeader) +
                    ".global .b8 x = " + std::string(100, '{')),
            "KG9002 line 4: found 65 nested braces, expected at most 64");
}

/// A table of n labels, used n times, would be n * n operands.
TEST(PtxLimits, BoundBranchTablesThatAreUsedManyTimes) {
  std::string body = "A: T: .branchtargets A";
  for (int i = 0; i < 4000; ++i)
    body += ",A";
  body += ";\n";
  for (int i = 0; i < 4000; ++i)
    body += "brx.idx %r1, T;\n";
  EXPECT_EQ(refusal(withBody(body)), "KG9002 line 7: found 8388609 operands, "
                                     "expected at most 8388608");
}

} // namespace
