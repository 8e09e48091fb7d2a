//===- ParserKernel.cpp - Kernels, their parameters and bodies ------------===//

#include "Parser.h"

namespace kgen::emulator::ptx {

/// .entry name (parameters) directives { body }
bool Parser::parseKernel() {
  advance();
  const Token start = token;
  std::string_view name;
  if (!expectName("a kernel's name", name))
    return false;
  if (!kernelNames.insert(name).second)
    return fail(start, "a kernel name that is new in the module");
  if (!withinLimit(module->kernels.size() + 1, Limits::kKernels, start.line,
                   "kernels"))
    return false;
  builder.emplace(name, start.line);
  if (!parseParameters() || !parseKernelDirectives() || !parseBody())
    return false;
  builder->finish();
  module->kernels.push_back(std::move(builder->kernel));
  builder.reset();
  return true;
}

bool Parser::parseParameters() {
  if (!acceptSymbol('(') || acceptSymbol(')'))
    return true;
  do {
    if (!parseParameter())
      return false;
  } while (acceptSymbol(','));
  builder->kernel.parameterCount = uint32_t(builder->kernel.symbols.size());
  return expectSymbol(')');
}

/// .param .align 64 .b8 name[128], or .param .u64 .ptr .global .align 1 name
bool Parser::parseParameter() {
  if (!acceptDirective(".param"))
    return fail(token, ".param");
  Declaration declaration;
  declaration.symbol.space = Space::Param;
  if (!parseAttributes(declaration))
    return false;
  if (acceptDirective(".ptr")) { // what it points to: the callee need not know
    for (std::string_view space : {".global", ".const", ".shared", ".local"})
      if (acceptDirective(space))
        break;
    uint32_t ignored = 0;
    if (token.isDirective(".align") && !parseAlignment(ignored))
      return false;
  }
  return parseVariableName(declaration) &&
         (!declaration.unsized ||
          fail(declaration.line, "an array without a size", "its size")) &&
         declareVariable(declaration);
}

/// What stands between the parameters and the body.
bool Parser::parseKernelDirectives() {
  Kernel &kernel = builder->kernel;
  uint64_t value = 0;
  for (;;) {
    const Token word = token;
    if (word.isDirective(".pragma")) {
      if (!parsePragma())
        return false;
      continue;
    }
    if (word.kind != TokenKind::Directive)
      return true;
    advance();
    bool good = true;
    if (word.text == ".reqntid")
      good = parseExtent(kernel.requiredThreads);
    else if (word.text == ".maxntid")
      good = parseExtent(kernel.maximumThreads);
    else if (word.text == ".reqnctapercluster")
      good = parseExtent(kernel.clusterSize);
    else if (word.text == ".minnctapersm" || word.text == ".maxnreg" ||
             word.text == ".maxclusterrank" || word.text == ".maxnctapersm") {
      good = expectInteger("a number", UINT32_MAX, value);
      if (word.text == ".minnctapersm")
        kernel.minCtasPerSm = uint32_t(value);
      else if (word.text == ".maxnreg")
        kernel.maximumRegisters = uint32_t(value);
    } else if (word.text != ".explicitcluster") {
      return fail(word, "a directive of a kernel, or '{'");
    }
    if (!good)
      return false;
  }
}

/// 128 or 16, 8 or 8, 4, 4: what is not given is 1.
bool Parser::parseExtent(std::array<uint32_t, 3> &extent) {
  extent = {1, 1, 1};
  for (size_t i = 0; i < 3; ++i) {
    uint64_t value = 0;
    if (!expectInteger("a number", UINT32_MAX, value))
      return false;
    extent[i] = uint32_t(value);
    if (!token.isSymbol(','))
      return true;
    if (i < 2)
      advance();
  }
  return fail(token, "three numbers at most");
}

/// Scopes nest in the builder, not in this parser's calls.
bool Parser::parseBody() {
  const Token open = token;
  if (!expectSymbol('{'))
    return false;
  while (builder->depth() > 0) {
    if (token.kind == TokenKind::End)
      return fail(token,
                  "'}' for the kernel of line " + std::to_string(open.line));
    if (!parseBodyItem())
      return false;
  }
  return true;
}

bool Parser::parseBodyItem() {
  if (acceptSymbol(';'))
    return true;
  if (token.isSymbol('{')) {
    builder->openScope(token.line);
    if (!withinLimit(builder->depth(), Limits::kNesting, token.line,
                     "nested scopes"))
      return false;
    advance();
    return true;
  }
  if (token.isSymbol('}'))
    return closeBrace();
  if (token.kind == TokenKind::Directive)
    return parseBodyDirective();
  return parseStatement();
}

bool Parser::closeBrace() {
  advance();
  if (const auto missing = builder->closeScope())
    return fail(missing->line,
                "'" + std::string(missing->name.substr(0, 40)) + "'",
                "a label that this scope or one around it has");
  return true;
}

bool Parser::parseBodyDirective() {
  if (token.isDirective(".reg"))
    return parseRegisters();
  for (std::string_view space : {".shared", ".local", ".global", ".const"})
    if (token.isDirective(space))
      return parseVariables(/*isExtern=*/false);
  if (token.isDirective(".loc"))
    return parseLocation();
  if (token.isDirective(".pragma"))
    return parsePragma();
  if (token.isDirective(".param") || token.isDirective(".callprototype"))
    return unsupported(token, "no calls: functions are not emulated");
  return fail(token, "a statement, .reg or a variable");
}

/// After `name:` and its colon.
bool Parser::parseLabel(const Token &name) {
  if (name.text.find_first_of(".:%") != std::string_view::npos ||
      name.text == "_")
    return fail(name, "a label");
  if (acceptDirective(".branchtargets"))
    return parseBranchTargets(name);
  return builder->defineLabel(name.text) ||
         fail(name, "a label that is new in this scope");
}

/// name: .branchtargets a, b, c;
bool Parser::parseBranchTargets(const Token &name) {
  BranchTable targets;
  do {
    const uint32_t line = token.line;
    std::string_view target;
    if (!expectName("a label", target) || !countOperand(line))
      return false;
    targets.emplace_back(target, line);
  } while (acceptSymbol(','));
  return expectSymbol(';') &&
         (builder->defineBranchTable(name.text, std::move(targets)) ||
          fail(name, "a label that is new in this scope"));
}

} // namespace kgen::emulator::ptx
