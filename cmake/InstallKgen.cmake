# What `make install` puts where. Components: KgenTools (programs, plugin, emulator, examples), Kgen
# (compiler libraries, headers, the CMake package Kgen); the runtime installs itself as KgenRuntime.
include(CMakePackageConfigHelpers)
set(KGEN_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Kgen)

# KgenSchedule is Kgen::Schedule to who finds it. A static build has no use for libraries.
function(kgen_install_library name)
  if(KGEN_STATIC)
    return()
  endif()
  string(REGEX REPLACE "^Kgen" "" exported ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${exported})
  install(TARGETS ${name} EXPORT KgenTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT Kgen)
endfunction()

# libMLIR.so is in LLVM's own directory, where the loader does not look.
function(kgen_set_install_rpath name)
  if(NOT KGEN_STATIC)
    set_target_properties(${name} PROPERTIES INSTALL_RPATH ${KGEN_LLVM_PREFIX}/lib)
  endif()
endfunction()

function(kgen_install_package)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/kgen
    COMPONENT KgenTools)
  if(KGEN_STATIC OR NOT KGEN_BUILD_COMPILER)
    return()
  endif()
  install(TARGETS kgen_mlir_headers EXPORT KgenTargets)
  foreach(root ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
    install(DIRECTORY ${root}/include/kgen DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT Kgen
      FILES_MATCHING PATTERN "*.h" PATTERN "*.def" PATTERN "*.td" PATTERN "*.inc"
      PATTERN CMakeFiles EXCLUDE)
  endforeach()
  install(EXPORT KgenTargets NAMESPACE Kgen:: DESTINATION ${KGEN_PACKAGE_DIR} COMPONENT Kgen)
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/KgenConfig.cmake.in
    ${CMAKE_BINARY_DIR}/KgenConfig.cmake INSTALL_DESTINATION ${KGEN_PACKAGE_DIR})
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/KgenConfigVersion.cmake
    VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/KgenConfig.cmake ${CMAKE_BINARY_DIR}/KgenConfigVersion.cmake
    DESTINATION ${KGEN_PACKAGE_DIR} COMPONENT Kgen)
endfunction()
