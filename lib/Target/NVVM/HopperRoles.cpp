//===- HopperRoles.cpp - One warpgroup copies, the others compute ---------===//

#include "Hopper.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {

constexpr int64_t kRegisterFile = 65536; // of a processor
constexpr int64_t kMostRegisters = 255;
constexpr int64_t kRegisterStep = 8; // of setmaxnreg
// Shared memory of a processor, and what the system keeps of it for each
// workgroup (CUDA C++ Programming Guide, compute capability 9.0).
constexpr int64_t kSharedBytes = 228 * 1024;
constexpr int64_t kReservedSharedBytes = 1024;

int64_t registersAtStart(const KernelShape &shape) {
  int64_t registers =
      kRegisterFile / shape.threads() / kRegisterStep * kRegisterStep;
  if (shape.maxRegisters > 0)
    registers = std::min(registers, shape.maxRegisters);
  return std::min(registers, kMostRegisters);
}

int64_t workgroupsPerProcessor(const KernelShape &shape, int64_t sharedBytes) {
  int64_t perThread =
      llvm::alignTo(registersAtStart(shape), kRegisterStep);
  return std::max<int64_t>(
      std::min(kRegisterFile / (perThread * shape.threads()),
               kSharedBytes / (sharedBytes + kReservedSharedBytes)),
      1);
}

int64_t consumerRegisters(const KernelShape &shape) {
  // Registers move within what the workgroup was given at its start; asking for
  // more would wait for ever.
  int64_t rest = registersAtStart(shape) * (shape.groups() + 1) -
                 shape.producerRegisters;
  int64_t registers = rest / shape.groups() / kRegisterStep * kRegisterStep;
  return std::min(registers, kMostRegisters / kRegisterStep * kRegisterStep);
}

namespace {

constexpr int64_t kScratchBytes = 16;

/// Rings at multiples of the swizzle's period, then their barriers.
class SharedPlan {
public:
  SharedPlan(func::FuncOp kernel, const KernelShape &shape)
      : builder(kernel.getContext()) {
    // Columns, then numbers, are last: tiles start at multiples of the
    // swizzle's period.
    auto rankOf = [](tile::BufferType type) {
      return holdsNumbers(type) ? 2 : holdsColumns(type) ? 1 : 0;
    };
    for (int rank : {0, 1, 2})
      kernel.walk([&](tile::AllocOp op) {
        if (rankOf(op.getBuffer().getType()) == rank)
          rings.push_back(op);
      });
    bool placedConstants = false;
    for (tile::AllocOp ring : rings) {
      tile::BufferType type = ring.getBuffer().getType();
      if (holdsNumbers(type) && !std::exchange(placedConstants, true))
        total = placeStartConstants(kernel, total);
      ring->setAttr(kOffsetAttr, builder.getI64IntegerAttr(total));
      total += slotsOf(type, shape) * slotBytes(type);
    }
    if (!placedConstants)
      total = placeStartConstants(kernel, total);
    llvm::erase_if(rings, isStaged);
    for (tile::AllocOp ring : rings) {
      barriers.push_back(total);
      cluster = std::max<int64_t>(cluster, ring.getCluster());
      for (Operation *user : ring->getUsers()) {
        user->setAttr(kBarrierAttr, builder.getI64IntegerAttr(total));
        user->setAttr(kRingClusterAttr,
                      builder.getI64IntegerAttr(ring.getCluster()));
      }
      tile::BufferType type = ring.getBuffer().getType();
      total +=
          (holdsColumns(type) ? 1 : 2) * slotsOf(type, shape) * kBarrierBytes;
    }
    kernel.walk([&](tile::AwaitOp op) {
      op->setAttr(kScratchAttr, builder.getI64IntegerAttr(total));
    });
    total += kScratchBytes;
    exitBarrier = total;
    if (cluster > 1)
      total += kBarrierBytes;
  }

