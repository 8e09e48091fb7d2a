// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s

// Every operation of the dialect in the place that attention gives it: one
// stage, no mask, f16, log-sum-exp written. Also read by the targets' tests.

// CHECK-LABEL: func.func @flash
// CHECK-SAME: tile.kernel
func.func @flash(%q: memref<?x8x?x64xf16>, %k: memref<?x2x?x64xf16>, %v: memref<?x2x?x64xf16>,
                 %o: memref<?x8x?x64xf16>, %lse: memref<?x8x?xf32>) attributes {tile.kernel} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %seq_q = memref.dim %q, %c2 : memref<?x8x?x64xf16>
  %seq_kv = memref.dim %k, %c2 : memref<?x2x?x64xf16>
  // CHECK: tile.program_id
  %x, %h, %b = tile.program_id
  %h_kv = arith.divui %h, %c4 : index
  %q0 = arith.muli %x, %c64 : index

  // CHECK: tile.alloc : <1x64x64xf16>
  %q_buffer = tile.alloc : !tile.buffer<1x64x64xf16>
  %k_buffer = tile.alloc : !tile.buffer<1x32x64xf16>
  %v_buffer = tile.alloc : !tile.buffer<1x32x64xf16>
  // CHECK: tile.slot
  %q_view = tile.slot %q_buffer[%c0] : !tile.buffer<1x64x64xf16>
  %k_view = tile.slot %k_buffer[%c0] : !tile.buffer<1x32x64xf16>
  %v_view = tile.slot %v_buffer[%c0] : !tile.buffer<1x32x64xf16>

  // CHECK: tile.copy {{.*}} limit
  %q_token = tile.copy %q[%b, %h, %q0] limit %seq_q to %q_view : memref<?x8x?x64xf16>, !tile.view<64x64xf16>
  // CHECK: tile.wait {{.*}} pending 0
  tile.wait %q_token pending 0
  // CHECK: tile.barrier
  tile.barrier
  // CHECK: tile.load
  %q_tile = tile.load %q_view : !tile.view<64x64xf16>
  // CHECK: tile.splat {{.*}} : !tile.matrix<64x64xf32, accumulator>
  %o_start = tile.splat %zero : !tile.matrix<64x64xf32, accumulator>
  %m_start = tile.splat %lowest : !tile.per_row<64xf32>
  %l_start = tile.splat %zero : !tile.per_row<64xf32>
  %first = tile.copy %k[%b, %h_kv, %c0] limit %seq_kv to %k_view : memref<?x2x?x64xf16>, !tile.view<32x64xf16>

  %o_end, %m_end, %l_end, %last = scf.for %kv0 = %c0 to %seq_kv step %c32
      iter_args(%o_acc = %o_start, %m = %m_start, %l = %l_start, %k_token = %first)
      -> (!tile.matrix<64x64xf32, accumulator>, !tile.per_row<64xf32>, !tile.per_row<64xf32>, !tile.token) {
    tile.wait %k_token pending 0
    tile.barrier
    %v_token = tile.copy %v[%b, %h_kv, %kv0] limit %seq_kv to %v_view : memref<?x2x?x64xf16>, !tile.view<32x64xf16>
    // CHECK: tile.dot {{.*}} transpose_rhs
    %s = tile.dot %q_tile, %k_view transpose_rhs : !tile.matrix<64x64xf16, operand>, !tile.view<32x64xf16>
        -> !tile.matrix<64x32xf32, accumulator>
    // CHECK: tile.map
    %t = tile.map (%s) at [%q0, %kv0] : !tile.matrix<64x32xf32, accumulator> -> !tile.matrix<64x32xf32, accumulator> {
    ^bb0(%se: f32, %i: index, %j: index):
      %scale = arith.constant 0.18033688 : f32
      %scaled = arith.mulf %se, %scale : f32
      %keep = arith.cmpi ult, %j, %seq_kv : index
      %r = arith.select %keep, %scaled, %lowest : f32
      tile.yield %r : f32
    }
    // CHECK: tile.reduce max
    %m_new = tile.reduce max %t init %m : !tile.matrix<64x32xf32, accumulator>, !tile.per_row<64xf32>
    // CHECK: tile.map_rows
    %m_safe = tile.map_rows (%m_new) at [%q0] : !tile.per_row<64xf32> -> !tile.per_row<64xf32> {
    ^bb0(%a: f32, %i: index):
      %none = arith.cmpf oeq, %a, %lowest : f32
      %r = arith.select %none, %zero, %a : f32
      tile.yield %r : f32
    }
    %alpha = tile.map_rows (%m, %m_safe) at [%q0] : !tile.per_row<64xf32>, !tile.per_row<64xf32> -> !tile.per_row<64xf32> {
    ^bb0(%a: f32, %c: f32, %i: index):
      %d = arith.subf %a, %c : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    %p = tile.map (%t, %m_safe) at [%q0, %kv0] : !tile.matrix<64x32xf32, accumulator>, !tile.per_row<64xf32> -> !tile.matrix<64x32xf32, accumulator> {
    ^bb0(%te: f32, %c: f32, %i: index, %j: index):
      %d = arith.subf %te, %c : f32
      %e = math.exp2 %d : f32
      tile.yield %e : f32
    }
    %l_scaled = tile.map_rows (%l, %alpha) at [%q0] : !tile.per_row<64xf32>, !tile.per_row<64xf32> -> !tile.per_row<64xf32> {
    ^bb0(%a: f32, %c: f32, %i: index):
      %r = arith.mulf %a, %c : f32
      tile.yield %r : f32
    }
    // CHECK: tile.reduce max {{.*}} nonnegative :
    %m_bits = tile.reduce max %t init %m_new nonnegative : !tile.matrix<64x32xf32, accumulator>, !tile.per_row<64xf32>
    // CHECK: tile.reduce add {{.*}} partial
    %l_new = tile.reduce add %p init %l_scaled partial : !tile.matrix<64x32xf32, accumulator>, !tile.per_row<64xf32>
    %o_scaled = tile.map (%o_acc, %alpha) at [%q0, %c0] : !tile.matrix<64x64xf32, accumulator>, !tile.per_row<64xf32> -> !tile.matrix<64x64xf32, accumulator> {
    ^bb0(%oe: f32, %c: f32, %i: index, %j: index):
      %r = arith.mulf %oe, %c : f32
      tile.yield %r : f32
    }
    tile.wait %v_token pending 0
    tile.barrier
    %next = arith.addi %kv0, %c32 : index
    %k_next = tile.copy %k[%b, %h_kv, %next] limit %seq_kv to %k_view : memref<?x2x?x64xf16>, !tile.view<32x64xf16>
    // CHECK: tile.pack
    %p16 = tile.pack %p : !tile.matrix<64x32xf32, accumulator> -> !tile.matrix<64x32xf16, operand>
    // CHECK: tile.dot {{.*}} acc
    %o_next = tile.dot %p16, %v_view acc %o_scaled : !tile.matrix<64x32xf16, operand>, !tile.view<32x64xf16>
        -> !tile.matrix<64x64xf32, accumulator>
    scf.yield %o_next, %m_new, %l_new, %k_next
        : !tile.matrix<64x64xf32, accumulator>, !tile.per_row<64xf32>, !tile.per_row<64xf32>, !tile.token
  }

  // CHECK: tile.combine add
  %l_total = tile.combine add %l_end : !tile.per_row<64xf32>
  %inverse = tile.map_rows (%l_total) at [%q0] : !tile.per_row<64xf32> -> !tile.per_row<64xf32> {
  ^bb0(%a: f32, %i: index):
    %one = arith.constant 1.0 : f32
    %empty = arith.cmpf oeq, %a, %zero : f32
    %inv = arith.divf %one, %a : f32
    %r = arith.select %empty, %zero, %inv : f32
    tile.yield %r : f32
  }
  %o_final = tile.map (%o_end, %inverse) at [%q0, %c0] : !tile.matrix<64x64xf32, accumulator>, !tile.per_row<64xf32> -> !tile.matrix<64x64xf32, accumulator> {
  ^bb0(%oe: f32, %c: f32, %i: index, %j: index):
    %r = arith.mulf %oe, %c : f32
    tile.yield %r : f32
  }
  // CHECK: tile.store
  tile.store %o_final to %o[%b, %h, %q0] limit %seq_q : !tile.matrix<64x64xf32, accumulator>, memref<?x8x?x64xf16>
  %lse_tile = tile.map_rows (%m_end, %l_total) at [%q0] : !tile.per_row<64xf32>, !tile.per_row<64xf32> -> !tile.per_row<64xf32> {
  ^bb0(%me: f32, %le: f32, %i: index):
    %ln2 = arith.constant 0.693147182 : f32
    %log = math.log2 %le : f32
    %sum = arith.addf %me, %log : f32
    %r = arith.mulf %sum, %ln2 : f32
    tile.yield %r : f32
  }
  // CHECK: tile.store_rows
  tile.store_rows %lse_tile to %lse[%b, %h, %q0] limit %seq_q : !tile.per_row<64xf32>, memref<?x8x?xf32>
  return
}
