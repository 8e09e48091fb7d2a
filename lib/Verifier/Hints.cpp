//===- Hints.cpp - What wrong rows have in common --------------------------===//

#include "Hints.h"

#include "Numeric.h"
#include "Oracle.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

namespace kgen {

namespace {

/// Counts of compared and wrong rows by some number of a row.
struct Census {
  std::vector<int64_t> seen, wrong;

  Census(int64_t size, const std::vector<RowIndex> &all,
         const std::vector<RowIndex> &bad,
         const std::function<int64_t(const RowIndex &)> &keyOf)
      : seen(size), wrong(size) {
    for (const RowIndex &row : all)
      ++seen[keyOf(row)];
    for (const RowIndex &row : bad)
      ++wrong[keyOf(row)];
  }
  /// True when exactly the keys from `first` on have wrong rows, most of theirs.
  bool startsAt(int64_t &first) const {
    int64_t size = static_cast<int64_t>(seen.size());
    first = 0;
    while (first < size && wrong[first] == 0)
      ++first;
    int64_t cleanSeen = 0, wrongSeen = 0, wrongCount = 0;
    for (int64_t i = 0; i < size; ++i) {
      (i < first ? cleanSeen : wrongSeen) += seen[i];
      wrongCount += wrong[i];
    }
    return first > 0 && cleanSeen > 0 && wrongCount * 10 >= wrongSeen * 9;
  }
  /// The keys with wrong rows.
  std::vector<int64_t> wrongKeys() const {
    std::vector<int64_t> keys;
    for (size_t i = 0; i < wrong.size(); ++i)
      if (wrong[i])
        keys.push_back(static_cast<int64_t>(i));
    return keys;
  }
};

} // namespace

static std::string tileHint(const std::vector<RowIndex> &all,
                            const std::vector<RowIndex> &wrong, int64_t rows) {
  for (int64_t tile : {16, 32, 64, 128, 256}) {
    if (tile >= rows)
      break;
    Census byResidue(tile, all, wrong, [&](const RowIndex &r) { return r.row % tile; });
    int64_t first;
    if (byResidue.startsAt(first))
      return "rows >= " + std::to_string(first) + " of each " + std::to_string(tile) +
             "-row tile are wrong";
  }
  Census byRow(rows, all, wrong, [](const RowIndex &r) { return r.row; });
  int64_t first;
  if (byRow.startsAt(first))
    return "rows >= " + std::to_string(first) + " of " + std::to_string(rows) +
           " are wrong" + (first % 16 == 0 ? ", the last q tile" : "");
  return {};
}

std::vector<std::string> describePlaces(const Problem &problem,
                                        const Case &subject,
                                        const std::vector<RowIndex> &wrong) {
  std::vector<std::string> hints;
  const std::vector<RowIndex> &all = subject.expected.rows;
  if (wrong.empty())
    return hints;
  if (wrong.size() == all.size())
    return {"every compared row is wrong"};
  if (std::string tile = tileHint(all, wrong, subject.sizes.seqQ); !tile.empty())
    hints.push_back(tile);
  Census byHead(problem.headsQ, all, wrong, [](const RowIndex &r) { return r.head; });
  auto heads = byHead.wrongKeys();
  if (static_cast<int64_t>(heads.size()) < problem.headsQ)
    hints.push_back(std::to_string(heads.size()) + " of " +
                    std::to_string(problem.headsQ) + " heads have wrong rows, the first is head " +
                    std::to_string(heads.front()));
  Census byBatch(subject.sizes.batch, all, wrong, [](const RowIndex &r) { return r.batch; });
  auto batches = byBatch.wrongKeys();
  if (static_cast<int64_t>(batches.size()) < subject.sizes.batch)
    hints.push_back(std::to_string(batches.size()) + " of " +
                    std::to_string(subject.sizes.batch) +
                    " batches have wrong rows, the first is batch " +
                    std::to_string(batches.front()));
  return hints;
}

namespace {

/// A wrong attention and how to call it.
struct Suspect {
  Deviation deviation;
  std::string name;
};

/// Asks the oracle which usual mistake gives the row that the kernel wrote.
class Detective {
public:
  Detective(const Problem &problem, const Case &subject,
            const LaunchFrame::Outputs &outputs)
      : problem(problem), subject(subject), outputs(outputs),
        inputs(subject.wholeInputs(problem)),
        oracle(problem, subject.sizes, inputs),
        wanted(problem.headDimV) {}

  std::string explainRow(const RowIndex &row, double allowance);

private:
  std::vector<Suspect> suspects(const RowIndex &row) const;
  std::vector<float> written(const RowIndex &row) const;

