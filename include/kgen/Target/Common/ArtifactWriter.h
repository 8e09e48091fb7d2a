//===- ArtifactWriter.h - A kernel with all that a launch needs -------------===//
#ifndef KGEN_TARGET_COMMON_ARTIFACTWRITER_H
#define KGEN_TARGET_COMMON_ARTIFACTWRITER_H

#include "kgen/Target/Common/TargetBackend.h"

namespace kgen {

/// Returns the bytes of an artefact in the layout of kgen_artifact.h.
///
/// Parameters are Q, K, V, the captures in order, O and, if the problem writes
/// it, LSE. Dynamic sizes of B, Sq and Skv share the symbols 0, 1 and 2; each
/// dynamic dimension of a capture has a symbol of its own. The grid is
/// (ceil(Sq / tile_q), Hq, B), or as many persistent blocks as the code says.
/// Kernels with tensor maps, clusters or a persistent grid are of format version
/// 2, all others of version 1, which older runtimes read. The info text is JSON: problem, schedule,
/// hardware, resources and the compiler's version.
///
/// Fails with ArtifactLimit when a name, a rank, the number of parameters or of
/// tensor maps does not fit the format, and DtypeUnsupported for f64 captures.
Expected<std::string> writeArtifact(const KernelCode &code,
                                    const Problem &problem,
                                    const Schedule &schedule,
                                    const HardwareModel &hardware);

} // namespace kgen

#endif // KGEN_TARGET_COMMON_ARTIFACTWRITER_H
