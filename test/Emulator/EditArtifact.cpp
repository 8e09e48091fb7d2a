//===- EditArtifact.cpp - Seeds a bug into an artefact's PTX ---------------===//
//
//   kgen-edit-artifact IN.kgen OUT.kgen OLD NEW [N]
//
// Replaces the N-th (default: first) occurrence of OLD in the code by NEW, which
// must not be longer, pads with spaces and seals the artefact again. For tests
// of what the emulator finds. Exits with 1 when there is no such occurrence.
//
//===----------------------------------------------------------------------===//

#include "artifact_builder.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

int main(int argc, char **argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s IN OUT OLD NEW [N]\n", argv[0]);
    return 2;
  }
  std::string artifact = kgen::runtime_test::readFile(argv[1]);
  std::string from = argv[3], to = argv[4];
  int wanted = argc > 5 ? std::atoi(argv[5]) : 1;
  kgen_artifact_header_t header;
  if (artifact.size() < sizeof header || to.size() > from.size())
    return 2;
  std::memcpy(&header, artifact.data(), sizeof header);
  size_t end = header.code_offset + header.code_size;
  size_t at = header.code_offset - 1;
  for (int i = 0; i < wanted; ++i) {
    at = artifact.find(from, at + 1);
    if (at == std::string::npos || at + from.size() > end) {
      std::fprintf(stderr, "the code has %d times '%s', not %d\n", i,
                   from.c_str(), wanted);
      return 1;
    }
  }
  to.resize(from.size(), ' ');
  artifact.replace(at, from.size(), to);
  kgen::runtime_test::seal(artifact);
  std::ofstream(argv[2], std::ios::binary) << artifact;
  return 0;
}
