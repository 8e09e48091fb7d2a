//===- Kernels.cpp - Whole kernels to compare
//-------------------------------===//

#include "Kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace kgen::agreement {

static float element(const HostTensor &tensor, size_t i) {
  const uint8_t *at = tensor.bytes.data() + i * kgen_element_size(tensor.type);
  uint32_t word = 0;
  std::memcpy(&word, at, kgen_element_size(tensor.type));
  if (tensor.type == KGEN_F16)
    return float(std::bit_cast<_Float16>(uint16_t(word)));
  return std::bit_cast<float>(tensor.type == KGEN_BF16 ? word << 16 : word);
}

static void drawElement(HostTensor &tensor, size_t i, std::mt19937_64 &engine) {
  size_t size = kgen_element_size(tensor.type);
  std::normal_distribution<float> normal;
  uint64_t bits = engine() % 8; // lengths, document ids
  if (tensor.type == KGEN_I1)
    bits %= 2;
  if (tensor.type == KGEN_F32 || tensor.type == KGEN_BF16)
    bits = std::bit_cast<uint32_t>(normal(engine)) >>
           (tensor.type == KGEN_BF16 ? 16 : 0);
  if (tensor.type == KGEN_F16)
    bits = std::bit_cast<uint16_t>(_Float16(normal(engine)));
  std::memcpy(tensor.bytes.data() + i * size, &bits, size);
}

static int64_t sizeOf(const kgen_artifact_dimension_t &dimension,
                      const std::vector<int64_t> &symbols) {
  if (dimension.size != KGEN_DYNAMIC_SIZE)
    return dimension.size;
  if (symbols.empty())
    throw std::runtime_error("the artefact has dynamic sizes: give --symbols=");
  size_t symbol =
      dimension.symbol < 0 ? symbols.size() : size_t(dimension.symbol);
  symbol = std::min(symbol, symbols.size() - 1);
  return symbols[symbol];
}

std::vector<HostTensor> kernelTensors(const kgen_artifact_t *artifact,
                                      const std::vector<int64_t> &symbols,
                                      uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<HostTensor> tensors;
  kgen_artifact_info_t info;
  check(kgen_artifact_get_info(artifact, &info));
  for (uint32_t p = 0; p < info.parameter_count; ++p) {
    const kgen_artifact_parameter_t &parameter =
        *kgen_artifact_get_parameter(artifact, p);
    if (parameter.kind != KGEN_KIND_TENSOR)
      throw std::runtime_error("scalar parameters are not served here");
    HostTensor tensor;
    tensor.type = kgen_element_type_t(parameter.element_type);
    tensor.role = kgen_parameter_role_t(parameter.role);
    tensor.name = parameter.name;
    size_t elements = 1;
    for (uint32_t d = 0; d < parameter.rank; ++d) {
      tensor.sizes.push_back(sizeOf(parameter.dimensions[d], symbols));
      elements *= size_t(tensor.sizes.back());
    }
    // All ones is a NaN in every float type.
    tensor.bytes.assign(elements * kgen_element_size(tensor.type), 0xFF);
    if (tensor.role == KGEN_ROLE_INPUT)
      for (size_t i = 0; i < elements; ++i)
        drawElement(tensor, i, engine);
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

TensorAgreement compareTensors(const HostTensor &real,
                               const HostTensor &emulated) {
  TensorAgreement result;
  result.name = real.name;
  result.elements = real.bytes.size() / kgen_element_size(real.type);
  double squares = 0, worst = 0;
  for (size_t i = 0; i < result.elements; ++i) {
    float a = element(real, i), b = element(emulated, i);
    bool same = a == b || (std::isnan(a) && std::isnan(b));
    result.different += !same;
    if (std::isfinite(a))
      squares += double(a) * a;
    if (!same)
      worst = std::max(worst, std::isfinite(a) && std::isfinite(b)
                                  ? std::fabs(double(a) - b)
                                  : std::numeric_limits<double>::infinity());
  }
  double rms =
      std::sqrt(squares / double(std::max<uint64_t>(result.elements, 1)));
  result.worst = worst == 0 ? 0 : worst / rms;
  return result;
}

} // namespace kgen::agreement
