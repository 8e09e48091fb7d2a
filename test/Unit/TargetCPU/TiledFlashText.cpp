//===- TiledFlashText.cpp - Attention kernels in tiled form, as text -------===//

#include "TiledFlash.h"

#include <cmath>

using namespace kgen;
using namespace kgen::test;

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

/// What the variant computes from %scaled, %i and %j into %score and %keep.
static std::string variantBody(Variant variant) {
  switch (variant) {
  case Variant::Plain:
    return "%score = arith.addf %scaled, %zero : f32\n"
           "%keep = arith.constant true\n";
  case Variant::Causal:
    return "%score = arith.addf %scaled, %zero : f32\n"
           "%keep = arith.cmpi sge, %i, %j : index\n";
  case Variant::Bias:
    return "%bias = memref.load %table[%i, %j] : memref<?x?xf32>\n"
           "%score = arith.addf %scaled, %bias : f32\n"
           "%keep = arith.constant true\n";
  case Variant::Relative:
    return "%d = arith.subi %j, %i : index\n"
           "%c64t = arith.constant 300 : index\n"
           "%at = arith.addi %d, %c64t : index\n"
           "%bias = memref.load %table[%at] : memref<600xf32>\n"
           "%score = arith.addf %scaled, %bias : f32\n"
           "%keep = arith.constant true\n";
  case Variant::Document:
    return "%score = arith.addf %scaled, %zero : f32\n"
           "%c2i = arith.constant 2 : index\n"
           "%jj = arith.divui %j, %c2i : index\n"
           "%di = memref.load %table[%i] : memref<?xi32>\n"
           "%dj = memref.load %table[%jj] : memref<?xi32>\n"
           "%keep = arith.cmpi eq, %di, %dj : i32\n";
  case Variant::Softcap:
    return "%cap = arith.constant 20.0 : f32\n"
           "%small = arith.divf %scaled, %cap : f32\n"
           "%bent = math.tanh %small : f32\n"
           "%score = arith.mulf %bent, %cap : f32\n"
           "%keep = arith.constant true\n";
  }
  return "";
}

static std::string tableType(Variant variant) {
  switch (variant) {
  case Variant::Bias:
    return "memref<?x?xf32>";
  case Variant::Relative:
    return "memref<600xf32>";
  case Variant::Document:
    return "memref<?xi32>";
  default:
    return "";
  }
}

/// Replaces $name by its value everywhere.
static std::string
substitute(std::string text,
           const std::vector<std::pair<std::string, std::string>> &values) {
  for (const auto &[name, value] : values)
    for (size_t at; (at = text.find("$" + name + "$")) != std::string::npos;)
      text.replace(at, name.size() + 2, value);
  return text;
}

static const char *const kPrologue = R"(
func.func @flash(%q: memref<?x$H$x?x$D$x$E$>, %k: memref<?x$G$x?x$D$x$E$>, %v: memref<?x$G$x?x$DV$x$E$>,
                 $TABLE$ %o: memref<?x$H$x?x$DV$x$E$>, %lse: memref<?x$H$x?xf32>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %stages = arith.constant $STAGES$ : index
  %group = arith.constant $GROUP$ : index
  %step = arith.constant $N$ : index
  %rows = arith.constant $M$ : index
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %seq_q = memref.dim %q, %c2 : memref<?x$H$x?x$D$x$E$>
  %seq_kv = memref.dim %k, %c2 : memref<?x$G$x?x$D$x$E$>
  %x, %h, %b = tile.program_id
  %h_kv = arith.divui %h, %group : index
  %q0 = arith.muli %x, %rows : index
  %q_buffer = tile.alloc : !tile.buffer<1x$M$x$D$x$E$>
  %k_buffer = tile.alloc : !tile.buffer<$STAGES$x$N$x$D$x$E$>
  %v_buffer = tile.alloc : !tile.buffer<1x$N$x$DV$x$E$>
  %q_view = tile.slot %q_buffer[%c0] : !tile.buffer<1x$M$x$D$x$E$>
  %k_view0 = tile.slot %k_buffer[%c0] : !tile.buffer<$STAGES$x$N$x$D$x$E$>
  %v_view = tile.slot %v_buffer[%c0] : !tile.buffer<1x$N$x$DV$x$E$>
  %q_token = tile.copy %q[%b, %h, %q0] limit %seq_q to %q_view : memref<?x$H$x?x$D$x$E$>, !tile.view<$M$x$D$x$E$>
  tile.wait %q_token pending 0
  tile.barrier
  $LOADQ$
  %o_start = tile.splat %zero : !tile.matrix<$M$x$DV$xf32, accumulator>
  %m_start = tile.splat %lowest : !tile.per_row<$M$xf32>
  %l_start = tile.splat %zero : !tile.per_row<$M$xf32>
  %first = tile.copy %k[%b, %h_kv, %c0] limit %seq_kv to %k_view0 : memref<?x$G$x?x$D$x$E$>, !tile.view<$N$x$D$x$E$>
)";

