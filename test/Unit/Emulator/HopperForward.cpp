//===- HopperForward.cpp - A forward attention kernel for sm_90a, as PTX --===//

#include "HopperForward.h"

#include <sstream>
#include <vector>

namespace kgen::emulator::test {

namespace {

/// Where things lie in shared memory, bytes.
struct Layout {
  uint32_t q = 0, k = 0, v = 0, barriers = 0;
  uint32_t qBlock = 0, kvBlock = 0; ///< of 64 columns
  uint32_t stage = 0;               ///< of K or V
  uint32_t queryFull = 0, keyFull = 0, keyEmpty = 0, valueFull = 0,
           valueEmpty = 0, end = 0;
  explicit Layout(const HopperForward &f) {
    uint32_t blocks = f.headDim / 64;
    qBlock = HopperForward::kTileQ * 128;
    kvBlock = f.tileKv * 128;
    stage = kvBlock * blocks;
    k = qBlock * blocks;
    v = k + f.stages * stage;
    barriers = v + f.stages * stage;
    queryFull = barriers;
    keyFull = queryFull + 8;
    keyEmpty = keyFull + 8 * f.stages;
    valueFull = keyEmpty + 8 * f.stages;
    valueEmpty = valueFull + 8 * f.stages;
    end = valueEmpty + 8 * f.stages;
  }
};

class Writer {
public:
  explicit Writer(const HopperForward &f)
      : f(f), at(f), type(f.bfloat ? "bf16" : "f16"), blocks(f.headDim / 64),
        scores(f.tileKv / 2), outputs(f.headDim / 2) {}
  std::string write();

private:
  bool has(SeededBug bug) const { return f.bug == bug; }
  template <typename... Parts>
  void emit(const Parts &...parts) {
    out << "  ";
    (out << ... << parts);
    out << ";\n";
  }
  void label(const std::string &name) { out << name << ":\n"; }
  std::string fresh(const char *stem) {
    return std::string("$") + stem + std::to_string(++labels);
  }
  static std::string list(const char *stem, uint32_t first, uint32_t count) {
    std::string text = "{";
    for (uint32_t i = 0; i != count; ++i)
      text += (i ? ", %" : "%") + (stem + std::to_string(first + i));
    return text + "}";
  }

  void header();
  void initBarriers();
  // Pipeline.
  void wait(const std::string &address, const std::string &parity);
  void barrierOf(const char *target, uint32_t base, const char *stage);
  void advanceStage(const char *stage, const char *phase);
  void release(uint32_t base, const char *stage);
  // Producer.
  void producer();
  void loadQuery();
  void loadTile(const char *map, uint32_t data, uint32_t full, uint32_t empty);
  // Consumer.
  void consumer();
  void prologue();
  void loop();
  void epilogue();
  void descriptor(const char *target, const char *address, uint32_t leading,
                  uint32_t stride, uint32_t layout);
  void stageDescriptor(const char *target, const char *base, const char *stage);
  void scoresProduct();
  void valuesProduct();
  void mask();
  void softmax();
  void packProbabilities();
  void rescale();
  void storeOutput();

