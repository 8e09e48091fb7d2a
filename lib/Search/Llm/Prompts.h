//===- Prompts.h - The prompt texts, embedded at build time ---------------===//
#ifndef KGEN_SEARCH_LLM_PROMPTS_H
#define KGEN_SEARCH_LLM_PROMPTS_H

#include <string_view>

namespace kgen::search::prompts {

// One per file in prompts/; {{name}} marks what Prompt.cpp fills in.
extern const std::string_view request;
extern const std::string_view first_round;
extern const std::string_view later_round;

} // namespace kgen::search::prompts

#endif // KGEN_SEARCH_LLM_PROMPTS_H
