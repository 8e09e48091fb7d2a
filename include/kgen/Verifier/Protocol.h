//===- Protocol.h - What a search and a verification worker say ------------===//
//
// A worker (`kgen-verify --serve`) reads requests from its standard input and
// answers each with one response on its standard output, in order. A message
// is a frame: four bytes little endian with the length, then that many bytes of
// JSON. A request that carries an artefact by value ("artifact_bytes": n > 0)
// is followed by one more frame of n raw bytes.
//
//   {"version":2,"type":"hello"}
//   {"version":2,"type":"load","id":"c1","artifact_path":"a.kgen",
//    "problem":{...},"sizes":{...}}
//   {"version":2,"type":"verify","id":"c2","artifact_bytes":8192,"problem":...,
//    "sizes":...,"options":{...}}
//   {"version":2,"type":"time_pair","candidate":"c2","incumbent":"c1",...}
//   {"version":2,"type":"unload","id":"c1"}
//   {"version":2,"type":"shutdown"}
//
// Readers refuse unknown keys, wrong types, other versions and oversized
// frames. These are plain structs; no JSON type appears in this interface.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_VERIFIER_PROTOCOL_H
#define KGEN_VERIFIER_PROTOCOL_H

#include "kgen/Schedule/Problem.h"
#include "kgen/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kgen {

/// Both sides must have the same one.
inline constexpr int kProtocolVersion = 2;
/// Largest JSON frame, in bytes.
inline constexpr uint32_t kMaxMessageBytes = 16u << 20;
/// Largest raw frame (an artefact), in bytes.
inline constexpr uint32_t kMaxArtifactBytes = 256u << 20;

/// How inputs are filled; each family finds faults that the others miss
/// (docs/Verifying.md has the table).
enum class InputFamily : uint8_t {
#define KGEN_INPUT_FAMILY(name, spelling) name,
#include "kgen/Verifier/InputFamilies.def"
};
/// "normal", "tile_indicator", ...
std::string_view spelling(InputFamily family);
Expected<InputFamily> parseInputFamily(std::string_view text);
/// All of them, in the order in which they are run.
std::vector<InputFamily> allInputFamilies();

/// How one verification is done. The defaults are what a search uses.
struct VerifyOptions {
  /// Empty: all families.
  std::vector<InputFamily> families;
  /// Seeds inputs and row sampling. The same seed gives the same inputs, and a
  /// worker keeps the oracle's answers for them, so a search keeps one seed and
  /// re-measures its finalists with another.
  uint64_t seed = 1;
  /// Runs per family on the target shape, all bitwise equal. At least 1. On an
  /// emulated device each run interleaves the threads in another way.
  int64_t repeats = 3;
  /// Also check ragged neighbours of dynamic sizes.
  bool neighbours = true;
  /// Multiply-adds the oracle may spend per family and shape; above it rows are
  /// sampled (tile edges and random ones). 8e9 covers every row of B=2 H=4 S=2048
  /// D=64 twice over and takes about two seconds on two cores.
  double oracleWork = 8e9;
  /// Time the kernel once it is accepted; on an emulated device, which has no
  /// clock, count what one launch executes.
  bool time = false;
  /// Seconds to spend on timing, after warm-up.
  double timeSeconds = 1.0;
  /// The least time the machine allows (floorSeconds()); a measured time below
  /// it is a fault of the measurement. 0: not checked.
  double floorSeconds = 0;
  /// Id of a loaded artefact to time in turn with this one; empty: alone.
  std::string incumbent;
  /// The worker gives up by itself past this many seconds, even if the kernel
  /// hangs.
  double limitSeconds = 120;
};

/// Where the bytes of an artefact are: exactly one of the two is not empty.
struct ArtifactSource {
  std::string path;
  std::string bytes;
};

/// Loads an artefact and keeps it under `id` with its problem and sizes.
struct LoadRequest {
  std::string id;
  ArtifactSource artifact;
  Problem problem;
  ProblemSizes sizes;
};

/// Loads, verifies, and perhaps times an artefact.
struct VerifyRequest {
  /// Keeps the artefact loaded under this id if it is accepted; empty: not kept.
  std::string id;
  ArtifactSource artifact;
  Problem problem;
  /// The target shape; ragged neighbours are derived by the worker.
  ProblemSizes sizes;
  VerifyOptions options;
};

/// Times two loaded artefacts in turn (bursts A B A B). Both must have been
/// loaded or accepted before with the same problem and sizes.
struct TimePairRequest {
  std::string candidate;
  std::string incumbent;
  uint64_t seed = 1;
  double timeSeconds = 1.0;
  double floorSeconds = 0;
  double limitSeconds = 60;
};

struct HelloRequest {};
struct UnloadRequest {
  std::string id;
};
struct ShutdownRequest {};

using Request = std::variant<HelloRequest, LoadRequest, VerifyRequest,
                             TimePairRequest, UnloadRequest, ShutdownRequest>;

/// Who answers.
struct WorkerHello {
  int version = kProtocolVersion;
  std::string device; ///< "cpu", "cuda:0"
  std::string name;   ///< product name
  std::string arch;   ///< "sm_90", "x86-64-v4"
  std::string driver; ///< driver version in words
  int64_t l2Bytes = 0;
  int64_t processId = 0;
  bool emulated = false; ///< counts instead of times
};

