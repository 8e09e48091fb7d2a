# One test a page, docs-page-<name>: its links, file names, examples and commands (Inputs/documents.py says which).
find_package(Python3 REQUIRED COMPONENTS Interpreter)
file(GLOB pages RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/*.md ${CMAKE_SOURCE_DIR}/docs/*.md ${CMAKE_SOURCE_DIR}/docs/Rationale/*.md
  ${CMAKE_SOURCE_DIR}/examples/*.md ${CMAKE_SOURCE_DIR}/bench/*.md ${CMAKE_SOURCE_DIR}/bench/results/*.md)
foreach(page IN LISTS pages)
  string(REGEX REPLACE "^docs/|\\.md$" "" name ${page})
  string(REPLACE "/" "-" name ${name})
  add_test(NAME docs-page-${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/Inputs/documents.py
    ${CMAKE_SOURCE_DIR}/${page} --source ${CMAKE_SOURCE_DIR} --build ${CMAKE_BINARY_DIR}
    --work ${CMAKE_CURRENT_BINARY_DIR}/pages/${name})
  set_tests_properties(docs-page-${name} PROPERTIES LABELS docs)
endforeach()
# It searches, and takes times.
set_tests_properties(docs-page-README PROPERTIES RUN_SERIAL ON)
add_test(NAME docs-page-checker COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/Inputs/documents_test.py
  ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
set_tests_properties(docs-page-checker PROPERTIES LABELS docs)
add_test(NAME docs-page-references COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/Inputs/references.py
  ${CMAKE_SOURCE_DIR})
set_tests_properties(docs-page-references PROPERTIES LABELS docs)
