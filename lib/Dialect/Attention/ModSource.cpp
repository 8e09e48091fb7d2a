//===- ModSource.cpp - The mod files, built in ----------------------------===//
#include "kgen/Dialect/Attention/ModTable.h"

using namespace kgen::attention;
using llvm::StringRef;

namespace {

struct Source {
  StringRef file;
  StringRef text;
};

const Source kSources[] = {
#include "ModSources.inc"
};

} // namespace

StringRef kgen::attention::modSource(StringRef file) {
  for (const Source &source : kSources)
    if (source.file == file)
      return source.text;
  return "";
}
