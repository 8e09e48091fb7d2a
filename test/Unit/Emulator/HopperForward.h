//===- HopperForward.h - A forward attention kernel for sm_90a, as PTX ----===//
//
// Writes the text of a whole kernel in the manner of the fast ones: a producer
// warp that loads by TMA with the 128-byte swizzle, two consumer warpgroups of
// 64 rows each, K and V in stages behind full and empty mbarriers, setmaxnreg,
// Q K^T from shared memory and P V with P in registers, the next tile's Q K^T
// and this tile's P V in flight together, and a TMA store of the result. With a
// cluster of two, each block loads half of K and V and multicasts it.
//
// A seeded bug changes one place of it. Written for the emulator's tests alone.
//
//===----------------------------------------------------------------------===//
#ifndef KGEN_TEST_UNIT_EMULATOR_HOPPERFORWARD_H
#define KGEN_TEST_UNIT_EMULATOR_HOPPERFORWARD_H

#include <cstdint>
#include <string>

namespace kgen::emulator::test {

enum class SeededBug : uint8_t {
  None,
  // mbarriers
  MissingFullWait,
  MissingValueWait,
  MissingEmptyWait,
  WrongConsumerParity,
  WrongProducerParity,
  TooManyTxBytes,
  TooFewTxBytes,
  MissingExpectTx,
  ExtraArrival,
  MissingArrival,
  BarrierCountTooHigh,
  BarrierCountTooLow,
  MissingInit,
  DoubleInit,
  InitNotFenced,
  InitNotOrdered,
  BarrierOverwritten,
  ReleasedTooEarly,
  TileTooMany,
  // wgmma
  MissingWgmmaFence,
  MissingFirstFence,
  MissingWgmmaWait,
  MissingWgmmaCommit,
  AccumulatorRescaledInFlight,
  OperandOverwrittenInFlight,
  WgmmaNeverWaited,
  DivergentWarpgroup,
  AccumulatesFromNothing,
  // layouts
  WrongSwizzle,
  WrongStride,
  ValueNotTransposed,
  WrongLaneMap,
  MisalignedTile,
  // who executes
  DivergentElect,
  EveryLaneLoads,
  TooManyRegisters,
  ImpossibleRegisters,
  // epilogue
  StoreWithoutProxyFence,
  StoreWithoutBarrier,
  StoreNotWaited,
  StoreNotCommitted,
  // clusters
  ClusterBarrierMissing,
  ClusterExitUnordered,
  MulticastWithoutRemoteArrival,
  MulticastToNobody,
};

struct HopperForward {
  uint32_t headDim = 128; ///< 64 or 128
  uint32_t tileKv = 128;  ///< a multiple of 16, at most 256
  uint32_t stages = 2;
  bool causal = false;
  bool bfloat = true;   ///< else f16
  bool cluster = false; ///< of two blocks along x; not with causal
  SeededBug bug = SeededBug::None;

  static constexpr uint32_t kTileQ = 128;
  static constexpr uint32_t kThreads = 384;
  /// Rows of the boxes of K and V: with a cluster each block loads half a tile.
  uint32_t kvBoxRows() const { return cluster ? tileKv / 2 : tileKv; }
  uint64_t sharedBytes() const;

  /// The kernel "forward" with the parameters
  ///   maps of Q (box 64 x 128 x 1), K, V (64 x kvBoxRows() x 1) and O
  ///   (64 x 64 x 1), 3-D over [heads][length][headDim], 128-byte swizzle;
  ///   f32 scale: of the scores, times log2(e);  u32 length of K and V.
  /// Grid: q tiles, heads.
  std::string text() const;
};

} // namespace kgen::emulator::test

#endif // KGEN_TEST_UNIT_EMULATOR_HOPPERFORWARD_H
