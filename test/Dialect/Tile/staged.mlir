// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --convert-tile-to-nvvm --cse --canonicalize | FileCheck %s --check-prefix=NVVM

// Left operands between a slot and registers: Q is read out of its slot, which
// leaves the slot to the next tile, and P is written to a buffer of the consumers'
// own.

// CHECK-LABEL: func.func @operands
func.func @operands(%q: memref<?x8x?x64xf16>, %v: memref<?x2x?x64xf16>) attributes {tile.kernel,
    attention.schedule = #attention.schedule<tile_q = 64, tile_kv = 64, warps = 4, consumer_warpgroups = 1, producer = tma>} {
  %c0 = arith.constant 0 : index
  %q_ring = tile.alloc : !tile.buffer<1x64x64xf16>
  %v_ring = tile.alloc : !tile.buffer<1x64x64xf16>
  %p_buffer = tile.alloc : !tile.buffer<1x64x64xf16>
  tile.roles producer {
    tile.send %q[%c0, %c0, %c0] to %q_ring at %c0 : memref<?x8x?x64xf16>, !tile.buffer<1x64x64xf16>
    tile.send %v[%c0, %c0, %c0] to %v_ring at %c0 : memref<?x2x?x64xf16>, !tile.buffer<1x64x64xf16>
  } consumers {
    // CHECK: %[[RECEIVED:.+]] = tile.receive
    // CHECK: %[[Q:.+]] = tile.load %[[RECEIVED]] : <64x64xf16>
    // CHECK: tile.release
    %received = tile.receive %q_ring at %c0 : !tile.buffer<1x64x64xf16>
    %p = tile.load %received : !tile.view<64x64xf16>
    tile.release %q_ring at %c0 : !tile.buffer<1x64x64xf16>
    // CHECK: %[[VIEW:.+]] = tile.slot
    // CHECK: tile.stage %[[Q]] to %[[VIEW]] : <64x64xf16>
    %p_view = tile.slot %p_buffer[%c0] : !tile.buffer<1x64x64xf16>
    tile.stage %p to %p_view : !tile.view<64x64xf16>
    // CHECK: tile.dot %[[VIEW]], %{{.*}} : !tile.view<64x64xf16>, <64x64xf16> ->
    %v_view = tile.receive %v_ring at %c0 : !tile.buffer<1x64x64xf16>
    %o = tile.dot %p_view, %v_view : !tile.view<64x64xf16>, !tile.view<64x64xf16> -> !tile.matrix<64x64xf32, accumulator>
    tile.release %v_ring at %c0 : !tile.buffer<1x64x64xf16>
  }
  return
}

// Q's fragments are the same warp by warp as those of mma.sync. All lanes have
// read the slot before lane 0 releases it. A buffer that is not a ring has no
// barriers: shared memory holds three tiles, two pairs of barriers and the place
// that nobody reads.
// NVVM-LABEL: func.func @operands(
// NVVM-SAME:    dynamic_shared_bytes = 24624
// NVVM:         nvvm.mbarrier.try_wait.parity
// NVVM-COUNT-4: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
// NVVM-NOT:     nvvm.ldmatrix
// NVVM:         nvvm.bar.warp.sync %c-1_i32
// NVVM:         mbarrier.arrive.shared::cta.b64

// The async proxy sees what was written after the fence, other warps' rows after
// the barrier, which is behind the turns' one: not before the product needs them.
// NVVM-COUNT-4: nvvm.stmatrix {{.*}} layout = #nvvm.mma_layout<row>
// NVVM-NOT:     nvvm.fence.proxy
// NVVM:         nvvm.mbarrier.try_wait.parity
// NVVM-NEXT:    nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// NVVM-NEXT:    nvvm.barrier id = %c2_i32 number_of_threads = %c128_i32
// NVVM:         wgmma.fence.sync.aligned
// NVVM:         wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {{.*}}}, $64, $65, p, 1, 1, 0, 1; }
