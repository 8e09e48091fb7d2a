// Several documents in one sequence, as in training on packed data: a query sees earlier keys of its own document,
// and at most the last 128 of them. The second result is the log-sum-exp of each row.
func.func @packed_documents(%q: tensor<?x8x?x64xbf16>, %k: tensor<?x8x?x64xbf16>, %v: tensor<?x8x?x64xbf16>, %ids: tensor<?x?xi32>)
    -> (tensor<?x8x?x64xbf16>, tensor<?x8x?xf32>) {
  %o, %lse = attention.forward %q, %k, %v mods [#attention.document, #attention.sliding_window<window = 128>] (%ids : tensor<?x?xi32>)
    : (tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>, tensor<?x8x?x64xbf16>) -> (tensor<?x8x?x64xbf16>, tensor<?x8x?xf32>)
  return %o, %lse : tensor<?x8x?x64xbf16>, tensor<?x8x?xf32>
}
