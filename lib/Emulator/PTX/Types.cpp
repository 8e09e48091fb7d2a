//===- Types.cpp - PTX's fundamental types ----------------------*- C++ -*-===//

#include "Module.h"

namespace kgen::emulator::ptx {

namespace {
struct TypeRow {
  std::string_view word;
  uint32_t bytes;
};
/// In the order of Type.
constexpr TypeRow kTypes[] = {
    {"", 0},    {"pred", 0},  {"b8", 1},   {"b16", 2},    {"b32", 4},
    {"b64", 8}, {"b128", 16}, {"u8", 1},   {"u16", 2},    {"u32", 4},
    {"u64", 8}, {"s8", 1},    {"s16", 2},  {"s32", 4},    {"s64", 8},
    {"f16", 2}, {"f16x2", 4}, {"bf16", 2}, {"bf16x2", 4}, {"f32", 4},
    {"f64", 8},
};
static_assert(std::size(kTypes) == size_t(Type::F64) + 1);
} // namespace

uint32_t bytesOf(Type type) { return kTypes[size_t(type)].bytes; }

std::string_view spelling(Type type) { return kTypes[size_t(type)].word; }

Type parseType(std::string_view word) {
  for (size_t i = 1; i < std::size(kTypes); ++i)
    if (kTypes[i].word == word)
      return Type(i);
  return Type::None;
}

} // namespace kgen::emulator::ptx
