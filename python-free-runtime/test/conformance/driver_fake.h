//===- driver_fake.h - The state of the fake GPU library
//---------------------===//
#ifndef KGEN_RUNTIME_TEST_CONFORMANCE_DRIVER_FAKE_H
#define KGEN_RUNTIME_TEST_CONFORMANCE_DRIVER_FAKE_H

#include "fake/fake_gpu.h"

namespace kgen::runtime_test {

/// Makes the driver load this library from now on.
void useFakeLibrary(const char *path);
/// The state of the fake library.
fake_gpu_t &fake();
/// One healthy device, nothing recorded; the fake library is in use.
void resetFake();

} // namespace kgen::runtime_test

#endif // KGEN_RUNTIME_TEST_CONFORMANCE_DRIVER_FAKE_H
