// The PTX of a lazy maximum: the vote of a warp and its branch stand between the wait for both products and the next ones, with nothing in flight.
// RUN: kgen-compile %s --target=emulated:sm_90a -o %t.kgen
// RUN: grep -a . %t.kgen | FileCheck %s
// The assembler leaves the products asynchronous and spills nothing, or it would say so.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}

// CHECK:         bar.sync
// The prologue's product, then the loop's.
// CHECK:         wgmma.wait_group.sync.aligned 0;
// CHECK-NOT:     vote.sync
// CHECK:         wgmma.commit_group
// CHECK-NOT:     vote.sync
// CHECK:         wgmma.wait_group.sync.aligned 1;
// CHECK-NOT:     vote.sync
// CHECK:         wgmma.wait_group.sync.aligned 0;
// CHECK-NOT:     wgmma
// CHECK:         setp.neu.f32 [[A:%p[0-9]+]], {{.+}}, 0f3F800000;
// CHECK-NEXT:    setp.neu.f32 [[B:%p[0-9]+]], {{.+}}, 0f3F800000;
// CHECK-NEXT:    or.pred [[OWN:%p[0-9]+]], [[A]], [[B]];
// CHECK-NEXT:    vote.sync.any.pred [[ANY:%p[0-9]+]], [[OWN]], -1;
// CHECK-NEXT:    not.pred [[NONE:%p[0-9]+]], [[ANY]];
// CHECK-NEXT:    @[[NONE]] bra
// 64 columns of 64 rows over 128 threads.
// CHECK-COUNT-32: mul.f32
// CHECK-NOT:     mul.f32
// CHECK:         bra
// CHECK-NOT:     vote.sync
// CHECK:         wgmma.mma_async
func.func @full(%q: tensor<1x2x?x64xbf16>, %k: tensor<1x2x256x64xbf16>, %v: tensor<1x2x256x64xbf16>) -> tensor<1x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 64, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = both, q_operand = shared, producer_registers = 40, kv_direction = reverse, rescale = lazy>)
      : (tensor<1x2x?x64xbf16>, tensor<1x2x256x64xbf16>, tensor<1x2x256x64xbf16>) -> tensor<1x2x?x64xbf16>
  return %o : tensor<1x2x?x64xbf16>
}
