// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --convert-tile-to-nvvm | FileCheck %s --check-prefix=NVVM

// A producer that draws tiles until none is left, and tells the consumers.

// CHECK-LABEL: func.func @drawn
func.func @drawn(%count: index) attributes {tile.kernel,
    attention.schedule = #attention.schedule<tile_q = 64, tile_kv = 32, warps = 4, consumer_warpgroups = 1,
        producer = tma, q_operand = shared, scheduler = persistent_dynamic>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %numbers = tile.alloc : !tile.buffer<2x1x1xi32>
  tile.roles producer {
    // CHECK: %[[NEXT:.+]] = tile.draw_tile of %{{.+}}
    %next = tile.draw_tile of %count
    // CHECK: tile.post %[[NEXT]] to %{{.+}} at %{{.+}} : <2x1x1xi32>
    tile.post %next to %numbers at %c0 : !tile.buffer<2x1x1xi32>
  } consumers {
    // CHECK: tile.collect %{{.+}} at %{{.+}} : <2x1x1xi32>
    %tile = tile.collect %numbers at %c0 : !tile.buffer<2x1x1xi32>
    // CHECK: tile.release %{{.+}} at %{{.+}} : <2x1x1xi32>
    tile.release %numbers at %c0 : !tile.buffer<2x1x1xi32>
  }
  return
}

// The counter is the last argument and wraps at the last tile; a number has 16
// bytes of its own and is read by the lane that releases it.
// NVVM-LABEL: func.func @drawn(
// NVVM-SAME:    , %[[COUNTER:.+]]: !llvm.ptr<1>)
// NVVM-SAME:    kernel_persistent = 1 : i64{{.*}} kernel_tile_counter
// NVVM:         %[[LAST:.+]] = arith.subi %{{.+}}, %{{.+}} : i32
// NVVM:         %[[OLD:.+]] = llvm.atomicrmw uinc_wrap %[[COUNTER]], %[[LAST]] syncscope("device") monotonic
// NVVM:         %[[GRID:.+]] = nvvm.read.ptx.sreg.nctaid.x
// NVVM:         arith.addi %[[OLD]], %[[GRID]]
// NVVM:         nvvm.mbarrier.try_wait.parity
// NVVM:         llvm.store
// NVVM:         nvvm.mbarrier.arrive
// NVVM:         nvvm.mbarrier.try_wait.parity
// NVVM:         ld.volatile.shared
// NVVM:         nvvm.shfl.sync idx
// NVVM:         mbarrier.arrive.shared::cta
