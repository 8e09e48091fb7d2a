//===- Hopper.h - Roles, rings and products of warpgroups -----------------===//
//
// A kernel with tile.roles runs on Hopper's own units: TMA fills the slots of
// rings, mbarriers say when a slot is full or empty, and wgmma multiplies what
// lies there. Warps 0 ... 4 * groups - 1 compute, as in any kernel; the last
// warpgroup is the producer, of which one thread works.
//
//   slot of tile n   n mod slots          round   n / slots
//   full barrier     1 arrival and the bytes of the tile; the round's parity
//   empty barrier    1 arrival a warp that computes
//
// What columns of products start from lies in slots that warpgroups fill for
// themselves: their full barriers take 1 arrival of each of its warps, and they
// have no empty ones.
//
// The workgroups of a cluster fill rings together (tile.alloc cluster n): each
// copies a part of the rows into all of the rings, whose full barriers count
// the bytes of all parts; empty barriers take arrivals of all the cluster's
// warps. So does the exit barrier, for which a workgroup's producer waits at
// its end: until then others may arrive at its barriers.
//
// Arguments of such a kernel, behind those of every kernel: the tensor maps,
// then, if it draws tiles, the tile counter.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TARGET_NVVM_HOPPER_H
#define KGEN_TARGET_NVVM_HOPPER_H

#include "Fragments.h"
#include "kgen/Target/Common/TargetBackend.h"

