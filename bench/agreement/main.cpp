//===- main.cpp - Does the emulator compute what the GPU computes?
//----------===//
//
//   kgen-bench-agreement [--real=cuda:0] [--emulated=emulated:sm_80]
//                        [--symbols=2,200,333] [--seed=N] [KERNEL.kgen...]
//
// Runs every probe of probes.def, then every artefact given (PTX inside:
// compile with ptxas=none), on both devices over the same words. Exits with 1
// when a result lies outside of what the PTX ISA documents.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Probes.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace kgen::agreement;

namespace {

struct Options {
  std::string real = "cuda:0", emulated = "emulated:sm_80";
  std::vector<int64_t> symbols = {2, 200, 333};
  uint64_t seed = 1;
  std::vector<std::string> artifacts;
};

Options parse(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    auto value = [&](const char *key) {
      size_t size = std::strlen(key);
      return word.compare(0, size, key) == 0 ? word.c_str() + size : nullptr;
    };
    if (const char *text = value("--real=")) {
      options.real = text;
    } else if (const char *text = value("--emulated=")) {
      options.emulated = text;
    } else if (const char *text = value("--seed=")) {
      options.seed = std::stoull(text);
    } else if (const char *text = value("--symbols=")) {
      options.symbols.clear();
      std::stringstream list(text);
      for (std::string item; std::getline(list, item, ',');)
        options.symbols.push_back(std::stoll(item));
    } else if (word.rfind("--", 0) == 0) {
      throw std::runtime_error("unknown option " + word);
    } else {
      options.artifacts.push_back(word);
    }
  }
  return options;
}

std::vector<uint32_t> runProbe(const Session &session, const Probe &probe,
                               const std::vector<uint32_t> &inputs) {
  Artifact artifact = loadArtifact(probeArtifact(probe));
  std::vector<HostTensor> tensors(2);
  tensors[0] = {KGEN_I32, KGEN_ROLE_INPUT, "in", {kThreads, probe.inputs}, {}};
  tensors[1] = {
      KGEN_I32, KGEN_ROLE_OUTPUT, "out", {kThreads, probe.outputs}, {}};
  tensors[0].bytes.resize(inputs.size() * 4);
  std::memcpy(tensors[0].bytes.data(), inputs.data(), inputs.size() * 4);
  tensors[1].bytes.resize(size_t(kThreads) * probe.outputs * 4);
  session.run(artifact.get(), tensors);
  std::vector<uint32_t> outputs(tensors[1].bytes.size() / 4);
  std::memcpy(outputs.data(), tensors[1].bytes.data(), tensors[1].bytes.size());
  return outputs;
}

/// Returns whether all agree.
bool compareProbes(const Session &real, const Session &emulated,
                   uint64_t seed) {
  bool agree = true;
  std::printf("%-22s %10s %10s %10s %12s\n", "probe", "words", "different",
              "outside", "worst");
  for (const Probe &probe : probes()) {
    std::vector<uint32_t> inputs = probeInputs(probe, seed);
    std::vector<uint32_t> a = runProbe(real, probe, inputs);
    std::vector<uint32_t> b = runProbe(emulated, probe, inputs);
    Agreement found = compare(probe, inputs, a, b);
    std::printf("%-22s %10llu %10llu %10llu %12.4g\n", probe.name,
                (unsigned long long)found.words,
                (unsigned long long)found.different,
                (unsigned long long)found.outside, found.worst);
    if (!found.outside)
      continue;
    agree = false;
    size_t thread = found.firstOutside / probe.outputs;
    std::printf("    thread %zu, word %zu: real %08x, emulated %08x, inputs",
                thread, size_t(found.firstOutside % probe.outputs),
                a[found.firstOutside], b[found.firstOutside]);
    for (uint32_t i = 0; i < probe.inputs; ++i)
      std::printf(" %08x", inputs[thread * probe.inputs + i]);
    std::printf("\n");
  }
  return agree;
}

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Largest difference over the root mean square that rounding explains: the
/// outputs are rounded to the element type after sums whose order the tensor
/// unit chooses.
double allowance(kgen_element_type_t type) {
  return type == KGEN_BF16 ? 0x1p-5 : type == KGEN_F16 ? 0x1p-8 : 0x1p-14;
}

bool compareKernel(const Session &real, const Session &emulated,
                   const std::string &path, const Options &options) {
  Artifact artifact = loadArtifact(readFile(path));
  std::vector<HostTensor> a =
      kernelTensors(artifact.get(), options.symbols, options.seed);
  std::vector<HostTensor> b = a;
  real.run(artifact.get(), a);
  emulated.run(artifact.get(), b);
  bool agree = true;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].role == KGEN_ROLE_INPUT)
      continue;
    TensorAgreement found = compareTensors(a[i], b[i]);
    bool inside = found.worst <= allowance(a[i].type);
    agree = agree && inside;
    std::printf("%s, %s: %llu of %llu elements differ, worst %.3g of the root "
                "mean square%s\n",
                path.substr(path.rfind('/') + 1).c_str(), found.name.c_str(),
                (unsigned long long)found.different,
                (unsigned long long)found.elements, found.worst,
                inside ? "" : ": OUTSIDE");
  }
  return agree;
}

} // namespace

int main(int argc, char **argv) {
  try {
    Options options = parse(argc, argv);
    Session real(options.real), emulated(options.emulated);
    std::printf("%s against %s, seed %llu\n", real.description().c_str(),
                emulated.description().c_str(),
                (unsigned long long)options.seed);
    bool agree = compareProbes(real, emulated, options.seed);
    for (const std::string &path : options.artifacts)
      agree = compareKernel(real, emulated, path, options) && agree;
    std::printf("%s\n", agree ? "all agree" : "some DISAGREE");
    return agree ? 0 : 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "kgen-bench-agreement: %s\n", error.what());
    return 2;
  }
}
