//===- Inputs.cpp - What a kernel is fed -----------------------------------===//

#include "Inputs.h"

#include "Numeric.h"
#include "Parallel.h"
#include "Random.h"
#include "RowEvaluator.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace kgen {
namespace {

// Streams of random numbers, one per use, so that adding a use shifts no other.
enum Stream : uint64_t { ForQ, ForK, ForV, ForNeedle, ForDirection, ForSpecial, ForCapture };

// Keys per constant block of V in the tile indicator: the smallest kv tile.
constexpr int64_t kIndicatorBlock = 16;
// Captured float tables: N(0,1) times this keeps scores of a few units.
constexpr double kTableScale = 0.25;

class InputMaker {
public:
  InputMaker(const Problem &problem, const ProblemSizes &sizes,
             InputFamily family, uint64_t seed)
      : problem(problem), sizes(sizes), family(family), seed(seed) {}

  Inputs make();

private:
  void fillNormal(std::vector<float> &values, Stream stream, double scale);
  void fillNeedle();
  void fillRising();
  void fillIndicator();
  void fillNonFinite();
  CaptureValues makeCapture(size_t position);
  int64_t findKey(RowEvaluator &mask, const RandomStream &random,
                  const RowIndex &row, int64_t rowNumber) const;
  RandomStream stream(Stream use) const {
    return RandomStream(seed, static_cast<uint64_t>(family) * 64 + use);
  }
  float rounded(double value) const {
    return roundTo(problem.dtype, static_cast<float>(value));
  }
  // A factor that brings dot products of N(0,1) vectors times `scale` to one
  // unit per unit; scales of (nearly) zero are left alone.
  double unitScore() const {
    double unit = problem.scale * static_cast<double>(problem.headDimQK);
    return std::fabs(unit) > 1e-6 ? 1.0 / unit : 1.0;
  }

  const Problem &problem;
  const ProblemSizes &sizes;
  InputFamily family;
  uint64_t seed;
  Inputs inputs;
};

void InputMaker::fillNormal(std::vector<float> &values, Stream use,
                            double scale) {
  RandomStream random = stream(use);
  parallelFor(values.size(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      values[i] = rounded(scale * random.normal(i));
  });
}

// A key that the row sees, if a few tries find one.
int64_t InputMaker::findKey(RowEvaluator &mask, const RandomStream &random,
                            const RowIndex &row, int64_t rowNumber) const {
  constexpr int kTries = 4;
  int64_t key = 0;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    key = random.below(rowNumber * kTries + attempt, sizes.seqKV);
    if (problem.mask.empty())
      return key;
    mask.setRow(row);
    mask.evaluate(key, 1, nullptr);
    if (mask.integers()[0])
      return key;
  }
  return key;
}

// Q points at one key per row: its score exceeds the others by about
// 12 + ln(keys), so O is nearly that key's V.
void InputMaker::fillNeedle() {
  double target = 12.0 + std::log(static_cast<double>(sizes.seqKV));
  double factor = target * unitScore();
  int64_t dim = problem.headDimQK;
  int64_t rows = sizes.batch * problem.headsQ * sizes.seqQ;
  RandomStream random = stream(ForNeedle);
  parallelFor(rows, 64, [&](int64_t begin, int64_t end) {
    RowEvaluator mask(problem.mask, problem, sizes, inputs.captures);
    for (int64_t r = begin; r < end; ++r) {
      int64_t head = r / sizes.seqQ;
      RowIndex row{head / problem.headsQ, head % problem.headsQ, r % sizes.seqQ};
      int64_t key = findKey(mask, random, row, r);
      int64_t headKV = row.batch * problem.headsKV + row.head / problem.groupSize();
      const float *from = &inputs.k[(headKV * sizes.seqKV + key) * dim];
      for (int64_t d = 0; d < dim; ++d)
        inputs.q[r * dim + d] = rounded(factor * from[d]);
    }
  });
}

// Logits rise with the key by 20 over the row, or fall (every other kv head), so
// that the row maximum moves in every tile whichever way the kernel walks.
void InputMaker::fillRising() {
  int64_t dim = problem.headDimQK;
  fillNormal(inputs.q, ForQ, 0.25);
  fillNormal(inputs.k, ForK, 0.25);
  double range = 20.0 * unitScore();
  double step = std::sqrt(std::fabs(range));
  for (float &value : inputs.q)
    value = rounded(value + step);
  int64_t heads = sizes.batch * problem.headsKV;
  for (int64_t head = 0; head < heads; ++head) {
    for (int64_t key = 0; key < sizes.seqKV; ++key) {
      double place = static_cast<double>(key + 1) / sizes.seqKV;
      double rise = std::copysign(step, range) * (head % 2 ? 1.0 - place : place);
      float *row = &inputs.k[(head * sizes.seqKV + key) * dim];
      for (int64_t d = 0; d < dim; ++d)
        row[d] = rounded(row[d] + rise);
    }
  }
}

// Q = 0 gives every seen key the same weight (up to the score function); V is a
// random sign per (block of 16 keys, column), so O shows which blocks count how
// often: losing a fraction f of the keys changes a row by about sqrt(f).
void InputMaker::fillIndicator() {
  std::fill(inputs.q.begin(), inputs.q.end(), 0.0f);
  RandomStream random = stream(ForV);
  int64_t columns = problem.headDimV;
  int64_t blocks = (sizes.seqKV + kIndicatorBlock - 1) / kIndicatorBlock;
  int64_t heads = sizes.batch * problem.headsKV;
  parallelFor(heads * sizes.seqKV, 256, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t block = r / sizes.seqKV * blocks + r % sizes.seqKV / kIndicatorBlock;
      for (int64_t c = 0; c < columns; ++c)
        inputs.v[r * columns + c] =
            (random.bits(block * columns + c) >> 32) & 1 ? 1.0f : -1.0f;
    }
  });
}

