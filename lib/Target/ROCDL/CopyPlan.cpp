//===- CopyPlan.cpp - Which way each copied tile takes ---------------------===//

#include "CopyPlan.h"
#include "LdsPlan.h"

#include "kgen/Support/Error.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;
using namespace kgen;
using namespace kgen::rocdl;

int64_t rocdl::vectorsInFlight(const Slot &slot, int64_t threads) {
  return llvm::divideCeil(copyTasks(slot), threads) * rowsPerTask(slot);
}

//===----------------------------------------------------------------------===//
// DirectLoads
//===----------------------------------------------------------------------===//

DirectLoads::DirectLoads(func::FuncOp kernel) {
  kernel.walk([&](tile::AllocOp alloc) { examine(alloc); });
}

void DirectLoads::examine(tile::AllocOp alloc) {
  if (alloc.getBuffer().getType().getSlots() != 1)
    return;
  SmallVector<Operation *> copiesHere, loadsHere;
  for (Operation *user : alloc->getUsers()) {
    if (!isa<tile::SlotOp>(user))
      return;
    for (Operation *use : user->getUsers()) {
      if (!isa<tile::CopyOp, tile::LoadOp>(use))
        return;
      (isa<tile::CopyOp>(use) ? copiesHere : loadsHere).push_back(use);
    }
  }
  if (copiesHere.size() != 1 || loadsHere.empty())
    return;
  // In one block, the copy first, so that it dominates what it gives.
  Operation *copy = copiesHere.front();
  for (Operation *user : copy->getUsers())
    if (!isa<tile::WaitOp>(user))
      return;
  for (Operation *load : loadsHere)
    if (load->getBlock() != copy->getBlock() || !copy->isBeforeInBlock(load))
      return;
  allocs.insert(alloc);
  copies.insert(copy);
  for (Operation *load : loadsHere)
    loads[load] = copy;
}

//===----------------------------------------------------------------------===//
// CopyPlan
//===----------------------------------------------------------------------===//

static LogicalResult refuse(Operation *op, const Twine &why) {
  return op->emitOpError() << '[' << formatCode(ErrorCode::RocdlBufferUse)
                           << "] " << why;
}

class CopyPlan::Builder {
public:
  Builder(CopyPlan &plan, const DirectLoads &direct, const LdsPlan &lds,
          int64_t threads)
      : plan(plan), direct(direct), lds(lds), threads(threads) {}

  LogicalResult build(func::FuncOp kernel) {
    WalkResult joined = kernel.walk(
        [&](Operation *op) { return WalkResult(joinTokens(op)); });
    if (joined.wasInterrupted())
      return failure();
    kernel.walk([&](Block *block) { groupCopies(*block); });
    for (Operation *leader : leaders)
      if (failed(agree(leader)))
        return failure();
    WalkResult ordered = kernel.walk([&](tile::WaitOp wait) {
      addWait(wait);
      return WalkResult(checkOrder(wait));
    });
    return failure(ordered.wasInterrupted());
  }

private:
  using Group = SmallVector<Operation *, 2>;

  void join(Value a, Value b) {
    if (isa<tile::TokenType>(a.getType()))
      classes.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
  }
  const void *classOf(Value token) {
    return classes.getOrInsertLeaderValue(token.getAsOpaquePointer());
  }

  /// Tokens are waited for, or passed on by scf.for and scf.if.
  LogicalResult joinTokens(Operation *op) {
    if (auto loop = dyn_cast<scf::ForOp>(op)) {
      for (auto [init, argument, yielded, result] :
           llvm::zip(loop.getInitArgs(), loop.getRegionIterArgs(),
                     loop.getYieldedValues(), loop.getResults())) {
        join(init, argument);
        join(init, yielded);
        join(init, result);
      }
      return success();
    }
    if (auto branch = dyn_cast<scf::IfOp>(op)) {
      for (Region *region : branch.getRegions())
        if (!region->empty())
          for (auto [yielded, result] :
               llvm::zip(region->front().getTerminator()->getOperands(),
                         branch.getResults()))
            join(yielded, result);
      return success();
    }
    bool passes = isa<scf::YieldOp>(op) &&
                  isa<scf::ForOp, scf::IfOp>(op->getParentOp());
    for (Value operand : op->getOperands())
      if (isa<tile::TokenType>(operand.getType()) && !passes &&
          !isa<tile::WaitOp>(op))
        return refuse(op, "takes a token whose tile.copy is not known at "
                          "compile time");
    return success();
  }

