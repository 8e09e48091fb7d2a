//===- ModAttr.cpp - #attention.<mod> -------------------------------------===//
#include "Diagnostics.h"
#include "Syntax.h"
#include "kgen/Dialect/Attention/AttentionAttrs.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::attention;

namespace {

using Kind = ModParameterKind;

bool isList(Kind kind) {
  return kind == Kind::IntegerList || kind == Kind::BooleanList ||
         kind == Kind::GridExtents;
}

StringRef describe(Kind kind) {
  switch (kind) {
  case Kind::Integer:
    return "an integer";
  case Kind::Float:
    return "a number";
  case Kind::IntegerList:
  case Kind::GridExtents:
    return "a list of integers";
  case Kind::BooleanList:
    return "a list of true and false";
  }
  llvm_unreachable("closed enum");
}

const ModParameter *findParameter(const ModInfo &info, StringRef name) {
  const auto *found = llvm::find_if(
      info.parameters, [&](const ModParameter &p) { return p.name == name; });
  return found == info.parameters.end() ? nullptr : found;
}

/// One integer or boolean element, as int64.
ParseResult parseElement(AsmParser &parser, Kind kind, int64_t &value) {
  if (kind != Kind::BooleanList) {
    OptionalParseResult parsed = parser.parseOptionalInteger(value);
    return parsed.has_value() ? *parsed : failure();
  }
  value = succeeded(parser.parseOptionalKeyword("true"));
  return success(value || succeeded(parser.parseOptionalKeyword("false")));
}

/// The value of one parameter; null without a diagnostic when it is malformed.
Attribute parseValue(AsmParser &parser, Kind kind) {
  Builder builder(parser.getContext());
  if (kind == Kind::Float) {
    double number = 0;
    if (parseNumber(parser, number))
      return {};
    return builder.getF64FloatAttr(number);
  }
  SmallVector<int64_t> values;
  auto element = [&] {
    return parseElement(parser, kind, values.emplace_back());
  };
  if (!isList(kind))
    return succeeded(element()) ? builder.getI64IntegerAttr(values.front())
                                : Attribute();
  if (failed(parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                            element)))
    return {};
  return builder.getDenseI64ArrayAttr(values);
}

ParseResult parseParameter(AsmParser &parser, const ModInfo &info,
                           NamedAttrList &parameters) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  const ModParameter *parameter = findParameter(info, name);
  if (!parameter) {
    SmallVector<StringRef> known =
        llvm::map_to_vector(info.parameters, [](const ModParameter &p) {
          return StringRef(p.name);
        });
    InFlightDiagnostic diagnostic = parser.emitError(loc)
                                    << coded(ErrorCode::ModParameterInvalid)
                                    << "mod '" << info.name
                                    << "' has no parameter '" << name << "'";
    if (known.empty())
      return diagnostic << "; it takes none";
    return diagnostic << "; it takes: " << llvm::join(known, ", ");
  }
  if (parameters.get(name))
    return parser.emitError(loc) << coded(ErrorCode::ModParameterInvalid)
                                 << "parameter '" << name << "' is given twice";
  if (parser.parseEqual())
    return failure();
  loc = parser.getCurrentLocation();
  Attribute value = parseValue(parser, parameter->kind);
  if (!value)
    return parser.emitError(loc)
           << coded(ErrorCode::ModParameterInvalid) << "parameter '" << name
           << "' takes " << describe(parameter->kind);
  parameters.set(name, value);
  return success();
}

/// The numbers of a value of any kind; nothing when the attribute is not of the
/// parameter's kind.
std::optional<SmallVector<double>> numbersOf(Attribute value, Kind kind) {
  if (kind == Kind::Float) {
    auto number = dyn_cast<FloatAttr>(value);
    if (!number || !number.getType().isF64())
      return std::nullopt;
    return SmallVector<double>{number.getValueAsDouble()};
  }
  if (kind == Kind::Integer) {
    auto number = dyn_cast<IntegerAttr>(value);
    if (!number || !number.getType().isSignlessInteger(64))
      return std::nullopt;
    return SmallVector<double>{static_cast<double>(number.getInt())};
  }
  auto list = dyn_cast<DenseI64ArrayAttr>(value);
  if (!list)
    return std::nullopt;
  return SmallVector<double>(list.asArrayRef());
}

void printNumber(AsmPrinter &printer, int64_t value, bool asBoolean) {
  if (asBoolean)
    printer << (value ? "true" : "false");
  else
    printer << value;
}

} // namespace

const ModInfo &ModAttr::getInfo() const { return *findMod(getName()); }

SmallVector<int64_t> ModAttr::getIntegers(StringRef parameter) const {
  return integersOf(getInfo(), getParameters(), parameter);
}

double ModAttr::getFloat(StringRef parameter) const {
  if (auto value = getParameters().getAs<FloatAttr>(parameter))
    return value.getValueAsDouble();
  return findParameter(getInfo(), parameter)->fallback;
}

SmallVector<int64_t> ModAttr::integersOf(const ModInfo &info,
                                         DictionaryAttr parameters,
                                         StringRef name) {
  const ModParameter *parameter = findParameter(info, name);
  Attribute value = parameters.get(name);
  if (auto list = dyn_cast_if_present<DenseI64ArrayAttr>(value))
    return SmallVector<int64_t>(list.asArrayRef());
  if (auto number = dyn_cast_if_present<IntegerAttr>(value))
    return {number.getInt()};
  size_t count = 1;
  if (isList(parameter->kind) && !info.rankedBy.empty())
    count = parameters.getAs<DenseI64ArrayAttr>(info.rankedBy).size();
  return SmallVector<int64_t>(count, static_cast<int64_t>(parameter->fallback));
}

