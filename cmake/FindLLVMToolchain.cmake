# Finds LLVM and MLIR 22 and makes three targets of them:
#   kgen_mlir_headers  include directories and definitions
#   kgen_mlir_link     what a program links: libMLIR.so and libLLVM.so, or (KGEN_STATIC) the
#                      static components
#   kgen_mlir_pch      the one shared precompiled header (upstream headers only)
find_program(KGEN_LLVM_CONFIG NAMES llvm-config-22 REQUIRED)
execute_process(COMMAND ${KGEN_LLVM_CONFIG} --prefix OUTPUT_VARIABLE KGEN_LLVM_PREFIX
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
find_package(MLIR 22.1 REQUIRED CONFIG HINTS ${KGEN_LLVM_PREFIX}/lib/cmake/mlir)
find_package(LLD REQUIRED CONFIG HINTS ${KGEN_LLVM_PREFIX}/lib/cmake/lld)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

add_library(kgen_mlir_headers INTERFACE)
target_include_directories(kgen_mlir_headers SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS} ${LLD_INCLUDE_DIRS})
separate_arguments(KGEN_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_options(kgen_mlir_headers INTERFACE ${KGEN_LLVM_DEFINITIONS})

add_library(kgen_mlir_link INTERFACE)
if(KGEN_STATIC)
  include(StaticLLVM)
else()
  target_link_libraries(kgen_mlir_link INTERFACE MLIR LLVM)
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  set(CMAKE_PCH_INSTANTIATE_TEMPLATES ON)
  # ccache can share a precompiled header only if it has no time stamp.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang> $<$<COMPILE_LANGUAGE:CXX>:SHELL:-fno-pch-timestamp>)
endif()

add_library(kgen_mlir_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/Precompiled.cpp)
target_link_libraries(kgen_mlir_pch PRIVATE kgen_mlir_headers)
kgen_set_warnings(kgen_mlir_pch)
target_precompile_headers(kgen_mlir_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/Precompiled.h)
