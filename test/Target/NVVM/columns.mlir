// A product that starts from columns: ones times what the warpgroup staged, one more wgmma, in bf16 for f16, too.
// RUN: kgen-compile %s --target=emulated:sm_90a -o %t.kgen
// RUN: grep -a . %t.kgen | FileCheck %s
// The assembler leaves it asynchronous and spills nothing, or it would say so.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}

// Behind Q (16 KiB) and the rings (2 x 10 KiB each) two slots of 80 columns for each of two warpgroups, 32 bytes a column, then 64 rows of ones, then barriers: of Q (16
// bytes), K and V (32 each), then those of the columns, which the four warps of a warpgroup arrive at.
// CHECK:         mov.b32 [[WARPS:%r[0-9]+]], 4;
// CHECK-NEXT:    mbarrier.init.shared.b64 [kgen_shared+69712], [[WARPS]];
// CHECK-NEXT:    mbarrier.init.shared.b64 [kgen_shared+69720], [[WARPS]];
// CHECK-NEXT:    mbarrier.init.shared.b64 [kgen_shared+69728], [[WARPS]];
// CHECK-NEXT:    mbarrier.init.shared.b64 [kgen_shared+69736], [[WARPS]];
// CHECK-NOT:     mbarrier.init
// CHECK:         st.shared.v4.b32 {{\[}}[[ROW:%rd?[0-9]+]]+67584], {[[PAIR:%r[0-9]+]], [[PAIR]], [[PAIR]], [[PAIR]]};
// CHECK:         st.shared.v4.b32 {{\[}}[[ROW]]+67600], {[[PAIR]], [[PAIR]], [[PAIR]], [[PAIR]]};
// Of 128 threads 80 have a column. A value is its upper half, that of the rest, and that of the rest's rest.
// CHECK:         setp.lt.u32 [[HAS:%p[0-9]+]], [[THREAD:%r[0-9]+]], 80;
// CHECK-NEXT:    min.u32 {{%r[0-9]+}}, [[THREAD]], 79;
// CHECK:         ld.global.nc.b32
// CHECK:         and.b32 {{%r[0-9]+}}, {{%r[0-9]+}}, -65536;
// CHECK:         and.b32 {{%r[0-9]+}}, {{%r[0-9]+}}, -65536;
// CHECK:         @[[HAS]] st.shared.v4.b32 {{\[}}[[PLACE:%r[0-9]+]]], {{[{]}}%r{{[0-9]+}}, %r{{[0-9]+}}, [[ZERO:%r[0-9]+]], [[ZERO]]}; @[[HAS]] st.shared.v4.b32 {{\[}}[[PLACE]] + 16], {[[ZERO]], [[ZERO]], [[ZERO]], [[ZERO]]};
// CHECK:         fence.proxy.async.shared::cta;
// CHECK-NEXT:    bar.warp.sync -1;
// CHECK:         mbarrier.arrive.shared::cta.b64
// CHECK:         wgmma.fence.sync.aligned;
// CHECK:         setp.ne.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n80k16.f32.bf16.bf16 {{[{].+[}]}}, [[ONES:%rd[0-9]+]], {{%rd[0-9]+}}, p, 1, 1, 0, 0; }
// CHECK-COUNT-4: setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16
// CHECK-NOT:     m64n80k16
// CHECK:         wgmma.commit_group
// In the loop they are staged behind the wait for the product, and published behind the last wait.
// CHECK:         setp.ne.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n80k16.f32.bf16.bf16 {{[{].+[}]}}, [[ONES]], {{%rd[0-9]+}}, p, 1, 1, 0, 0; }
// CHECK:         wgmma.wait_group.sync.aligned 1;
// CHECK:         @[[HAS]] st.shared.v4.b32
// CHECK-NOT:     fence.proxy
// CHECK:         wgmma.wait_group.sync.aligned 0;
// CHECK:         fence.proxy.async.shared::cta;
func.func @key_bias(%q: tensor<1x2x?x64xf16>, %k: tensor<1x2x?x64xf16>, %v: tensor<1x2x?x64xf16>, %biases: tensor<?xf32>) -> tensor<1x2x?x64xf16> {
  %o = attention.forward %q, %k, %v
      schedule(#attention.schedule<tile_q = 128, tile_kv = 80, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, rescale = lazy, affine = tensor>)
      score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %c = tensor.extract %biases[%j] : tensor<?xf32>
    %r = arith.addf %s, %c : f32
    attention.yield %r : f32
  } : (tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16>) -> tensor<1x2x?x64xf16>
  return %o : tensor<1x2x?x64xf16>
}
