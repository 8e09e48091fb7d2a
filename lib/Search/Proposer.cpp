//===- Proposer.cpp - The table of proposers ------------------------------===//

#include "kgen/Search/Proposer.h"

#include "Proposers/Proposers.h"

namespace kgen::search {

Proposer::~Proposer() = default;

std::string_view spelling(ProposerKind kind) {
  switch (kind) {
#define KGEN_PROPOSER_CASE(name, text, description)                            \
  case ProposerKind::name:                                                     \
    return text;
    KGEN_PROPOSERS(KGEN_PROPOSER_CASE)
#undef KGEN_PROPOSER_CASE
  }
  return "invalid";
}

std::string_view description(ProposerKind kind) {
  switch (kind) {
#define KGEN_PROPOSER_CASE(name, text, description)                            \
  case ProposerKind::name:                                                     \
    return description;
    KGEN_PROPOSERS(KGEN_PROPOSER_CASE)
#undef KGEN_PROPOSER_CASE
  }
  return "invalid";
}

const std::vector<ProposerKind> &allProposers() {
  static const std::vector<ProposerKind> kinds = {
#define KGEN_PROPOSER_ROW(name, text, description) ProposerKind::name,
      KGEN_PROPOSERS(KGEN_PROPOSER_ROW)
#undef KGEN_PROPOSER_ROW
  };
  return kinds;
}

Expected<ProposerKind> parseProposerKind(std::string_view name) {
  std::string known;
  for (ProposerKind kind : allProposers()) {
    if (spelling(kind) == name)
      return kind;
    known += (known.empty() ? "" : ", ") + std::string(spelling(kind));
  }
  return Error(ErrorCode::ProposerUnknown,
               "has '" + std::string(name) + "', known are " + known);
}

const CandidateRecord *SearchState::best() const {
  const CandidateRecord *best = nullptr;
  for (const CandidateRecord &record : records)
    if (record.timing &&
        (!best || record.timing->median < best->timing->median))
      best = &record;
  return best;
}

Expected<std::unique_ptr<Proposer>>
makeProposer(ProposerKind kind, const ProposerOptions &options) {
  switch (kind) {
#define KGEN_PROPOSER_CASE(name, text, description)                            \
  case ProposerKind::name:                                                     \
    return make##name##Proposer(options);
    KGEN_PROPOSERS(KGEN_PROPOSER_CASE)
#undef KGEN_PROPOSER_CASE
  }
  return Error(ErrorCode::ProposerUnknown, "has an invalid enumerator");
}

} // namespace kgen::search
