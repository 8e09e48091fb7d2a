//===- Case.cpp - Inputs and expected rows of one (family, shape) ----------===//

#include "Case.h"

#include "HonestKernel.h"
#include "Numeric.h"
#include "Oracle.h"
#include "Parallel.h"
#include "Rows.h"

#include <algorithm>
#include <cmath>
#include <mutex>

namespace kgen {

size_t Case::footprint() const {
  size_t bytes = qBytes.size() + kBytes.size() + vBytes.size();
  bytes += 8 * (expected.output.size() + expected.lse.size());
  return bytes + expected.rows.size() * sizeof(RowIndex);
}

Inputs Case::wholeInputs(const Problem &problem) const {
  Inputs whole = inputs;
  size_t width = byteSize(problem.dtype);
  auto decode = [&](const std::string &bytes) {
    return decodeFloats(problem.dtype, bytes.data(), bytes.size() / width);
  };
  whole.q = decode(qBytes);
  whole.k = decode(kBytes);
  whole.v = decode(vBytes);
  return whole;
}

double rowError(const double *expected, const float *actual, int64_t count,
                double floor) {
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < count; ++i) {
    double delta = actual[i] - expected[i];
    difference += delta * delta;
    norm += expected[i] * expected[i];
  }
  return std::sqrt(difference) / std::max(std::sqrt(norm), floor);
}

// A row that cancels to (nearly) nothing has no meaningful relative error. One
// ten-thousandth of V's root mean square is below the mean of 10^8 random keys.
static double smallestNorm(const Problem &problem, const std::vector<float> &v) {
  double sum = 0, count = 0;
  for (float value : v)
    if (std::isfinite(value)) {
      sum += static_cast<double>(value) * value;
      ++count;
    }
  double rms = count ? std::sqrt(sum / count) : 1;
  return std::max(1e-4 * rms * std::sqrt(double(problem.headDimV)), 1e-30);
}

namespace {

// Fills the expectation's rows from several threads.
class ExpectationMaker {
public:
  ExpectationMaker(const Problem &problem, const Case &target,
                   Expectation &expected)
      : problem(problem), target(target), expected(expected) {}

  Expected<void> make();

private:
  void computeRows(int64_t begin, int64_t end);

  const Problem &problem;
  const Case &target;
  Expectation &expected;
  std::mutex mutex;
  double squaredError = 0, squaredNorm = 0;
  int64_t firstUndefined = -1;
};

void ExpectationMaker::computeRows(int64_t begin, int64_t end) {
  Oracle oracle(problem, target.sizes, target.inputs);
  HonestKernel honest(problem, target.sizes, target.inputs);
  int64_t dim = problem.headDimV;
  std::vector<float> output(dim);
  double worst = 0, worstLse = 0, error = 0, norm = 0;
  int64_t undefined = -1;
  for (int64_t r = begin; r < end; ++r) {
    double *wanted = &expected.output[r * dim];
    bool defined = oracle.row(expected.rows[r], wanted, &expected.lse[r]);
    expected.defined[r] = defined;
    if (!defined) {
      undefined = undefined < 0 ? r : undefined;
      continue;
    }
    bool isFinite = std::all_of(wanted, wanted + dim,
                                [](double value) { return std::isfinite(value); });
    if (!isFinite || !std::isfinite(expected.lse[r]))
      continue;
    float lse;
    honest.row(expected.rows[r], output.data(), &lse);
    double one = rowError(wanted, output.data(), dim, expected.normFloor);
    // The V element that is NaN spoils honest rows that skip it no more.
    if (!std::isfinite(one))
      continue;
    worst = std::max(worst, one);
    worstLse = std::max(worstLse, std::fabs(lse - expected.lse[r]));
    for (int64_t d = 0; d < dim; ++d) {
      error += (output[d] - wanted[d]) * (output[d] - wanted[d]);
      norm += wanted[d] * wanted[d];
    }
  }
  std::lock_guard<std::mutex> lock(mutex);
  expected.honestWorstRow = std::max(expected.honestWorstRow, worst);
  expected.honestWorstLse = std::max(expected.honestWorstLse, worstLse);
  squaredError += error;
  squaredNorm += norm;
  if (undefined >= 0 && (firstUndefined < 0 || undefined < firstUndefined))
    firstUndefined = undefined;
}

Expected<void> ExpectationMaker::make() {
  size_t count = expected.rows.size();
  expected.output.resize(count * problem.headDimV);
  expected.lse.resize(count);
  expected.defined.resize(count);
  expected.normFloor = smallestNorm(problem, target.inputs.v);
  parallelFor(count, 32, [&](int64_t b, int64_t e) { computeRows(b, e); });
  expected.honestGlobal = squaredNorm > 0 ? std::sqrt(squaredError / squaredNorm) : 0;
  if (firstUndefined < 0 || target.family == InputFamily::NonFinite)
    return {};
  const RowIndex &row = expected.rows[firstUndefined];
  return Error(ErrorCode::OracleUndefined,
               "problem '" + problem.name + "', batch " + std::to_string(row.batch) +
                   ", head " + std::to_string(row.head) + ", q_idx " +
                   std::to_string(row.row));
}

} // namespace

Expected<std::shared_ptr<const Case>> makeCase(const Problem &problem,
                                               const ProblemSizes &sizes,
                                               InputFamily family, uint64_t seed,
                                               double oracleWork) {
  auto made = std::make_shared<Case>();
  made->family = family;
  made->sizes = sizes;
  made->inputs = makeInputs(problem, sizes, family, seed);
  made->qBytes = encodeFloats(problem.dtype, made->inputs.q);
  made->kBytes = encodeFloats(problem.dtype, made->inputs.k);
  made->vBytes = encodeFloats(problem.dtype, made->inputs.v);
  for (const CaptureValues &capture : made->inputs.captures)
    made->captureBytes.push_back(encodeCapture(capture));
  made->expected.rows = chooseRows(problem, sizes, oracleWork, seed);
  ExpectationMaker maker(problem, *made, made->expected);
  if (Expected<void> done = maker.make(); !done)
    return done.error();
  made->inputs.q = made->inputs.k = made->inputs.v = std::vector<float>();
  return std::shared_ptr<const Case>(std::move(made));
}

} // namespace kgen
