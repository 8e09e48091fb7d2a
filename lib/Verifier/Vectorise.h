//===- Vectorise.h - Hot loops for whatever vector unit there is -----------===//
//
// KGEN_VECTORISE before a function compiles it for several x86-64 levels and
// picks one at run time. KGEN_REASSOCIATE as its first line allows sums to be
// split over lanes; the order of a float64 sum is not part of the contract.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_LIB_VERIFIER_VECTORISE_H
#define KGEN_LIB_VERIFIER_VECTORISE_H

#if defined(__x86_64__) && defined(__clang__)
#define KGEN_VECTORISE                                                         \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KGEN_VECTORISE
#endif

#if defined(__clang__)
#define KGEN_REASSOCIATE _Pragma("clang fp reassociate(on) contract(fast)")
#else
#define KGEN_REASSOCIATE
#endif

#endif // KGEN_LIB_VERIFIER_VECTORISE_H
