//===- KernelJob.cpp - What lower, verify and search do with one op
//--------===//

#include "KernelJob.h"

#include "kgen/Dialect/Attention/Passes.h"
#include "kgen/Schedule/Json.h"
#include "kgen/Schedule/Legality.h"
#include "kgen/Search/History.h"

#include <fstream>
#include <set>

using namespace mlir;

namespace kgen {

LogicalResult emitOn(Operation *op, const Error &error) {
  // Not emitOpError: the whole op below the message would bury it.
  return mlir::emitError(op->getLoc())
         << "'" << op->getName() << "' op " << error.message();
}

std::vector<attention::ForwardOp> findAttention(Operation *root) {
  std::vector<attention::ForwardOp> ops;
  root->walk([&](attention::ForwardOp op) { ops.push_back(op); });
  return ops;
}

void setAssembler(EmitOptions &options, const Machine &machine,
                  const std::string &ptxas) {
  options.driverAssembles = ptxas == "none" || machine.isEmulated();
  options.ptxas = options.driverAssembles ? "" : ptxas;
}

std::unique_ptr<KernelCompiler> compilerFor(attention::ForwardOp op,
                                            const Machine &machine,
                                            const std::string &ptxas) {
  EmitOptions options;
  setAssembler(options, machine, ptxas);
  return compilerFor(op, machine, options);
}

std::unique_ptr<KernelCompiler> compilerFor(attention::ForwardOp op,
                                            const Machine &machine,
                                            const EmitOptions &options) {
  // Mods are written into a copy: the op keeps the names the user gave it.
  IRRewriter rewriter(op);
  auto copy = cast<attention::ForwardOp>(rewriter.clone(*op));
  std::unique_ptr<KernelCompiler> compiler;
  if (succeeded(attention::expandMods(rewriter, copy)))
    compiler = KernelCompiler::create(copy, machine.hardware, options);
  rewriter.eraseOp(copy);
  return compiler;
}

/// Whether a number of a history may choose a schedule for this machine.
static bool isOf(const search::Timing &timing, const Machine &machine) {
  return timing.metric == search::Metric::Seconds || machine.isEmulated();
}

/// Times before counts, then the smaller number.
static bool isBetter(const search::Timing &one, const search::Timing &other) {
  return std::pair(one.metric, one.median) <
         std::pair(other.metric, other.median);
}

/// The fastest accepted schedule that a history knows for this problem, at any
/// sizes, on this machine.
static Expected<std::optional<Schedule>>
bestInHistory(const KernelCompiler &compiler, const Machine &machine,
              const std::string &path) {
  Expected<search::HistoryContents> contents = search::readHistory(path);
  if (!contents)
    return contents.error();
  Problem wanted = compiler.problem();
  std::set<std::string> keys;
  for (const search::HistoryEntry &entry : contents->entries) {
    if (!entry.run)
      continue;
    Expected<Problem> known = parseProblem(entry.run->problemJson);
    if (!known)
      continue; // another version's record
    known->name = wanted.name;
    known->maskSummary = wanted.maskSummary; // of other sizes
    if (*known == wanted)
      keys.insert(entry.context.problemKey);
  }
  const HardwareModel &hardware = compiler.hardware();
  std::string hardwareKey = hardware.key + "/" + hardware.arch;
  std::optional<Schedule> best;
  search::Timing bestTiming;
  for (const search::HistoryEntry &entry : contents->entries) {
    if (!entry.candidate || !entry.candidate->timing ||
        entry.context.hardwareKey != hardwareKey ||
        !keys.count(entry.context.problemKey))
      continue;
    const search::Timing &timing = *entry.candidate->timing;
    if (!isOf(timing, machine) || (best && !isBetter(timing, bestTiming)))
      continue;
    best = entry.candidate->schedule;
    bestTiming = timing;
  }
  return best;
}

Expected<std::vector<Schedule>> chooseSchedules(attention::ForwardOp op,
                                                const KernelCompiler &compiler,
                                                const Machine &machine,
                                                const std::string &history) {
  using List = std::vector<Schedule>;
  if (auto attribute = op.getSchedule())
    return List{attribute->getSchedule()};
  if (!history.empty()) {
    Expected<std::optional<Schedule>> known =
        bestInHistory(compiler, machine, history);
    if (!known)
      return known.error();
    if (*known)
      return List{**known};
  }
  return defaultSchedules(compiler.problem(), compiler.hardware());
}

static bool isSpoiltByAssembler(ErrorCode code) {
  return code == ErrorCode::OverlapLost ||
         code == ErrorCode::RegistersSpilled ||
         code == ErrorCode::ProductsSerialised;
}

Expected<ScheduledKernel>
compileFirst(KernelCompiler &compiler, const std::vector<Schedule> &schedules) {
  std::optional<Error> first;
  for (const Schedule &schedule : schedules) {
    Expected<CompiledKernel> kernel = compiler.compile(schedule);
    if (kernel)
      return ScheduledKernel{*std::move(kernel), schedule};
    if (!isSpoiltByAssembler(kernel.error().code()))
      return kernel.error();
    if (!first)
      first = kernel.error();
  }
  return *first;
}

Expected<void> writeFile(const std::string &path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file)
    return Error(ErrorCode::FileNotWritten, "'" + path + "'");
  return {};
}

} // namespace kgen
