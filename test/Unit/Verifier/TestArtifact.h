//===- TestArtifact.h - Artefacts of the test kernels ----------------------===//
#ifndef KGEN_TEST_UNIT_VERIFIER_TESTARTIFACT_H
#define KGEN_TEST_UNIT_VERIFIER_TESTARTIFACT_H

#include "kgen/Verifier/Protocol.h"

#include <string>

namespace kgen::test {

/// The problem that TestKernels.c computes.
Problem testKernelProblem();
ProblemSizes testKernelSizes();
/// An artefact of one function of TestKernels.c, with its problem as info.
std::string makeTestArtifact(const std::string &kernel);
/// The same as PTX for an emulated device of the fake emulator
/// (python-free-runtime/test/fake/fake_emulator.h); `lines` are in its language.
std::string makeEmulatedArtifact(const std::string &kernel, const std::string &lines = "");
/// PTX for sm_80 with the parameters of the test kernels, 64 threads a block.
std::string makePtxArtifact(const std::string &kernel, const std::string &ptx);

} // namespace kgen::test

#endif // KGEN_TEST_UNIT_VERIFIER_TESTARTIFACT_H
