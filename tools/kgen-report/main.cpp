//===- main.cpp - kgen-report: a search history for people
//-----------------===//

#include "kgen/Search/Report.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

using namespace kgen;
using namespace kgen::search;

namespace {

constexpr const char *kUsage =
    R"(usage: kgen-report HISTORY [--problem=KEY] [--html=FILE] [--text] [--list]

Shows what a search tried, what it found and why candidates fell out.

  HISTORY         a history file (JSON lines), as --attention-search writes it
  --problem=KEY   the problem with this key, or the beginning of it; without it,
                  the problem of the newest record
  --html=FILE     write one self-contained HTML page
  --text          write plain text to standard output (the default)
  --list          list the problems that the history knows
)";

struct Arguments {
  std::string history, problem, html;
  bool text = false, list = false, help = false;
  std::string mistake; ///< what is wrong with the command line
};

Arguments parseArguments(int argc, char **argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    auto value = [&](std::string_view name, std::string &target) {
      if (!argument.starts_with(name))
        return false;
      target = argument.substr(name.size());
      return true;
    };
    if (argument == "--text")
      arguments.text = true;
    else if (argument == "--list")
      arguments.list = true;
    else if (argument == "--help" || argument == "-h")
      arguments.help = true;
    else if (value("--problem=", arguments.problem) ||
             value("--html=", arguments.html))
      continue;
    else if (argument.starts_with("-") || !arguments.history.empty())
      arguments.mistake = "unexpected argument '" + std::string(argument) + "'";
    else
      arguments.history = argument;
  }
  if (arguments.history.empty() && arguments.mistake.empty())
    arguments.mistake = "no history file was given";
  return arguments;
}

int fail(const Error &error) {
  std::cerr << "kgen-report: " << error.message() << "\n";
  return 1;
}

Expected<void> writeFile(const std::string &path, const std::string &text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file)
    return Error(ErrorCode::ReportWriteFailed,
                 path + ": " + std::strerror(errno));
  return {};
}

void listAll(const HistoryContents &contents) {
  for (const ReportTopic &topic : listTopics(contents))
    std::cout << topic.context.problemKey << "  " << topic.candidates
              << " candidates  " << topic.context.hardwareKey << "  "
              << topic.context.device << "  " << topic.problemName << "\n";
}

int run(const Arguments &arguments) {
  Expected<HistoryContents> contents = readHistory(arguments.history);
  if (!contents)
    return fail(contents.error());
  if (arguments.list) {
    listAll(*contents);
    return 0;
  }
  Expected<Report> report = makeReport(*contents, arguments.problem);
  if (!report)
    return fail(report.error());
  if (!arguments.html.empty()) {
    Expected<void> written = writeFile(arguments.html, renderHtml(*report));
    if (!written)
      return fail(written.error());
  }
  if (arguments.text || arguments.html.empty())
    std::cout << renderText(*report);
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  Arguments arguments = parseArguments(argc, argv);
  if (arguments.help) {
    std::cout << kUsage;
    return 0;
  }
  if (!arguments.mistake.empty()) {
    std::cerr << "kgen-report: " << arguments.mistake << "\n" << kUsage;
    return 2;
  }
  return run(arguments);
}
