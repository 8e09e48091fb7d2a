//===- Compare.cpp - Right or wrong ----------------------------------------===//

#include "Compare.h"

#include "Numeric.h"
#include "Oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace kgen {

Floors floorsFor(const Problem &problem) {
  switch (problem.dtype) {
  case ElementType::BF16:
    return {1e-2, 4e-3, 2e-3};
  case ElementType::F16:
    return {1e-2, 1e-3, 2e-3};
  default:
    return problem.numerics.tf32 ? Floors{3e-3, 1e-3, 3e-3}
                                 : Floors{1e-4, 2e-5, 1e-4};
  }
}

static std::string inWords(const RowIndex &row) {
  return "batch " + std::to_string(row.batch) + ", head " +
         std::to_string(row.head) + ", row " + std::to_string(row.row);
}

static std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

namespace {

class Comparer {
public:
  Comparer(const Problem &problem, const Case &subject,
           const LaunchFrame::Outputs &outputs)
      : problem(problem), subject(subject), outputs(outputs),
        dim(problem.headDimV),
        values(decodeFloats(problem.dtype, outputs.o.data(),
                            outputs.o.size() / byteSize(problem.dtype))),
        lseValues(decodeFloats(ElementType::F32, outputs.lse.data(),
                               outputs.lse.size() / 4)) {}

  Comparison run();

private:
  // Faults of one row, gravest first; a verdict names the gravest kind found.
  enum Fault { NotWritten, NonFinite, Swallowed, MaskedNotZero, TooLarge, Lse, kFaults };
  struct FirstFault {
    bool found = false;
    std::string detail;
  };

  void setAllowances();
  void compareRow(size_t position);
  void compareLse(size_t position, double expected, float actual);
  bool checkElements(const RowIndex &row, const double *expected, const float *actual);
  bool mayBeNaN(const RowIndex &row, int64_t column) const;
  void scanOthers();
  bool isPoison(const std::string &bytes, size_t element, size_t width) const;
  bool rowUnwritten(int64_t rowNumber) const;
  int64_t rowNumber(const RowIndex &row) const {
    return (row.batch * problem.headsQ + row.head) * subject.sizes.seqQ + row.row;
  }
  RowIndex rowAt(int64_t number) const {
    int64_t head = number / subject.sizes.seqQ;
    return {head / problem.headsQ, head % problem.headsQ, number % subject.sizes.seqQ};
  }
  void report(Fault fault, const RowIndex &row, std::string detail);
  void finish();

