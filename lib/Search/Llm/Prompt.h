//===- Prompt.h - What a model is told ------------------------------------===//
//
// Each round is one user message that says everything: models that refuse a
// system message or lose earlier turns are served alike, and the size does not
// grow with the rounds. The wording is in prompts/*.txt.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_SEARCH_LLM_PROMPT_H
#define KGEN_SEARCH_LLM_PROMPT_H

#include "kgen/Search/Proposer.h"

#include <string>
#include <vector>

namespace kgen::search {

/// The message for one round. `complaints` are about the model's last answer.
std::string buildPrompt(const SearchState &state, size_t wanted,
                        const std::vector<std::string> &complaints);

} // namespace kgen::search

#endif // KGEN_SEARCH_LLM_PROMPT_H
