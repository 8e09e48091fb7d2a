//===- ModTable.cpp - Rows of the mod table -------------------------------===//
#include "kgen/Dialect/Attention/ModTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

using namespace kgen::attention;
using llvm::StringLiteral;
using llvm::StringRef;

namespace {

using Kind = ModParameterKind;

constexpr double kMaxSize = 2147483647; // sizes fit in i32 on every target
constexpr double kMaxFloat = 1e30;

constexpr StringLiteral kHeads[] = {"Hq"};
constexpr StringLiteral kBatch[] = {"B"};
constexpr StringLiteral kBatchBySeq[] = {"B", "S"};

constexpr ModOperand kAlibiOperands[] = {
    {"slopes", ModOperandType::F32, kHeads, false, "",
     "one slope per query head, instead of the formula"}};

constexpr ModOperand kDocumentOperands[] = {
    {"ids", ModOperandType::I32, kBatchBySeq, true, "",
     "document of each position; queries and keys share it; tiles of other "
     "documents are skipped where each lies in one piece"}};

constexpr ModParameter kNeighborhoodParameters[] = {
    {"extents", Kind::GridExtents, true, 0, 1, kMaxSize,
     "sizes of the grid, slowest first; their product is Sq and Skv"},
    {"window", Kind::IntegerList, true, 0, 1, kMaxSize,
     "keys each query sees, per dimension"},
    {"dilation", Kind::IntegerList, false, 1, 1, kMaxSize,
     "distance of neighbouring keys, per dimension"},
    {"stride", Kind::IntegerList, false, 1, 1, kMaxSize,
     "queries that share one window, per dimension"},
    {"causal", Kind::BooleanList, false, 0, 0, 1,
     "the window ends at the query instead of being centred, per dimension"}};

constexpr ModParameter kPrefixParameters[] = {
    {"prefix", Kind::Integer, false, 0, 0, kMaxSize,
     "length of the prefix that every query sees"}};
constexpr ModOperand kPrefixOperands[] = {
    {"lengths", ModOperandType::I32, kBatch, false, "prefix",
     "length of the prefix per batch entry, instead of `prefix`"}};

constexpr ModParameter kWindowParameters[] = {
    {"window", Kind::Integer, true, 0, 1, kMaxSize,
     "keys that a query sees, its own included"}};

constexpr ModParameter kSoftcapParameters[] = {{"cap", Kind::Float, true, 0,
                                                1e-30, kMaxFloat,
                                                "bound of the absolute score"}};

/// The window must fit into every dilation group, or it cannot shift inward.
std::string checkNeighborhood(ModValues values) {
  llvm::SmallVector<int64_t> extents = values("extents");
  llvm::SmallVector<int64_t> window = values("window");
  llvm::SmallVector<int64_t> dilation = values("dilation");
  llvm::SmallVector<int64_t> stride = values("stride");
  for (auto [extent, width, step, share] :
       llvm::zip_equal(extents, window, dilation, stride)) {
    if (width * step > extent)
      return llvm::formatv(
                 "window * dilation is {0} * {1}, limit is the extent "
                 "{2}",
                 width, step, extent)
          .str();
    if (share > width)
      return llvm::formatv("stride is {0}, limit is the window {1}", share,
                           width)
          .str();
  }
  return "";
}

constexpr ModInfo kMods[] = {
    {"alibi",
     ModEffect::Score,
     "s + slope(h) * (kv_idx - q_idx), slope(h) = 2^(-8 (h + 1) / Hq)",
     "Linear bias by distance, a slope per head.",
     {},
     kAlibiOperands,
     "",
     "0.1"},
    {"causal",
     ModEffect::Mask,
     "q_idx >= kv_idx",
     "Keys up to the query's own position.",
     {},
     {},
     "",
     "0.1"},
    {"document",
     ModEffect::Mask,
     "ids[b, q_idx] == ids[b, kv_idx]",
     "Packed sequences: a query sees the keys of its own document.",
     {},
     kDocumentOperands,
     "",
     "0.1"},
    {"full",
     ModEffect::None,
     "true",
     "Every pair; does nothing.",
     {},
     {},
     "",
     "0.1"},
    {"neighborhood",
     ModEffect::Mask,
     "in every dimension: kv in window(q), of `window` keys `dilation` apart",
     "Neighbourhood attention on a 1-, 2- or 3-dimensional grid. Without "
     "`causal` the window is centred on the query and shifts inward at the "
     "edges, so that every query sees `window` keys; with it the window ends "
     "at "
     "the query and is cut at the start of the grid. Positions that differ by "
     "no "
     "multiple of `dilation` never see each other. `stride` consecutive "
     "queries "
     "share the window of their middle one (of their last one where causal).",
     kNeighborhoodParameters,
     {},
     "extents",
     "0.1",
     checkNeighborhood},
    {"prefix_lm", ModEffect::Mask, "kv_idx < prefix or q_idx >= kv_idx",
     "Causal, but every query sees the whole prefix.", kPrefixParameters,
     kPrefixOperands, "", "0.1"},
    {"relative_position",
     ModEffect::Score,
     "s + (q_idx - kv_idx)",
     "Signed distance as a bias.",
     {},
     {},
     "",
     "0.1"},
    {"sliding_window",
     ModEffect::Mask,
     "q_idx >= kv_idx and q_idx - kv_idx < window",
     "Causal, the last `window` keys.",
     kWindowParameters,
     {},
     "",
     "0.1"},
    {"softcap",
     ModEffect::Score,
     "cap * tanh(s / cap)",
     "Scores bounded smoothly to (-cap, cap).",
     kSoftcapParameters,
     {},
     "",
     "0.1"},
};

} // namespace

llvm::ArrayRef<ModInfo> kgen::attention::allMods() { return kMods; }

const ModInfo *kgen::attention::findMod(StringRef name) {
  const auto *row = llvm::find_if(
      kMods, [&](const ModInfo &info) { return info.name == name; });
  return row == std::end(kMods) ? nullptr : row;
}

StringRef kgen::attention::nearestName(StringRef wrong,
                                       llvm::ArrayRef<StringRef> known) {
  StringRef best;
  // A third of the letters may be wrong; further away it is another word.
  unsigned bestDistance = std::max<size_t>(1, wrong.size() / 3) + 1;
  for (StringRef name : known) {
    unsigned distance = wrong.edit_distance(name);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = name;
    }
  }
  return best;
}
