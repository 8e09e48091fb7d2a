#include "PTX/Lexer.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

using namespace kgen::emulator::ptx;

namespace {

std::vector<std::string> words(std::string_view text) {
  Lexer lexer(text);
  std::vector<std::string> out;
  for (Token t = lexer.next(); t.kind != TokenKind::End; t = lexer.next())
    out.emplace_back(t.text);
  return out;
}

using Words = std::vector<std::string>;

TEST(PtxLexer, KeepsAMnemonicWithItsModifiersInOneWord) {
  EXPECT_EQ(words("ld.shared::cta.v2.b32 {%r1,%r2},[%rd1+16];"),
            (Words{"ld.shared::cta.v2.b32", "{", "%r1", ",", "%r2", "}", ",",
                   "[", "%rd1", "+", "16", "]", ";"}));
}

TEST(PtxLexer, CutsDirectivesAtEachDot) {
  EXPECT_EQ(words(".reg.b32 %r<5>;"),
            (Words{".reg", ".b32", "%r", "<", "5", ">", ";"}));
}

TEST(PtxLexer, TellsALabelFromADoubleColon) {
  EXPECT_EQ(words("DONE: a::b c:d"),
            (Words{"DONE", ":", "a::b", "c", ":", "d"}));
}

TEST(PtxLexer, SkipsBothKindsOfCommentAndCountsTheirLines) {
  Lexer lexer("a // x\n/* y\n z */ b\n\nc");
  EXPECT_EQ(lexer.next().line, 1u);
  EXPECT_EQ(lexer.next().line, 3u);
  EXPECT_EQ(lexer.next().line, 5u);
  EXPECT_EQ(lexer.next().kind, TokenKind::End);
  EXPECT_EQ(lexer.next().kind, TokenKind::End);
}

TEST(PtxLexer, ReadsNumbersUpToTheirEnd) {
  EXPECT_EQ(words("8.6 1.5e-3 0x1e+4 0f3F800000 2e5 [%rd1+-4]"),
            (Words{"8.6", "1.5e-3", "0x1e", "+", "4", "0f3F800000", "2e5", "[",
                   "%rd1", "+", "-", "4", "]"}));
}

TEST(PtxLexer, HandsOutWhatItDoesNotKnowAsBad) {
  for (std::string_view text :
       {"#", "\x01", "\xff", "\"open", "\"a\nb\"", "/* open", "%", "."}) {
    Lexer lexer(text);
    EXPECT_EQ(lexer.next().kind, TokenKind::Bad) << text;
  }
}

TEST(PtxLexer, ReadsStringsWithEscapes) {
  EXPECT_EQ(words(R"("a \" b" x)"), (Words{R"("a \" b")", "x"}));
}

TEST(PtxLexer, DescribesTokensBriefAndPrintable) {
  EXPECT_EQ(describe({TokenKind::Bad, "\x01\xff", 1}), R"('\x01\xff')");
  EXPECT_EQ(describe({TokenKind::End, "", 1}), "the end of the text");
  const std::string longWord(100, 'x');
  EXPECT_EQ(describe({TokenKind::Word, longWord, 1}),
            "'" + std::string(40, 'x') + "...'");
}

TEST(PtxLexer, PutsAStatementOnOneLine) {
  std::string out;
  appendOnOneLine("  mma\t{a, // one\n\t\tb} /* two\n */ ,c ", out);
  EXPECT_EQ(out, "mma {a, b} ,c");
}

TEST(PtxLiteral, ReadsIntegersOfEachBase) {
  EXPECT_EQ(parseLiteral("0")->bits, 0u);
  EXPECT_EQ(parseLiteral("42U")->bits, 42u);
  EXPECT_EQ(parseLiteral("0x1Fe")->bits, 0x1feu);
  EXPECT_EQ(parseLiteral("017")->bits, 15u);
  EXPECT_EQ(parseLiteral("0b101")->bits, 5u);
  EXPECT_EQ(parseLiteral("18446744073709551615")->bits, ~uint64_t(0));
  EXPECT_FALSE(parseLiteral("1")->isFloat);
}

TEST(PtxLiteral, KeepsTheBitsOfFloats) {
  EXPECT_EQ(parseLiteral("0f3F800000")->bits, 0x3f800000u);
  EXPECT_TRUE(parseLiteral("0f3F800000")->isFloat);
  EXPECT_FALSE(parseLiteral("0f3F800000")->isF64Bits);
  EXPECT_EQ(parseLiteral("0d3FF0000000000000")->bits, 0x3ff0000000000000u);
  EXPECT_TRUE(parseLiteral("0d3FF0000000000000")->isF64Bits);
  EXPECT_EQ(parseLiteral("1.5e-3")->bits, std::bit_cast<uint64_t>(1.5e-3));
  EXPECT_TRUE(parseLiteral("1.5")->isF64Bits);
}

TEST(PtxLiteral, RefusesWhatIsNoNumberOrTooLarge) {
  for (std::string_view word :
       {"", "x1", "1x", "0x", "0b2", "08", "0f3F80000", "0f3F8000000",
        "0d3FF000000000000g", "18446744073709551616", "1e999", "1.5.5", "12UU",
        "1e", "-1"})
    EXPECT_FALSE(parseLiteral(word)) << word;
}

} // namespace
