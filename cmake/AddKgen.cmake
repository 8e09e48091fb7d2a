# Functions that every room's CMakeLists.txt uses.
#
# Each library names its LAYER; a dependency on a kgen library of a higher layer, or of
# another room in the same layer that is not below it, stops the configuration. The layers:
#   0 Support   1 Schedule   2 Dialects, Runtime   3 Analysis, Verifier, Search
#   4 Transforms   5 Target/Common   6 Target/*   7 Compiler   8 Autotune   9 tools. Emulator is in 2.

# kgen_add_rooms(dir...): add_subdirectory for each.
function(kgen_add_rooms)
  foreach(room IN LISTS ARGN)
    if(EXISTS ${CMAKE_SOURCE_DIR}/${room}/CMakeLists.txt)
      add_subdirectory(${CMAKE_SOURCE_DIR}/${room} ${CMAKE_BINARY_DIR}/${room})
    endif()
  endforeach()
endfunction()

function(_kgen_check_layers name layer)
  foreach(dependency IN LISTS ARGN)
    if(TARGET ${dependency})
      get_target_property(below ${dependency} KGEN_LAYER)
      if(NOT below STREQUAL "below-NOTFOUND" AND below GREATER_EQUAL layer)
        message(FATAL_ERROR
          "layering: ${name} (layer ${layer}) may not use ${dependency} (layer ${below}); "
          "see docs/Architecture.md")
      endif()
    endif()
  endforeach()
endfunction()

# kgen_add_library(KgenX LAYER n [MLIR] SOURCES a.cpp... [DEPENDS KgenY...] [PRIVATE_LIBS lib...]
#                  [GENERATED target...])
# A static, position-independent library. MLIR: compiled with LLVM's headers and the shared
# precompiled header. GENERATED: tablegen targets that must run first.
function(kgen_add_library name)
  cmake_parse_arguments(ARG "MLIR;NO_PCH" "LAYER" "SOURCES;DEPENDS;PRIVATE_LIBS;GENERATED" ${ARGN})
  if(NOT DEFINED ARG_LAYER)
    message(FATAL_ERROR "kgen_add_library(${name}): LAYER is missing")
  endif()
  _kgen_check_layers(${name} ${ARG_LAYER} ${ARG_DEPENDS})
  add_library(${name} STATIC ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES KGEN_LAYER ${ARG_LAYER})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_LIBS})
  kgen_set_warnings(${name})
  if(ARG_MLIR)
    # Whoever finds the installed library links LLVM's; within the build each program does.
    target_link_libraries(${name} PUBLIC kgen_mlir_headers
      INTERFACE $<INSTALL_INTERFACE:MLIR> $<INSTALL_INTERFACE:LLVM>)
    if(NOT ARG_NO_PCH)
      target_precompile_headers(${name} REUSE_FROM kgen_mlir_pch)
    endif()
  endif()
  if(ARG_GENERATED)
    add_dependencies(${name} ${ARG_GENERATED})
  endif()
  kgen_install_library(${name})
endfunction()

function(kgen_set_warnings name)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
endfunction()

# The shared precompiled header is compiled with -fPIC; a program that reuses it must be too,
# and not with the -fPIE that CMake gives to programs.
function(_kgen_use_mlir_in_program name)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  target_link_libraries(${name} PRIVATE kgen_mlir_headers kgen_mlir_link)
  target_precompile_headers(${name} REUSE_FROM kgen_mlir_pch)
  kgen_set_install_rpath(${name})
endfunction()

# kgen_add_tool(kgen-x SOURCES ... LIBS ... [MLIR])
function(kgen_add_tool name)
  cmake_parse_arguments(ARG "MLIR" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  kgen_set_warnings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  if(ARG_MLIR)
    _kgen_use_mlir_in_program(${name})
  endif()
  if(KGEN_STATIC)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -Wl,--gc-sections
      -Wl,--as-needed -Wl,--exclude-libs,ALL)
  endif()
  set_property(GLOBAL APPEND PROPERTY KGEN_TOOLS ${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT KgenTools)
endfunction()

# kgen_add_unittest(KgenXTests SOURCES ... LIBS ... [MLIR] [LABELS label...])
# One GoogleTest program a room; CTest lists each of its tests.
function(kgen_add_unittest name)
  cmake_parse_arguments(ARG "MLIR" "" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT KGEN_BUILD_TESTS OR (ARG_MLIR AND NOT KGEN_BUILD_COMPILER))
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  kgen_set_warnings(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(ARG_MLIR)
    _kgen_use_mlir_in_program(${name})
  endif()
  if(ARG_LABELS)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${ARG_LABELS}")
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST)
  endif()
  set_property(GLOBAL APPEND PROPERTY KGEN_TEST_PROGRAMS ${name})
endfunction()
include(GoogleTest)
include(InstallKgen)
