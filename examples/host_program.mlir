// A whole program: an attention variant and the host code around it. It computes ALiBi attention with the kernel
// and again with plain loops, and returns 0 if every element agrees to 1e-4. From here to an executable:
//
//   kgen-opt host_program.mlir --attention-lower=target=cpu \
//     --one-shot-bufferize='bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map' \
//     --convert-linalg-to-loops --convert-scf-to-cf --expand-strided-metadata --lower-affine \
//     --convert-math-to-llvm --finalize-memref-to-llvm --convert-func-to-llvm --convert-cf-to-llvm \
//     --convert-arith-to-llvm --reconcile-unrealized-casts -o host_program.llvm.mlir
//   mlir-translate-22 --mlir-to-llvmir host_program.llvm.mlir -o host_program.ll
//   clang-22 -O2 -Wno-override-module host_program.ll -lkgen_runtime -lm -o host_program
//   ./host_program

func.func @alibi(%q: tensor<1x4x?x32xf32>, %k: tensor<1x4x?x32xf32>, %v: tensor<1x4x?x32xf32>, %slopes: tensor<4xf32>)
    -> tensor<1x4x?x32xf32> {
  %o = attention.forward %q, %k, %v scale 0.1767767 score {
  ^bb0(%s: f32, %b: index, %h: index, %i: index, %j: index):
    %slope = tensor.extract %slopes[%h] : tensor<4xf32>
    %distance = arith.subi %j, %i : index
    %di = arith.index_cast %distance : index to i32
    %df = arith.sitofp %di : i32 to f32
    %bias = arith.mulf %slope, %df : f32
    %r = arith.addf %s, %bias : f32
    attention.yield %r : f32
  } : (tensor<1x4x?x32xf32>, tensor<1x4x?x32xf32>, tensor<1x4x?x32xf32>) -> tensor<1x4x?x32xf32>
  return %o : tensor<1x4x?x32xf32>
}

// Numbers in [-1, 1] that differ from element to element.
func.func @wave(%length: index, %rate: f32) -> tensor<1x4x?x32xf32> {
  %c131 = arith.constant 131 : index
  %c17 = arith.constant 17 : index
  %t = tensor.generate %length {
  ^bb0(%b: index, %h: index, %i: index, %d: index):
    %hn = arith.muli %h, %c131 : index
    %in = arith.muli %i, %c17 : index
    %hi = arith.addi %hn, %in : index
    %n = arith.addi %hi, %d : index
    %ni = arith.index_cast %n : index to i32
    %nf = arith.sitofp %ni : i32 to f32
    %angle = arith.mulf %nf, %rate : f32
    %w = math.sin %angle : f32
    tensor.yield %w : f32
  } : tensor<1x4x?x32xf32>
  return %t : tensor<1x4x?x32xf32>
}

// exp(scale q.k + slope (j - i)): the scores of this program are small, so no maximum is taken out.
func.func @weight(%q: tensor<1x4x?x32xf32>, %k: tensor<1x4x?x32xf32>, %slopes: tensor<4xf32>, %h: index, %i: index, %j: index)
    -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.1767767 : f32
  %dot = scf.for %d = %c0 to %c32 step %c1 iter_args(%sum = %zero) -> f32 {
    %x = tensor.extract %q[%c0, %h, %i, %d] : tensor<1x4x?x32xf32>
    %y = tensor.extract %k[%c0, %h, %j, %d] : tensor<1x4x?x32xf32>
    %xy = arith.mulf %x, %y : f32
    %next = arith.addf %sum, %xy : f32
    scf.yield %next : f32
  }
  %s = arith.mulf %dot, %scale : f32
  %slope = tensor.extract %slopes[%h] : tensor<4xf32>
  %distance = arith.subi %j, %i : index
  %di = arith.index_cast %distance : index to i32
  %df = arith.sitofp %di : i32 to f32
  %bias = arith.mulf %slope, %df : f32
  %biased = arith.addf %s, %bias : f32
  %e = math.exp %biased : f32
  return %e : f32
}

// One element of the output, by the definition: sum of weights times V, over the sum of weights.
func.func @expected(%q: tensor<1x4x?x32xf32>, %k: tensor<1x4x?x32xf32>, %v: tensor<1x4x?x32xf32>, %slopes: tensor<4xf32>,
                    %h: index, %i: index, %d: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %length = tensor.dim %k, %c2 : tensor<1x4x?x32xf32>
  %sums:2 = scf.for %j = %c0 to %length step %c1 iter_args(%above = %zero, %below = %zero) -> (f32, f32) {
    %w = func.call @weight(%q, %k, %slopes, %h, %i, %j)
        : (tensor<1x4x?x32xf32>, tensor<1x4x?x32xf32>, tensor<4xf32>, index, index, index) -> f32
    %x = tensor.extract %v[%c0, %h, %j, %d] : tensor<1x4x?x32xf32>
    %wx = arith.mulf %w, %x : f32
    %a = arith.addf %above, %wx : f32
    %b = arith.addf %below, %w : f32
    scf.yield %a, %b : f32, f32
  }
  %r = arith.divf %sums#0, %sums#1 : f32
  return %r : f32
}

func.func @main() -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c32 = arith.constant 32 : index
  %length = arith.constant 77 : index
  %rate_q = arith.constant 0.37 : f32
  %rate_k = arith.constant 0.73 : f32
  %rate_v = arith.constant 1.19 : f32
  %zero = arith.constant 0.0 : f32
  %tolerance = arith.constant 1.0e-4 : f32
  %slopes = arith.constant dense<[0.05, 0.025, 0.0125, 0.00625]> : tensor<4xf32>
  %q = call @wave(%length, %rate_q) : (index, f32) -> tensor<1x4x?x32xf32>
  %k = call @wave(%length, %rate_k) : (index, f32) -> tensor<1x4x?x32xf32>
  %v = call @wave(%length, %rate_v) : (index, f32) -> tensor<1x4x?x32xf32>
  %o = call @alibi(%q, %k, %v, %slopes)
      : (tensor<1x4x?x32xf32>, tensor<1x4x?x32xf32>, tensor<1x4x?x32xf32>, tensor<4xf32>) -> tensor<1x4x?x32xf32>
  %worst = scf.for %h = %c0 to %c4 step %c1 iter_args(%wh = %zero) -> f32 {
    %of_head = scf.for %i = %c0 to %length step %c1 iter_args(%wi = %wh) -> f32 {
      %of_row = scf.for %d = %c0 to %c32 step %c1 iter_args(%wd = %wi) -> f32 {
        %want = func.call @expected(%q, %k, %v, %slopes, %h, %i, %d)
            : (tensor<1x4x?x32xf32>, tensor<1x4x?x32xf32>, tensor<1x4x?x32xf32>, tensor<4xf32>, index, index, index) -> f32
        %got = tensor.extract %o[%c0, %h, %i, %d] : tensor<1x4x?x32xf32>
        %difference = arith.subf %want, %got : f32
        %size = math.absf %difference : f32
        %larger = arith.maximumf %wd, %size : f32
        scf.yield %larger : f32
      }
      scf.yield %of_row : f32
    }
    scf.yield %of_head : f32
  }
  // A NaN is no agreement.
  %agrees = arith.cmpf olt, %worst, %tolerance : f32
  %fails = arith.constant 1 : i32
  %succeeds = arith.constant 0 : i32
  %status = arith.select %agrees, %succeeds, %fails : i32
  return %status : i32
}
