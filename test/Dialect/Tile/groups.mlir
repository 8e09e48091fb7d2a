// RUN: kgen-opt %s | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --mlir-print-op-generic | kgen-opt | FileCheck %s
// RUN: kgen-opt %s --convert-tile-to-nvvm --cse --canonicalize | FileCheck %s --check-prefix=NVVM

// What a warpgroup knows of itself, and what the threads of a warp find together.

// CHECK-LABEL: func.func @groups
// NVVM-LABEL:  func.func @groups
func.func @groups(%k: memref<?x8x?x64xf16>, %rows: !tile.per_row<128xf32>) attributes {tile.kernel,
    attention.schedule = #attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma>} {
  %c0 = arith.constant 0 : index
  %ring = tile.alloc : !tile.buffer<1x64x64xf16>
  tile.roles producer {
    tile.send %k[%c0, %c0, %c0] to %ring at %c0 : memref<?x8x?x64xf16>, !tile.buffer<1x64x64xf16>
  } consumers {
    %view = tile.receive %ring at %c0 : !tile.buffer<1x64x64xf16>
    tile.release %ring at %c0 : !tile.buffer<1x64x64xf16>
    // 128 threads each.
    // CHECK: %[[G:.+]] = tile.warpgroup
    // NVVM:  %[[TID:.+]] = nvvm.read.ptx.sreg.tid.x
    // NVVM:  %[[G:.+]] = arith.shrui %[[TID]], %c7_i32
    %group = tile.warpgroup
    %at = tile.receive %ring at %group : !tile.buffer<1x64x64xf16>
    // A thread has two rows, a warp sixteen. NaN differs.
    // CHECK: %[[D:.+]] = tile.differs %{{.+}} from 1.000000e+00 : <128xf32>
    // NVVM:  %[[ONE:.+]] = arith.cmpf une, %{{.+}}, %cst{{.*}} : f32
    // NVVM:  %[[ANY:.+]] = nvvm.vote.sync any %c-1_i32, %{{.+}} -> i1
    // NVVM:  scf.if %[[ANY]]
    %differs = tile.differs %rows from 1.0 : !tile.per_row<128xf32>
    scf.if %differs {
      tile.release %ring at %group : !tile.buffer<1x64x64xf16>
    }
  }
  return
}
