# Installs the runtime as the CMake package KgenRuntime: Kgen::runtime (shared) and
# Kgen::runtime_static. Component KgenRuntime, so that it can be installed without the compiler.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/KgenRuntime)
install(TARGETS kgen_runtime kgen_runtime_shared
  EXPORT KgenRuntimeTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT KgenRuntime NAMELINK_COMPONENT KgenRuntime
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT KgenRuntime)
install(FILES include/kgen_artifact.h include/kgen_runtime.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT KgenRuntime)
install(EXPORT KgenRuntimeTargets NAMESPACE Kgen:: DESTINATION ${package_dir}
  COMPONENT KgenRuntime)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/KgenRuntimeConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/KgenRuntimeConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/KgenRuntimeConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/KgenRuntimeConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/KgenRuntimeConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT KgenRuntime)
