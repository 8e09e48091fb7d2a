//===- Arguments.h - kgen-verify's command line ----------------------------===//
#ifndef KGEN_TOOLS_KGEN_VERIFY_ARGUMENTS_H
#define KGEN_TOOLS_KGEN_VERIFY_ARGUMENTS_H

#include "kgen/Verifier/Protocol.h"

#include <string>

namespace kgen {

enum class ToolMode : uint8_t { Help, Serve, ListDevices, SelfTest, Once };

struct ToolArguments {
  ToolMode mode = ToolMode::Once;
  std::string device = "cpu";
  std::string artifact;
  std::string problemPath; ///< empty: the problem in the artefact
  std::string sizes;       ///< JSON, or "B=2,Sq=128,Skv=128"; empty: the device's default
  VerifyOptions options;
  bool hasLimit = false; ///< --limit-seconds was given
};

extern const char *const kUsage;

Expected<ToolArguments> parseArguments(int argc, char **argv);
/// kgen-verify in the folder of this program, else the one in PATH.
std::string workerBeside();
/// Reads the files that the arguments name.
Expected<VerifyRequest> makeRequest(const ToolArguments &arguments);

} // namespace kgen

#endif // KGEN_TOOLS_KGEN_VERIFY_ARGUMENTS_H
