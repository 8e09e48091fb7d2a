//===- LinkElf.h - Object files into loadable images -----------------------===//
#ifndef KGEN_TARGET_COMMON_LINKELF_H
#define KGEN_TARGET_COMMON_LINKELF_H

#include "kgen/Support/Error.h"

#include <string>
#include <string_view>

namespace kgen {

/// Links one relocatable ELF object into a shared object (x86 kernels, AMD code
/// objects) and returns its bytes. The linker runs in this process; should it
/// have crashed on an earlier input, ld.lld from PATH is spawned instead. Any
/// undefined symbol is an error. Safe to call from several threads. Errors:
/// KG4065 with the linker's own words.
Expected<std::string> linkSharedObject(std::string_view object);

} // namespace kgen

#endif // KGEN_TARGET_COMMON_LINKELF_H
