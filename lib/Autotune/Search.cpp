//===- Search.cpp - The fastest schedule that the verifier accepts
//---------===//

#include "KernelJob.h"
#include "WorkerMeasureService.h"

#include "kgen/Autotune/Passes.h"
#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "kgen/Schedule/MaskDensity.h"
#include "kgen/Search/History.h"
#include "kgen/Search/Report.h"
#include "kgen/Search/Search.h"
#include "kgen/Verifier/Service.h"

#include <csignal>

using namespace mlir;

namespace kgen {

#define GEN_PASS_DEF_ATTENTIONSEARCHPASS
#include "kgen/Autotune/Passes.h.inc"

namespace {

std::atomic<bool> stopRequested{false};

/// While it lives, the first Ctrl-C ends the search and keeps its best; the
/// second one ends the program.
class InterruptGuard {
public:
  InterruptGuard() {
    stopRequested = false;
    struct sigaction action = {};
    action.sa_handler = [](int) { stopRequested = true; };
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGINT, &action, &previous);
  }
  ~InterruptGuard() { sigaction(SIGINT, &previous, nullptr); }

private:
  struct sigaction previous;
};

struct AttentionSearchPass
    : impl::AttentionSearchPassBase<AttentionSearchPass> {
  using AttentionSearchPassBase::AttentionSearchPassBase;

  void runOnOperation() override {
    std::vector<attention::ForwardOp> ops = findAttention(getOperation());
    if (ops.empty())
      return;
    if (!artifact.empty() && ops.size() != 1) {
      (void)emitOn(getOperation(),
                   Error(ErrorCode::NotOneKernel,
                         "artifact= was given, and the module has " +
                             std::to_string(ops.size())));
      return signalPassFailure();
    }
    Expected<Machine> machine =
        resolveMachine(target.getValue(), worker, device);
    if (!machine) {
      (void)emitOn(getOperation(), machine.error());
      return signalPassFailure();
    }
    for (attention::ForwardOp op : ops)
      if (failed(searchOne(op, *machine)))
        return signalPassFailure();
  }

  Expected<std::unique_ptr<search::Proposer>> createProposer() {
    Expected<search::ProposerKind> kind =
        search::parseProposerKind(proposer.getValue());
    if (!kind)
      return kind.error();
    search::ProposerOptions options;
    options.seed = seed;
    options.replayPath = replay;
    options.llm.endpoint = llmEndpoint;
    options.llm.model = llmModel;
    return search::makeProposer(*kind, options);
  }

  Expected<search::SearchResult> run(KernelCompiler &compiler,
                                     const Machine &machine) {
    Expected<ProblemSizes> shape =
        parseSizes(compiler.problem(), sizes.getValue(), machine.device);
    if (!shape)
      return shape.error();
    Expected<double> seconds = parseDuration(budget.getValue());
    if (!seconds)
      return seconds.error();
    Expected<std::unique_ptr<search::Proposer>> chosen = createProposer();
    if (!chosen)
      return chosen.error();
    std::unique_ptr<search::History> known;
    if (!history.empty()) {
      Expected<std::unique_ptr<search::History>> opened =
          search::History::open(history);
      if (!opened)
        return opened.error();
      known = std::move(*opened);
    }
    WorkerMeasureService measurer(workerOptions(worker, machine.device),
                                  compiler.problem(), *shape, machine.hardware);
    std::unique_ptr<search::CompileService> service =
        createCompileService(compiler);
    Problem problem = compiler.problem();
    problem.maskSummary = summariseMask(problem, *shape);
    search::SearchTask task{problem, *shape, machine.hardware, commandLine()};
    search::SearchOptions options;
    options.budget = {*seconds, static_cast<size_t>(candidates)};
    options.measure.seed = seed;
    options.measure.limitSeconds = defaultLimitSeconds(machine.device);
    // Counts have no noise that a second measurement could take away.
    if (machine.isEmulated())
      options.finalists = 1;
    options.stop = &stopRequested;
    options.progress = [](std::string_view line) {
      llvm::errs() << StringRef(line.data(), line.size()) << "\n";
    };
    InterruptGuard guard;
    return search::runSearch(task, *service, measurer, **chosen, known.get(),
                             options);
  }

  /// What a reader of a report would type: the options that were given.
  std::string commandLine() {
    std::string pipeline;
    llvm::raw_string_ostream stream(pipeline);
    printAsTextualPipeline(stream);
    StringRef options = StringRef(pipeline).split('{').second;
    options.consume_back("}");
    std::string text = "kgen-opt --attention-search='";
    for (StringRef option : llvm::split(options, ' '))
      if (!option.ends_with("="))
        text += option.str() + ' ';
    text.back() = '\'';
    return text;
  }

  LogicalResult searchOne(attention::ForwardOp op, const Machine &machine) {
    std::unique_ptr<KernelCompiler> compiler = compilerFor(op, machine, ptxas);
    if (!compiler)
      return failure();
    // Before the search, which is the long part.
    if (!report.empty() && history.empty())
      return emitOn(
          op, Error(ErrorCode::ReportNeedsHistory, "report='" + report + "'"));
    Expected<search::SearchResult> result = run(*compiler, machine);
    if (!result)
      return emitOn(op, result.error());
    op.setScheduleAttr(
        attention::ScheduleAttr::get(&getContext(), result->best.schedule));
    if (!artifact.empty() && failed(writeWinner(op, *compiler, *result)))
      return failure();
    if (!report.empty() && failed(writeReports(op)))
      return failure();
    return success();
  }

  LogicalResult writeWinner(attention::ForwardOp op, KernelCompiler &compiler,
                            const search::SearchResult &result) {
    std::string bytes = result.artifact ? result.artifact->bytes : "";
    if (bytes.empty()) {
      Expected<CompiledKernel> kernel = compiler.compile(result.best.schedule);
      if (!kernel)
        return emitOn(op, kernel.error());
      bytes = std::move(kernel->artifact);
    }
    Expected<void> written = writeFile(artifact, bytes);
    return written ? success() : emitOn(op, written.error());
  }

  LogicalResult writeReports(attention::ForwardOp op) {
    Expected<search::HistoryContents> contents = search::readHistory(history);
    if (!contents)
      return emitOn(op, contents.error());
    Expected<search::Report> page = search::makeReport(*contents);
    if (!page)
      return emitOn(op, page.error());
    for (auto [suffix, text] : {std::pair(".html", search::renderHtml(*page)),
                                std::pair(".txt", search::renderText(*page))})
      if (Expected<void> written = writeFile(report + suffix, text); !written)
        return emitOn(op, written.error());
    llvm::errs() << "report: " << report << ".html, " << report << ".txt\n";
    return success();
  }
};

} // namespace
} // namespace kgen
