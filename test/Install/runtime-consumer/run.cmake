# Installs the runtime below WORK_DIR, then configures, builds and runs the consumer against it.
file(REMOVE_RECURSE ${WORK_DIR})
set(prefix ${WORK_DIR}/prefix)
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nended with ${code}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix} --component KgenRuntime)
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK_DIR}/build -G ${GENERATOR}
  -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_EXE_LINKER_FLAGS=${EXE_LINKER_FLAGS}
  -DCMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
foreach(program consumer consumer_static)
  run(${WORK_DIR}/build/${program} ${ARTIFACT})
  if(NOT output MATCHES "kgen [0-9.]+: kgen_test_attention for .* with 4 parameters")
    message(FATAL_ERROR "${program} printed: ${output}")
  endif()
endforeach()
