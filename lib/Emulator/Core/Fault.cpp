//===- Fault.cpp - Words for a conflict
//-------------------------------------===//

#include "Fault.h"

namespace kgen::emulator {

static ErrorCode codeOf(ConflictKind kind) {
  switch (kind) {
  case ConflictKind::Uninitialised:
    return ErrorCode::FindingUninitialised;
  case ConflictKind::Race:
    return ErrorCode::FindingRace;
  case ConflictKind::ProxyRace:
    return ErrorCode::FindingProxyRace;
  case ConflictKind::MissingWait:
    return ErrorCode::FindingMissingWait;
  }
  return ErrorCode::FindingRace;
}

static std::string reason(ConflictKind kind) {
  switch (kind) {
  case ConflictKind::Uninitialised:
    return "nobody wrote these bytes";
  case ConflictKind::Race:
    return "no barrier orders the two";
  case ConflictKind::ProxyRace:
    return "no proxy fence stands between the generic write and the "
           "asynchronous access";
  case ConflictKind::MissingWait:
    return "the earlier one was not waited for";
  }
  return {};
}

static std::string words(const AccessPlace &place,
                         const InstructionNamer &name) {
  return std::string(spelling(place.kind)) + " by warp " +
         std::to_string(place.warp) + " at " + name(place.instruction);
}

Error describeConflict(const Conflict &conflict, const AccessPlace &now,
                       const InstructionNamer &name) {
  std::string text = "shared memory at byte " +
                     std::to_string(conflict.offset) + ": " + words(now, name);
  if (conflict.kind != ConflictKind::Uninitialised)
    text += "; earlier " + words(conflict.earlier, name);
  return Error(codeOf(conflict.kind), text + "; " + reason(conflict.kind));
}

} // namespace kgen::emulator
