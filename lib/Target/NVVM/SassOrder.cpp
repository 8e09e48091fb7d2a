//===- SassOrder.cpp - Which softmax runs under which product -------------===//

#include "SassOrder.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using llvm::ArrayRef;
using llvm::StringRef;

namespace kgen::nvvm {

//===----------------------------------------------------------------------===//
// Decoding
//===----------------------------------------------------------------------===//

namespace {

constexpr size_t kInstructionBytes = 16;

// Bits 0-11: the operation with the form of its operands.
constexpr uint64_t kOpcodeMask = 0xFFF;
constexpr uint64_t kBra = 0x947, kExit = 0x94D, kRet = 0x950;
constexpr uint64_t kBssy = 0x945, kBsync = 0x941;
constexpr uint64_t kMufu = 0x308, kStl = 0x387, kLdl = 0x983;
constexpr uint64_t kWarpgroup = 0x9C5;
// A through a descriptor, and in registers.
constexpr uint64_t kHgmmaShared = 0x9F0, kHgmmaRegisters = 0xDF0;

constexpr uint64_t kAlways = 7;      // PT, and the register that is none
constexpr uint64_t kExponential = 2; // function of MUFU

/// `count` bits of `word` from `first` on.
constexpr uint64_t bits(uint64_t word, unsigned first, unsigned count) {
  return (word >> first) & ((uint64_t(1) << count) - 1);
}

/// The guard is @PT, the second predicate PT, and nothing depends on whether
/// the warp has parted (BRA.DIV).
bool isUnconditional(uint64_t low, uint64_t high) {
  return bits(low, 12, 4) == kAlways && bits(high, 23, 5) == kAlways;
}

/// Distance of a jump in units of 4 bytes: bits 16-23 and 34-81. Instructions
/// whose bits 16-19 name a register have the rest only.
int64_t jumpDistance(uint64_t low, uint64_t high) {
  uint64_t units =
      bits(high, 0, 18) << 38 | bits(low, 34, 30) << 8 | bits(low, 16, 8);
  return llvm::SignExtend64<56>(units) * 4 / int64_t(kInstructionBytes);
}
int64_t regionDistance(uint64_t low, uint64_t high) {
  uint64_t units = bits(high, 0, 18) << 30 | bits(low, 34, 30);
  return llvm::SignExtend64<48>(units) * 4 / int64_t(kInstructionBytes);
}

SassInstruction makeOfKind(SassKind kind) {
  SassInstruction instruction;
  instruction.kind = kind;
  return instruction;
}

} // namespace

SassInstruction decodeSass(uint64_t low, uint64_t high) {
  SassInstruction result;
  switch (low & kOpcodeMask) {
  case kHgmmaShared:
  case kHgmmaRegisters:
    result.kind = SassKind::Product;
    result.endsGroup =
        bits(high, 20, 3) != kAlways; // its barrier: gsb0, or none
    return result;
  case kWarpgroup:
    if (bits(low, 47, 1)) { // otherwise WARPGROUP.ARRIVE
      result.kind = SassKind::Wait;
      result.pending = static_cast<int64_t>(bits(high, 8, 3));
    }
    return result;
  case kMufu:
    return makeOfKind(bits(high, 10, 4) == kExponential ? SassKind::Exponential
                                                        : SassKind::Other);
  case kStl:
  case kLdl:
    return makeOfKind(SassKind::LocalAccess);
  case kBra:
    result.kind = SassKind::Jump;
    result.conditional = !isUnconditional(low, high);
    result.distance = jumpDistance(low, high);
    return result;
  case kExit:
  case kRet:
    result.kind = SassKind::Stop;
    result.conditional = !isUnconditional(low, high);
    return result;
  case kBssy:
    result.kind = SassKind::Region;
    result.barrier = static_cast<int64_t>(bits(low, 16, 4));
    result.distance = regionDistance(low, high);
    return result;
  case kBsync:
    result.kind = SassKind::Meet;
    result.barrier = static_cast<int64_t>(bits(low, 16, 4));
    return result;
  default:
    return result;
  }
}

/// The contents of section `name`; empty without one.
static Expected<StringRef> findSection(const llvm::object::ObjectFile &object,
                                       StringRef wanted) {
  for (const llvm::object::SectionRef &section : object.sections()) {
    llvm::Expected<StringRef> name = section.getName();
    if (!name) {
      llvm::consumeError(name.takeError());
      continue;
    }
    if (*name != wanted)
      continue;
    llvm::Expected<StringRef> contents = section.getContents();
    if (contents)
      return *contents;
    return Error(ErrorCode::PtxasFailed, llvm::toString(contents.takeError()));
  }
  return Error(ErrorCode::PtxasFailed,
               "its output has no section " + wanted.str());
}

Expected<std::vector<SassInstruction>> decodeKernel(StringRef cubin,
                                                    StringRef kernel) {
  auto object = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(cubin, "cubin"));
  if (!object)
    return Error(ErrorCode::PtxasFailed,
                 "its output is no ELF image: " +
                     llvm::toString(object.takeError()));
  Expected<StringRef> text = findSection(**object, (".text." + kernel).str());
  if (!text)
    return text.error();
  std::vector<SassInstruction> code;
  for (size_t at = 0; at + kInstructionBytes <= text->size();
       at += kInstructionBytes) {
    const char *bytes = text->data() + at;
    code.push_back(decodeSass(llvm::support::endian::read64le(bytes),
                              llvm::support::endian::read64le(bytes + 8)));
  }
  return code;
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

namespace {

/// Groups of products since the last wait for all of them, up to this many.
constexpr int64_t kSeveral = 2;
constexpr int64_t kUnreached = -1;

class PathWalk {
public:
  explicit PathWalk(ArrayRef<SassInstruction> code)
      : code(code), groups(code.size(), kUnreached) {}

