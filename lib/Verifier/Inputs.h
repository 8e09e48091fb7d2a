//===- Inputs.h - What a kernel is fed -------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_INPUTS_H
#define KGEN_LIB_VERIFIER_INPUTS_H

#include "kgen/Verifier/Protocol.h"

#include <vector>

namespace kgen {

/// Values of one capture: `floats` for float types, `integers` for the others
/// (sign-extended; i1 as 0 or 1). Row-major; one value for a scalar.
struct CaptureValues {
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  std::vector<double> floats;
  std::vector<int64_t> integers;
};

/// One element of V that is NaN, in coordinates of V.
struct ValuePosition {
  int64_t batch = 0, headKV = 0, key = 0, column = 0;
};

/// Inputs of one launch. Every value is exactly representable in its type, so
/// the oracle and the kernel see the same numbers.
struct Inputs {
  std::vector<float> q; ///< [B, Hq, Sq, Dqk]
  std::vector<float> k; ///< [B, Hkv, Skv, Dqk]
  std::vector<float> v; ///< [B, Hkv, Skv, Dv]
  std::vector<CaptureValues> captures;
  /// NonFinite only: a kernel that multiplies whole tiles spreads this NaN as
  /// 0 * NaN to rows that do not see the key, in this column.
  std::vector<ValuePosition> nanValues;
};

/// Deterministic in (problem, sizes, family, seed); it does not depend on the
/// number of cores.
Inputs makeInputs(const Problem &problem, const ProblemSizes &sizes,
                  InputFamily family, uint64_t seed);

/// The bytes of a capture as the kernel reads them.
std::string encodeCapture(const CaptureValues &values);

} // namespace kgen

#endif // KGEN_LIB_VERIFIER_INPUTS_H
