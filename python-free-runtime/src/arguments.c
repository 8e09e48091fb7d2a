/*===- arguments.c - Check launch arguments, compute the grid, pack
 * --------===*/
#include "internal.h"

size_t kgen_element_size(kgen_element_type_t type) {
  switch (type) {
  case KGEN_I1:
  case KGEN_I8:
    return 1;
  case KGEN_F16:
  case KGEN_BF16:
  case KGEN_I16:
    return 2;
  case KGEN_F32:
  case KGEN_I32:
    return 4;
  case KGEN_I64:
    return 8;
  }
  return 0;
}

const char *kgen_element_name(kgen_element_type_t type) {
  static const char *const names[] = {"unknown", "f32", "f16", "bf16", "i1",
                                      "i8",      "i16", "i32", "i64"};
  return kgen_element_size(type) ? names[type] : names[0];
}

const char *kgen_kind_name(kgen_parameter_kind_t kind) {
  switch (kind) {
  case KGEN_KIND_TENSOR:
    return "tensor";
  case KGEN_KIND_SCALAR:
    return "scalar";
  }
  return "unknown";
}

/* For each size symbol, where its size was first seen. */
typedef struct {
  const kgen_artifact_parameter_t *parameter; /* NULL: not seen yet */
  uint32_t dimension;
  int64_t size;
} symbol_t;

static kgen_status_t check_symbol(symbol_t *symbol, uint32_t dimension,
                                  const kgen_artifact_parameter_t *parameter,
                                  int64_t size) {
  if (!symbol->parameter) {
    *symbol = (symbol_t){parameter, dimension, size};
    return KGEN_STATUS_OK;
  }
  if (symbol->size == size)
    return KGEN_STATUS_OK;
  return kgen_fail(KGEN_STATUS_ARGUMENT_SYMBOL,
                   "%s has size %lld in dimension %u, but %s has %lld in "
                   "dimension %u",
                   parameter->name, (long long)size, dimension,
                   symbol->parameter->name, (long long)symbol->size,
                   symbol->dimension);
}

static kgen_status_t check_size(const kgen_artifact_parameter_t *parameter,
                                uint32_t dimension, int64_t size) {
  const kgen_artifact_dimension_t *expected = &parameter->dimensions[dimension];
  if (size < 0)
    return kgen_fail(KGEN_STATUS_ARGUMENT_SIZE,
                     "%s has size %lld in dimension %u, limit >= 0",
                     parameter->name, (long long)size, dimension);
  if (expected->size != KGEN_DYNAMIC_SIZE && size != expected->size)
    return kgen_fail(KGEN_STATUS_ARGUMENT_SIZE,
                     "%s has size %lld in dimension %u, the kernel takes %lld",
                     parameter->name, (long long)size, dimension,
                     (long long)expected->size);
  if (expected->divisor > 1 && size % expected->divisor != 0)
    return kgen_fail(KGEN_STATUS_ARGUMENT_DIVISIBILITY,
                     "%s has size %lld in dimension %u, not a multiple of %u",
                     parameter->name, (long long)size, dimension,
                     expected->divisor);
  return KGEN_STATUS_OK;
}

static kgen_status_t check_sizes(const kgen_artifact_parameter_t *parameter,
                                 const kgen_argument_t *argument,
                                 symbol_t *symbols) {
  uint64_t bytes =
      kgen_element_size((kgen_element_type_t)parameter->element_type);
  for (uint32_t d = 0; d < parameter->rank; ++d) {
    int64_t size = argument->sizes[d];
    KGEN_RETURN_IF_ERROR(check_size(parameter, d, size));
    if (__builtin_mul_overflow(bytes, (uint64_t)size, &bytes) ||
        bytes > (uint64_t)PTRDIFF_MAX)
      return kgen_fail(KGEN_STATUS_ARGUMENT_SIZE,
                       "%s has more bytes than an address can count, size "
                       "%lld in dimension %u",
                       parameter->name, (long long)size, d);
    int32_t symbol = parameter->dimensions[d].symbol;
    if (symbol != KGEN_NO_SYMBOL)
      KGEN_RETURN_IF_ERROR(check_symbol(&symbols[symbol], d, parameter, size));
  }
  return KGEN_STATUS_OK;
}

