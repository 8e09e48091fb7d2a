# kgen-bundle (KGEN_STATIC only): dist/kgen-<version>-x86_64-linux.tar.xz, tools and runtime for an
# x86-64 Linux with glibc 2.36 or newer and no LLVM. Unpack it anywhere.
set(bundle kgen-${PROJECT_VERSION}-${CMAKE_SYSTEM_PROCESSOR}-linux)
get_property(tools GLOBAL PROPERTY KGEN_TOOLS)
if(TARGET kgen_emulator)
  list(APPEND tools kgen_emulator)
endif()
add_custom_target(kgen-bundle
  COMMAND ${CMAKE_COMMAND}
    -DBUILD_DIR=${CMAKE_BINARY_DIR} -DDIST=${CMAKE_SOURCE_DIR}/dist -DNAME=${bundle}
    -DOBJDUMP=${KGEN_LLVM_PREFIX}/bin/llvm-objdump
    -P ${CMAKE_SOURCE_DIR}/cmake/MakeBundle.cmake
  DEPENDS ${tools} kgen_runtime kgen_runtime_shared
  VERBATIM USES_TERMINAL)
