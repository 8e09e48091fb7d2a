// Masks that compare tables, written by hand: documents without causal, tables of
// their own for rows and keys, an id per head, two comparisons, narrow and wide ids,
// a disjunction. Values are unsorted.
// No diagnostics from any lowering: no spills, no serialised products, no scratch.
// RUN: kgen-opt %s --attention-verify=target=cpu -o /dev/null
// RUN: kgen-opt %s --attention-lower=target=gfx90a -o /dev/null 2>&1 | count 0
// RUN: kgen-opt %s --attention-lower=target=gfx950 -o /dev/null 2>&1 | count 0
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_80 -o /dev/null 2>&1 | count 0 %}
// RUN: %if ptxas %{ kgen-opt %s --attention-lower=target=sm_90a -o /dev/null 2>&1 | count 0 %}
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_80 -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:sm_90a -o /dev/null
// RUN: kgen-opt %s --attention-verify=target=emulated:gfx942 -o /dev/null
// RUN: %if nvidia-gpu %{ kgen-opt %s --attention-verify=target=gpu -o /dev/null %}
// RUN: %if hopper-gpu %{ kgen-opt %s --attention-verify=target=sm_90a -o /dev/null %}

func.func @packed_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x1x?x64xbf16>, %v: tensor<?x1x?x64xbf16>, %ids: tensor<?x?xi32>)
    -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>) {
  %o:2 = attention.forward %q, %k, %v mods [#attention.document] (%ids : tensor<?x?xi32>)
      : (tensor<?x2x?x64xbf16>, tensor<?x1x?x64xbf16>, tensor<?x1x?x64xbf16>) -> (tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>)
  return %o#0, %o#1 : tensor<?x2x?x64xbf16>, tensor<?x2x?xf32>
}

func.func @two_tables_f16(%q: tensor<?x2x?x128xf16>, %k: tensor<?x2x?x128xf16>, %v: tensor<?x2x?x128xf16>,
                          %of_q: tensor<?x2x?xi64>, %of_k: tensor<?xi64>, %lanes: tensor<?x?xi8>) -> tensor<?x2x?x128xf16> {
  %o = attention.forward %q, %k, %v mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %x = tensor.extract %of_q[%b, %h, %i] : tensor<?x2x?xi64>
    %y = tensor.extract %of_k[%j] : tensor<?xi64>
    %same = arith.cmpi eq, %x, %y : i64
    %s = tensor.extract %lanes[%b, %i] : tensor<?x?xi8>
    %t = tensor.extract %lanes[%b, %j] : tensor<?x?xi8>
    %p = arith.extui %s : i8 to i32
    %r = arith.extui %t : i8 to i32
    %lane = arith.cmpi ne, %p, %r : i32
    %true = arith.constant true
    %same_lane = arith.xori %lane, %true : i1
    %past = arith.cmpi sge, %i, %j : index
    %either = arith.ori %same, %same_lane : i1
    %keep = arith.andi %either, %past : i1
    attention.yield %keep : i1
  } : (tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>, tensor<?x2x?x128xf16>) -> tensor<?x2x?x128xf16>
  return %o : tensor<?x2x?x128xf16>
}

func.func @both_and_window_bf16(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>, %v: tensor<?x2x?x64xbf16>,
                                %ids: tensor<2x?xi32>, %kinds: tensor<?xi16>) -> tensor<?x2x?x64xbf16> {
  %o = attention.forward %q, %k, %v mask {
  ^bb0(%b: index, %h: index, %i: index, %j: index):
    %x = tensor.extract %ids[%h, %i] : tensor<2x?xi32>
    %y = tensor.extract %ids[%h, %j] : tensor<2x?xi32>
    %same = arith.cmpi eq, %x, %y : i32
    %s = tensor.extract %kinds[%j] : tensor<?xi16>
    %t = tensor.extract %kinds[%i] : tensor<?xi16>
    %kind = arith.cmpi eq, %s, %t : i16
    %c60 = arith.constant 60 : index
    %d = arith.subi %i, %j : index
    %near = arith.cmpi slt, %d, %c60 : index
    %both = arith.andi %same, %kind : i1
    %keep = arith.andi %both, %near : i1
    attention.yield %keep : i1
  } : (tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
