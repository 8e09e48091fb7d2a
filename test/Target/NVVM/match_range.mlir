// RUN: kgen-opt %s --convert-tile-to-nvvm --cse | FileCheck %s

// A warp alone: its lanes read neighbouring entries, four rows and eight keys in
// flight, and redux.sync joins what they found. Nothing in shared memory.
// CHECK-LABEL: func.func @warp(
// CHECK-SAME:    dynamic_shared_bytes = 0 : i64
// CHECK:         %[[TID:.+]] = nvvm.read.ptx.sreg.tid.x
// CHECK:         %[[LANE:.+]] = arith.andi %[[TID]], %c31_i32
// CHECK:         %[[ROWS:.+]]:2 = scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c128_i32
// CHECK:           arith.addi %{{.+}}, %[[LANE]]
// CHECK-COUNT-4:   llvm.load {{.+}} invariant : !llvm.ptr<1> -> i32
// CHECK-NOT:       llvm.load
// CHECK:           scf.yield
// CHECK:         %[[LOW:.+]] = nvvm.redux.sync min %[[ROWS]]#0
// CHECK:         %[[HIGH:.+]] = nvvm.redux.sync max %[[ROWS]]#1
// CHECK:         %[[WIDTH:.+]] = arith.subi %[[HIGH]], %[[LOW]]
// CHECK:         %[[KEYS:.+]]:3 = scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c256_i32
// CHECK-COUNT-8:   llvm.load {{.+}} invariant : !llvm.ptr<1> -> i32
// CHECK:           %[[ABOVE:.+]] = arith.subi %{{.+}}, %[[LOW]]
// CHECK:           arith.cmpi ule, %[[ABOVE]], %[[WIDTH]]
// CHECK:           scf.yield
// CHECK:         %[[FIRST:.+]] = nvvm.redux.sync min %[[KEYS]]#0
// CHECK:         %[[END:.+]] = nvvm.redux.sync max %[[KEYS]]#1
// CHECK:         %[[COUNT:.+]] = nvvm.redux.sync add %[[KEYS]]#2
// CHECK-NOT:     nvvm.barrier
// CHECK:         %[[BEGIN:.+]] = arith.minsi %[[FIRST]], %[[END]]
// CHECK:         %[[LENGTH:.+]] = arith.subi %[[END]], %[[BEGIN]]
// CHECK:         %[[ONE:.+]] = arith.cmpi eq, %[[LOW]], %[[HIGH]]
// CHECK:         %[[ALL:.+]] = arith.cmpi eq, %[[COUNT]], %[[LENGTH]]
// CHECK:         arith.andi %[[ONE]], %[[ALL]]
func.func @warp(%ids: memref<?x?xi32>, %b: index, %first: index, %last: index, %n: index) -> (index, index, i1) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 16, tile_kv = 32, warps = 1>} {
  %c0 = arith.constant 0 : index
  %r:3 = tile.match_range rows %first to %last of %ids[%b] keys %c0 to %n of %ids[%b] : memref<?x?xi32>, memref<?x?xi32>
  return %r#0, %r#1, %r#2 : index, index, i1
}

// Four warps share the keys.
// CHECK-LABEL: func.func @warps(
// CHECK-SAME:    dynamic_shared_bytes = 48 : i64
// CHECK:         %[[TID:.+]] = nvvm.read.ptx.sreg.tid.x
// CHECK:         scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c128_i32
// CHECK:         scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c1024_i32
// CHECK:           arith.addi %{{.+}}, %[[TID]]
// CHECK:         nvvm.barrier
func.func @warps(%ids: memref<?x?xi32>, %b: index, %first: index, %last: index, %n: index) -> (index, index, i1) attributes {
    tile.kernel, attention.schedule = #attention.schedule<tile_q = 64, tile_kv = 32, warps = 4>} {
  %c0 = arith.constant 0 : index
  %r:3 = tile.match_range rows %first to %last of %ids[%b] keys %c0 to %n of %ids[%b] : memref<?x?xi32>, memref<?x?xi32>
  return %r#0, %r#1, %r#2 : index, index, i1
}

// With roles, 8 warps share the keys; three numbers of each meet in shared memory.
// 64-bit entries are exchanged by halves.
// CHECK-LABEL: func.func @workgroup(
// CHECK-SAME:    dynamic_shared_bytes = 112 : i64
// CHECK:         scf.for
// CHECK:           arith.minsi %{{.+}}, %{{.+}} : i64
// CHECK:         nvvm.shfl.sync bfly
// CHECK:         arith.shrui %{{.+}}, %c32_i64
// CHECK:         scf.for %{{.+}} = %{{.+}} to %{{.+}} step %c2048_i32
// CHECK:           arith.cmpi ule, %{{.+}}, %{{.+}} : i64
// CHECK-COUNT-3: nvvm.redux.sync
// CHECK:         scf.if
// CHECK-COUNT-3:   llvm.store %{{.+}}, %{{.+}} : i32, !llvm.ptr<3>
// CHECK:         }
// CHECK:         nvvm.barrier
// CHECK-COUNT-3: llvm.load %{{.+}} : !llvm.ptr<3> -> i32
// CHECK:         arith.select
// CHECK-COUNT-3: nvvm.redux.sync
func.func @workgroup(%of_q: memref<?xindex>, %of_k: memref<4x?xindex>, %h: index, %first: index, %last: index, %n: index)
    -> (index, index, i1) attributes {tile.kernel,
    attention.schedule = #attention.schedule<tile_q = 64, tile_kv = 32, warps = 4, consumer_warpgroups = 1,
        producer = tma, overlap = intra, q_operand = shared>} {
  %c0 = arith.constant 0 : index
  %r:3 = tile.match_range rows %first to %last of %of_q[] keys %c0 to %n of %of_k[%h] : memref<?xindex>, memref<4x?xindex>
  tile.roles producer {
  } consumers {
  }
  return %r#0, %r#1, %r#2 : index, index, i1
}
