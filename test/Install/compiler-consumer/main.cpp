// Parses the file that it is given with kgen's dialects, and says what each attention op asks for.
#include <kgen/Analysis/ProblemReader.h>
#include <kgen/Compiler/Registration.h>
#include <kgen/Dialect/Attention/AttentionOps.h>
#include <kgen/Schedule/Json.h>

#include <mlir/IR/BuiltinOps.h>
#include <mlir/Parser/Parser.h>

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  kgen::registerKgenDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(argc > 1 ? argv[1] : "-",
                                                      &context);
  if (!module)
    return 1;
  bool understood = true;
  module->walk([&](kgen::attention::ForwardOp op) {
    mlir::FailureOr<kgen::Problem> problem = kgen::analysis::readProblem(op);
    understood &= mlir::succeeded(problem);
    if (mlir::succeeded(problem))
      llvm::outs() << kgen::toJson(*problem) << "\n";
  });
  return understood ? 0 : 1;
}
