// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --convert-tile-to-nvvm --cse --canonicalize | FileCheck %s --check-prefix=NVVM

// CHECK-LABEL: func.func @stores
func.func @stores(%q: memref<?x8x?x96xf16>, %o: memref<?x8x?x96xf16>) attributes {tile.kernel,
    attention.schedule = #attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma>} {
  %c0 = arith.constant 0 : index
  %row, %head, %batch = tile.program_id
  %q_ring = tile.alloc : !tile.buffer<1x128x96xf16>
  %buffer = tile.alloc : !tile.buffer<1x128x96xf16>
  tile.roles producer {
    tile.send %q[%batch, %head, %row] to %q_ring at %c0 : memref<?x8x?x96xf16>, !tile.buffer<1x128x96xf16>
  } consumers {
    %received = tile.receive %q_ring at %c0 : !tile.buffer<1x128x96xf16>
    %rows = tile.load %received : !tile.view<128x96xf16>
    %view = tile.slot %buffer[%c0] : !tile.buffer<1x128x96xf16>
    tile.stage %rows to %view : !tile.view<128x96xf16>
    // CHECK: tile.store_staged %[[VIEW:.+]] to %arg1[%{{.+}}, %{{.+}}, %{{.+}}] : <128x96xf16>, memref<?x8x?x96xf16>
    // CHECK-NEXT: tile.await_stores
    tile.store_staged %view to %o[%batch, %head, %row] : !tile.view<128x96xf16>, memref<?x8x?x96xf16>
    tile.await_stores
  }
  return
}

// Two tensor maps: Q's box is as high as its ring, O's as a warpgroup. The buffer
// has no barriers: shared memory holds two tiles of 256-byte rows, a pair of
// barriers and the place that nobody reads.
// NVVM-LABEL: func.func @stores(
// NVVM-SAME:    %[[QMAP:arg[0-9]+]]: !llvm.ptr, %[[OMAP:arg[0-9]+]]: !llvm.ptr)
// NVVM-SAME:    dynamic_shared_bytes = 65568
// NVVM-SAME:    kernel_tensor_maps = [{element = f16, parameter = 0 : i64, rows = 128 : i64}, {element = f16, parameter = 1 : i64, rows = 64 : i64}]
// NVVM:         nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}}, %[[QMAP]],

// The warpgroup has joined; one thread of its first warp copies its 64 rows, a
// panel of 64 columns at a time, and waits until they are read.
// NVVM:         nvvm.fence.proxy
// NVVM:         nvvm.barrier id
// NVVM:         %[[GROUP:.+]] = nvvm.shfl.sync
// NVVM:         %[[FIRST:.+]] = arith.muli %[[GROUP]], %c64_i32
// NVVM:         %[[ROW:.+]] = arith.addi %{{.+}}, %[[FIRST]]
// NVVM:         %[[WARP:.+]] = nvvm.shfl.sync
// NVVM-NEXT:    %[[IN_GROUP:.+]] = arith.andi %[[WARP]], %c3_i32
// NVVM-NEXT:    %[[IS_FIRST:.+]] = arith.cmpi eq, %[[IN_GROUP]], %c0_i32
// NVVM-NEXT:    scf.if %[[IS_FIRST]]
// NVVM:           nvvm.elect.sync
// NVVM:           scf.if
// NVVM:             nvvm.cp.async.bulk.tensor.global.shared.cta %[[OMAP]], %[[PANEL:.+]], box[%c0_i32, %[[ROW]], %{{.+}}, %{{.+}}]
// NVVM:             %[[NEXT:.+]] = llvm.getelementptr inbounds %[[PANEL]][16384]
// NVVM:             nvvm.cp.async.bulk.tensor.global.shared.cta %[[OMAP]], %[[NEXT]], box[%c64_i32, %[[ROW]], %{{.+}}, %{{.+}}]
// NVVM-NEXT:        nvvm.cp.async.bulk.commit.group
// NVVM:           nvvm.elect.sync
// NVVM:           scf.if
// NVVM-NEXT:        nvvm.cp.async.bulk.wait_group 0 {read}
// NVVM:         nvvm.barrier id
