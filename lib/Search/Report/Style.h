//===- Style.h - The report's style sheet, embedded at build time ---------===//
#ifndef KGEN_SEARCH_REPORT_STYLE_H
#define KGEN_SEARCH_REPORT_STYLE_H

#include <string_view>

namespace kgen::search::report {

extern const std::string_view style; ///< style.css

} // namespace kgen::search::report

#endif // KGEN_SEARCH_REPORT_STYLE_H
