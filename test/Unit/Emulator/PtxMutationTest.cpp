//===- PtxMutationTest.cpp - Broken PTX is an error with a line -----------===//
//
// Changes real PTX at random (the seed is fixed: every run does the same) in
// its bytes, words and lines. Each result must be read into a module whose
// numbers point at something, or be an error with a line of the text; and each
// kernel that was read must be decoded or refused with a line.
//
//===----------------------------------------------------------------------===//

#include "Hopper/Forms.h"
#include "PTX/Decoder.h"
#include "PTX/Lexer.h"
#include "PtxInvariants.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

using namespace kgen;
using namespace kgen::emulator::ptx;

namespace {

std::string input(const std::string &name) {
  std::ifstream file(KGEN_EMULATOR_INPUTS "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Tokens of a text, as views into it.
std::vector<std::string_view> tokensOf(std::string_view text) {
  Lexer lexer(text);
  std::vector<std::string_view> tokens;
  for (Token t = lexer.next(); t.kind != TokenKind::End; t = lexer.next())
    tokens.push_back(t.text);
  return tokens;
}

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

class Mutator {
public:
  explicit Mutator(std::string_view text)
      : text(text), tokens(tokensOf(text)), lines(linesOf(text)) {}

  std::string mutate() {
    switch (random() % 6) {
    case 0:
      return flipByte();
    case 1:
      return std::string(text.substr(0, random() % text.size()));
    case 2:
      return splice(pick(tokens), "");
    case 3:
      return splice(pick(tokens), pick(tokens));
    case 4:
      return splice(pick(lines), "");
    default:
      return splice(pick(lines), pick(lines));
    }
  }

private:
  std::string flipByte() {
    std::string out(text);
    out[random() % out.size()] = char(random());
    return out;
  }
  std::string_view pick(const std::vector<std::string_view> &from) {
    return from[random() % from.size()];
  }
  /// The text with one part of it replaced.
  std::string splice(std::string_view part, std::string_view by) const {
    const size_t at = size_t(part.data() - text.data());
    return std::string(text.substr(0, at)) + std::string(by) +
           std::string(text.substr(at + part.size()));
  }

  std::string_view text;
  std::vector<std::string_view> tokens, lines;
  std::mt19937 random{20261121};
};

struct Outcome {
  int read = 0, refused = 0, decoded = 0, undecodable = 0;
};

void decodeAll(const Module &module, Outcome &outcome) {
  const std::span<const InstructionForm> forms[] = {coreForms(), hopperForms()};
  for (const Kernel &kernel : module.kernels) {
    const auto decoded = decodeKernel(kernel, forms);
    ++(decoded ? outcome.decoded : outcome.undecodable);
    if (!decoded)
      EXPECT_GT(lineOf(decoded.error()), 0u) << decoded.error().message();
  }
}

Outcome mutateMany(const std::string &name, int times) {
  const std::string text = input(name);
  Outcome outcome;
  if (text.empty()) {
    ADD_FAILURE() << "cannot read " << name;
    return outcome;
  }
  Mutator mutator(text);
  for (int i = 0; i < times; ++i) {
    const std::string mutant = mutator.mutate();
    const auto module = parseModule(mutant);
    ++(module ? outcome.read : outcome.refused);
    if (module) {
      EXPECT_TRUE(isGoodModule(**module)) << name << ", mutation " << i;
      decodeAll(**module, outcome);
    } else {
      EXPECT_TRUE(isGoodError(module.error(), mutant))
          << name << ", mutation " << i << ": " << module.error().message();
    }
    if (testing::Test::HasFailure())
      break;
  }
  return outcome;
}

/// All kinds of outcome must be there, or the mutations test nothing.
void expectAll(const Outcome &outcome) {
  EXPECT_GT(outcome.decoded, 0);
  EXPECT_GT(outcome.undecodable, 0);
  EXPECT_GT(outcome.read, 0);
  EXPECT_GT(outcome.refused, 0);
}

TEST(PtxMutations, OfEveryFormEndWell) {
  expectAll(mutateMany("forms.ptx", 6000));
}

TEST(PtxMutations, OfAHopperKernelEndWell) {
  expectAll(mutateMany("hopper-flash-bf16.ptx", 600));
}

TEST(PtxMutations, OfAnAmpereKernelEndWell) {
  expectAll(mutateMany("neighborhood-1d-bf16.ptx", 600));
}

TEST(PtxInputs, AreReadWhole) {
  for (const char *name :
       {"forms.ptx", "hopper-flash-bf16.ptx", "neighborhood-1d-bf16.ptx"}) {
    const auto module = parseModule(input(name));
    ASSERT_TRUE(bool(module)) << name << ": " << module.error().message();
    EXPECT_TRUE(isGoodModule(**module)) << name;
    EXPECT_GE((*module)->kernels.size(), 1u) << name;
  }
}

TEST(PtxInputs, OfHopperKeepTheirWideVectors) {
  const auto module = parseModule(input("hopper-flash-bf16.ptx"));
  ASSERT_TRUE(bool(module));
  const Kernel &kernel = (*module)->kernels.front();
  const auto wgmma =
      std::ranges::find_if(kernel.statements, [](const Statement &statement) {
        return statement.text.starts_with("wgmma.mma_async");
      });
  ASSERT_NE(wgmma, kernel.statements.end());
  EXPECT_EQ(wgmma->operands[0].elements.size(), 64u);
  EXPECT_EQ(kernel.requiredThreads[0], 384u);
  EXPECT_EQ(kernel.maximumRegisters, 168u);
  EXPECT_EQ(kernel.symbols[0].bytes, 128u);
  EXPECT_EQ(kernel.symbols[0].alignment, 64u);
}

} // namespace
