//===- ForwardOpSyntax.cpp - Parser and printer of attention.forward ------===//
//
//   attention.forward %q, %k, %v [scale F] [allow_tf32] [allow_approx_math]
//     [mods [#attention.x, ...] [(%operands : types)]] [schedule(
//     #attention.schedule<...>)] [score {...}] [mask {...}] [outs(%o [, %lse] :
//     types)] [attributes {...}] : (types of q, k, v) -> types
//
//===----------------------------------------------------------------------===//
#include "Syntax.h"
#include "kgen/Dialect/Attention/AttentionOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

#include <cmath>

using namespace mlir;
using namespace kgen::attention;

namespace {

using Unresolved = OpAsmParser::UnresolvedOperand;

/// What has been read before the types are known.
struct ForwardParser {
  OpAsmParser &parser;
  OperationState &result;
  SmallVector<Unresolved, 3> inputs;
  SmallVector<Unresolved> modOperands, outs;
  SmallVector<Type> modTypes, outTypes;

  Builder &builder() { return parser.getBuilder(); }
  bool optionalWord(StringRef word) {
    return succeeded(parser.parseOptionalKeyword(word));
  }
  StringAttr name(StringRef attribute) {
    return builder().getStringAttr(attribute);
  }

  /// `(` or `outs(` has been read: `%a, %b : type, type )`.
  ParseResult parseTyped(SmallVectorImpl<Unresolved> &operands,
                         SmallVectorImpl<Type> &types) {
    return failure(parser.parseOperandList(operands) ||
                   parser.parseColonTypeList(types) || parser.parseRParen());
  }

  ParseResult parseScale() {
    double value = 0;
    if (parseNumber(parser, value))
      return failure();
    result.addAttribute("scale", builder().getF64FloatAttr(value));
    return success();
  }

  ParseResult parseMods() {
    ArrayAttr mods;
    if (parser.parseAttribute(mods))
      return failure();
    result.addAttribute("mods", mods);
    if (failed(parser.parseOptionalLParen()))
      return success();
    return parseTyped(modOperands, modTypes);
  }

  ParseResult parseSchedule() {
    ScheduleAttr schedule;
    // In parentheses: an attribute would take the ':' of the function type.
    if (parser.parseLParen() || parser.parseAttribute(schedule) ||
        parser.parseRParen())
      return failure();
    result.addAttribute("schedule", schedule);
    return success();
  }

  ParseResult parseClauses() {
    if (optionalWord("scale") && parseScale())
      return failure();
    for (StringRef flag : {"allow_tf32", "allow_approx_math"})
      if (optionalWord(flag))
        result.addAttribute(flag, builder().getUnitAttr());
    if (optionalWord("mods") && parseMods())
      return failure();
    if (optionalWord("schedule") && parseSchedule())
      return failure();
    Region *score = result.addRegion();
    Region *mask = result.addRegion();
    if (optionalWord("score") && parser.parseRegion(*score))
      return failure();
    if (optionalWord("mask") && parser.parseRegion(*mask))
      return failure();
    if (optionalWord("outs") &&
        (parser.parseLParen() || parseTyped(outs, outTypes)))
      return failure();
    return success();
  }

  /// 1/sqrt(Dqk); the verifier refuses a q without static Dqk.
  void addDefaultScale(Type qType) {
    if (result.attributes.get("scale"))
      return;
    auto shaped = dyn_cast<ShapedType>(qType);
    double scale = 1.0;
    if (shaped && shaped.hasRank() && shaped.getRank() == 4 &&
        shaped.getDimSize(3) > 0)
      scale = 1.0 / std::sqrt(static_cast<double>(shaped.getDimSize(3)));
    result.addAttribute("scale", builder().getF64FloatAttr(scale));
  }

  ParseResult parseTypesAndResolve() {
    FunctionType types;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseColonType(types))
      return failure();
    if (parser.resolveOperands(inputs, types.getInputs(), loc,
                               result.operands) ||
        parser.resolveOperands(modOperands, modTypes, loc, result.operands) ||
        parser.resolveOperands(outs, outTypes, loc, result.operands))
      return failure();
    addDefaultScale(types.getInput(0));
    result.addTypes(types.getResults());
    return success();
  }
};

} // namespace

ParseResult ForwardOp::parse(OpAsmParser &parser, OperationState &result) {
  ForwardParser forward{parser, result, {}, {}, {}, {}, {}};
  if (parser.parseOperandList(forward.inputs, 3) || forward.parseClauses() ||
      parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      forward.parseTypesAndResolve())
    return failure();
  auto count = [](auto &list) { return static_cast<int32_t>(list.size()); };
  result.addAttribute(
      getOperandSegmentSizeAttr(),
      parser.getBuilder().getDenseI32ArrayAttr(
          {1, 1, 1, count(forward.modOperands), count(forward.outs)}));
  return success();
}

static void printTyped(OpAsmPrinter &printer, OperandRange operands) {
  printer << "(" << operands << " : " << operands.getTypes() << ")";
}

void ForwardOp::print(OpAsmPrinter &printer) {
  printer << " " << getQ() << ", " << getK() << ", " << getV() << " scale ";
  printer.printFloat(getScale());
  if (getAllowTf32())
    printer << " allow_tf32";
  if (getAllowApproxMath())
    printer << " allow_approx_math";
  if (getMods())
    printer << " mods " << getModsAttr();
  if (!getModOperands().empty()) {
    printer << " ";
    printTyped(printer, getModOperands());
  }
  if (getSchedule())
    printer << " schedule(" << getScheduleAttr() << ")";
  if (hasScore()) {
    printer << " score ";
    printer.printRegion(getScore());
  }
  if (hasMask()) {
    printer << " mask ";
    printer.printRegion(getMask());
  }
  if (!getOuts().empty()) {
    printer << " outs";
    printTyped(printer, getOuts());
  }
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getOperandSegmentSizeAttr(), "scale", "mods",
                            "schedule", "allow_tf32", "allow_approx_math"});
  printer << " : (" << getQ().getType() << ", " << getK().getType() << ", "
          << getV().getType() << ") -> ";
  if (getNumResults() == 1)
    printer << getResultTypes();
  else
    printer << "(" << getResultTypes() << ")";
}