/// Milliseconds of one launch, cold L2, on random data.
struct Timing {
  double medianMs = 0;
  double madMs = 0; ///< median absolute deviation from the median
  double minMs = 0;
  double p10Ms = 0;
  double p90Ms = 0;
  int64_t samples = 0;
  std::optional<double> smClockMhz; ///< median over the samples, where known
};

/// Two kernels timed in turn. ratio < 1: the candidate is faster.
struct PairTiming {
  Timing candidate;
  Timing incumbent;
  double ratio = 0;    ///< median over bursts of candidate / incumbent
  double ratioMad = 0; ///< its median absolute deviation
  int64_t bursts = 0;
};

/// What one launch executed on an emulated device. Counts, never seconds.
struct EmulatedCounts {
#define KGEN_COUNT(member, key, words) uint64_t member = 0;
#include "kgen/Verifier/EmulatedCounts.def"
  bool operator==(const EmulatedCounts &) const = default;
};

enum class VerdictStatus : uint8_t {
  Accepted, ///< right on all families and shapes
  Rejected, ///< ran, and is wrong
  Error,    ///< could not be judged: load, launch, limits, a dead worker
};
std::string_view spelling(VerdictStatus status);

/// One row of the output: batch, query head, query index.
struct RowIndex {
  int64_t batch = 0;
  int64_t head = 0;
  int64_t row = 0;
  bool operator==(const RowIndex &) const = default;
};

/// The worst numbers of one (family, shape), against their allowances. Errors
/// are relative L2 (LSE: absolute); -1 where nothing was compared.
struct ErrorReport {
  InputFamily family = {};
  ProblemSizes shape;
  double worstRow = -1;
  RowIndex worstRowAt;
  double rowAllowance = -1;
  double honestWorstRow = -1; ///< an honest kernel of the same dtype
  double global = -1;
  double globalAllowance = -1;
  double honestGlobal = -1;
  double worstLse = -1;
  double lseAllowance = -1;
  int64_t rowsCompared = 0;
  int64_t rowsTotal = 0;
  int64_t rowsWrong = 0;
};

/// What a verification found.
struct Verdict {
  VerdictStatus status = VerdictStatus::Error;
  /// Why not accepted; empty when accepted.
  std::optional<ErrorCode> code;
  /// "[KG6001] ..." with numbers, family, shape; empty when accepted.
  std::string reason;
  /// What the wrong rows have in common: "rows >= 64 of each 128-row tile are
  /// wrong", "matches attention without keys 192..255".
  std::vector<std::string> hints;
  /// The failing (family, shape), or the one nearest to its allowance.
  std::optional<ErrorReport> worst;
  int64_t casesChecked = 0; ///< (family, shape) pairs
  int64_t runsChecked = 0;  ///< launches whose output was compared
  double verifySeconds = 0; ///< wall time of the whole request
  /// Only ever present when accepted, and never on an emulated device.
  std::optional<Timing> timing;
  /// In its place on an emulated device: one launch on the target shape.
  std::optional<EmulatedCounts> counts;
  /// Only with options.incumbent; timing is then its `candidate`.
  std::optional<PairTiming> pair;
  /// The worker ends after this response (sticky device error, own limit); the
  /// client starts another one.
  bool workerEnds = false;

  bool accepted() const { return status == VerdictStatus::Accepted; }
};

/// A verdict of status Error with the error's code and message.
Verdict errorVerdict(const Error &error);

struct LoadedResponse {
  std::string id;
};
struct DoneResponse {}; ///< unload, shutdown
/// A request that is not a verification failed, or could not be understood.
struct ErrorResponse {
  Error error;
  bool workerEnds = false;
};

using Response = std::variant<WorkerHello, LoadedResponse, Verdict, PairTiming,
                              DoneResponse, ErrorResponse>;

/// JSON text of one message, without its frame. An artefact given by value
/// appears as its length; its bytes go into the next frame.
std::string toJson(const Request &request);
std::string toJson(const Response &response);
/// `artifact` of the result is empty where "artifact_bytes" is set: the caller
/// reads the raw frame and stores it. The length is returned beside it.
struct ParsedRequest {
  Request request;
  uint32_t artifactBytes = 0;
};
Expected<ParsedRequest> parseRequest(std::string_view json);
Expected<Response> parseResponse(std::string_view json);

/// The verdict for people, several lines.
std::string toString(const Verdict &verdict);
std::string toString(const Timing &timing);
/// A table, one count a line.
std::string toString(const EmulatedCounts &counts);
/// The most telling counts in one line.
std::string inOneLine(const EmulatedCounts &counts);

/// Four bytes little endian, then the payload.
std::string makeFrame(std::string_view payload);
/// Reads the four bytes; fails when the length exceeds `limit`.
Expected<uint32_t> parseFrameLength(std::string_view header, uint32_t limit);
/// The bytes of a whole request: its frame, and the artefact's if by value.
std::string makeRequestBytes(const Request &request);

} // namespace kgen

#endif // KGEN_VERIFIER_PROTOCOL_H
