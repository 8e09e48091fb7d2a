// Each position of a 16 x 16 grid of image patches sees the 7 x 7 positions around it, every second one in the rows'
// direction, and a learned bias for each head and key column.
func.func @image_neighborhood(%q: tensor<?x4x256x64xf16>, %k: tensor<?x4x256x64xf16>, %v: tensor<?x4x256x64xf16>, %bias: tensor<4x16xf32>)
    -> tensor<?x4x256x64xf16> {
  %o = attention.forward %q, %k, %v
      mods [#attention.neighborhood<extents = [16, 16], window = [7, 7], dilation = [2, 1]>] score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %width = arith.constant 16 : index
    %column = arith.remui %j, %width : index
    %learned = tensor.extract %bias[%h, %column] : tensor<4x16xf32>
    %r = arith.addf %s, %learned : f32
    attention.yield %r : f32
  } : (tensor<?x4x256x64xf16>, tensor<?x4x256x64xf16>, tensor<?x4x256x64xf16>) -> tensor<?x4x256x64xf16>
  return %o : tensor<?x4x256x64xf16>
}
