// REQUIRES: ptxas
// What the assembler makes of a kernel with warpgroups is read back: it may not hide what the schedule asks for. Here a ptxas of our own edits the PTX
// before the real one sees it.
//
// The stores that keep the exponentials before the wait, taken away:
// RUN: printf '#!/bin/sh\nfor last; do case "$last" in *.ptx) sed -i "/ st.shared.f32/d" "$last";; esac; done\nexec "%ptxas" "$@"\n' > %t.unpinned
// The fences before products:
// RUN: printf '#!/bin/sh\nfor last; do case "$last" in *.ptx) sed -i "/wgmma.fence/d" "$last";; esac; done\nexec "%ptxas" "$@"\n' > %t.unfenced
// The registers of the producer, which then stay where they are:
// RUN: printf '#!/bin/sh\nfor last; do case "$last" in *.ptx) sed -i "/setmaxnreg/d; s/maxnreg 168/maxnreg 128/" "$last";; esac; done\nexec "%ptxas" "$@"\n' > %t.cramped
// RUN: chmod +x %t.unpinned %t.unfenced %t.cramped
//
// RUN: kgen-compile %s --target=sm_90a --ptxas=%ptxas -o %t.kgen
// RUN: not kgen-compile %s --target=sm_90a --ptxas=%t.unpinned -o %t.kgen 2>&1 | FileCheck %s --check-prefix=ORDER
// ORDER: [KG4024] {{[0-9]+}} of {{[0-9]+}} exponentials stand after the wait, the first at 0x{{[0-9A-F]+}}: use another tile shape
// RUN: not kgen-compile %s --target=sm_90a --ptxas=%t.cramped -o %t.kgen 2>&1 \
// RUN:   --schedule='#attention.schedule<tile_q = 128, tile_kv = 128, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, overlap = intra, q_operand = shared, producer_registers = 40, kv_direction = reverse>' | FileCheck %s --check-prefix=SPILLS
// SPILLS: [KG4025] has {{[1-9][0-9]*}} accesses to local memory around the products ({{[1-9][0-9]*}} bytes of spills), limit 0: use smaller tiles
// RUN: not kgen-compile %s --target=sm_90a --ptxas=%t.unfenced -o %t.kgen 2>&1 | FileCheck %s --check-prefix=SERIAL
// SERIAL: [KG4026] ptxas info : (C7519) {{.*}}: use smaller tiles or another overlap
//
// A default that the assembler spoils gives way to the next one; a schedule that was asked for (above) does not.
// RUN: kgen-compile %s --target=sm_90a --ptxas=%t.cramped -o %t.kgen 2>&1 | FileCheck %s --check-prefix=NEXT
// NEXT: "tile_kv":{{[1-9][0-9]}},
//
// Without overlap there is no such order to keep; warps without roles may spill.
// RUN: kgen-compile %s --target=sm_90a --ptxas=%t.unpinned -o %t.kgen \
// RUN:   --schedule='#attention.schedule<tile_q = 128, tile_kv = 128, warps = 8, consumer_warpgroups = 2, producer = tma, stages_k = 2, stages_v = 2, q_operand = shared, producer_registers = 24>'
func.func @causal(%q: tensor<1x2x?x128xbf16>, %k: tensor<1x2x?x128xbf16>, %v: tensor<1x2x?x128xbf16>) -> tensor<1x2x?x128xbf16> {
  %o = attention.forward %q, %k, %v mods [#attention.causal]
      : (tensor<1x2x?x128xbf16>, tensor<1x2x?x128xbf16>, tensor<1x2x?x128xbf16>) -> tensor<1x2x?x128xbf16>
  return %o : tensor<1x2x?x128xbf16>
}
