// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --convert-tile-to-nvvm --canonicalize --cse | FileCheck %s --check-prefix=NVVM

// Two workgroups fill K's rings together; each has rows of Q of its own.

// CHECK-LABEL: func.func @pairs
func.func @pairs(%q: memref<?x8x?x64xf16>, %k: memref<?x8x?x64xf16>, %b: index) attributes {tile.kernel,
    attention.schedule = #attention.schedule<tile_q = 64, tile_kv = 32, warps = 4, consumer_warpgroups = 1,
        producer = tma, q_operand = shared, producer_registers = 24, cluster_size = 2>} {
  %c0 = arith.constant 0 : index
  // CHECK: tile.alloc : <1x64x64xf16>
  %q_ring = tile.alloc : !tile.buffer<1x64x64xf16>
  // CHECK: tile.alloc cluster 2 : <2x32x64xf16>
  %k_ring = tile.alloc cluster 2 : !tile.buffer<2x32x64xf16>
  tile.roles producer {
    tile.send %q[%b, %c0, %c0] to %q_ring at %c0 : memref<?x8x?x64xf16>, !tile.buffer<1x64x64xf16>
    tile.send %k[%b, %c0, %c0] to %k_ring at %c0 : memref<?x8x?x64xf16>, !tile.buffer<2x32x64xf16>
  } consumers {
    %queries = tile.receive %q_ring at %c0 : !tile.buffer<1x64x64xf16>
    %keys = tile.receive %k_ring at %c0 : !tile.buffer<2x32x64xf16>
    tile.release %k_ring at %c0 : !tile.buffer<2x32x64xf16>
    tile.release %q_ring at %c0 : !tile.buffer<1x64x64xf16>
  }
  return
}

// K's boxes are 16 rows high, and its empty barriers wait for twice four warps.
// Nobody copies before both have initialised, and nobody leaves before the other has
// arrived for the last time: that is what the last barrier is for.
// NVVM-LABEL: func.func @pairs(
// NVVM-SAME:    kernel_cluster = 2 : i64
// NVVM-SAME:    {element = f16, parameter = 0 : i64, rows = 64 : i64}, {element = f16, parameter = 1 : i64, rows = 16 : i64}
// NVVM-DAG:     %[[ONE:.+]] = arith.constant 1 : i32
// NVVM-DAG:     %[[FOUR:.+]] = arith.constant 4 : i32
// NVVM-DAG:     %[[EIGHT:.+]] = arith.constant 8 : i32
// NVVM-DAG:     %[[BOTH:.+]] = arith.constant 3 : i16
// NVVM:         nvvm.mbarrier.init %{{.+}}, %[[ONE]]
// NVVM:         nvvm.mbarrier.init %{{.+}}, %[[FOUR]]
// NVVM-COUNT-2: nvvm.mbarrier.init %{{.+}}, %[[ONE]]
// NVVM-COUNT-2: nvvm.mbarrier.init %{{.+}}, %[[EIGHT]]
// NVVM:         %[[EXIT:.+]] = llvm.getelementptr inbounds %{{.+}}[16448]
// NVVM-NEXT:    nvvm.mbarrier.init %[[EXIT]], %[[EIGHT]]
// NVVM:         nvvm.fence.mbarrier.init
// NVVM:         nvvm.cluster.arrive.relaxed {aligned}
// NVVM-NEXT:    nvvm.cluster.wait {aligned}
// NVVM-NOT:     nvvm.barrier
// NVVM:         nvvm.setmaxregister decrease
// NVVM:         nvvm.cp.async.bulk.tensor.shared.cluster.global
// NVVM-NOT:     multicast_mask
// NVVM-SAME:    isCTAOnly = true
// NVVM:         nvvm.read.ptx.sreg.cluster.ctarank
// NVVM:         llvm.addrspacecast %{{.+}} : !llvm.ptr<3> to !llvm.ptr<7>
// NVVM:         nvvm.cp.async.bulk.tensor.shared.cluster.global {{.+}} multicast_mask = %[[BOTH]]
// NVVM-NOT:     isCTAOnly = true
// NVVM:         %[[END:.+]] = llvm.getelementptr inbounds %{{.+}}[16448]
// NVVM:         nvvm.mbarrier.try_wait.parity %[[END]], %c0_i32
// NVVM:       } else {
// NVVM:         nvvm.setmaxregister increase
// NVVM:         mapa.shared::cluster.u32 there, $0, $1; @$2 mbarrier.arrive.shared::cluster.b64
// NVVM:         mbarrier.arrive.shared::cta.b64
// NVVM:         mapa.shared::cluster.u32 there, $0, $1; @$2 mbarrier.arrive.shared::cluster.b64
