//===- Kernels.h - Whole kernels to compare
//---------------------------------===//
#ifndef KGEN_BENCH_AGREEMENT_KERNELS_H
#define KGEN_BENCH_AGREEMENT_KERNELS_H

#include "Session.h"

namespace kgen::agreement {

/// Inputs (normal floats, integers of 0..7) and outputs (NaN) for every tensor
/// of an artefact. symbols[s] is the size of dynamic dimensions of symbol s;
/// those beyond, and dimensions without a symbol, take the last. Throws if
/// there is none, or a parameter is a scalar.
std::vector<HostTensor> kernelTensors(const kgen_artifact_t *artifact,
                                      const std::vector<int64_t> &symbols,
                                      uint64_t seed);

/// How two outputs of one tensor differ.
struct TensorAgreement {
  std::string name;
  uint64_t elements = 0, different = 0;
  /// Largest |a - b| over the root mean square of the real device's values;
  /// infinite if one is NaN or infinite where the other is not.
  double worst = 0;
};
TensorAgreement compareTensors(const HostTensor &real,
                               const HostTensor &emulated);

} // namespace kgen::agreement

#endif // KGEN_BENCH_AGREEMENT_KERNELS_H