  void initialise(ImplicitLocOpBuilder &b, const KernelShape &shape) const {
    for (auto [ring, first] : llvm::zip_equal(rings, barriers)) {
      tile::AllocOp alloc = ring;
      tile::BufferType type = alloc.getBuffer().getType();
      int64_t slots = slotsOf(type, shape);
      auto initialiseSlots = [&](int64_t place, int64_t arrivals) {
        for (int64_t slot = 0; slot < slots; ++slot)
          NVVM::MBarrierInitOp::create(
              b, sharedPointer(b, place + slot * kBarrierBytes),
              LaneExpr(b, arrivals).value(), Value());
      };
      initialiseSlots(first, holdsColumns(type) ? kGroupWarps : 1);
      if (!holdsColumns(type))
        initialiseSlots(first + slots * kBarrierBytes,
                        shape.warps * alloc.getCluster());
    }
    if (cluster > 1)
      NVVM::MBarrierInitOp::create(b, sharedPointer(b, exitBarrier),
                                   LaneExpr(b, shape.warps * cluster).value(),
                                   Value());
    NVVM::FenceMbarrierInitOp::create(b);
  }

  int64_t total = 0;
  int64_t cluster = 1; ///< workgroups that fill a ring together, at most
  int64_t exitBarrier = 0; ///< of a cluster

private:
  Builder builder;
  SmallVector<tile::AllocOp> rings;
  SmallVector<int64_t> barriers;
};

/// One tensor map argument for each tensor and height of box.
void addTensorMaps(func::FuncOp kernel) {
  Builder builder(kernel.getContext());
  SmallVector<std::pair<int64_t, int64_t>> maps; // parameter, rows
  auto copies = [&](Operation *op, Value tensor, int64_t rows) {
    std::pair<int64_t, int64_t> map(cast<BlockArgument>(tensor).getArgNumber(),
                                    rows);
    auto found = llvm::find(maps, map);
    op->setAttr(kTensorMapAttr, builder.getI64IntegerAttr(found - maps.begin()));
    if (found == maps.end())
      maps.push_back(map);
  };
  kernel.walk([&](Operation *op) {
    if (auto send = dyn_cast<tile::SendOp>(op)) {
      auto alloc = send.getRing().getDefiningOp<tile::AllocOp>();
      copies(op, send.getSource(),
             send.getRing().getType().getRows() / alloc.getCluster());
    } else if (auto store = dyn_cast<tile::StoreStagedOp>(op)) {
      copies(op, store.getDestination(), kGroupRows);
    }
  });
  SmallVector<Attribute> notes;
  auto pointer = LLVM::LLVMPointerType::get(kernel.getContext());
  for (auto [parameter, rows] : maps) {
    auto tensor = cast<MemRefType>(kernel.getArgument(parameter).getType());
    notes.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("parameter", builder.getI64IntegerAttr(parameter)),
         builder.getNamedAttr("rows", builder.getI64IntegerAttr(rows)),
         builder.getNamedAttr("element",
                              TypeAttr::get(tensor.getElementType()))}));
    (void)kernel.insertArgument(kernel.getNumArguments(), pointer,
                                DictionaryAttr(), kernel.getLoc());
  }
  kernel->setAttr(kTensorMapsAttr, builder.getArrayAttr(notes));
}

/// The tile counter behind them, for a kernel that draws tiles.
void addTileCounter(func::FuncOp kernel) {
  bool draws = false;
  kernel.walk([&](tile::DrawTileOp) { draws = true; });
  if (!draws)
    return;
  auto pointer = LLVM::LLVMPointerType::get(kernel.getContext(), kGlobalSpace);
  (void)kernel.insertArgument(kernel.getNumArguments(), pointer,
                              DictionaryAttr(), kernel.getLoc());
  Builder builder(kernel.getContext());
  kernel->setAttr(kTileCounterAttr, builder.getUnitAttr());
}

/// Moves a region's operations before the terminator of `block`.
void moveBody(Region &region, Block *block) {
  block->getOperations().splice(Block::iterator(block->getTerminator()),
                                region.front().getOperations());
}

