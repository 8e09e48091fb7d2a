//===- write_attention_artifact.cpp - CODE.so FILE: for hello_attention
//------===//
#include "artifact_builder.h"

#include <cstdio>
#include <fstream>

using namespace kgen::runtime_test;

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: write_attention_artifact CODE.so FILE\n");
    return 2;
  }
  ArtifactBuilder builder;
  builder.header.target = KGEN_TARGET_CPU;
  builder.header.code_format = KGEN_CODE_ELF_SHARED_OBJECT;
  builder.setArch(KGEN_TEST_BASE_ARCH);
  builder.setKernelName("kgen_test_attention");
  builder.code = readFile(argv[1]);
  builder.info = "{\"problem\": \"hello\"}";
  for (const char *name : {"q", "k", "v", "o"})
    builder.addTensor(name, *name == 'o' ? KGEN_ROLE_OUTPUT : KGEN_ROLE_INPUT,
                      KGEN_F32, {-1, 2, -2, 16});
  builder.header.grid[0] = {0, 2, 1, 1};
  builder.header.grid[1] = {0, 1, 1, 1};
  builder.header.grid[2] = {0, 0, 1, 1};
  std::string bytes = builder.build();
  std::ofstream file(argv[2], std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return file ? 0 : 1;
}
