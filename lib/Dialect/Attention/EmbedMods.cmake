# cmake -DOUT=file -DDIR=Mods -P EmbedMods.cmake: writes every DIR/*.mlir as a C++ table row,
# {"name", R"mlir(text)mlir"}, for ModSource.cpp.
file(GLOB files ${DIR}/*.mlir)
list(SORT files)
set(text "// Generated from Mods/*.mlir by EmbedMods.cmake.\n")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} body)
  string(APPEND text "{\"${name}\", R\"mlir(${body})mlir\"},\n")
endforeach()
file(WRITE ${OUT} "${text}")
