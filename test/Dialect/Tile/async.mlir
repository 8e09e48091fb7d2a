// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s

// Every operation of workgroups with roles, in the place that attention gives
// it: a producer, rings of one and two slots, and two products in flight. One
// warpgroup, without the softmax. Also read by the NVVM target's tests.

// CHECK-LABEL: func.func @roles
func.func @roles(%q: memref<?x8x?x64xf16>, %k: memref<?x2x?x64xf16>, %v: memref<?x2x?x128xf16>,
                 %o: memref<?x8x?x128xf16>) attributes {tile.kernel,
    attention.schedule = #attention.schedule<tile_q = 64, tile_kv = 32, warps = 4, consumer_warpgroups = 1,
        producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c31 = arith.constant 31 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  %seq_q = memref.dim %q, %c2 : memref<?x8x?x64xf16>
  %seq_kv = memref.dim %k, %c2 : memref<?x2x?x64xf16>
  %x, %h, %b = tile.program_id
  %h_kv = arith.divui %h, %c4 : index
  %q0 = arith.muli %x, %c64 : index
  %padded = arith.addi %seq_kv, %c31 : index
  %tiles = arith.divui %padded, %c32 : index
  %last = arith.subi %tiles, %c1 : index
  %q_ring = tile.alloc : !tile.buffer<1x64x64xf16>
  %k_ring = tile.alloc : !tile.buffer<2x32x64xf16>
  %v_ring = tile.alloc : !tile.buffer<2x32x128xf16>

  // CHECK: tile.roles producer {
  tile.roles producer {
    // CHECK: tile.send %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] to %{{.*}} at %{{.*}} : memref<?x8x?x64xf16>, <1x64x64xf16>
    tile.send %q[%b, %h, %q0] to %q_ring at %c0 : memref<?x8x?x64xf16>, !tile.buffer<1x64x64xf16>
    scf.for %n = %c0 to %tiles step %c1 {
      %row = arith.muli %n, %c32 : index
      tile.send %k[%b, %h_kv, %row] to %k_ring at %n : memref<?x2x?x64xf16>, !tile.buffer<2x32x64xf16>
      tile.send %v[%b, %h_kv, %row] to %v_ring at %n : memref<?x2x?x128xf16>, !tile.buffer<2x32x128xf16>
    }
  // CHECK: } consumers {
  } consumers {
    // CHECK: tile.receive %{{.*}} at %{{.*}} : <1x64x64xf16>
    %queries = tile.receive %q_ring at %c0 : !tile.buffer<1x64x64xf16>
    %o_start = tile.splat %zero : !tile.matrix<64x128xf32, accumulator>
    %l_start = tile.splat %zero : !tile.per_row<64xf32>
    %k0 = tile.receive %k_ring at %c0 : !tile.buffer<2x32x64xf16>
    %s0 = tile.dot %queries, %k0 transpose_rhs : !tile.view<64x64xf16>, !tile.view<32x64xf16> -> !tile.matrix<64x32xf32, accumulator>
    // CHECK: tile.release %{{.*}} at %{{.*}} : <2x32x64xf16>
    tile.release %k_ring at %c0 : !tile.buffer<2x32x64xf16>
    %p0 = tile.pack %s0 : !tile.matrix<64x32xf32, accumulator> -> !tile.matrix<64x32xf16, operand>
    %o_end, %p_end, %l_end = scf.for %n = %c1 to %tiles step %c1 iter_args(%o_acc = %o_start, %p = %p0, %l = %l_start)
        -> (!tile.matrix<64x128xf32, accumulator>, !tile.matrix<64x32xf16, operand>, !tile.per_row<64xf32>) {
      %before = arith.subi %n, %c1 : index
      %k_view = tile.receive %k_ring at %n : !tile.buffer<2x32x64xf16>
      // CHECK: tile.take_turn
      tile.take_turn
      // CHECK: tile.dot {{.*}} transpose_rhs async
      %s1 = tile.dot %queries, %k_view transpose_rhs async
          : !tile.view<64x64xf16>, !tile.view<32x64xf16> -> !tile.matrix<64x32xf32, accumulator>
      %v_view = tile.receive %v_ring at %before : !tile.buffer<2x32x128xf16>
      // CHECK: tile.pin
      %l0 = tile.pin %l : !tile.per_row<64xf32>
      // CHECK: tile.dot {{.*}} acc %{{.*}} async
      %o1 = tile.dot %p, %v_view acc %o_acc async
          : !tile.matrix<64x32xf16, operand>, !tile.view<32x128xf16> -> !tile.matrix<64x128xf32, accumulator>
      // CHECK: tile.pass_turn
      tile.pass_turn
      // CHECK: tile.await %{{.*}} pending 1 : !tile.matrix<64x32xf32, accumulator>
      %s2 = tile.await %s1 pending 1 : !tile.matrix<64x32xf32, accumulator>
      tile.release %k_ring at %n : !tile.buffer<2x32x64xf16>
      %l1 = tile.reduce add %s2 init %l0 partial : !tile.matrix<64x32xf32, accumulator>, !tile.per_row<64xf32>
      // CHECK: tile.await %{{.*}}, %{{.*}} after %{{.*}} : !tile.per_row<64xf32> pending 0
      %o2, %p1 = tile.await %o1, %p after %l1 : !tile.per_row<64xf32> pending 0
          : !tile.matrix<64x128xf32, accumulator>, !tile.matrix<64x32xf16, operand>
      tile.release %v_ring at %before : !tile.buffer<2x32x128xf16>
      %p2 = tile.pack %s2 : !tile.matrix<64x32xf32, accumulator> -> !tile.matrix<64x32xf16, operand>
      scf.yield %o2, %p2, %l1 : !tile.matrix<64x128xf32, accumulator>, !tile.matrix<64x32xf16, operand>, !tile.per_row<64xf32>
    }
    %v_last = tile.receive %v_ring at %last : !tile.buffer<2x32x128xf16>
    %o_done = tile.dot %p_end, %v_last acc %o_end
        : !tile.matrix<64x32xf16, operand>, !tile.view<32x128xf16> -> !tile.matrix<64x128xf32, accumulator>
    tile.release %v_ring at %last : !tile.buffer<2x32x128xf16>
    tile.store %o_done to %o[%b, %h, %q0] limit %seq_q : !tile.matrix<64x128xf32, accumulator>, memref<?x8x?x128xf16>
  }
  return
}