static kgen_status_t check_shape(const kgen_artifact_parameter_t *parameter,
                                 const kgen_argument_t *argument,
                                 symbol_t *symbols) {
  if ((uint32_t)argument->kind != parameter->kind)
    return kgen_fail(KGEN_STATUS_ARGUMENT_KIND,
                     "%s is a %s, the kernel takes a %s", parameter->name,
                     kgen_kind_name(argument->kind),
                     kgen_kind_name((kgen_parameter_kind_t)parameter->kind));
  if ((uint32_t)argument->element_type != parameter->element_type)
    return kgen_fail(
        KGEN_STATUS_ARGUMENT_TYPE,
        "%s has elements of type %s, the kernel takes %s", parameter->name,
        kgen_element_name(argument->element_type),
        kgen_element_name((kgen_element_type_t)parameter->element_type));
  if (argument->rank < 0 || (uint32_t)argument->rank != parameter->rank)
    return kgen_fail(KGEN_STATUS_ARGUMENT_RANK,
                     "%s has rank %d, the kernel takes rank %u",
                     parameter->name, argument->rank, parameter->rank);
  return check_sizes(parameter, argument, symbols);
}

kgen_status_t kgen_check_shapes(const kgen_artifact_t *artifact,
                                const kgen_argument_t *arguments,
                                size_t count) {
  if (count != artifact->header->parameter_count)
    return kgen_fail(KGEN_STATUS_ARGUMENT_COUNT,
                     "launch has %zu arguments, kernel %s takes %u", count,
                     artifact->header->kernel_name,
                     artifact->header->parameter_count);
  if (count > 0 && !arguments)
    return kgen_fail(KGEN_STATUS_INVALID_ARGUMENT, "arguments is NULL");
  symbol_t symbols[KGEN_MAX_PARAMETERS * KGEN_MAX_RANK];
  for (uint32_t i = 0; i < artifact->header->symbol_count; ++i)
    symbols[i].parameter = NULL;
  for (size_t i = 0; i < count; ++i)
    KGEN_RETURN_IF_ERROR(
        check_shape(&artifact->parameters[i], &arguments[i], symbols));
  return KGEN_STATUS_OK;
}

size_t kgen_argument_bytes(const kgen_argument_t *argument) {
  size_t bytes = kgen_element_size(argument->element_type);
  for (int32_t d = 0; d < argument->rank; ++d)
    bytes *= (size_t)argument->sizes[d];
  return bytes;
}

kgen_status_t kgen_check_pointers(const kgen_artifact_t *artifact,
                                  const kgen_argument_t *arguments) {
  for (uint32_t i = 0; i < artifact->header->parameter_count; ++i) {
    const kgen_artifact_parameter_t *parameter = &artifact->parameters[i];
    const kgen_argument_t *argument = &arguments[i];
    if (parameter->kind != KGEN_KIND_TENSOR ||
        kgen_argument_bytes(argument) == 0)
      continue;
    if (!argument->data)
      return kgen_fail(KGEN_STATUS_ARGUMENT_NULL,
                       "%s has %zu bytes and no data pointer", parameter->name,
                       kgen_argument_bytes(argument));
    uint32_t alignment =
        parameter->alignment
            ? parameter->alignment
            : (uint32_t)kgen_element_size(argument->element_type);
    if ((uintptr_t)argument->data % alignment != 0)
      return kgen_fail(KGEN_STATUS_ARGUMENT_ALIGNMENT,
                       "%s is at %p, not a multiple of %u bytes",
                       parameter->name, argument->data, alignment);
  }
  return KGEN_STATUS_OK;
}

static void push(kgen_packed_arguments_t *packed, uint64_t value) {
  packed->values[packed->count] = value;
  packed->pointers[packed->count] = &packed->values[packed->count];
  ++packed->count;
}

void kgen_pack_arguments(const kgen_artifact_t *artifact,
                         const kgen_argument_t *arguments,
                         kgen_packed_arguments_t *packed) {
  packed->count = 0;
  for (uint32_t i = 0; i < artifact->header->parameter_count; ++i) {
    const kgen_artifact_parameter_t *parameter = &artifact->parameters[i];
    if (parameter->kind == KGEN_KIND_SCALAR) {
      push(packed, arguments[i].value);
      continue;
    }
    push(packed, (uint64_t)(uintptr_t)arguments[i].data);
    for (uint32_t d = 0; d < parameter->rank; ++d)
      if (parameter->dimensions[d].size == KGEN_DYNAMIC_SIZE)
        push(packed, (uint64_t)arguments[i].sizes[d]);
  }
}
