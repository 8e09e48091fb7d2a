//===- ProtocolRequests.cpp - Requests as JSON -----------------------------===//

#include "JsonFields.h"
#include "kgen/Schedule/Json.h"
#include "kgen/Verifier/Protocol.h"

namespace kgen {
namespace {

Json header(const char *type) {
  return {{"version", kProtocolVersion}, {"type", type}};
}

void writeArtifact(Json &json, const ArtifactSource &artifact) {
  if (!artifact.path.empty())
    json["artifact_path"] = artifact.path;
  else
    json["artifact_bytes"] = artifact.bytes.size();
}

void writeProblem(Json &json, const Problem &problem, const ProblemSizes &sizes) {
  json["problem"] = Json::parse(toJson(problem));
  json["sizes"] = Json::parse(toJson(sizes));
}

Json toJsonObject(const VerifyOptions &options) {
  Json families = Json::array();
  for (InputFamily family : options.families)
    families.push_back(std::string(spelling(family)));
  return {{"families", families},
          {"seed", options.seed},
          {"repeats", options.repeats},
          {"neighbours", options.neighbours},
          {"oracle_work", finite(options.oracleWork)},
          {"time", options.time},
          {"time_seconds", finite(options.timeSeconds)},
          {"floor_seconds", finite(options.floorSeconds)},
          {"incumbent", options.incumbent},
          {"limit_seconds", finite(options.limitSeconds)}};
}

struct Writer {
  Json operator()(const HelloRequest &) { return header("hello"); }
  Json operator()(const ShutdownRequest &) { return header("shutdown"); }
  Json operator()(const UnloadRequest &request) {
    Json json = header("unload");
    json["id"] = request.id;
    return json;
  }
  Json operator()(const LoadRequest &request) {
    Json json = header("load");
    json["id"] = request.id;
    writeArtifact(json, request.artifact);
    writeProblem(json, request.problem, request.sizes);
    return json;
  }
  Json operator()(const VerifyRequest &request) {
    Json json = header("verify");
    json["id"] = request.id;
    writeArtifact(json, request.artifact);
    writeProblem(json, request.problem, request.sizes);
    json["options"] = toJsonObject(request.options);
    return json;
  }
  Json operator()(const TimePairRequest &request) {
    Json json = header("time_pair");
    json["candidate"] = request.candidate;
    json["incumbent"] = request.incumbent;
    json["seed"] = request.seed;
    json["time_seconds"] = finite(request.timeSeconds);
    json["floor_seconds"] = finite(request.floorSeconds);
    json["limit_seconds"] = finite(request.limitSeconds);
    return json;
  }
};

uint32_t readArtifact(FieldReader &reader, ArtifactSource &artifact) {
  const Json *path = reader.optional("artifact_path");
  const Json *bytes = reader.optional("artifact_bytes");
  if (!path == !bytes) {
    reader.complain("must have one of 'artifact_path' and 'artifact_bytes'");
  } else if (path) {
    if (path->is_string() && !path->get<std::string>().empty())
      artifact.path = path->get<std::string>();
    else
      reader.complain("has an empty 'artifact_path'");
  } else if (!bytes->is_number_unsigned() || bytes->get<uint64_t>() == 0) {
    reader.complain("has an 'artifact_bytes' that is not a positive integer");
  } else if (bytes->get<uint64_t>() > kMaxArtifactBytes) {
    reader.complain(Error(ErrorCode::FrameTooLarge,
                          "an artefact has " + bytes->dump() + " bytes, limit " +
                              std::to_string(kMaxArtifactBytes)));
  } else {
    return bytes->get<uint32_t>();
  }
  return 0;
}

void readProblem(FieldReader &reader, Problem &problem, ProblemSizes &sizes) {
  const Json *problemJson = reader.member("problem");
  const Json *sizesJson = reader.member("sizes");
  if (!problemJson || !sizesJson)
    return;
  Expected<Problem> parsed = parseProblem(problemJson->dump());
  if (!parsed)
    return reader.complain(parsed.error());
  Expected<ProblemSizes> parsedSizes = parseProblemSizes(sizesJson->dump());
  if (!parsedSizes)
    return reader.complain(parsedSizes.error());
  problem = *std::move(parsed);
  sizes = *std::move(parsedSizes);
}

VerifyOptions readOptions(FieldReader &outer) {
  VerifyOptions options;
  const Json *json = outer.member("options");
  if (!json)
    return options;
  FieldReader reader(*json, "options");
  if (const Json *families = reader.array("families"))
    for (const Json &name : *families) {
      auto family = parseInputFamily(name.is_string() ? name.get<std::string>() : name.dump());
      if (family)
        options.families.push_back(*family);
      else
        outer.complain(family.error());
    }
  options.seed = static_cast<uint64_t>(reader.integer("seed"));
  options.repeats = reader.integer("repeats");
  options.neighbours = reader.boolean("neighbours");
  options.oracleWork = reader.number("oracle_work");
  options.time = reader.boolean("time");
  options.timeSeconds = reader.number("time_seconds");
  options.floorSeconds = reader.number("floor_seconds");
  options.incumbent = reader.text("incumbent");
  options.limitSeconds = reader.number("limit_seconds");
  if (Expected<void> done = reader.finish(); !done)
    outer.complain(done.error());
  return options;
}

VerifyRequest readVerify(FieldReader &reader, uint32_t &bytes) {
  VerifyRequest request;
  request.id = reader.text("id");
  bytes = readArtifact(reader, request.artifact);
  readProblem(reader, request.problem, request.sizes);
  request.options = readOptions(reader);
  return request;
}

LoadRequest readLoad(FieldReader &reader, uint32_t &bytes) {
  LoadRequest request;
  request.id = reader.text("id");
  bytes = readArtifact(reader, request.artifact);
  readProblem(reader, request.problem, request.sizes);
  return request;
}

TimePairRequest readTimePair(FieldReader &reader) {
  TimePairRequest request;
  request.candidate = reader.text("candidate");
  request.incumbent = reader.text("incumbent");
  request.seed = static_cast<uint64_t>(reader.integer("seed"));
  request.timeSeconds = reader.number("time_seconds");
  request.floorSeconds = reader.number("floor_seconds");
  request.limitSeconds = reader.number("limit_seconds");
  return request;
}

} // namespace

std::string toJson(const Request &request) {
  return dump(std::visit(Writer(), request));
}

Expected<ParsedRequest> parseRequest(std::string_view text) {
  Expected<Json> json = parseMessage(text, kProtocolVersion);
  if (!json)
    return json.error();
  FieldReader reader(*json, "a request");
  reader.integer("version");
  std::string type = reader.text("type");
  ParsedRequest parsed;
  if (type == "hello")
    parsed.request = HelloRequest();
  else if (type == "load")
    parsed.request = readLoad(reader, parsed.artifactBytes);
  else if (type == "verify")
    parsed.request = readVerify(reader, parsed.artifactBytes);
  else if (type == "time_pair")
    parsed.request = readTimePair(reader);
  else if (type == "unload")
    parsed.request = UnloadRequest{reader.text("id")};
  else if (type == "shutdown")
    parsed.request = ShutdownRequest();
  else
    reader.complain("has the unknown type '" + type + "'");
  if (Expected<void> done = reader.finish(); !done)
    return done.error();
  return parsed;
}

} // namespace kgen