void moveRegisters(ImplicitLocOpBuilder &b, int64_t registers,
                   NVVM::SetMaxRegisterAction action) {
  NVVM::SetMaxRegisterOp::create(b, static_cast<uint32_t>(registers), action);
}

scf::IfOp branch(ImplicitLocOpBuilder &b, Value condition, bool hasElse) {
  return scf::IfOp::create(b, condition, hasElse);
}

Value equals(ImplicitLocOpBuilder &b, LaneExpr value, int64_t constant) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, value.value(),
                               LaneExpr(b, constant).value());
}

/// The barriers that starters have initialised are there, in the whole cluster.
void joinCluster(ImplicitLocOpBuilder &b) {
  // Relaxed: the fence after the initialisation releases it, and nothing else
  // was written that other workgroups read.
  NVVM::ClusterArriveRelaxedOp::create(b, b.getUnitAttr());
  NVVM::ClusterWaitOp::create(b, b.getUnitAttr());
}

/// Workgroups stay until the others neither copy to them nor arrive at their
/// barriers: warps that compute say when they are done, and the producer waits. (A
/// barrier of the cluster would wait for the stores of O.)
void leaveCluster(ImplicitLocOpBuilder &b, const SharedPlan &plan,
                  const KernelShape &shape, Block *producer, Block *consumers) {
  b.setInsertionPoint(consumers->getTerminator());
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(),
                                           sharedPointer(b, plan.exitBarrier));
  arriveInCluster(b, shape, address, plan.cluster);
  b.setInsertionPoint(producer->getTerminator());
  waitForBarrier(b, sharedPointer(b, plan.exitBarrier), LaneExpr(b, 0).value());
}

/// Fills the branch of the producer's warpgroup: one thread of its first warp,
/// whose block is returned.
Block *emitProducer(ImplicitLocOpBuilder &b, Region &body,
                  const KernelShape &shape) {
  if (shape.producerRegisters > 0)
    moveRegisters(b, shape.producerRegisters,
                  NVVM::SetMaxRegisterAction::decrease);
  Block *thread = electThread(b, threadIndex(b, shape) >> 5, shape.warps);
  moveBody(body, thread);
  return thread;
}

/// The first turn is warpgroup 0's: the last one passes it on.
void startTurns(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  auto last = branch(b, equals(b, groupIndex(b, shape), shape.groups() - 1),
                     false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(last.thenBlock());
  NVVM::BarrierArriveOp::create(b, LaneExpr(b, 1).value(),
                                LaneExpr(b, 2 * kGroupThreads).value());
}

} // namespace

unsigned firstTensorMap(Operation *kernel, unsigned arguments) {
  auto maps = kernel->getAttrOfType<ArrayAttr>(kTensorMapsAttr);
  unsigned behind = (maps ? maps.size() : 0) + kernel->hasAttr(kTileCounterAttr);
  return arguments - behind;
}

std::vector<TensorMapSpec> readTensorMaps(Operation *kernel) {
  std::vector<TensorMapSpec> specs;
  auto maps = kernel->getAttrOfType<ArrayAttr>(kTensorMapsAttr);
  if (!maps)
    return specs;
  for (auto map : maps.getAsRange<DictionaryAttr>()) {
    auto number = [&](StringRef key) {
      return cast<IntegerAttr>(map.get(key)).getInt();
    };
    TensorMapSpec spec;
    spec.parameter = static_cast<int32_t>(number("parameter"));
    spec.elementType = cast<TypeAttr>(map.get("element")).getValue().isBF16()
                           ? ElementType::BF16
                           : ElementType::F16;
    spec.rank = 4;
    spec.box = {static_cast<uint32_t>(PanelTile::kPanelCols),
                static_cast<uint32_t>(number("rows")), 1, 1, 1};
    spec.swizzleBytes = kSwizzleBytes;
    spec.l2PromotionBytes = 256; // two rows of a panel
    specs.push_back(spec);
  }
  return specs;
}

