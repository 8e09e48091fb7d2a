// Carries the shared precompiled header; see FindLLVMToolchain.cmake.