  SassOrder run() {
    countGroups();
    SassOrder order;
    order.localAccesses = countLocalAccesses();
    std::vector<bool> isExposed(code.size(), false);
    for (size_t at = 0; at < code.size(); ++at) {
      order.products += code[at].kind == SassKind::Product;
      if (endsOverlap(at)) {
        ++order.overlappedSteps;
        markExposed(at, isExposed);
      }
    }
    for (size_t at = 0; at < code.size(); ++at) {
      if (code[at].kind != SassKind::Exponential)
        continue;
      if (isExposed[at]) {
        ++order.exposed;
        order.firstExposed = order.firstExposed.value_or(at);
      } else if (groups[at] == kSeveral) {
        ++order.covered;
      }
    }
    return order;
  }

private:
  bool endsOverlap(size_t at) const {
    return code[at].kind == SassKind::Wait && code[at].pending == 0 &&
           groups[at] == kSeveral;
  }

  /// The most groups that can be in flight before each instruction.
  void countGroups() {
    llvm::SmallVector<size_t> work;
    reach(0, 0, work);
    while (!work.empty()) {
      size_t at = work.pop_back_val();
      int64_t after = groups[at];
      if (code[at].kind == SassKind::Product && code[at].endsGroup)
        after = std::min(after + 1, kSeveral);
      if (code[at].kind == SassKind::Wait && code[at].pending == 0)
        after = 0;
      for (size_t next : successors(at))
        reach(next, after, work);
    }
  }
  void reach(size_t at, int64_t count, llvm::SmallVectorImpl<size_t> &work) {
    if (at >= code.size() || groups[at] >= count)
      return;
    groups[at] = count;
    work.push_back(at);
  }

  /// Marks the exponentials between a wait and the products that follow it.
  void markExposed(size_t wait, std::vector<bool> &isExposed) const {
    std::vector<bool> seen(code.size(), false);
    llvm::SmallVector<size_t> work = successors(wait);
    while (!work.empty()) {
      size_t at = work.pop_back_val();
      if (at >= code.size() || seen[at])
        continue;
      seen[at] = true;
      if (code[at].kind == SassKind::Product)
        continue;
      if (code[at].kind == SassKind::Exponential)
        isExposed[at] = true;
      llvm::append_range(work, successors(at));
    }
  }

  /// Those before or behind a product.
  int64_t countLocalAccesses() const {
    std::vector<llvm::SmallVector<size_t, 2>> after(code.size()),
        before(code.size());
    for (size_t at = 0; at < code.size(); ++at)
      for (size_t next : successors(at))
        if (next < code.size() && groups[at] != kUnreached) {
          after[at].push_back(next);
          before[next].push_back(at);
        }
    std::vector<bool> behind = reachedFromProducts(after);
    std::vector<bool> ahead = reachedFromProducts(before);
    int64_t count = 0;
    for (size_t at = 0; at < code.size(); ++at)
      count +=
          code[at].kind == SassKind::LocalAccess && (behind[at] || ahead[at]);
    return count;
  }
  std::vector<bool>
  reachedFromProducts(ArrayRef<llvm::SmallVector<size_t, 2>> edges) const {
    std::vector<bool> reached(code.size(), false);
    llvm::SmallVector<size_t> work;
    for (size_t at = 0; at < code.size(); ++at)
      if (code[at].kind == SassKind::Product)
        work.push_back(at);
    while (!work.empty()) {
      size_t at = work.pop_back_val();
      if (reached[at])
        continue;
      reached[at] = true;
      llvm::append_range(work, edges[at]);
    }
    return reached;
  }

  /// Calls come back to the next instruction: what they run has no products.
  llvm::SmallVector<size_t> successors(size_t at) const {
    const SassInstruction &instruction = code[at];
    switch (instruction.kind) {
    case SassKind::Stop:
      if (!instruction.conditional)
        return {};
      return {at + 1};
    case SassKind::Jump:
      if (!instruction.conditional)
        return {target(at)};
      return {at + 1, target(at)};
    case SassKind::Meet:
      return meetings(at);
    default:
      return {at + 1};
    }
  }

  size_t target(size_t at) const {
    return at + 1 + static_cast<size_t>(code[at].distance);
  }

  /// Where threads go on that meet: as a rule behind the meeting, else where
  /// any region of this barrier ends.
  llvm::SmallVector<size_t> meetings(size_t at) const {
    llvm::SmallVector<size_t> ends;
    for (size_t other = 0; other < code.size(); ++other)
      if (code[other].kind == SassKind::Region &&
          code[other].barrier == code[at].barrier)
        ends.push_back(target(other));
    if (ends.empty() || llvm::is_contained(ends, at + 1))
      return {at + 1};
    return ends;
  }

  ArrayRef<SassInstruction> code;
  std::vector<int64_t> groups;
};

} // namespace

SassOrder readSassOrder(ArrayRef<SassInstruction> code) {
  return PathWalk(code).run();
}

} // namespace kgen::nvvm