Value tensorMapOf(Operation *copy) {
  auto kernel = copy->getParentOfType<func::FuncOp>();
  Block &entry = kernel.getBody().front();
  return entry.getArgument(
      firstTensorMap(kernel, entry.getNumArguments()) +
      copy->getAttrOfType<IntegerAttr>(kTensorMapAttr).getInt());
}

Value barrierOfGroup(ImplicitLocOpBuilder &b, const KernelShape &shape,
                     int64_t first) {
  // ptxas reserves all 16 barriers for a number that it does not know.
  LaneExpr group =
      shape.groups() == 1 ? LaneExpr(b, 0) : groupIndex(b, shape);
  return (group + first).value();
}

void joinGroup(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  Value barrier = barrierOfGroup(b, shape, firstStageBarrier(shape));
  NVVM::BarrierOp::create(b, Type(), barrier, LaneExpr(b, kGroupThreads).value(),
                          NVVM::BarrierReductionAttr(), Value());
}

Block *electThread(ImplicitLocOpBuilder &b, LaneExpr warp, int64_t number) {
  auto first = branch(b, equals(b, warp, number), false);
  b.setInsertionPointToStart(first.thenBlock());
  Value elected = NVVM::ElectSyncOp::create(b, b.getI1Type(), Value());
  Block *thread = branch(b, elected, false).thenBlock();
  b.setInsertionPointToStart(thread);
  return thread;
}

LaneExpr groupIndex(ImplicitLocOpBuilder &b, const KernelShape &shape) {
  LaneExpr group = threadIndex(b, shape) >> 7;
  return {b, uniform(b, group.value())};
}

Value uniform(ImplicitLocOpBuilder &b, Value value) {
  return NVVM::ShflOp::create(b, value.getType(), LaneExpr(b, -1).value(), value,
                              LaneExpr(b, 0).value(),
                              LaneExpr(b, kLanes - 1).value(),
                              NVVM::ShflKind::idx, UnitAttr());
}

int64_t takeRoles(func::FuncOp kernel, const KernelShape &shape) {
  notePublishers(kernel);
  SharedPlan plan(kernel, shape);
  kernel.walk([&](Operation *op) {
    if (isa<tile::ProgramCountOp, tile::DrawTileOp>(op))
      kernel->setAttr(kPersistentAttr,
                      Builder(op).getI64IntegerAttr(
                          workgroupsPerProcessor(shape, plan.total)));
  });
  if (plan.cluster > 1)
    kernel->setAttr(kClusterAttr,
                    Builder(kernel.getContext()).getI64IntegerAttr(plan.cluster));
  addTensorMaps(kernel);
  addTileCounter(kernel);
  kernel.walk([&](tile::RolesOp op) {
    ImplicitLocOpBuilder b(op.getLoc(), op);
    auto starter = branch(b, equals(b, threadIndex(b, shape), 0), false);
    b.setInsertionPointToStart(starter.thenBlock());
    plan.initialise(b, shape);
    b.setInsertionPoint(op);
    bool wroteConstants = writeStartConstants(b, shape, kernel);
    if (plan.cluster > 1)
      joinCluster(b);
    if (plan.cluster == 1 || wroteConstants)
      NVVM::BarrierOp::create(b);
    Value produces = equals(b, groupIndex(b, shape), shape.groups());
    auto roles = branch(b, produces, /*hasElse=*/true);
    b.setInsertionPointToStart(roles.thenBlock());
    Block *producer = emitProducer(b, op.getProducer(), shape);
    b.setInsertionPointToStart(roles.elseBlock());
    if (shape.producerRegisters > 0)
      moveRegisters(b, consumerRegisters(shape),
                    NVVM::SetMaxRegisterAction::increase);
    bool turns = false;
    op.walk([&](tile::TakeTurnOp) { turns = true; });
    if (turns)
      startTurns(b, shape);
    moveBody(op.getConsumers(), roles.elseBlock());
    if (plan.cluster > 1)
      leaveCluster(b, plan, shape, producer, roles.elseBlock());
    op.erase();
  });
  return plan.total;
}

} // namespace kgen::nvvm
