//===- CompileMain.h - The program kgen-compile ----------------------------===//
//
// kgen-compile is kgen-opt under another name: both hold the whole compiler,
// which a self-contained build should carry once.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TOOLS_KGEN_COMPILE_COMPILEMAIN_H
#define KGEN_TOOLS_KGEN_COMPILE_COMPILEMAIN_H

namespace kgen {

/// Runs kgen-compile with its command line; returns its exit status.
int compileMain(int argc, char **argv);

} // namespace kgen

#endif // KGEN_TOOLS_KGEN_COMPILE_COMPILEMAIN_H