  void groupCopies(Block &block) {
    Group pending;
    for (auto copy : block.getOps<tile::CopyOp>()) {
      if (direct.isDirect(copy))
        continue;
      pending.push_back(copy);
      if (copy.getToken().use_empty())
        continue;
      plan.carried[copy] = std::exchange(pending, {});
      leaders.push_back(copy);
      const void *key = classOf(copy.getToken());
      members[key].push_back(copy);
    }
    plan.atOnce.insert(pending.begin(), pending.end());
  }

  const Slot &slot(Operation *copy) const {
    auto op = cast<tile::CopyOp>(copy);
    return lds.slot(copy, op.getViewMutable().getOperandNumber());
  }

  /// Makes all tokens of a class carry the same: what precedes the common end
  /// of their groups arrives at once.
  LogicalResult agree(Operation *leader) {
    const void *key = classOf(cast<tile::CopyOp>(leader).getToken());
    if (layouts.contains(key))
      return success();
    size_t common = plan.carried[leader].size();
    for (Operation *copy : members[key])
      common = std::min(common, plan.carried[copy].size());
    SmallVector<Slot, 2> &layout = layouts[key];
    for (Operation *copy : members[key]) {
      Group &group = plan.carried[copy];
      size_t extra = group.size() - common;
      plan.atOnce.insert(group.begin(), group.begin() + extra);
      group.erase(group.begin(), group.begin() + extra);
      SmallVector<Slot, 2> mine;
      for (Operation *member : group)
        mine.push_back(slot(member));
      if (layout.empty())
        layout = mine;
      if (layout != mine)
        return refuse(copy, "gives a token that a loop joins with one of "
                            "another shape");
    }
    int64_t vectors = 0;
    for (const Slot &tile : layout)
      vectors += vectorsInFlight(tile, threads);
    plan.tilesOfToken = std::max<int64_t>(plan.tilesOfToken, common);
    plan.vectorsOfToken = std::max(plan.vectorsOfToken, vectors);
    return success();
  }

  /// Whether anything reads LDS after this wait. What is drained at the end of
  /// a kernel need not be stored.
  bool isRead(tile::WaitOp wait) const {
    if (!isa<func::FuncOp>(wait->getParentOp()))
      return true;
    for (Operation *op = wait->getNextNode(); op; op = op->getNextNode())
      if (op->walk([&](Operation *inner) {
              auto load = dyn_cast<tile::LoadOp>(inner);
              bool reads = load ? !direct.copyOf(load) : isa<tile::DotOp>(inner);
              return reads ? WalkResult::interrupt() : WalkResult::advance();
            }).wasInterrupted())
        return true;
    return false;
  }

  void addWait(tile::WaitOp wait) {
    auto layout = layouts.find(classOf(wait.getToken()));
    if (layout != layouts.end() && isRead(wait))
      plan.arriving[wait] = layout->second;
  }

  /// A wait covers every earlier copy; here it stores only its own token's.
  LogicalResult checkOrder(tile::WaitOp wait) {
    auto own = wait.getToken().getDefiningOp<tile::CopyOp>();
    if (!own || own->getBlock() != wait->getBlock())
      return success();
    for (auto copy : wait->getBlock()->getOps<tile::CopyOp>()) {
      if (!copy->isBeforeInBlock(own) || direct.isDirect(copy))
        continue;
      for (Operation *user : copy.getToken().getUsers())
        if (isa<tile::WaitOp>(user) && user->getBlock() == wait->getBlock() &&
            wait->isBeforeInBlock(user))
          return refuse(wait, "waits for a copy before an earlier one");
    }
    return success();
  }

  CopyPlan &plan;
  const DirectLoads &direct;
  const LdsPlan &lds;
  int64_t threads;
  llvm::EquivalenceClasses<const void *> classes;
  SmallVector<Operation *> leaders;
  llvm::DenseMap<const void *, SmallVector<Operation *>> members;
  llvm::DenseMap<const void *, SmallVector<Slot, 2>> layouts;
};

LogicalResult CopyPlan::build(func::FuncOp kernel, const DirectLoads &direct,
                              const LdsPlan &lds, int64_t threads) {
  return Builder(*this, direct, lds, threads).build(kernel);
}

ArrayRef<Operation *> CopyPlan::carriedBy(tile::CopyOp copy) const {
  auto found = carried.find(copy);
  return found == carried.end() ? ArrayRef<Operation *>() : found->second;
}

ArrayRef<Slot> CopyPlan::arrivals(tile::WaitOp wait) const {
  auto found = arriving.find(wait);
  return found == arriving.end() ? ArrayRef<Slot>() : found->second;
}