// NaN in one row of Q, in one key of K and in one element of V; Inf in a second
// row of Q where there is no score function (softcap and the like may turn it
// into a finite score in more than one right way).
void InputMaker::fillNonFinite() {
  float nan = std::numeric_limits<float>::quiet_NaN();
  float inf = std::numeric_limits<float>::infinity();
  RandomStream random = stream(ForSpecial);
  int64_t dim = problem.headDimQK;
  int64_t rows = sizes.batch * problem.headsQ * sizes.seqQ;
  int64_t keyRows = sizes.batch * problem.headsKV * sizes.seqKV;
  auto element = [&](uint64_t use, int64_t count) {
    return random.below(2 * use, count) * dim + random.below(2 * use + 1, dim);
  };
  inputs.q[element(0, rows)] = nan;
  if (problem.score.empty() && rows > 1)
    inputs.q[element(1, rows)] = inf;
  // The K and V faults stay in the last batch's last kv head, so that most rows
  // stay finite even without a mask.
  int64_t lastHead = keyRows - sizes.seqKV;
  ValuePosition at{sizes.batch - 1, problem.headsKV - 1,
                   random.below(20, sizes.seqKV),
                   random.below(21, problem.headDimV)};
  inputs.v[(lastHead + at.key) * problem.headDimV + at.column] = nan;
  inputs.nanValues.push_back(at);
  if (keyRows > sizes.seqKV || !problem.mask.empty()) {
    int64_t key = keyRows > sizes.seqKV ? random.below(22, sizes.seqKV)
                                        : lastHead + random.below(22, sizes.seqKV);
    inputs.k[key * dim + random.below(23, dim)] = nan;
  }
}

CaptureValues InputMaker::makeCapture(size_t position) {
  const Capture &capture = problem.captures[position];
  CaptureValues values;
  values.type = capture.type;
  if (!capture.isScalar)
    values.shape = sizes.captureShapes[position];
  int64_t count = 1;
  for (int64_t size : values.shape)
    count *= size;
  // Captures are the same in every family: the mask then is, too.
  RandomStream random(seed, 4096 + position * 8 + ForCapture);
  if (isFloat(capture.type)) {
    values.floats.resize(count);
    for (int64_t i = 0; i < count; ++i) {
      float value = static_cast<float>(kTableScale * random.normal(i));
      values.floats[i] = roundTo(capture.type, value);
    }
    return values;
  }
  int64_t low = capture.type == ElementType::I1 ? 0 : capture.minValue;
  int64_t high = capture.type == ElementType::I1 ? 1 : capture.maxValue;
  values.integers.resize(count);
  for (int64_t i = 0; i < count; ++i)
    values.integers[i] = low + random.below(i, std::max<int64_t>(1, high - low + 1));
  if (capture.sorted && !values.shape.empty() && values.shape.back() > 0)
    for (int64_t i = 0; i < count; i += values.shape.back())
      std::sort(values.integers.begin() + i,
                values.integers.begin() + i + values.shape.back());
  return values;
}

Inputs InputMaker::make() {
  int64_t rows = sizes.batch * problem.headsQ * sizes.seqQ;
  int64_t keys = sizes.batch * problem.headsKV * sizes.seqKV;
  inputs.q.resize(rows * problem.headDimQK);
  inputs.k.resize(keys * problem.headDimQK);
  inputs.v.resize(keys * problem.headDimV);
  for (size_t i = 0; i < problem.captures.size(); ++i)
    inputs.captures.push_back(makeCapture(i));
  bool isExtreme = family == InputFamily::Extremes;
  // Scores of a few hundred; V near the top of the type's range.
  double large = problem.dtype == ElementType::F16 ? 8e3 : 1e30;
  fillNormal(inputs.q, ForQ, isExtreme ? 8.0 : family == InputFamily::Peaked ? 4.0 : 1.0);
  fillNormal(inputs.k, ForK, isExtreme ? 8.0 : 1.0);
  fillNormal(inputs.v, ForV, isExtreme ? large : 1.0);
  if (family == InputFamily::Needle)
    fillNeedle();
  else if (family == InputFamily::Rising)
    fillRising();
  else if (family == InputFamily::TileIndicator)
    fillIndicator();
  else if (family == InputFamily::NonFinite)
    fillNonFinite();
  return std::move(inputs);
}

} // namespace

Inputs makeInputs(const Problem &problem, const ProblemSizes &sizes,
                  InputFamily family, uint64_t seed) {
  return InputMaker(problem, sizes, family, seed).make();
}

std::string encodeCapture(const CaptureValues &values) {
  if (isFloat(values.type) && values.type != ElementType::F64)
    return encodeFloats(values.type, std::vector<float>(values.floats.begin(),
                                                        values.floats.end()));
  size_t width = byteSize(values.type);
  bool isDouble = values.type == ElementType::F64;
  size_t count = isDouble ? values.floats.size() : values.integers.size();
  std::string bytes(count * width, '\0');
  for (size_t i = 0; i < count; ++i) { // little endian: the low bytes first
    if (isDouble)
      std::memcpy(&bytes[i * width], &values.floats[i], width);
    else
      std::memcpy(&bytes[i * width], &values.integers[i], width);
  }
  return bytes;
}

} // namespace kgen