  const Problem &problem;
  const Case &subject;
  const LaunchFrame::Outputs &outputs;
  int64_t dim;
  std::vector<float> values;
  std::vector<float> lseValues;
  Comparison result;
  FirstFault faults[kFaults];
  double squaredError = 0, squaredNorm = 0;
};

void Comparer::setAllowances() {
  const Expectation &expected = subject.expected;
  Floors floors = floorsFor(problem);
  ErrorReport &report = result.report;
  report.family = subject.family;
  report.shape = subject.sizes;
  report.honestWorstRow = expected.honestWorstRow;
  report.honestGlobal = expected.honestGlobal;
  report.rowAllowance = std::max(4 * expected.honestWorstRow, floors.row);
  report.globalAllowance = std::max(2 * expected.honestGlobal, floors.global);
  report.lseAllowance = std::max(4 * expected.honestWorstLse, floors.lse);
  report.rowsTotal = subject.sizes.batch * problem.headsQ * subject.sizes.seqQ;
}

void Comparer::report(Fault fault, const RowIndex &row, std::string detail) {
  if (!faults[fault].found)
    faults[fault] = {true, inWords(row) + ": " + std::move(detail)};
  auto &wrong = result.wrongRows;
  if (!wrong.empty() && wrong.back() == row)
    return;
  ++result.report.rowsWrong;
  if (wrong.size() < Comparison::kMaxWrongRows)
    wrong.push_back(row);
}

bool Comparer::isPoison(const std::string &bytes, size_t element,
                        size_t width) const {
  for (size_t i = 0; i < width; ++i)
    if (static_cast<uint8_t>(bytes[element * width + i]) != kPoison)
      return false;
  return true;
}

bool Comparer::rowUnwritten(int64_t rowNumber) const {
  for (int64_t d = 0; d < dim; ++d)
    if (std::isnan(values[rowNumber * dim + d]) &&
        isPoison(outputs.o, rowNumber * dim + d, byteSize(problem.dtype)))
      return true;
  return problem.writesLse && isPoison(outputs.lse, rowNumber, 4);
}

// The NaN element of V times a weight of 0 inside a tile: see Inputs.h.
bool Comparer::mayBeNaN(const RowIndex &row, int64_t column) const {
  for (const ValuePosition &at : subject.inputs.nanValues)
    if (at.batch == row.batch && at.headKV == row.head / problem.groupSize() &&
        at.column == column)
      return true;
  return false;
}

// NaN and Inf exactly where they belong. True when all are finite.
bool Comparer::checkElements(const RowIndex &row, const double *expected,
                             const float *actual) {
  bool allFinite = true;
  for (int64_t d = 0; d < dim; ++d) {
    bool wanted = std::isfinite(expected[d]), have = std::isfinite(actual[d]);
    allFinite &= wanted && have;
    if (wanted == have || (wanted && mayBeNaN(row, d)))
      continue;
    if (wanted)
      report(NonFinite, row,
             "column " + std::to_string(d) + " is " + number(actual[d]) +
                 ", expected " + number(expected[d]));
    else
      report(Swallowed, row,
             "column " + std::to_string(d) + " is " + number(actual[d]) +
                 ", but the row sees a NaN or Inf");
  }
  return allFinite;
}

void Comparer::compareLse(size_t position, double expected, float actual) {
  const RowIndex &row = subject.expected.rows[position];
  if (expected == -std::numeric_limits<double>::infinity()) {
    if (actual != expected)
      report(MaskedNotZero, row, "LSE is " + number(actual) + ", expected -inf");
    return;
  }
  if (!std::isfinite(expected)) {
    if (std::isfinite(actual))
      report(Swallowed, row, "LSE is " + number(actual) + ", but the row sees a NaN or Inf");
    return;
  }
  double error = std::fabs(actual - expected);
  if (!std::isfinite(actual))
    return report(NonFinite, row, "LSE is " + number(actual) + ", expected " + number(expected));
  result.report.worstLse = std::max(result.report.worstLse, error);
  // A large LSE (rising scores) has few f32 digits after the point: four units
  // in its last place are rounding, not a fault.
  double allowance =
      std::max(result.report.lseAllowance,
               4 * std::abs(expected) * std::numeric_limits<float>::epsilon());
  if (error > allowance)
    report(Lse, row,
           "LSE is " + number(actual) + ", expected " + number(expected) +
               ", allowed difference " + number(allowance));
}

void Comparer::compareRow(size_t position) {
  const Expectation &expected = subject.expected;
  const RowIndex &row = expected.rows[position];
  int64_t number = rowNumber(row);
  if (rowUnwritten(number))
    return report(NotWritten, row, "the poison of the output survived");
  if (!expected.defined[position])
    return;
  ++result.report.rowsCompared;
  const double *wanted = &expected.output[position * dim];
  const float *actual = &values[number * dim];
  if (problem.writesLse)
    compareLse(position, expected.lse[position], lseValues[number]);
  if (!checkElements(row, wanted, actual))
    return;
  bool isMasked = expected.lse[position] == -std::numeric_limits<double>::infinity();
  if (isMasked) {
    if (std::any_of(actual, actual + dim, [](float value) { return value != 0; }))
      report(MaskedNotZero, row, "a fully masked row is not 0");
    return;
  }
  double error = rowError(wanted, actual, dim, expected.normFloor);
  for (int64_t d = 0; d < dim; ++d) {
    squaredError += (actual[d] - wanted[d]) * (actual[d] - wanted[d]);
    squaredNorm += wanted[d] * wanted[d];
  }
  if (error > result.report.worstRow) {
    result.report.worstRow = error;
    result.report.worstRowAt = row;
  }
  if (error > result.report.rowAllowance)
    report(TooLarge, row,
           "relative L2 error " + kgen::number(error) + ", allowed " +
               kgen::number(result.report.rowAllowance) + ", honest kernel " +
               kgen::number(expected.honestWorstRow));
}

// Rows that were not sampled: whatever is not finite there goes to the oracle.
void Comparer::scanOthers() {
  constexpr int kMaxQuestions = 64;
  const auto &rows = subject.expected.rows;
  if (static_cast<int64_t>(rows.size()) == result.report.rowsTotal)
    return;
  Inputs inputs;
  std::unique_ptr<Oracle> oracle;
  std::vector<double> wanted(dim);
  int questions = 0;
  size_t next = 0; // first sampled row that is not before `number`
  for (int64_t number = 0; number < result.report.rowsTotal; ++number) {
    while (next < rows.size() && rowNumber(rows[next]) < number)
      ++next;
    if (next < rows.size() && rowNumber(rows[next]) == number)
      continue;
    const float *actual = &values[number * dim];
    if (std::all_of(actual, actual + dim, [](float v) { return std::isfinite(v); }))
      continue;
    if (rowUnwritten(number)) {
      report(NotWritten, rowAt(number), "the poison of the output survived");
      continue;
    }
    if (++questions > kMaxQuestions)
      continue;
    if (!oracle) {
      inputs = subject.wholeInputs(problem);
      oracle = std::make_unique<Oracle>(problem, subject.sizes, inputs);
    }
    double lse;
    if (oracle->row(rowAt(number), wanted.data(), &lse))
      checkElements(rowAt(number), wanted.data(), actual);
  }
}

void Comparer::finish() {
  static constexpr ErrorCode codes[kFaults] = {
      ErrorCode::OutputNotWritten,   ErrorCode::NonFiniteOutput,
      ErrorCode::NonFiniteSwallowed, ErrorCode::MaskedRowNotZero,
      ErrorCode::RowErrorTooLarge,   ErrorCode::LseWrong};
  ErrorReport &report = result.report;
  if (squaredNorm > 0)
    report.global = std::sqrt(squaredError / squaredNorm);
  for (int fault = 0; fault < kFaults; ++fault)
    if (faults[fault].found) {
      result.failure = Error(codes[fault], faults[fault].detail);
      break;
    }
  if (!result.failure && report.global > report.globalAllowance)
    result.failure = Error(ErrorCode::GlobalErrorTooLarge,
                           "relative L2 error " + number(report.global) + ", allowed " +
                               number(report.globalAllowance) + ", honest kernel " +
                               number(report.honestGlobal));
}

Comparison Comparer::run() {
  setAllowances();
  for (size_t i = 0; i < subject.expected.rows.size(); ++i)
    compareRow(i);
  scanOthers();
  std::sort(result.wrongRows.begin(), result.wrongRows.end(),
            [&](const RowIndex &a, const RowIndex &b) { return rowNumber(a) < rowNumber(b); });
  finish();
  return std::move(result);
}

} // namespace

Comparison compareOutputs(const Problem &problem, const Case &subject,
                          const LaunchFrame::Outputs &outputs) {
  return Comparer(problem, subject, outputs).run();
}

} // namespace kgen
