//===- Mutants.cpp - Kernels that are known to be right or wrong -----------===//

#include "Mutants.h"

#include "Numeric.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kgen {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Where a row stands while its kv tiles are walked.
struct RowState {
  float maximum = -kInfinity;
  float sum = 0;
  std::vector<float> accumulator;
};

class MutantKernel : public LoadedKernel {
public:
  MutantKernel(const MutantProblem &subject, const KernelStyle &style, Fault fault)
      : subject(subject), problem(this->subject.problem), style(style), fault(fault) {}

  Expected<void> launch(const std::vector<KernelArgument> &arguments) override;

private:
  void runRow(int64_t batch, int64_t head, int64_t row);
  void addTile(int64_t batch, int64_t head, int64_t row, int64_t tile, RowState &state);
  float logit(int64_t batch, int64_t head, int64_t row, int64_t key, int64_t tile) const;
  bool keeps(int64_t batch, int64_t head, int64_t row, int64_t key, int64_t tile) const;
  void storeRow(int64_t rowNumber, RowState &state);
  bool skipsRow(int64_t row) const;
  bool skipsTile(int64_t batch, int64_t head, int64_t row, int64_t tile, int64_t tiles) const;
  void damageMemory();
  int64_t headOfKV(int64_t head) const {
    return fault == Fault::WrongHeadMap ? head % problem.headsKV : head / problem.groupSize();
  }
  float load(int argument, int64_t element) const;
  void store(int64_t element, float value);

  MutantProblem subject;
  const Problem &problem;
  KernelStyle style;
  Fault fault;
  const std::vector<KernelArgument> *arguments = nullptr;
  int64_t seqQ = 0, seqKV = 0, batches = 0;
  int64_t launches = 0;
};

float MutantKernel::load(int argument, int64_t element) const {
  const void *data = (*arguments)[argument].data;
  if (problem.dtype == ElementType::F32)
    return static_cast<const float *>(data)[element];
  uint16_t bits = static_cast<const uint16_t *>(data)[element];
  return problem.dtype == ElementType::BF16 ? fromBF16Bits(bits) : fromF16Bits(bits);
}

void MutantKernel::store(int64_t element, float value) {
  void *data = (*arguments)[3 + problem.captures.size()].data;
  if (problem.dtype == ElementType::F32)
    static_cast<float *>(data)[element] = value;
  else
    static_cast<uint16_t *>(data)[element] =
        problem.dtype == ElementType::BF16 ? toBF16Bits(value) : toF16Bits(value);
}

bool MutantKernel::keeps(int64_t batch, int64_t head, int64_t row, int64_t key,
                         int64_t tile) const {
  if (!subject.keep || fault == Fault::IgnoresMask)
    return true;
  bool isDiagonal = row / style.tileKV == tile;
  if (fault == Fault::DiagonalTileUnmasked && isDiagonal)
    return true;
  if (fault == Fault::MaskOffByOne)
    ++row;
  return subject.keep(*arguments, batch, head, row, key);
}

float MutantKernel::logit(int64_t batch, int64_t head, int64_t row, int64_t key,
                          int64_t tile) const {
  // A finite stand-in for -inf turns a fully masked row into a mean.
  float masked = fault == Fault::MaskedRowIsMean ? -1e9f : -kInfinity;
  if (key >= seqKV)
    return -kInfinity;
  if (!keeps(batch, head, row, key, tile))
    return masked;
  int64_t dim = problem.headDimQK;
  int64_t q = ((batch * problem.headsQ + head) * seqQ + row) * dim;
  int64_t k = ((batch * problem.headsKV + headOfKV(head)) * seqKV + key) * dim;
  float dot = 0;
  for (int64_t d = 0; d < dim; ++d)
    dot += load(0, q + d) * load(1, k + d);
  float scale = static_cast<float>(problem.scale);
  if (fault == Fault::WrongScale)
    scale *= 0.70710678f;
  if (fault == Fault::IgnoresQueryAndKey)
    dot = 0;
  bool hasScore = subject.score && fault != Fault::IgnoresScore;
  if (!hasScore)
    return dot * scale;
  if (fault == Fault::ScoreBeforeScale)
    return subject.score(*arguments, dot, batch, head, row, key) * scale;
  return subject.score(*arguments, dot * scale, batch, head, row, key);
}

bool MutantKernel::skipsTile(int64_t batch, int64_t head, int64_t row,
                             int64_t tile, int64_t tiles) const {
  switch (fault) {
  case Fault::DropsLastTile:
    return tiles > 1 && tile == tiles - 1;
  case Fault::DropsMiddleTile:
    return tiles > 2 && tile == 1;
  case Fault::OneRowLosesTile:
    return tiles > 1 && tile == 0 && batch == batches - 1 &&
           head == problem.headsQ - 1 && row == seqQ / 2;
  default:
    return false;
  }
}

