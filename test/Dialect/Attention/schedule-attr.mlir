// RUN: kgen-opt %s | kgen-opt | FileCheck %s

// Only knobs that differ from their default are printed, in a fixed order.
// CHECK-LABEL: @schedules
func.func @schedules() attributes {
  // CHECK-SAME: a = #attention.schedule,
  a = #attention.schedule,
  // CHECK-SAME: b = #attention.schedule,
  b = #attention.schedule<>,
  // CHECK-SAME: c = #attention.schedule<tile_q = 128, tile_kv = 32, stages_k = 2>,
  c = #attention.schedule<stages_k = 2, tile_kv = 32, tile_q = 128, warps = 4>,
  // CHECK-SAME: d = #attention.schedule<q_operand = shared, order = longest_first, exp2 = polynomial>
  d = #attention.schedule<exp2 = polynomial, q_operand = shared, order = longest_first, pack_gqa = false>
} {
  return
}
