//===- JsonProblem.cpp - Problems and sizes as JSON
//------------------------===//
//
//   {"version":1,"name":"alibi","dtype":"bf16","batch":-1,"heads_q":16,...,
//    "score":{"instructions":[{"op":"score"},{"op":"constant_f","value":0.5},
//                             {"op":"mul_f","operands":[0,1]}],"result":2},
//    "mask":{"instructions":[],"result":-1},
//    "captures":[{"name":"slopes","type":"f32","scalar":false,"shape":[16],
//                 "min_value":0,"max_value":7,"sorted":false}],
//    "numerics":{...},"mask_summary":{...}}
//
// Dynamic sizes are -1. An instruction has only the keys that its op needs.
//
//===----------------------------------------------------------------------===//

#include "JsonReader.h"
#include "kgen/Schedule/Json.h"

namespace kgen {
namespace {

using json::ObjectReader;
using json::Value;

constexpr ElementType elementTypes[] = {
    ElementType::F32, ElementType::F16, ElementType::BF16,
    ElementType::F64, ElementType::I1,  ElementType::I8,
    ElementType::I16, ElementType::I32, ElementType::I64};

std::optional<ElementType> parseElementType(std::string_view text) {
  for (ElementType type : elementTypes)
    if (spelling(type) == text)
      return type;
  return std::nullopt;
}

std::string allElementTypes() {
  std::string text;
  for (ElementType type : elementTypes)
    text.append(text.empty() ? "" : ", ").append(spelling(type));
  return text;
}

void readType(ObjectReader &reader, std::string_view key, ElementType &type) {
  reader.spelled(key, type, parseElementType, allElementTypes());
}

// Which of an instruction's immediates an op uses.
bool usesCapture(ExpressionOp op) {
  return op == ExpressionOp::CaptureScalar || op == ExpressionOp::CaptureDim ||
         op == ExpressionOp::TableRead;
}
bool usesDim(ExpressionOp op) {
  return op == ExpressionOp::CaptureDim || op == ExpressionOp::OperandDim;
}

Value write(const Instruction &instruction) {
  const Instruction defaults{instruction.op, {}};
  Value object;
  object["op"] = spelling(instruction.op);
  if (!instruction.operands.empty())
    object["operands"] = instruction.operands;
  if (instruction.op == ExpressionOp::ConstantFloat)
    object["value"] = json::fromDouble(instruction.floatValue);
  if (instruction.op == ExpressionOp::ConstantInt)
    object["value"] = instruction.intValue;
  if (usesCapture(instruction.op))
    object["capture"] = instruction.intValue;
  if (instruction.op == ExpressionOp::OperandDim)
    object["operand"] = instruction.intValue;
  if (usesDim(instruction.op))
    object["dim"] = instruction.dim;
  if (instruction.bits != defaults.bits)
    object["bits"] = instruction.bits;
  return object;
}

std::optional<Error> read(const Value &value, const std::string &path,
                          Instruction &instruction) {
  ObjectReader reader(value, path);
  reader.required("op");
  if (!reader.spelled("op", instruction.op, parseExpressionOp,
                      "the spellings of ExpressionOps.def"))
    return reader.finish();
  std::vector<int64_t> operands;
  reader.integers("operands", operands);
  for (int64_t operand : operands) {
    // An operand that int32 cannot hold is not an earlier position either.
    if (operand < 0 || operand >= static_cast<int64_t>(json::kMaxListLength))
      reader.fail(ErrorCode::JsonOutOfRange,
                  "'" + reader.pathOf("operands") + "' has " +
                      std::to_string(operand) + ", allowed 0 to " +
                      std::to_string(json::kMaxListLength - 1));
    instruction.operands.push_back(static_cast<int32_t>(operand));
  }
  auto need = [&](std::string_view key, int64_t &out) {
    reader.required(key);
    reader.integer(key, out);
  };
  if (instruction.op == ExpressionOp::ConstantFloat) {
    reader.required("value");
    reader.real("value", instruction.floatValue);
  }
  if (instruction.op == ExpressionOp::ConstantInt)
    need("value", instruction.intValue);
  if (usesCapture(instruction.op))
    need("capture", instruction.intValue);
  if (instruction.op == ExpressionOp::OperandDim)
    need("operand", instruction.intValue);
  if (usesDim(instruction.op))
    need("dim", instruction.dim);
  reader.integer32("bits", instruction.bits);
  return reader.finish();
}

Value write(const Expression &expression) {
  Value object;
  object["instructions"] = Value::array();
  for (const Instruction &instruction : expression.instructions)
    object["instructions"].push_back(write(instruction));
  object["result"] = expression.result;
  return object;
}

std::optional<Error> read(const Value &value, const std::string &path,
                          Expression &expression) {
  ObjectReader reader(value, path);
  reader.required("instructions");
  reader.list("instructions",
              [&](const Value &element, const std::string &name) {
                Instruction instruction{ExpressionOp::ArgumentScore, {}};
                std::optional<Error> error = read(element, name, instruction);
                expression.instructions.push_back(std::move(instruction));
                return error;
              });
  reader.required("result");
  reader.integer32("result", expression.result);
  return reader.finish();
}

Value write(const Capture &capture) {
  Value object;
  object["name"] = capture.name;
  object["type"] = spelling(capture.type);
  object["scalar"] = capture.isScalar;
  object["shape"] = capture.shape;
  object["min_value"] = capture.minValue;
  object["max_value"] = capture.maxValue;
  object["sorted"] = capture.sorted;
  return object;
}

std::optional<Error> read(const Value &value, const std::string &path,
                          Capture &capture) {
  ObjectReader reader(value, path);
  reader.required("type");
  reader.text("name", capture.name);
  readType(reader, "type", capture.type);
  reader.boolean("scalar", capture.isScalar);
  reader.integers("shape", capture.shape);
  reader.integer("min_value", capture.minValue);
  reader.integer("max_value", capture.maxValue);
  reader.boolean("sorted", capture.sorted);
  return reader.finish();
}

std::optional<Error> read(const Value &value, const std::string &path,
                          NumericsAllowance &numerics) {
  ObjectReader reader(value, path);
  reader.boolean("tf32", numerics.tf32);
  reader.boolean("approximate_math", numerics.approximateMath);
  return reader.finish();
}

std::optional<Error> read(const Value &value, const std::string &path,
                          MaskSummary &summary) {
  ObjectReader reader(value, path);
  reader.real("density", summary.density);
  reader.boolean("analysed", summary.analysed);
  return reader.finish();
}

// Reads a nested object with the matching read() above.
template <typename T>
void readNested(ObjectReader &reader, std::string_view key, T &out) {
  if (const Value *value = reader.nested(key))
    reader.fail(read(*value, reader.pathOf(key), out));
}

} // namespace

std::string toJson(const Problem &problem) {
  Value object;
  object["version"] = Problem::kVersion;
  object["name"] = problem.name;
  object["dtype"] = spelling(problem.dtype);
  object["batch"] = problem.batch;
  object["heads_q"] = problem.headsQ;
  object["heads_kv"] = problem.headsKV;
  object["seq_q"] = problem.seqQ;
  object["seq_kv"] = problem.seqKV;
  object["head_dim_qk"] = problem.headDimQK;
  object["head_dim_v"] = problem.headDimV;
  object["scale"] = json::fromDouble(problem.scale);
  object["writes_lse"] = problem.writesLse;
  object["score"] = write(problem.score);
  object["mask"] = write(problem.mask);
  object["captures"] = Value::array();
  for (const Capture &capture : problem.captures)
    object["captures"].push_back(write(capture));
  object["numerics"] = {{"tf32", problem.numerics.tf32},
                        {"approximate_math", problem.numerics.approximateMath}};
  object["mask_summary"] = {
      {"density", json::fromDouble(problem.maskSummary.density)},
      {"analysed", problem.maskSummary.analysed}};
  return json::write(object);
}

Expected<Problem> parseProblem(std::string_view text) {
  Expected<Value> value = json::parse(text);
  if (!value)
    return value.error();
  ObjectReader reader(*value, "problem");
  reader.version(Problem::kVersion);
  Problem problem;
  reader.text("name", problem.name);
  readType(reader, "dtype", problem.dtype);
  reader.integer("batch", problem.batch);
  reader.integer("heads_q", problem.headsQ);
  reader.integer("heads_kv", problem.headsKV);
  reader.integer("seq_q", problem.seqQ);
  reader.integer("seq_kv", problem.seqKV);
  reader.integer("head_dim_qk", problem.headDimQK);
  reader.integer("head_dim_v", problem.headDimV);
  reader.real("scale", problem.scale);
  reader.boolean("writes_lse", problem.writesLse);
  readNested(reader, "score", problem.score);
  readNested(reader, "mask", problem.mask);
  reader.list("captures", [&](const Value &element, const std::string &name) {
    return read(element, name, problem.captures.emplace_back());
  });
  readNested(reader, "numerics", problem.numerics);
  readNested(reader, "mask_summary", problem.maskSummary);
  if (std::optional<Error> error = reader.finish())
    return *error;
  if (Expected<void> valid = checkProblem(problem); !valid)
    return valid.error();
  return problem;
}

std::string toJson(const ProblemSizes &sizes) {
  Value object;
  object["version"] = Problem::kVersion;
  object["batch"] = sizes.batch;
  object["seq_q"] = sizes.seqQ;
  object["seq_kv"] = sizes.seqKV;
  object["capture_shapes"] = sizes.captureShapes;
  return json::write(object);
}

Expected<ProblemSizes> parseProblemSizes(std::string_view text) {
  Expected<Value> value = json::parse(text);
  if (!value)
    return value.error();
  ObjectReader reader(*value, "sizes");
  reader.version(Problem::kVersion);
  ProblemSizes sizes;
  constexpr int64_t largest = int64_t(1) << 31;
  for (auto [key, field] :
       {std::pair{"batch", &sizes.batch}, std::pair{"seq_q", &sizes.seqQ},
        std::pair{"seq_kv", &sizes.seqKV}}) {
    reader.required(key);
    reader.integer(key, *field, 1, largest);
  }
  reader.list(
      "capture_shapes", [&](const Value &element, const std::string &name) {
        // One list of lists: the inner one is read as the only key of an
        // object.
        Value wrapper;
        wrapper["shape"] = element;
        ObjectReader inner(wrapper, name);
        auto &shape = sizes.captureShapes.emplace_back();
        inner.integers("shape", shape);
        for (int64_t size : shape)
          if (size < 1 || size > largest)
            inner.fail(ErrorCode::JsonOutOfRange,
                       "'" + name + "' has a size of " + std::to_string(size) +
                           ", allowed 1 to " + std::to_string(largest));
        return inner.finish();
      });
  if (std::optional<Error> error = reader.finish())
    return *error;
  return sizes;
}

} // namespace kgen
