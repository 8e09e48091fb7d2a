#include "kgen/Support/Error.h"
#include "kgen/Support/Hash.h"

#include <gtest/gtest.h>

#include <set>

using namespace kgen;

namespace {

const ErrorCode allCodes[] = {
#define KGEN_ERROR(code, name, sentence) ErrorCode::name,
#include "kgen/Support/ErrorCodes.def"
};

TEST(Error, EveryCodeHasANameASentenceAndARange) {
  std::set<unsigned> numbers;
  for (ErrorCode code : allCodes) {
    auto number = static_cast<unsigned>(code);
    EXPECT_TRUE(numbers.insert(number).second) << number << " is used twice";
    EXPECT_GE(number, 1001u);
    EXPECT_LE(number, 9999u);
    EXPECT_NE(errorName(code), "Unknown");
    EXPECT_GT(errorSentence(code).size(), 8u) << number;
  }
}

TEST(Error, MessageSaysCodeDetailAndWhatToDo) {
  Error error(ErrorCode::SharedMemoryExceeded, "has 2 bytes, limit 1");
  EXPECT_EQ(error.message(),
            "[KG2084] has 2 bytes, limit 1: use smaller tiles, fewer stages or "
            "fewer staged operands");
  EXPECT_EQ(errorName(error.code()), "SharedMemoryExceeded");
}

TEST(Expected, HoldsAValueOrAnError) {
  Expected<int> value = 3;
  ASSERT_TRUE(static_cast<bool>(value));
  EXPECT_EQ(*value, 3);
  Expected<int> failure = Error(ErrorCode::JsonSyntax, "x");
  ASSERT_FALSE(static_cast<bool>(failure));
  EXPECT_EQ(failure.error().code(), ErrorCode::JsonSyntax);
  EXPECT_TRUE(static_cast<bool>(Expected<void>()));
  EXPECT_FALSE(
      static_cast<bool>(Expected<void>(Error(ErrorCode::JsonSyntax, ""))));
}

TEST(Hash, IsXxh3WithoutASeed) {
  // XXH3-64 of the empty text, from the algorithm's own test vectors.
  EXPECT_EQ(hashHex(""), "2d06800538d394c2");
  EXPECT_NE(hashBytes("a"), hashBytes("b"));
  EXPECT_EQ(hashHex("a").size(), 16u);
}

} // namespace
