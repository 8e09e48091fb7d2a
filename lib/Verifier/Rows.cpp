//===- Rows.cpp - Which rows and shapes are checked ------------------------===//

#include "Rows.h"

#include "Random.h"

#include <algorithm>
#include <set>

namespace kgen {

// A row at or next to an edge of a tile of any usual size.
static int64_t edgeRow(const RandomStream &random, uint64_t index, int64_t rows) {
  switch (random.below(4 * index, 6)) {
  case 0:
    return 0;
  case 1:
    return rows - 1;
  default:
    int64_t edge = 16 * random.below(4 * index + 1, rows / 16 + 1);
    return std::clamp<int64_t>(edge + random.below(4 * index + 2, 3) - 1, 0, rows - 1);
  }
}

std::vector<RowIndex> chooseRows(const Problem &problem,
                                 const ProblemSizes &sizes, double work,
                                 uint64_t seed) {
  int64_t heads = sizes.batch * problem.headsQ;
  double rowWork = static_cast<double>(sizes.seqKV) *
                   static_cast<double>(problem.headDimQK + problem.headDimV);
  int64_t total = heads * sizes.seqQ;
  std::vector<RowIndex> rows;
  auto add = [&](int64_t head, int64_t row) {
    rows.push_back({head / problem.headsQ, head % problem.headsQ, row});
  };
  if (rowWork * static_cast<double>(total) <= work) {
    for (int64_t r = 0; r < total; ++r)
      add(r / sizes.seqQ, r % sizes.seqQ);
    return rows;
  }
  // At least 512 rows, whatever they cost: half at edges, half anywhere.
  int64_t count = std::max<int64_t>(512, static_cast<int64_t>(work / rowWork));
  RandomStream random(seed, 8192);
  std::set<int64_t> chosen;
  for (int64_t i = 0; i < count; ++i) {
    int64_t head = i < heads ? i : random.below(4 * i + 3, heads);
    int64_t row = i % 2 ? random.below(4 * i, sizes.seqQ)
                        : edgeRow(random, i, sizes.seqQ);
    chosen.insert(head * sizes.seqQ + row);
  }
  for (int64_t r : chosen)
    add(r / sizes.seqQ, r % sizes.seqQ);
  return rows;
}

namespace {
struct SmallShape {
  int64_t batch, seqQ, seqKV;
};
} // namespace

// Around 16, 64 and 128, the usual tiles. The first is several tiles deep, where
// most mistakes show and can be told apart; the last is the smallest there is.
static constexpr SmallShape kNeighbours[] = {
    {2, 17, 201}, {1, 127, 65}, {1, 129, 129}, {1, 200, 333}, {1, 1, 1}};

// A captured dynamic dimension follows what it equalled at the target: the
// longer sequence if it covered both, else kv, q, or batch; other sizes stay.
static int64_t followDimension(int64_t size, const ProblemSizes &target,
                               const ProblemSizes &shape) {
  int64_t longerTarget = std::max(target.seqQ, target.seqKV);
  int64_t longer = std::max(shape.seqQ, shape.seqKV);
  if (size == longerTarget)
    return longer;
  if (size > longerTarget) // for example 2 * S - 1 offsets
    return size - longerTarget + std::max(longer, longerTarget);
  if (size == target.seqKV)
    return shape.seqKV;
  if (size == target.seqQ)
    return shape.seqQ;
  return size == target.batch ? shape.batch : size;
}

std::vector<ProblemSizes> raggedNeighbours(const Problem &problem,
                                           const ProblemSizes &target) {
  std::vector<ProblemSizes> shapes;
  bool isStatic = problem.batch != kDynamicSize &&
                  problem.seqQ != kDynamicSize && problem.seqKV != kDynamicSize;
  if (isStatic)
    return shapes;
  for (const SmallShape &small : kNeighbours) {
    ProblemSizes shape = target;
    if (problem.batch == kDynamicSize)
      shape.batch = small.batch;
    if (problem.seqQ == kDynamicSize)
      shape.seqQ = small.seqQ;
    if (problem.seqKV == kDynamicSize)
      shape.seqKV = small.seqKV;
    for (size_t i = 0; i < problem.captures.size(); ++i)
      for (size_t d = 0; d < problem.captures[i].shape.size(); ++d)
        if (problem.captures[i].shape[d] == kDynamicSize)
          shape.captureShapes[i][d] =
              followDimension(target.captureShapes[i][d], target, shape);
    if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end() &&
        !(shape == target))
      shapes.push_back(shape);
  }
  return shapes;
}

static Expected<void> checkSize(const char *name, int64_t size, int64_t declared) {
  if (size >= 1 && (declared == kDynamicSize || declared == size))
    return {};
  std::string wanted = declared == kDynamicSize ? "at least 1"
                                                : std::to_string(declared);
  return Error(ErrorCode::InvalidVerifyRequest,
               std::string(name) + " is " + std::to_string(size) + ", must be " + wanted);
}

static Expected<void> checkCaptureShape(const Capture &capture,
                                        const std::vector<int64_t> &shape) {
  size_t rank = capture.isScalar ? 0 : capture.shape.size();
  if (shape.size() != rank)
    return Error(ErrorCode::InvalidVerifyRequest,
                 "capture '" + capture.name + "' has " +
                     std::to_string(shape.size()) + " sizes, must have " +
                     std::to_string(rank));
  for (size_t d = 0; d < rank; ++d)
    if (auto checked = checkSize(("a size of capture '" + capture.name + "'").c_str(),
                                 shape[d], capture.shape[d]);
        !checked)
      return checked;
  if (capture.type == ElementType::F64)
    return Error(ErrorCode::InvalidVerifyRequest,
                 "capture '" + capture.name + "' is f64, which no artefact takes");
  return {};
}

Expected<void> checkSizes(const Problem &problem, const ProblemSizes &sizes,
                          double limitBytes) {
  struct Named {
    const char *name;
    int64_t size, declared;
  } named[] = {{"batch", sizes.batch, problem.batch},
               {"seq_q", sizes.seqQ, problem.seqQ},
               {"seq_kv", sizes.seqKV, problem.seqKV}};
  for (const Named &one : named)
    if (auto checked = checkSize(one.name, one.size, one.declared); !checked)
      return checked;
  if (sizes.captureShapes.size() != problem.captures.size())
    return Error(ErrorCode::InvalidVerifyRequest,
                 "sizes name " + std::to_string(sizes.captureShapes.size()) +
                     " captures, the problem has " +
                     std::to_string(problem.captures.size()));
  for (size_t i = 0; i < problem.captures.size(); ++i)
    if (auto checked = checkCaptureShape(problem.captures[i], sizes.captureShapes[i]);
        !checked)
      return checked;
  double rows = double(sizes.batch) * double(problem.headsQ) * double(sizes.seqQ);
  double keys = double(sizes.batch) * double(problem.headsKV) * double(sizes.seqKV);
  double elements = (rows + keys) * double(problem.headDimQK + problem.headDimV);
  // f32 inputs and their encoded copy here, as much again on the device.
  if (elements * 12 > limitBytes)
    return Error(ErrorCode::InvalidVerifyRequest,
                 "the shape needs about " + std::to_string(elements * 12 / 1e9) +
                     " GB, limit " + std::to_string(limitBytes / 1e9));
  return {};
}

} // namespace kgen
