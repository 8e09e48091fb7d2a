//===- Ptxas.h - PTX to a cubin ---------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_PTXAS_H
#define KGEN_TARGET_NVVM_PTXAS_H

#include "kgen/Support/Error.h"

#include <chrono>
#include <string>

namespace kgen::nvvm {

struct AssembledPtx {
  std::string cubin;
  std::string messages; ///< everything that ptxas -v printed
};

/// The path of ptxas: `requested` if given, else from PATH, CUDA_HOME,
/// CUDA_PATH and /usr/local/cuda; empty when there is none.
std::string findPtxas(const std::string &requested);

/// Runs `ptxas` on `ptx`. PtxasFailed carries what it printed, PtxasTimedOut the
/// limit, PtxasMissing that it could not be started.
Expected<AssembledPtx>
assemblePtx(const std::string &ptxas, const std::string &ptx,
            const std::string &arch,
            std::chrono::milliseconds limit = std::chrono::minutes(3));

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_PTXAS_H
