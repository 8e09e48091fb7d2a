//===- LinkElfTest.cpp - What the linker says about bad objects ------------===//

#include "kgen/Target/Common/LinkElf.h"

#include <gtest/gtest.h>

using namespace kgen;

TEST(LinkElf, KG4065WhatIsNoObjectIsAnError) {
  Expected<std::string> image = linkSharedObject("this is no object file");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), ErrorCode::ElfLinkFailed);
  EXPECT_NE(image.error().detail().find("error: "),
            std::string::npos)
      << image.error().detail();
}
