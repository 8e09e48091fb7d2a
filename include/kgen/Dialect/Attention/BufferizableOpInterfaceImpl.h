//===- BufferizableOpInterfaceImpl.h - Bufferization of attention ---------===//
#ifndef KGEN_DIALECT_ATTENTION_BUFFERIZABLEOPINTERFACEIMPL_H
#define KGEN_DIALECT_ATTENTION_BUFFERIZABLEOPINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace kgen::attention {

/// Lets one-shot bufferization turn the tensor form of attention.forward into
/// the memref form. Tools that bufferize call it next to the upstream ones.
void registerBufferizableOpInterfaceExternalModels(
    mlir::DialectRegistry &registry);

} // namespace kgen::attention

#endif // KGEN_DIALECT_ATTENTION_BUFFERIZABLEOPINTERFACEIMPL_H