  const Problem &problem;
  const Case &subject;
  const LaunchFrame::Outputs &outputs;
  Inputs inputs;
  Oracle oracle;
  std::vector<double> wanted;
};

std::vector<float> Detective::written(const RowIndex &row) const {
  int64_t number = (row.batch * problem.headsQ + row.head) * subject.sizes.seqQ + row.row;
  size_t width = byteSize(problem.dtype);
  return decodeFloats(problem.dtype,
                      outputs.o.data() + number * problem.headDimV * width,
                      problem.headDimV);
}

std::vector<Suspect> Detective::suspects(const RowIndex &row) const {
  std::vector<Suspect> list;
  auto add = [&](std::string name) -> Deviation & {
    list.push_back({{}, std::move(name)});
    return list.back().deviation;
  };
  if (!problem.score.empty())
    add("the score function is not applied").ignoreScore = true;
  if (!problem.mask.empty()) {
    add("the mask is not applied").ignoreMask = true;
    add("the mask is off by one (sees q_idx + 1)").rowShift = 1;
    add("the mask is off by one (sees q_idx - 1)").rowShift = -1;
  }
  add("the scale is not applied").scaleFactor = problem.scale != 0 ? 1 / problem.scale : 1;
  add("Q and K are ignored, or the scale is 0").scaleFactor = 0;
  add("the scale is too small by sqrt(2)").scaleFactor = std::sqrt(0.5);
  add("the scale is too large by sqrt(2)").scaleFactor = std::sqrt(2.0);
  add("the scale is too large by log2(e)").scaleFactor = 1.4426950408889634;
  add("the scale is too small by log2(e)").scaleFactor = 0.6931471805599453;
  int64_t honestHead = row.head / problem.groupSize();
  for (int64_t head = 0; head < std::min<int64_t>(problem.headsKV, 16); ++head)
    if (head != honestHead)
      add("head " + std::to_string(row.head) + " reads kv head " + std::to_string(head) +
          " instead of " + std::to_string(honestHead))
          .headKV = head;
  int64_t keys = subject.sizes.seqKV;
  for (int64_t tile : {128, 64, 32, 16}) {
    if (keys / tile > 64)
      continue;
    for (int64_t first = 0; first < keys; first += tile) {
      int64_t end = std::min(keys, first + tile);
      std::string range = std::to_string(first) + ".." + std::to_string(end - 1);
      std::string last = end == keys ? ", the last kv tile," : "";
      Deviation &skip = add("keys " + range + last + " are left out");
      skip.skipFirst = first, skip.skipEnd = end;
      Deviation &twice = add("keys " + range + last + " count twice");
      twice.doubleFirst = first, twice.doubleEnd = end;
    }
  }
  return list;
}

std::string Detective::explainRow(const RowIndex &row, double allowance) {
  std::vector<float> actual = written(row);
  for (const Suspect &suspect : suspects(row)) {
    double lse;
    if (!oracle.row(row, wanted.data(), &lse, suspect.deviation))
      continue;
    double error = rowError(wanted.data(), actual.data(), problem.headDimV,
                            subject.expected.normFloor);
    if (error <= allowance)
      return suspect.name;
  }
  return {};
}

} // namespace

std::vector<std::string> explain(const Problem &problem, const Case &subject,
                                 const Comparison &comparison,
                                 const LaunchFrame::Outputs &outputs) {
  std::vector<std::string> hints =
      describePlaces(problem, subject, comparison.wrongRows);
  if (!comparison.failure)
    return hints;
  ErrorCode code = comparison.failure->code();
  if (code != ErrorCode::RowErrorTooLarge && code != ErrorCode::MaskedRowNotZero)
    return hints;
  Detective detective(problem, subject, outputs);
  // The worst row and others: a fault may show differently along the rows.
  const std::vector<RowIndex> &wrong = comparison.wrongRows;
  std::vector<RowIndex> rows = {wrong.front(), wrong[wrong.size() / 2], wrong.back()};
  if (comparison.report.worstRow > comparison.report.rowAllowance)
    rows.insert(rows.begin(), comparison.report.worstRowAt);
  for (const RowIndex &row : rows) {
    std::string found = detective.explainRow(row, comparison.report.rowAllowance);
    if (found.empty())
      continue;
    hints.push_back("row " + std::to_string(row.row) + " of head " +
                    std::to_string(row.head) + " is what attention gives if " + found);
    break;
  }
  return hints;
}

} // namespace kgen
