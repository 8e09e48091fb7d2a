# Generated reference pages are checked in: people read them without a build, and a test says
# when they are stale.

# kgen_add_generated_doc(Page.md COMMAND command... [DEPENDS ...])
# The command writes the page to its standard output. `ninja kgen-doc` copies every page into
# docs/; the test docs-Page fails, with the difference, when docs/Page.md is another.
function(kgen_add_generated_doc page)
  cmake_parse_arguments(ARG "" "" "COMMAND;DEPENDS" ${ARGN})
  set(built ${CMAKE_BINARY_DIR}/docs/${page})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/docs)
  add_custom_command(OUTPUT ${built} COMMAND ${ARG_COMMAND} > ${built} DEPENDS ${ARG_DEPENDS})
  get_filename_component(name ${page} NAME_WE)
  add_custom_target(kgen-doc-${name} ALL DEPENDS ${built})
  if(NOT TARGET kgen-doc)
    add_custom_target(kgen-doc)
  endif()
  add_custom_command(TARGET kgen-doc POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E copy ${built} ${CMAKE_SOURCE_DIR}/docs/${page} VERBATIM)
  add_dependencies(kgen-doc kgen-doc-${name})
  add_test(NAME docs-${name} COMMAND diff -u ${CMAKE_SOURCE_DIR}/docs/${page} ${built})
  set_tests_properties(docs-${name} PROPERTIES LABELS docs)
endfunction()