// One step of the online softmax for one row and one kv tile.
void MutantKernel::addTile(int64_t batch, int64_t head, int64_t row,
                           int64_t tile, RowState &state) {
  int64_t first = tile * style.tileKV;
  int64_t count = style.tileKV;
  if (fault != Fault::ReadsPastEnd)
    count = std::min(count, seqKV - first);
  std::vector<float> logits(count);
  float maximum = state.maximum;
  for (int64_t j = 0; j < count; ++j) {
    logits[j] = logit(batch, head, row, first + j, tile);
    if (fault == Fault::SwallowsNaN && std::isnan(logits[j]))
      logits[j] = -kInfinity;
    maximum = std::max(maximum, logits[j]);
  }
  float base = maximum == -kInfinity ? 0 : maximum;
  float correction = std::exp(state.maximum - base);
  if (fault != Fault::SumNotRescaled)
    state.sum *= correction;
  if (fault != Fault::AccumulatorNotRescaled)
    for (float &value : state.accumulator)
      value *= correction;
  state.maximum = maximum;
  int64_t dim = problem.headDimV;
  int64_t v = ((batch * problem.headsKV + headOfKV(head)) * seqKV + first) * dim;
  for (int64_t j = 0; j < count; ++j) {
    float weight = std::exp(logits[j] - base);
    bool isCoarse = fault == Fault::CoarseWeights;
    float rounded = isCoarse ? roundToBF16(weight) : roundTo(problem.dtype, weight);
    state.sum += style.sumsRounded ? rounded : weight;
    for (int64_t d = 0; d < dim; ++d) {
      state.accumulator[d] += rounded * load(2, v + j * dim + d);
      if (fault == Fault::NarrowAccumulator)
        state.accumulator[d] = roundTo(problem.dtype, state.accumulator[d]);
    }
  }
}

bool MutantKernel::skipsRow(int64_t row) const {
  if (fault == Fault::WritesNothing)
    return true;
  if (fault == Fault::LastRowOfTileUnwritten)
    return row % style.tileQ == style.tileQ - 1;
  return fault == Fault::RaggedRowsSkipped && row >= seqQ / style.tileQ * style.tileQ;
}

void MutantKernel::storeRow(int64_t rowNumber, RowState &state) {
  int64_t dim = problem.headDimV;
  bool isMasked = state.sum == 0 && fault != Fault::MaskedRowIsNaN;
  for (int64_t d = 0; d < dim; ++d)
    store(rowNumber * dim + d, isMasked ? 0 : state.accumulator[d] / state.sum);
  if (!problem.writesLse)
    return;
  float lse = isMasked ? -kInfinity : state.maximum + std::log(state.sum);
  if (fault == Fault::LseBaseTwo)
    lse *= 1.44269504f;
  if (fault == Fault::LseWithoutMaximum)
    lse = std::log(state.sum);
  static_cast<float *>(arguments->back().data)[rowNumber] = lse;
}

void MutantKernel::runRow(int64_t batch, int64_t head, int64_t row) {
  if (skipsRow(row))
    return;
  RowState state;
  state.accumulator.resize(problem.headDimV);
  int64_t tiles = (seqKV + style.tileKV - 1) / style.tileKV;
  for (int64_t step = 0; step < tiles; ++step) {
    int64_t tile = style.isReverse ? tiles - 1 - step : step;
    if (skipsTile(batch, head, row, tile, tiles))
      continue;
    addTile(batch, head, row, tile, state);
    if (fault == Fault::CountsTileTwice && tile == 0)
      addTile(batch, head, row, tile, state);
  }
  storeRow((batch * problem.headsQ + head) * seqQ + row, state);
}

// Faults that need no arithmetic.
void MutantKernel::damageMemory() {
  int64_t elements = batches * problem.headsQ * seqQ * problem.headDimV;
  if (fault == Fault::WritesPastEnd)
    store(elements + 8, 0);
  if (fault == Fault::WritesBeforeStart)
    store(-1, 0);
  if (fault == Fault::WritesNaN)
    store(elements / 2, std::numeric_limits<float>::quiet_NaN());
  if (fault == Fault::ModifiesInput)
    static_cast<char *>((*arguments)[1].data)[0] += 1;
  // One unit in the last place of one element, every other launch.
  if (fault == Fault::RunsDiffer && launches % 2)
    static_cast<char *>((*arguments)[3 + problem.captures.size()].data)[0] ^= 1;
}

Expected<void>
MutantKernel::launch(const std::vector<KernelArgument> &launchArguments) {
  arguments = &launchArguments;
  batches = launchArguments[0].shape[0];
  seqQ = launchArguments[0].shape[2];
  seqKV = launchArguments[1].shape[2];
  for (int64_t b = 0; b < batches; ++b)
    for (int64_t h = 0; h < problem.headsQ; ++h)
      for (int64_t i = 0; i < seqQ; ++i)
        runRow(b, h, i);
  damageMemory();
  ++launches;
  return {};
}

} // namespace

std::unique_ptr<LoadedKernel> makeMutant(const MutantProblem &problem,
                                         const KernelStyle &style, Fault fault) {
  return std::make_unique<MutantKernel>(problem, style, fault);
}

} // namespace kgen