Attribute ModAttr::parseNamed(AsmParser &parser, SMLoc loc, StringRef name) {
  const ModInfo *info = findMod(name);
  if (!info) {
    SmallVector<StringRef> known = llvm::map_to_vector(
        allMods(), [](const ModInfo &row) { return StringRef(row.name); });
    known.push_back(ScheduleAttr::getMnemonic());
    InFlightDiagnostic diagnostic = parser.emitError(loc)
                                    << coded(ErrorCode::UnknownMod)
                                    << "no mod is named '" << name << "'";
    if (StringRef nearest = nearestName(name, known); !nearest.empty())
      diagnostic << "; did you mean '" << nearest << "'?";
    return {};
  }
  NamedAttrList parameters;
  if (succeeded(parser.parseOptionalLess()) &&
      failed(parser.parseOptionalGreater())) {
    if (parser.parseCommaSeparatedList(
            [&] { return parseParameter(parser, *info, parameters); }) ||
        parser.parseGreater())
      return {};
  }
  MLIRContext *context = parser.getContext();
  return parser.getChecked<ModAttr>(loc, context,
                                    StringAttr::get(context, name),
                                    parameters.getDictionary(context));
}

void ModAttr::printNamed(AsmPrinter &printer) const {
  printer << getName().getValue();
  if (getParameters().empty())
    return;
  printer << "<";
  bool first = true;
  for (const ModParameter &parameter : getInfo().parameters) {
    Attribute value = getParameters().get(parameter.name);
    if (!value)
      continue;
    printer << (first ? "" : ", ") << parameter.name << " = ";
    first = false;
    if (auto list = dyn_cast<DenseI64ArrayAttr>(value)) {
      printer << "[";
      llvm::interleaveComma(list.asArrayRef(), printer, [&](int64_t element) {
        printNumber(printer, element, parameter.kind == Kind::BooleanList);
      });
      printer << "]";
    } else if (auto number = dyn_cast<FloatAttr>(value)) {
      printer.printFloat(number.getValue());
    } else {
      printer << cast<IntegerAttr>(value).getInt();
    }
  }
  printer << ">";
}

namespace {

LogicalResult verifyParameter(function_ref<InFlightDiagnostic()> emitError,
                              const ModInfo &info,
                              const ModParameter &parameter,
                              DictionaryAttr parameters) {
  auto fail = [&]() -> InFlightDiagnostic {
    return emitError() << coded(ErrorCode::ModParameterInvalid) << "mod '"
                       << info.name << "': parameter '" << parameter.name
                       << "' ";
  };
  Attribute value = parameters.get(parameter.name);
  if (!value)
    return parameter.required ? LogicalResult(fail() << "is missing")
                              : success();
  std::optional<SmallVector<double>> numbers = numbersOf(value, parameter.kind);
  if (!numbers)
    return fail() << "takes " << describe(parameter.kind);
  for (double number : *numbers)
    if (!(number >= parameter.minimum && number <= parameter.maximum))
      return fail() << "has " << number << ", limits " << parameter.minimum
                    << " to " << parameter.maximum;
  if (!isList(parameter.kind) || info.rankedBy.empty())
    return success();
  auto ranking = parameters.getAs<DenseI64ArrayAttr>(info.rankedBy);
  if (ranking && static_cast<size_t>(ranking.size()) != numbers->size())
    return fail() << "has " << numbers->size() << " elements, '"
                  << info.rankedBy << "' has " << ranking.size();
  return success();
}

} // namespace

LogicalResult ModAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              StringAttr name, DictionaryAttr parameters) {
  const ModInfo *info = findMod(name.getValue());
  if (!info)
    return emitError() << coded(ErrorCode::UnknownMod) << "no mod is named "
                       << name;
  for (NamedAttribute entry : parameters)
    if (!findParameter(*info, entry.getName()))
      return emitError() << coded(ErrorCode::ModParameterInvalid) << "mod "
                         << name << " has no parameter " << entry.getName();
  for (const ModParameter &parameter : info->parameters)
    if (failed(verifyParameter(emitError, *info, parameter, parameters)))
      return failure();
  if (!info->rankedBy.empty() && modSource(fileOf(*info, parameters)).empty())
    return emitError() << coded(ErrorCode::ModParameterInvalid) << "mod "
                       << name << " does not exist in "
                       << integersOf(*info, parameters, info->rankedBy).size()
                       << " dimensions";
  if (!info->check)
    return success();
  std::string problem = info->check([&](StringRef parameter) {
    return integersOf(*info, parameters, parameter);
  });
  if (problem.empty())
    return success();
  return emitError() << coded(ErrorCode::ModParameterInvalid) << "mod " << name
                     << ": " << problem;
}

std::string ModAttr::fileOf(const ModInfo &info, DictionaryAttr parameters) {
  if (info.rankedBy.empty())
    return info.name.str();
  size_t rank = integersOf(info, parameters, info.rankedBy).size();
  return info.name.str() + "_" + std::to_string(rank) + "d";
}

StringRef ModAttr::getSource() const {
  return modSource(fileOf(getInfo(), getParameters()));
}
