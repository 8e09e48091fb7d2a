//===- Proposers.h - One factory per line of KGEN_PROPOSERS ---------------===//
#ifndef KGEN_SEARCH_PROPOSERS_PROPOSERS_H
#define KGEN_SEARCH_PROPOSERS_PROPOSERS_H

#include "kgen/Search/Proposer.h"

namespace kgen::search {

#define KGEN_PROPOSER_FACTORY(name, text, description)                         \
  Expected<std::unique_ptr<Proposer>> make##name##Proposer(                    \
      const ProposerOptions &options);
KGEN_PROPOSERS(KGEN_PROPOSER_FACTORY)
#undef KGEN_PROPOSER_FACTORY

} // namespace kgen::search

#endif // KGEN_SEARCH_PROPOSERS_PROPOSERS_H