  const HopperForward &f;
  Layout at;
  std::string type;
  uint32_t blocks, scores, outputs;
  uint32_t labels = 0;
  std::ostringstream out;
};

void Writer::header() {
  out << ".version 8.6\n.target sm_90a\n.address_size 64\n\n"
         ".extern .shared .align 1024 .b8 smem[];\n\n"
         ".visible .entry forward(\n";
  for (const char *map : {"mapQ", "mapK", "mapV", "mapO"})
    out << "  .param .align 64 .b8 " << map << "[128],\n";
  out << "  .param .f32 scale,\n  .param .u32 length)\n.reqntid 384, 1, 1\n"
         ".minnctapersm 1\n.maxnreg 168\n";
  if (f.cluster)
    out << ".reqnctapercluster 2, 1, 1\n";
  out << "{\n  .reg .pred %q<8>, %done, %elected, %false, %true;\n"
         "  .reg .b32 %r<24>, %smem, %thread, %lane, %warp, %group, %tile, "
         "%tiles, %stage, %phase, %vstage, %vphase, %address, %row, %length, "
         "%head, %first, %rank;\n"
         "  .reg .b64 %mapQ, %mapK, %mapV, %mapO, %dQ, %dK, %dV, %dA, %dB, "
         "%wide;\n  .reg .b16 %mask;\n"
         "  .reg .f32 %scale, %m<2>, %l<2>, %alpha<2>, %new<2>, %neg<2>, "
         "%t<4>;\n  .reg .f32 %s<"
      << scores << ">, %o<" << outputs << ">;\n  .reg .b32 %p<" << scores / 2
      << ">;\n";
  emit("mov.u32 %smem, smem");
  emit("mov.u32 %thread, %tid.x");
  emit("and.b32 %lane, %thread, 31");
  emit("shr.u32 %warp, %thread, 5");
  emit("shfl.sync.idx.b32 %warp, %warp, 0, 31, -1");
  emit("shr.u32 %group, %warp, 2");
  emit("mov.u32 %first, %ctaid.x");
  emit("shl.b32 %first, %first, 7");
  emit("mov.u32 %head, %ctaid.y");
  emit("ld.param.u32 %length, [length]");
  emit("ld.param.f32 %scale, [scale]");
  for (const char *map : {"mapQ", "mapK", "mapV", "mapO"}) {
    emit("mov.b64 %", map, ", ", map);
    emit("cvta.param.u64 %", map, ", %", map);
  }
  emit("add.u32 %tiles, %length, ", f.tileKv - 1);
  emit("div.u32 %tiles, %tiles, ", f.tileKv);
  if (f.causal) { // keys up to the tile's last row
    emit("add.u32 %r0, %first, ", HopperForward::kTileQ + f.tileKv - 1);
    emit("div.u32 %r0, %r0, ", f.tileKv);
    emit("min.u32 %tiles, %tiles, %r0");
  }
  if (f.cluster)
    emit("mov.u32 %rank, %cluster_ctarank");
}

// ---- barriers --------------------------------------------------------------

void Writer::initBarriers() {
  std::string skip = fresh("initialised");
  emit("setp.ne.u32 %q0, %thread, 0");
  emit("@%q0 bra ", skip);
  auto init = [&](uint32_t offset, uint32_t count) {
    emit("mbarrier.init.shared::cta.b64 [%smem+", offset, "], ", count);
  };
  // One arrival of each consumer warp; with multicast, of both blocks'.
  bool both = f.cluster && !has(SeededBug::MulticastWithoutRemoteArrival);
  uint32_t warps = both ? 16 : 8;
  uint32_t keyWarps = has(SeededBug::BarrierCountTooHigh)  ? warps + 1
                      : has(SeededBug::BarrierCountTooLow) ? warps / 2
                                                           : warps;
  init(at.queryFull, 1);
  for (uint32_t stage = 0; stage != f.stages; ++stage) {
    init(at.keyFull + 8 * stage, 1);
    init(at.keyEmpty + 8 * stage, keyWarps);
    init(at.valueFull + 8 * stage, 1);
    if (!(has(SeededBug::MissingInit) && stage == 0))
      init(at.valueEmpty + 8 * stage, warps);
  }
  if (has(SeededBug::DoubleInit))
    init(at.keyFull, 1);
  if (!has(SeededBug::InitNotFenced))
    emit("fence.mbarrier_init.release.cluster");
  label(skip);
  if (f.cluster && !has(SeededBug::ClusterBarrierMissing)) {
    emit("barrier.cluster.arrive.relaxed.aligned");
    emit("barrier.cluster.wait.acquire.aligned");
  }
  if (!has(SeededBug::InitNotOrdered))
    emit("bar.sync 0");
}

void Writer::wait(const std::string &address, const std::string &parity) {
  std::string again = fresh("wait");
  label(again);
  emit("mbarrier.try_wait.parity.shared::cta.b64 %done, [", address, "], ",
       parity);
  emit("@!%done bra ", again);
}

/// target = address of the stage's barrier of the row of barriers at `base`.
void Writer::barrierOf(const char *target, uint32_t base, const char *stage) {
  emit("shl.b32 ", target, ", ", stage, ", 3");
  emit("add.u32 ", target, ", ", target, ", %smem");
  emit("add.u32 ", target, ", ", target, ", ", base);
}

void Writer::advanceStage(const char *stage, const char *phase) {
  emit("add.u32 ", stage, ", ", stage, ", 1");
  emit("setp.eq.u32 %q1, ", stage, ", ", f.stages);
  emit("@%q1 xor.b32 ", phase, ", ", phase, ", 1");
  emit("selp.b32 ", stage, ", 0, ", stage, ", %q1");
}

/// One lane of each warp arrives at the stage's empty barrier, in a cluster at
/// both blocks'.
void Writer::release(uint32_t base, const char *stage) {
  barrierOf("%r1", base, stage);
  emit("setp.eq.u32 %q2, %lane, 0");
  if (has(SeededBug::MissingArrival) && base == at.keyEmpty) {
    emit("setp.ne.u32 %q3, %warp, 5");
    emit("and.pred %q2, %q2, %q3");
  }
  emit("@%q2 mbarrier.arrive.shared::cta.b64 %wide, [%r1]");
  if (has(SeededBug::ExtraArrival) && base == at.keyEmpty)
    emit("@%q2 mbarrier.arrive.shared::cta.b64 %wide, [%r1]");
  if (!f.cluster || has(SeededBug::MulticastWithoutRemoteArrival))
    return;
  emit("xor.b32 %r2, %rank, 1");
  emit("mapa.shared::cluster.u32 %r1, %r1, %r2");
  emit("@%q2 mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r1]");
}

// ---- producer --------------------------------------------------------------

void Writer::loadQuery() {
  emit("mbarrier.arrive.expect_tx.shared::cta.b64 %wide, [%smem+", at.queryFull,
       "], ", at.qBlock * blocks);
  for (uint32_t block = 0; block != blocks; ++block) {
    emit("add.u32 %address, %smem, ", at.q + block * at.qBlock);
    emit("mov.u32 %r3, ", block * 64);
    emit("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::"
         "complete_tx::bytes [%address], [%mapQ, {%r3, %first, %head}], "
         "[%smem+",
         at.queryFull, "]");
  }
}

void Writer::loadTile(const char *map, uint32_t data, uint32_t full,
                      uint32_t empty) {
  bool key = full == at.keyFull;
  barrierOf("%r4", empty, "%stage");
  if (!(has(SeededBug::MissingEmptyWait) && key)) {
    emit("xor.b32 %r5, %phase, ",
         has(SeededBug::WrongProducerParity) && key ? 0 : 1);
    wait("%r4", "%r5");
  }
  barrierOf("%r4", full, "%stage");
  uint32_t bytes = at.stage;
  if (has(SeededBug::TooManyTxBytes) && key)
    bytes += 16;
  if (has(SeededBug::TooFewTxBytes) && key)
    bytes -= at.stage / 2;
  if (has(SeededBug::MissingExpectTx) && key)
    emit("mbarrier.arrive.shared::cta.b64 %wide, [%r4]");
  else
    emit("mbarrier.arrive.expect_tx.shared::cta.b64 %wide, [%r4], ", bytes);
  emit("mul.lo.u32 %address, %stage, ", at.stage);
  emit("add.u32 %address, %address, %smem");
  emit("mul.lo.u32 %r6, %tile, ", f.tileKv);
  if (f.cluster) { // this block's half of the rows
    emit("mul.lo.u32 %r7, %rank, ", f.kvBoxRows());
    emit("add.u32 %r6, %r6, %r7");
    emit("shl.b32 %r7, %r7, 7");
    emit("add.u32 %address, %address, %r7");
  }
  emit("add.u32 %address, %address, ",
       data + (has(SeededBug::MisalignedTile) && key ? 64 : 0));
  emit("mov.u16 %mask, ", has(SeededBug::MulticastToNobody) ? 4 : 3);
  for (uint32_t block = 0; block != blocks; ++block) {
    if (block)
      emit("add.u32 %address, %address, ", at.kvBlock);
    emit("mov.u32 %r3, ", block * 64);
    emit("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::"
         "complete_tx::bytes",
         f.cluster ? ".multicast::cluster" : "", " [%address], [", map,
         ", {%r3, %r6, %head}], [%r4]", f.cluster ? ", %mask" : "");
  }
}

void Writer::producer() {
  emit("setmaxnreg.dec.sync.aligned.u32 24");
  emit("setp.ne.u32 %q0, %warp, 0");
  emit("@%q0 bra $end");
  if (has(SeededBug::DivergentElect)) {
    emit("setp.gt.u32 %q0, %lane, 15");
    emit("@%q0 bra $end");
  }
  emit("elect.sync _|%elected, -1");
  if (!has(SeededBug::EveryLaneLoads))
    emit("@!%elected bra $end");
  for (const char *map : {"%mapQ", "%mapK", "%mapV"})
    emit("prefetch.tensormap [", map, "]");
  loadQuery();
  emit("mov.u32 %tile, 0");
  emit("mov.u32 %stage, 0");
  emit("mov.u32 %phase, 0");
  if (has(SeededBug::TileTooMany))
    emit("add.u32 %tiles, %tiles, 1");
  label("$produce");
  loadTile("%mapK", at.k, at.keyFull, at.keyEmpty);
  loadTile("%mapV", at.v, at.valueFull, at.valueEmpty);
  if (has(SeededBug::BarrierOverwritten)) {
    emit("mov.u32 %r3, 0");
    emit("st.shared.u32 [%smem+", at.keyFull, "], %r3");
  }
  advanceStage("%stage", "%phase");
  emit("add.u32 %tile, %tile, 1");
  emit("setp.lt.u32 %q0, %tile, %tiles");
  emit("@%q0 bra $produce");
  emit("bra $end");
}

// ---- products --------------------------------------------------------------

/// target = matrix descriptor of the tile at `address`; `layout`: 1 is the
/// 128-byte swizzle.
void Writer::descriptor(const char *target, const char *address,
                        uint32_t leading, uint32_t stride, uint32_t layout) {
  emit("and.b32 %r8, ", address, ", 262143");
  emit("shr.u32 %r8, %r8, 4");
  emit("cvt.u64.u32 ", target, ", %r8");
  emit("or.b64 ", target, ", ", target, ", ",
       uint64_t(leading / 16) << 16 | uint64_t(stride / 16) << 32 |
           uint64_t(layout) << 62);
}

void Writer::stageDescriptor(const char *target, const char *base,
                             const char *stage) {
  emit("mul.wide.u32 ", target, ", ", stage, ", ", at.stage / 16);
  emit("add.s64 ", target, ", ", target, ", ", base);
}

void Writer::scoresProduct() {
  stageDescriptor("%dB", "%dK", "%stage");
  emit("mov.b64 %dA, %dQ");
  if (!has(SeededBug::MissingFirstFence))
    emit("wgmma.fence.sync.aligned");
  if (has(SeededBug::DivergentWarpgroup)) {
    emit("setp.eq.u32 %q0, %warp, 6");
    emit("@%q0 wgmma.fence.sync.aligned");
  }
  for (uint32_t step = 0; step != f.headDim / 16; ++step) {
    if (step) {
      // 32 bytes inside the swizzled row, or on to the next 64 columns.
      bool next = step % 4 == 0;
      emit("add.s64 %dA, %dA, ", next ? int(at.qBlock / 16) - 6 : 2);
      emit("add.s64 %dB, %dB, ", next ? int(at.kvBlock / 16) - 6 : 2);
    }
    bool clear = step == 0 && !has(SeededBug::AccumulatesFromNothing);
    emit("wgmma.mma_async.sync.aligned.m64n", f.tileKv, "k16.f32.", type, ".",
         type, " ", list("s", 0, scores), ", %dA, %dB, ",
         clear ? "%false" : "%true", ", 1, 1, 0, 0");
  }
  if (!has(SeededBug::MissingWgmmaCommit))
    emit("wgmma.commit_group.sync.aligned");
}

void Writer::valuesProduct() {
  stageDescriptor("%dB", "%dV", "%vstage");
  if (!has(SeededBug::MissingWgmmaFence))
    emit("wgmma.fence.sync.aligned");
  for (uint32_t step = 0; step != f.tileKv / 16; ++step) {
    if (step)
      emit("add.s64 %dB, %dB, 128"); // 16 rows of 128 bytes
    emit("wgmma.mma_async.sync.aligned.m64n", f.headDim, "k16.f32.", type, ".",
         type, " ", list("o", 0, outputs), ", ", list("p", 4 * step, 4),
         ", %dB, %true, 1, 1, ", has(SeededBug::ValueNotTransposed) ? 0 : 1);
  }
  emit("wgmma.commit_group.sync.aligned");
}

// ---- softmax ---------------------------------------------------------------

/// Which of a lane's two rows accumulator i belongs to.
static uint32_t half(uint32_t i) { return i / 2 % 2; }

/// Scores of keys past the end (and after the row) become -inf; skipped for
/// tiles that need none.
void Writer::mask() {
  std::string skip = fresh("unmasked");
  emit("mul.lo.u32 %r9, %tile, ", f.tileKv); // first key
  emit("add.u32 %r10, %r9, ", f.tileKv);
  emit("setp.le.u32 %q0, %r10, %length");
  if (f.causal)
    emit("setp.le.and.u32 %q0, %r10, %first, %q0");
  emit("@%q0 bra ", skip);
  for (uint32_t row = 0; row != 2; ++row) {
    // Keys of this tile, from this lane's first column on, that take part.
    const char *limit = row ? "%r12" : "%r11";
    if (f.causal) {
      emit("add.u32 ", limit, ", %row, ", 8 * row + 1);
      emit("min.s32 ", limit, ", ", limit, ", %length");
    } else {
      emit("mov.u32 ", limit, ", %length");
    }
    emit("sub.s32 ", limit, ", ", limit, ", %r9");
    emit("and.b32 %r13, %lane, 3");
    emit("shl.b32 %r13, %r13, 1");
    emit("sub.s32 ", limit, ", ", limit, ", %r13");
  }
  for (uint32_t i = 0; i != scores; ++i) {
    emit("setp.gt.s32 %q4, ", half(i) ? "%r12" : "%r11", ", ",
         i / 4 * 8 + i % 2);
    emit("selp.f32 %s", i, ", %s", i, ", 0fFF800000, %q4");
  }
  label(skip);
}

void Writer::softmax() {
  for (uint32_t row = 0; row != 2; ++row) {
    uint32_t first = 2 * row;
    emit("mov.f32 %t0, %s", first);
    for (uint32_t i = first + 1; i < scores; ++i)
      if (half(i) == row)
        emit("max.f32 %t0, %t0, %s", i);
    for (uint32_t step : {2, 1}) {
      emit("shfl.sync.bfly.b32 %t1, %t0, ", step, ", 31, -1");
      emit("max.f32 %t0, %t0, %t1");
    }
    emit("mul.f32 %t0, %t0, %scale");
    emit("max.f32 %new", row, ", %m", row, ", %t0");
    emit("sub.f32 %t1, %m", row, ", %new", row);
    emit("ex2.approx.ftz.f32 %alpha", row, ", %t1");
    emit("neg.f32 %neg", row, ", %new", row);
    emit("mov.f32 %m", row, ", %new", row);
    emit("mul.f32 %l", row, ", %l", row, ", %alpha", row);
  }
  for (uint32_t i = 0; i != scores; ++i) {
    emit("fma.rn.f32 %s", i, ", %s", i, ", %scale, %neg", half(i));
    emit("ex2.approx.ftz.f32 %s", i, ", %s", i);
    emit("add.f32 %l", half(i), ", %l", half(i), ", %s", i);
  }
}

void Writer::packProbabilities() {
  for (uint32_t i = 0; i != scores / 2; ++i)
    emit("cvt.rn.", type, "x2.f32 %p", i, ", %s", 2 * i + 1, ", %s", 2 * i);
}

void Writer::rescale() {
  for (uint32_t i = 0; i != outputs; ++i)
    emit("mul.f32 %o", i, ", %o", i, ", %alpha", half(i));
}

// ---- consumer --------------------------------------------------------------

void Writer::prologue() {
  emit("setmaxnreg.inc.sync.aligned.u32 ",
       has(SeededBug::TooManyRegisters)      ? 248
       : has(SeededBug::ImpossibleRegisters) ? 160
                                             : 240);
  emit("setp.ne.b32 %false, 0, 0");
  emit("setp.eq.b32 %true, 0, 0");
  emit("sub.u32 %group, %group, 1");
  // Rows of this lane: 64 a warpgroup, 16 a warp; and 8 further down.
  emit("and.b32 %r14, %warp, 3");
  emit("shl.b32 %r14, %r14, 4");
  emit("shl.b32 %r15, %group, 6");
  emit("add.u32 %r14, %r14, %r15");
  emit("shr.u32 %r15, %lane, 2");
  emit("add.u32 %r14, %r14, %r15"); // in the tile, kept for the epilogue
  emit("add.u32 %row, %r14, %first");
  emit("shl.b32 %r16, %group, 13"); // 64 rows of 128 bytes
  emit("add.u32 %r16, %r16, %smem");
  emit("add.u32 %address, %r16, ", at.q);
  descriptor("%dQ", "%address", 16, 1024, 1);
  emit("add.u32 %address, %smem, ", at.k);
  descriptor("%dK", "%address", 16, has(SeededBug::WrongStride) ? 512 : 1024,
             has(SeededBug::WrongSwizzle) ? 2 : 1);
  emit("add.u32 %address, %smem, ", at.v);
  descriptor("%dV", "%address", at.kvBlock, 1024, 1);
  for (uint32_t row = 0; row != 2; ++row) {
    emit("mov.f32 %m", row,
         ", 0fE0AD78EC"); // -1e20: finite, so that -inf works
    emit("mov.f32 %l", row, ", 0f00000000");
  }
  for (uint32_t i = 0; i != outputs; ++i)
    emit("mov.f32 %o", i, ", 0f00000000");
  for (const char *name : {"%tile", "%stage", "%phase", "%vstage", "%vphase"})
    emit("mov.u32 ", name, ", 0");
}

void Writer::consumer() {
  prologue();
  std::string parity = "%phase";
  emit("add.u32 %address, %smem, ", at.queryFull);
  wait("%address", "0");
  barrierOf("%address", at.keyFull, "%stage");
  wait("%address", "%phase");
  scoresProduct();
  emit("wgmma.wait_group.sync.aligned 0");
  release(at.keyEmpty, "%stage");
  mask();
  softmax();
  packProbabilities();
  advanceStage("%stage", "%phase");
  emit("add.u32 %tile, %tile, 1");
  emit("setp.ge.u32 %q0, %tile, %tiles");
  emit("@%q0 bra $last");
  loop();
  label("$last");
  rescale();
  barrierOf("%address", at.valueFull, "%vstage");
  wait("%address", "%vphase");
  valuesProduct();
  if (has(SeededBug::WgmmaNeverWaited))
    emit("bra $end");
  emit("wgmma.wait_group.sync.aligned 0");
  release(at.valueEmpty, "%vstage");
  epilogue();
}

void Writer::loop() {
  label("$consume");
  barrierOf("%address", at.keyFull, "%stage");
  if (has(SeededBug::WrongConsumerParity)) {
    emit("xor.b32 %r17, %phase, 1");
    wait("%address", "%r17");
  } else if (!has(SeededBug::MissingFullWait)) {
    wait("%address", "%phase");
  }
  scoresProduct();
  barrierOf("%address", at.valueFull, "%vstage");
  if (!has(SeededBug::MissingValueWait))
    wait("%address", "%vphase");
  if (!has(SeededBug::AccumulatorRescaledInFlight))
    rescale();
  valuesProduct();
  if (has(SeededBug::AccumulatorRescaledInFlight))
    rescale();
  if (!has(SeededBug::MissingWgmmaWait))
    emit("wgmma.wait_group.sync.aligned 1");
  release(at.keyEmpty, "%stage");
  if (has(SeededBug::ReleasedTooEarly))
    release(at.valueEmpty, "%vstage");
  mask();
  softmax();
  if (has(SeededBug::OperandOverwrittenInFlight))
    packProbabilities();
  emit("wgmma.wait_group.sync.aligned 0");
  if (!has(SeededBug::ReleasedTooEarly))
    release(at.valueEmpty, "%vstage");
  if (!has(SeededBug::OperandOverwrittenInFlight))
    packProbabilities();
  advanceStage("%stage", "%phase");
  advanceStage("%vstage", "%vphase");
  emit("add.u32 %tile, %tile, 1");
  emit("setp.lt.u32 %q0, %tile, %tiles");
  emit("@%q0 bra $consume");
}

void Writer::storeOutput() {
  // %r16: the group's rows of the first block of 64 columns, where Q was.
  emit("add.u32 %r18, %group, 1"); // a barrier of the warpgroup's own
  if (!has(SeededBug::StoreWithoutProxyFence))
    emit("fence.proxy.async.shared::cta");
  if (!has(SeededBug::StoreWithoutBarrier))
    emit("bar.sync %r18, 128");
  emit("and.b32 %r19, %thread, 127");
  emit("setp.ne.u32 %q0, %r19, 0");
  emit("@%q0 bra $end");
  emit("shl.b32 %r19, %group, 6");
  emit("add.u32 %r19, %r19, %first");
  for (uint32_t block = 0; block != blocks; ++block) {
    emit("mov.u32 %r3, ", block * 64);
    emit("add.u32 %address, %r16, ", at.q + block * at.qBlock);
    emit("cp.async.bulk.tensor.3d.global.shared::cta.tile.bulk_group "
         "[%mapO, {%r3, %r19, %head}], [%address]");
  }
  if (!has(SeededBug::StoreNotCommitted))
    emit("cp.async.bulk.commit_group");
  if (!has(SeededBug::StoreNotWaited))
    emit("cp.async.bulk.wait_group.read 0");
}

void Writer::epilogue() {
  for (uint32_t row = 0; row != 2; ++row) {
    for (uint32_t step : {2, 1}) {
      emit("shfl.sync.bfly.b32 %t1, %l", row, ", ", step, ", 31, -1");
      emit("add.f32 %l", row, ", %l", row, ", %t1");
    }
    emit("rcp.approx.ftz.f32 %alpha", row, ", %l", row);
  }
  rescale();
  // The swizzled place of columns 0, 1 of this lane's first row.
  emit("shl.b32 %r20, %r14, 7");
  emit("add.u32 %r20, %r20, %smem");
  emit("and.b32 %r21, %lane, 3");
  emit("shl.b32 %r21, %r21, 2");
  emit("add.u32 %r20, %r20, %r21");
  emit("shr.u32 %r21, %lane, 2");
  emit("shl.b32 %r21, %r21, 4");
  emit("add.u32 %r20, %r20, %r21");
  for (uint32_t chunk = 0; chunk != f.headDim / 8; ++chunk) {
    uint32_t column = has(SeededBug::WrongLaneMap) ? chunk ^ 1 : chunk;
    emit("xor.b32 %address, %r20, ", column % 8 * 16);
    for (uint32_t row = 0; row != 2; ++row) {
      uint32_t i = 4 * chunk + 2 * row;
      emit("cvt.rn.", type, "x2.f32 %r22, %o", i + 1, ", %o", i);
      emit("st.shared.b32 [%address+",
           at.q + chunk / 8 * at.qBlock + row * 1024, "], %r22");
    }
  }
  storeOutput();
}

std::string Writer::write() {
  header();
  initBarriers();
  emit("setp.ne.u32 %q0, %group, 0");
  emit("@%q0 bra $consumer");
  producer();
  label("$consumer");
  consumer();
  label("$end");
  if (f.cluster && !has(SeededBug::ClusterExitUnordered)) {
    emit("barrier.cluster.arrive");
    emit("barrier.cluster.wait");
  }
  emit("ret");
  out << "}\n";
  return out.str();
}

} // namespace

uint64_t HopperForward::sharedBytes() const { return Layout(*this).end; }

std::string HopperForward::text() const { return Writer(*this).write(); }

} // namespace kgen::emulator::test
