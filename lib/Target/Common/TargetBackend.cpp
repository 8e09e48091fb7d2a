//===- TargetBackend.cpp - Anchor of the target seam -----------------------===//

#include "kgen/Target/Common/TargetBackend.h"

namespace kgen {

TargetBackend::~TargetBackend() = default;

} // namespace kgen
