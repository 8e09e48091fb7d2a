# Stages, checks, packs and tries the bundle: see KgenBundle.cmake.
# Input: BUILD_DIR, DIST (where the archive goes), NAME (of archive and folder), OBJDUMP.
set(stage ${BUILD_DIR}/bundle)
set(root ${stage}/${NAME})
set(archive ${DIST}/${NAME}.tar.xz)
set(limit_mb 40)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output
    ERROR_VARIABLE errors)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${code}:\n${output}${errors}")
  endif()
  set(output "${output}${errors}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${stage})
foreach(component KgenTools KgenRuntime)
  run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${root} --component ${component} --strip)
endforeach()

# Nothing but the C library may be needed.
file(GLOB programs ${root}/bin/* ${root}/lib/*.so)
foreach(program IN LISTS programs)
  run(${OBJDUMP} -p ${program})
  string(REGEX MATCHALL "NEEDED +[^\n ]+" needed "${output}")
  foreach(entry IN LISTS needed)
    if(NOT entry MATCHES "NEEDED +(libc|libm|ld-linux-x86-64|libdl|libpthread)\\.so")
      message(FATAL_ERROR "bundle: ${program} needs ${entry}")
    endif()
  endforeach()
endforeach()

file(MAKE_DIRECTORY ${DIST})
execute_process(COMMAND ${CMAKE_COMMAND} -E env XZ_OPT=-T0 tar -C ${stage} -cJf ${archive} ${NAME}
  COMMAND_ERROR_IS_FATAL ANY)
file(SIZE ${archive} bytes)
math(EXPR megabytes "(${bytes} + 999999) / 1000000")
if(megabytes GREATER limit_mb)
  message(FATAL_ERROR "bundle: ${archive} has ${megabytes} MB, limit ${limit_mb} MB")
endif()

# The archive as its user meets it: unpacked elsewhere, without this machine's environment.
file(REMOVE_RECURSE ${stage}/try)
file(MAKE_DIRECTORY ${stage}/try)
run(tar -C ${stage}/try -xJf ${archive})
set(unpacked ${stage}/try/${NAME})
run(${CMAKE_COMMAND} -E chdir ${stage}/try env -i ${unpacked}/bin/kgen-opt
  ${unpacked}/share/kgen/examples/relative_position.mlir --attention-verify=target=cpu)
if(NOT output MATCHES "remark: accepted on cpu")
  message(FATAL_ERROR "bundle: the unpacked kgen-opt says\n${output}")
endif()
if(EXISTS ${unpacked}/lib/libkgen_emulator.so)
  run(${CMAKE_COMMAND} -E chdir ${stage}/try env -i ${unpacked}/bin/kgen-compile
    ${unpacked}/share/kgen/examples/relative_position.mlir --target=emulated:sm_80 -o out.kgen)
  run(${CMAKE_COMMAND} -E chdir ${stage}/try env -i ${unpacked}/bin/kgen-emulate out.kgen
    --sizes=B=1,Sq=70,Skv=70)
  if(NOT output MATCHES "accepted: ")
    message(FATAL_ERROR "bundle: the unpacked kgen-emulate says\n${output}")
  endif()
endif()
foreach(target cpu sm_80)
  run(${CMAKE_COMMAND} -E chdir ${stage}/try env -i ${unpacked}/bin/kgen-compile
    ${unpacked}/share/kgen/examples/relative_position.mlir --target=${target} -o out.kgen)
endforeach()
file(REMOVE_RECURSE ${stage}/try)
message(STATUS "${archive}: ${megabytes} MB")