namespace kgen::nvvm {

/// Notes on the kernel, for the last pass and the emitter: an array of
/// dictionaries {parameter, rows, element}, one for each tensor map argument.
inline constexpr llvm::StringLiteral kTensorMapsAttr = "kernel_tensor_maps";

/// On the kernel: its grid is as large as the machine; the number of workgroups
/// that a processor holds.
inline constexpr llvm::StringLiteral kPersistentAttr = "kernel_persistent";
/// On the kernel: workgroups of a cluster, in x. On ring operations: those that
/// fill the ring together.
inline constexpr llvm::StringLiteral kClusterAttr = "kernel_cluster";
inline constexpr llvm::StringLiteral kRingClusterAttr = "ring_cluster";
/// On the kernel: its last argument is the tile counter (tile.draw_tile).
inline constexpr llvm::StringLiteral kTileCounterAttr = "kernel_tile_counter";
inline constexpr int64_t kTensorMapBytes = 128;
inline constexpr int64_t kTensorMapAlignment = 64;
/// Notes on ring operations: where the ring's barriers start (full ones, then
/// empty ones); on tile.send and store_staged: which tensor map they copy through.
inline constexpr llvm::StringLiteral kBarrierAttr = "ring_barriers";
inline constexpr llvm::StringLiteral kTensorMapAttr = "tensor_map";
/// On tile.await: shared memory that nobody reads.
inline constexpr llvm::StringLiteral kScratchAttr = "scratch_offset";

inline PanelTile panelTile(tile::ViewType view) {
  return {view.getRows(), view.getCols()};
}
inline PanelTile panelTile(tile::BufferType ring) {
  return {ring.getRows(), ring.getCols()};
}
/// A ring of numbers (tile.post) instead of tiles.
inline bool holdsNumbers(tile::BufferType ring) {
  return ring.getElementType().isInteger();
}
/// A ring of what columns of products start from (tile.stage_columns), as an
/// operand of one more step: three bf16 a column, in rows of 16. Each warpgroup
/// has slots of its own.
inline bool holdsColumns(tile::BufferType ring) {
  return ring.getCols() == 1 && ring.getElementType().isF32();
}
/// A buffer that consumers write and read themselves (tile.stage): its slots have
/// no barriers.
inline bool isStaged(tile::AllocOp buffer) {
  return llvm::all_of(buffer->getUsers(), llvm::IsaPred<tile::SlotOp>);
}
inline constexpr int64_t kGroupThreads = kGroupWarps * kLanes;
/// Named barriers: 0 is everybody's, 1 + g warpgroup g's turn; then each
/// warpgroup has one of its own for what it stages, and one for what its rows
/// have in common.
inline constexpr int64_t kNamedBarriers = 16;
inline int64_t firstStageBarrier(const KernelShape &shape) {
  return 1 + shape.groups();
}
inline int64_t firstVoteBarrier(const KernelShape &shape) {
  return 1 + 2 * shape.groups();
}
/// The number of this thread's group, where group 0 has `first`.
mlir::Value barrierOfGroup(mlir::ImplicitLocOpBuilder &builder,
                           const KernelShape &shape, int64_t first);
/// Continues in a branch of one thread of warp `number`, always the same one;
/// the branch's block. `warp` is this thread's warp.
mlir::Block *electThread(mlir::ImplicitLocOpBuilder &builder, LaneExpr warp,
                         int64_t number);
/// Its threads wait for one another there.
void joinGroup(mlir::ImplicitLocOpBuilder &builder, const KernelShape &shape);
/// On tile.stage or on a tile.dot that reads what was staged: publishStaged.
inline constexpr llvm::StringLiteral kPublishAttr = "publishes_staged";
/// Notes who does: the products where there are no other readers. They start after
/// Q K^T of the next step, under which the fence and the barrier then run.
void notePublishers(mlir::Operation *kernel);
/// Lets the asynchronous proxy and the warpgroup's other warps see what was staged.
void publishStaged(mlir::ImplicitLocOpBuilder &builder,
                   const KernelShape &shape);
/// Slots of a ring in the whole workgroup.
inline int64_t slotsOf(tile::BufferType ring, const KernelShape &shape) {
  return ring.getSlots() * (holdsColumns(ring) ? shape.groups() : 1);
}
inline constexpr int64_t kBarrierBytes = 8;
/// Bytes from one slot of a ring to the next; a number has its own 16.
inline int64_t slotBytes(tile::BufferType ring) {
  if (holdsColumns(ring))
    return ring.getRows() * kRampRowBytes;
  return holdsNumbers(ring) ? 16 : panelTile(ring).bytes();
}

/// Position of the first tensor map among the arguments of a kernel, before and
/// after their conversion.
unsigned firstTensorMap(mlir::Operation *kernel, unsigned arguments);
/// The tensor map that a tile.send or store_staged copies through.
mlir::Value tensorMapOf(mlir::Operation *copy);

/// Registers of a thread before roles are taken, and of one that computes after.
int64_t registersAtStart(const KernelShape &shape);
int64_t consumerRegisters(const KernelShape &shape);
/// Workgroups that a processor's registers and shared memory hold; at least 1.
int64_t workgroupsPerProcessor(const KernelShape &shape, int64_t sharedBytes);

/// Gives rings and their barriers places in shared memory, adds a pointer
/// argument for each tensor map that the kernel needs, and replaces tile.roles
/// by branches. Returns the bytes of shared memory.
int64_t takeRoles(mlir::func::FuncOp kernel, const KernelShape &shape);

/// On a tile.dot with a ramp or columns: where the constant operand of its
/// first step lies in shared memory (HopperStart.cpp).
inline constexpr llvm::StringLiteral kConstantAttr = "start_constant";
/// Gives them places from `offset` on, a multiple of 256; where they end.
int64_t placeStartConstants(mlir::func::FuncOp kernel, int64_t offset);
/// Writes them, each thread a row; a barrier must follow. False if there are
/// none.
bool writeStartConstants(mlir::ImplicitLocOpBuilder &builder,
                         const KernelShape &shape, mlir::func::FuncOp kernel);

/// What the runtime must encode for a lowered kernel, in the arguments' order.
std::vector<TensorMapSpec> readTensorMaps(mlir::Operation *kernel);

/// Each warp arrives once at a barrier of its workgroup.
void arriveAsWarp(mlir::ImplicitLocOpBuilder &builder, const KernelShape &shape,
                  mlir::Value barrier);
/// Each warp that computes arrives once at the barrier that has this address, in
/// each workgroup of the cluster.
void arriveInCluster(mlir::ImplicitLocOpBuilder &builder,
                     const KernelShape &shape, mlir::Value barrier,
                     int64_t workgroups);
/// Waits until the barrier's phase of this parity has passed.
void waitForBarrier(mlir::ImplicitLocOpBuilder &builder, mlir::Value barrier,
                    mlir::Value parity);

/// tile.send, receive, release, take_turn and pass_turn.
void populateRingPatterns(const FragmentConverter &converter,
                          mlir::RewritePatternSet &patterns);
/// tile.store_staged and await_stores.
void populateStagedStorePatterns(const FragmentConverter &converter,
                                 mlir::RewritePatternSet &patterns);
/// tile.load and stage, by the swizzle of panels.
void populateOperandPatterns(const FragmentConverter &converter,
                             mlir::RewritePatternSet &patterns);
/// tile.warpgroup, differs and at_least.
void populateGroupPatterns(const FragmentConverter &converter,
                           mlir::RewritePatternSet &patterns);
/// tile.stage_columns.
void populateColumnPatterns(const FragmentConverter &converter,
                            mlir::RewritePatternSet &patterns);
/// tile.dot and await, on warpgroups.
void populateWgmmaPatterns(const FragmentConverter &converter,
                           mlir::RewritePatternSet &patterns);

/// Lane 0's value of an i32 that is the same in all lanes of a warp: ptxas knows
/// it to be so then.
mlir::Value uniform(mlir::ImplicitLocOpBuilder &builder, mlir::Value value);
/// The thread's warpgroup, known to be the same for all lanes of a warp.
LaneExpr groupIndex(mlir::ImplicitLocOpBuilder &builder,
                    const KernelShape &shape);

} // namespace kgen::nvvm

#endif // KGEN_TARGET_NVVM_HOPPER_H
