# Installs everything below WORK_DIR; then builds and runs the consumer, and runs the installed
# tool and the installed plugin, which must find their worker without help.
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
function(expect pattern)
  if(NOT output MATCHES "${pattern}")
    message(FATAL_ERROR "expected '${pattern}' in:\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK_DIR}/build -G ${GENERATOR}
  -DCMAKE_BUILD_TYPE=Release
  -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_COMPILER=${CXX_COMPILER}
  -DCMAKE_EXE_LINKER_FLAGS=${EXE_LINKER_FLAGS} -DCMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
set(variant ${prefix}/share/kgen/examples/relative_position.mlir)
run(${WORK_DIR}/build/consumer ${variant})
expect("\"name\":\"relative_position\"")

run(${prefix}/bin/kgen-opt ${variant} --attention-verify=target=cpu)
expect("remark: accepted on cpu")
run(${prefix}/bin/kgen-compile ${variant} --target=cpu -o ${WORK_DIR}/variant.kgen)
expect("relative_position for")
set(plugin ${prefix}/lib/KgenPlugin.so)
run(${LLVM_PREFIX}/bin/mlir-opt --load-dialect-plugin=${plugin} --load-pass-plugin=${plugin}
  "--pass-pipeline=builtin.module(attention-verify{target=cpu})" ${variant})
expect("remark: accepted on cpu")
