// A product that starts from a ramp: one more wgmma, in bf16 for f16, too, which overwrites; the others add. Its right operand is constant.
// RUN: kgen-compile %s --target=emulated:sm_90a -o %t.kgen
// RUN: grep -a . %t.kgen | FileCheck %s
// The assembler takes two element types in one product, leaves it asynchronous and spills nothing, or it would say so.
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}

// 80 keys: a thread writes 32 bytes for one of them, behind Q (16 KiB) and the rings (2 x 10 KiB each). All threads wait.
// CHECK:         setp.gt.u32 {{.+}}, 79;
// CHECK:         add.s32 [[NUMBER:%r[0-9]+]], {{%r[0-9]+}}, -40;
// CHECK:         cvt.rn.f32.s32 [[COLUMN:%r[0-9]+]], [[NUMBER]];
// CHECK:         cvt.rn.bf16x2.f32 [[PAIR:%r[0-9]+]], [[COLUMN]], [[COLUMN]];
// CHECK:         st.shared.v4.b32 {{\[}}[[ROW:%rd?[0-9]+]]+57344], {[[PAIR]], [[PAIR]], [[PAIR]], [[PAIR]]};
// CHECK:         st.shared.v4.b32 {{\[}}[[ROW]]+57360], {[[PAIR]], [[PAIR]], [[PAIR]], [[PAIR]]};
// CHECK-NEXT:    fence.proxy.async.shared::cta;
// CHECK:         barrier{{.*}} 0
// CHECK-NOT:     wgmma
// CHECK:         wgmma.fence.sync.aligned;
// CHECK-NOT:     wgmma
// CHECK:         setp.ne.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n80k16.f32.bf16.bf16 {{[{].+[}]}}, {[[SLOPES:%r[0-9]+, %r[0-9]+, %r[0-9]+, %r[0-9]+]]}, [[COLUMNS:%rd[0-9]+]], p, 1, 1, 0; }
// CHECK-COUNT-4: setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16
// CHECK-NOT:     m64n80k16
// CHECK:         wgmma.commit_group
// Registers of the first product are those of the loop's.
// CHECK:         setp.ne.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n80k16.f32.bf16.bf16 {{[{].+[}]}}, {[[SLOPES]]}, [[COLUMNS]], p, 1, 1, 0; }
// CHECK-COUNT-4: setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n80k16.f32.f16.f16
func.func @alibi(%q: tensor<1x2x?x64xf16>, %k: tensor<1x2x?x64xf16>, %v: tensor<1x2x?x64xf16>, %slopes: tensor<2xf32>) -> tensor<1x2x?x64xf16> {
  %o = attention.forward %q, %k, %v mods [#attention.alibi] (%slopes : tensor<2xf32>)
      schedule(#attention.schedule<tile_q = 128, tile_kv = 80, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, rescale = lazy, affine = tensor>)
      : (tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16>, tensor<1x2x?x64xf16>) -> tensor<1x2x?x64xf16>
  return %o : tensor<1x2x?x64xf16>
}
