# KGEN_STATIC: kgen_mlir_link from Debian's static archives, for tools that run on another x86-64
# Linux without LLVM. Three cures for what Debian exports (measured with LLVM 22.1.8):
#   1. every MLIR* and lld* target names the shared LLVM; it is replaced by static components;
#   2. LLVMSupport names shared zlib, zstd and z3: static archives, and no z3 (never used);
#   3. LLVMLTO reaches Polly, which is not packaged: its one hook is defined in StaticStubs.cpp.
find_library(KGEN_LIBZ_A libz.a REQUIRED)
find_library(KGEN_LIBZSTD_A libzstd.a REQUIRED)

set(components core support irreader bitwriter passes target targetparser asmparser asmprinter
  codegen mc mcparser object option linker ipo lto dtlto objcopy binaryformat
  nvptxcodegen nvptxdesc nvptxinfo
  amdgpucodegen amdgpuasmparser amdgpudisassembler amdgpudesc amdgpuinfo mcdisassembler
  x86codegen x86asmparser x86desc x86info)
llvm_map_components_to_libnames(llvm_libraries ${components})
add_library(kgen_llvm_static INTERFACE)
target_link_libraries(kgen_llvm_static INTERFACE ${llvm_libraries})

foreach(target IN LISTS MLIR_EXPORTED_TARGETS LLD_EXPORTED_TARGETS)
  if(TARGET ${target})
    get_target_property(libraries ${target} INTERFACE_LINK_LIBRARIES)
    if(libraries)
      list(TRANSFORM libraries REPLACE "^LLVM$" kgen_llvm_static)
      list(TRANSFORM libraries REPLACE "zstd::libzstd_(shared|static)" "${KGEN_LIBZSTD_A}")
      list(TRANSFORM libraries REPLACE "ZLIB::ZLIB" "${KGEN_LIBZ_A}")
      list(REMOVE_ITEM libraries MLIR)
      set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
    endif()
  endif()
endforeach()
get_target_property(libraries LLVMSupport INTERFACE_LINK_LIBRARIES)
list(FILTER libraries EXCLUDE REGEX "libz3")
list(TRANSFORM libraries REPLACE "zstd::libzstd_(shared|static)" "${KGEN_LIBZSTD_A}")
list(TRANSFORM libraries REPLACE "ZLIB::ZLIB" "${KGEN_LIBZ_A}")
set_target_properties(LLVMSupport PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
set_target_properties(LLVMExtensions PROPERTIES INTERFACE_LINK_LIBRARIES LLVMSupport)

add_library(kgen_static_stubs OBJECT ${CMAKE_SOURCE_DIR}/cmake/StaticStubs.cpp)
target_link_libraries(kgen_static_stubs PRIVATE kgen_mlir_headers)

# MLIR's libraries as kgen-opt uses them; archives that nothing needs cost nothing.
target_link_libraries(kgen_mlir_link INTERFACE
  $<TARGET_OBJECTS:kgen_static_stubs>
  MLIROptLib MLIRParser MLIRPass MLIRTransforms MLIRTransformUtils MLIRIR
  MLIRAffineDialect MLIRAffineToStandard MLIRAffineTransforms
  MLIRArithDialect MLIRArithToLLVM MLIRArithTransforms MLIRArithValueBoundsOpInterfaceImpl
  MLIRBufferizationDialect MLIRBufferizationPipelines MLIRBufferizationToMemRef
  MLIRBufferizationTransforms
  MLIRControlFlowDialect MLIRControlFlowToLLVM MLIRControlFlowTransforms
  MLIRFuncDialect MLIRFuncInlinerExtension MLIRFuncToLLVM MLIRFuncTransforms
  MLIRIndexDialect MLIRIndexToLLVM
  MLIRLinalgDialect MLIRLinalgToStandard MLIRLinalgTransforms
  MLIRLLVMCommonConversion MLIRLLVMDialect MLIRLLVMIRTransforms
  MLIRMathDialect MLIRMathToLibm MLIRMathToLLVM MLIRMathTransforms
  MLIRMemRefDialect MLIRMemRefToLLVM MLIRMemRefTransforms
  MLIRNVVMDialect MLIRNVVMToLLVM MLIRROCDLDialect
  MLIRReconcileUnrealizedCasts
  MLIRSCFDialect MLIRSCFToControlFlow MLIRSCFTransforms
  MLIRTensorDialect MLIRTensorTransforms MLIRTensorInferTypeOpInterfaceImpl
  MLIRUBDialect MLIRUBToLLVM
  MLIRVectorDialect MLIRVectorToLLVM MLIRVectorToLLVMPass MLIRVectorToSCF MLIRVectorTransforms
  MLIRTargetLLVMIRExport MLIRBuiltinToLLVMIRTranslation MLIRLLVMToLLVMIRTranslation
  MLIRNVVMToLLVMIRTranslation MLIRROCDLToLLVMIRTranslation
  kgen_llvm_static)
