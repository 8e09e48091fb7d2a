# Tests of the runtime as a whole: example, documentation, link closure, installation.

add_executable(write_attention_artifact write_attention_artifact.cpp)
kgen_set_warnings(write_attention_artifact)
target_link_libraries(write_attention_artifact PRIVATE kgen_runtime_test_support)
add_dependencies(write_attention_artifact kgen_test_attention)
set(attention_artifact ${CMAKE_CURRENT_BINARY_DIR}/attention.kgen)

add_test(NAME runtime-example-artifact
  COMMAND write_attention_artifact $<TARGET_FILE:kgen_test_attention> ${attention_artifact})
set_tests_properties(runtime-example-artifact PROPERTIES FIXTURES_SETUP attention_artifact)
add_test(NAME runtime-example COMMAND hello_attention ${attention_artifact} 0.25)
# The check of the example must be able to fail: another scale is another result.
add_test(NAME runtime-example-sees-wrong-results
  COMMAND hello_attention ${attention_artifact} 40)
set_tests_properties(runtime-example-sees-wrong-results PROPERTIES WILL_FAIL ON)
set_tests_properties(runtime-example runtime-example-sees-wrong-results PROPERTIES
  FIXTURES_REQUIRED attention_artifact)

add_test(NAME runtime-docs-match-example
  COMMAND ${CMAKE_COMMAND}
    -DEXAMPLE=${PROJECT_SOURCE_DIR}/python-free-runtime/examples/hello_attention.c
    -DDOCUMENT=${PROJECT_SOURCE_DIR}/docs/Runtime.md
    -DERROR_CODES=${PROJECT_SOURCE_DIR}/include/kgen/Support/ErrorCodes.def
    -P ${CMAKE_CURRENT_LIST_DIR}/check_docs.cmake)

add_test(NAME runtime-link-closure
  COMMAND ${CMAKE_COMMAND} -DLIBRARY=$<TARGET_FILE:kgen_runtime_shared>
    -DARCHIVE=$<TARGET_FILE:kgen_runtime> -DNM=${CMAKE_NM}
    -P ${CMAKE_CURRENT_LIST_DIR}/check_link_closure.cmake)

add_test(NAME runtime-install
  COMMAND ${CMAKE_COMMAND}
    -DBUILD_DIR=${CMAKE_BINARY_DIR}
    -DCONSUMER=${PROJECT_SOURCE_DIR}/test/Install/runtime-consumer
    -DWORK_DIR=${CMAKE_CURRENT_BINARY_DIR}/install-test
    -DARTIFACT=${attention_artifact}
    -DGENERATOR=${CMAKE_GENERATOR}
    -DC_COMPILER=${CMAKE_C_COMPILER}
    -DEXE_LINKER_FLAGS=${CMAKE_EXE_LINKER_FLAGS}
    -P ${PROJECT_SOURCE_DIR}/test/Install/runtime-consumer/run.cmake)
set_tests_properties(runtime-install PROPERTIES FIXTURES_REQUIRED attention_artifact)