static const char *const kLoop = R"(
  %o_end, %m_end, %l_end, %last = scf.for %kv0 = %c0 to %seq_kv step %step
      iter_args(%o_acc = %o_start, %m = %m_start, %l = %l_start, %k_token = %first)
      -> (!tile.matrix<$M$x$DV$xf32, accumulator>, !tile.per_row<$M$xf32>, !tile.per_row<$M$xf32>, !tile.token) {
    %iteration = arith.divui %kv0, %step : index
    %slot = arith.remui %iteration, %stages : index
    %k_view = tile.slot %k_buffer[%slot] : !tile.buffer<$STAGES$x$N$x$D$x$E$>
    tile.wait %k_token pending 0
    tile.barrier
    %v_token = tile.copy %v[%b, %h_kv, %kv0] limit %seq_kv to %v_view : memref<?x$G$x?x$DV$x$E$>, !tile.view<$N$x$DV$x$E$>
    %s = tile.dot $LHS$, %k_view transpose_rhs : $LHSTYPE$, !tile.view<$N$x$D$x$E$> -> !tile.matrix<$M$x$N$xf32, accumulator>
    %t = tile.map (%s) at [%q0, %kv0] : !tile.matrix<$M$x$N$xf32, accumulator> -> !tile.matrix<$M$x$N$xf32, accumulator> {
    ^bb0(%se: f32, %i: index, %j: index):
      %scale = arith.constant $SCALE$ : f32
      %log2e = arith.constant 1.44269504 : f32
      %scaled = arith.mulf %se, %scale : f32
      $VARIANT$
      %power = arith.mulf %score, %log2e : f32
      %inside = arith.cmpi ult, %j, %seq_kv : index
      %both = arith.andi %inside, %keep : i1
      %r = arith.select %both, %power, %lowest : f32
      tile.yield %r : f32
    }
    %m_new = tile.reduce max %t init %m : !tile.matrix<$M$x$N$xf32, accumulator>, !tile.per_row<$M$xf32>
    %m_safe = tile.map_rows (%m_new) at [%q0] : !tile.per_row<$M$xf32> -> !tile.per_row<$M$xf32> {
    ^bb0(%a: f32, %i: index):
      %none = arith.cmpf oeq, %a, %lowest : f32
      %r = arith.select %none, %zero, %a : f32
      tile.yield %r : f32
    }
    %alpha = tile.map_rows (%m, %m_safe) at [%q0] : !tile.per_row<$M$xf32>, !tile.per_row<$M$xf32> -> !tile.per_row<$M$xf32> {
    ^bb0(%a: f32, %c: f32, %i: index):
      %d = arith.subf %a, %c : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    %p = tile.map (%t, %m_safe) at [%q0, %kv0] : !tile.matrix<$M$x$N$xf32, accumulator>, !tile.per_row<$M$xf32> -> !tile.matrix<$M$x$N$xf32, accumulator> {
    ^bb0(%te: f32, %c: f32, %i: index, %j: index):
      %d = arith.subf %te, %c : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    %l_scaled = tile.map_rows (%l, %alpha) at [%q0] : !tile.per_row<$M$xf32>, !tile.per_row<$M$xf32> -> !tile.per_row<$M$xf32> {
    ^bb0(%a: f32, %c: f32, %i: index):
      %r = arith.mulf %a, %c : f32
      tile.yield %r : f32
    }
    %l_new = tile.reduce add %p init %l_scaled partial : !tile.matrix<$M$x$N$xf32, accumulator>, !tile.per_row<$M$xf32>
    %o_scaled = tile.map (%o_acc, %alpha) at [%q0, %c0] : !tile.matrix<$M$x$DV$xf32, accumulator>, !tile.per_row<$M$xf32> -> !tile.matrix<$M$x$DV$xf32, accumulator> {
    ^bb0(%oe: f32, %c: f32, %i: index, %j: index):
      %r = arith.mulf %oe, %c : f32
      tile.yield %r : f32
    }
    tile.wait %v_token pending 0
    tile.barrier
    %next = arith.addi %kv0, %step : index
    %iteration1 = arith.addi %iteration, %c1 : index
    %slot1 = arith.remui %iteration1, %stages : index
    %k_view1 = tile.slot %k_buffer[%slot1] : !tile.buffer<$STAGES$x$N$x$D$x$E$>
    %k_next = tile.copy %k[%b, %h_kv, %next] limit %seq_kv to %k_view1 : memref<?x$G$x?x$D$x$E$>, !tile.view<$N$x$D$x$E$>
    %p16 = tile.pack %p : !tile.matrix<$M$x$N$xf32, accumulator> -> !tile.matrix<$M$x$N$x$E$, operand>
    %o_next = tile.dot %p16, %v_view acc %o_scaled : !tile.matrix<$M$x$N$x$E$, operand>, !tile.view<$N$x$DV$x$E$> -> !tile.matrix<$M$x$DV$xf32, accumulator>
    scf.yield %o_next, %m_new, %l_new, %k_next : !tile.matrix<$M$x$DV$xf32, accumulator>, !tile.per_row<$M$xf32>, !tile.per_row<$M$xf32>, !tile.token
  }
)";

static const char *const kEpilogue = R"(
  %l_total = tile.combine add %l_end : !tile.per_row<$M$xf32>
  %inverse = tile.map_rows (%l_total) at [%q0] : !tile.per_row<$M$xf32> -> !tile.per_row<$M$xf32> {
  ^bb0(%a: f32, %i: index):
    %one = arith.constant 1.0 : f32
    %empty = arith.cmpf oeq, %a, %zero : f32
    %inv = arith.divf %one, %a : f32
    %r = arith.select %empty, %zero, %inv : f32
    tile.yield %r : f32
  }
  %o_final = tile.map (%o_end, %inverse) at [%q0, %c0] : !tile.matrix<$M$x$DV$xf32, accumulator>, !tile.per_row<$M$xf32> -> !tile.matrix<$M$x$DV$xf32, accumulator> {
  ^bb0(%oe: f32, %c: f32, %i: index, %j: index):
    %r = arith.mulf %oe, %c : f32
    tile.yield %r : f32
  }
  tile.store %o_final to %o[%b, %h, %q0] limit %seq_q : !tile.matrix<$M$x$DV$xf32, accumulator>, memref<?x$H$x?x$DV$x$E$>
  %lse_tile = tile.map_rows (%m_end, %l_total) at [%q0] : !tile.per_row<$M$xf32>, !tile.per_row<$M$xf32> -> !tile.per_row<$M$xf32> {
  ^bb0(%me: f32, %le: f32, %i: index):
    %ln2 = arith.constant 0.693147182 : f32
    %log = math.log2 %le : f32
    %sum = arith.addf %me, %log : f32
    %r = arith.mulf %sum, %ln2 : f32
    tile.yield %r : f32
  }
  tile.store_rows %lse_tile to %lse[%b, %h, %q0] limit %seq_q : !tile.per_row<$M$xf32>, memref<?x$H$x?xf32>
  return
})";

std::string test::tiledFlash(const FlashCase &c) {
  auto text = [](int64_t value) { return std::to_string(value); };
  std::string table = tableType(c.variant);
  std::string matrix = "!tile.matrix<$M$x$D$x$E$, operand>";
  std::string view = "!tile.view<$M$x$D$x$E$>";
  return substitute(
      std::string(kPrologue) + kLoop + kEpilogue,
      {{"TABLE", table.empty() ? "" : "%table: " + table + ","},
       {"LOADQ", c.loadQ ? "%q_tile = tile.load %q_view : " + view : ""},
       {"LHSTYPE", c.loadQ ? matrix : view},
       {"LHS", c.loadQ ? "%q_tile" : "%q_view"},
       {"VARIANT", variantBody(c.variant)},
       {"SCALE", std::to_string(1.0 / std::sqrt(double(c.d)))},
       {"M", text(c.tileQ)},
       {"N", text(c.tileKV)},
       {"DV", text(c.dv)},
       {"D", text(c.d)},
       {"H", text(c.heads)},
       {"G", text(c.kvHeads)},
       {"GROUP", text(c.heads / c.kvHeads)},
       {"STAGES", text(c.stages)},
       {"E", c.element}});
}
