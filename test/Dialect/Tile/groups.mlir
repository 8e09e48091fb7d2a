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
    // Of all 128 threads: turns have barriers 1 and 2, what is staged 3 and 4. NaN
    // is not at least 0. What lane 0 found, all of the warp take.
    // CHECK: %[[A:.+]] = tile.at_least %{{.+}} from 0.000000e+00 : <128xf32>
    // NVVM:  %[[FIRST:.+]] = arith.cmpf oge, %{{.+}}, %cst{{.*}} : f32
    // NVVM:  %[[SECOND:.+]] = arith.cmpf oge, %{{.+}}, %cst{{.*}} : f32
    // NVVM:  %[[BOTH:.+]] = arith.andi %[[FIRST]], %[[SECOND]]
    // NVVM:  %[[BARRIER:.+]] = arith.addi %{{.+}}, %c5_i32
    // NVVM:  %[[ALL:.+]] = llvm.call_intrinsic "llvm.nvvm.barrier.cta.red.and.aligned.count"(%[[BARRIER]], %c128_i32, %[[BOTH]]) : (i32, i32, i1) -> i1
    // NVVM:  %[[NUMBER:.+]] = arith.extui %[[ALL]] : i1 to i32
    // NVVM:  %[[SAME:.+]] = nvvm.shfl.sync idx %c-1_i32, %[[NUMBER]], %c0_i32, %c31_i32
    // NVVM:  arith.cmpi ne, %[[SAME]], %c0_i32
    %fits = tile.at_least %rows from 0.0 : !tile.per_row<128xf32>
    scf.if %fits {
      tile.release %ring at %group : !tile.buffer<1x64x64xf16>
    }
  }
  return
}
