// Named mods, grouped heads, Dv other than Dqk and LSE, on memrefs of sizes that only the program knows: one kernel
// serves both. kgen-opt lowers the op; a stock mlir-opt does the rest. The program checks itself against loops that
// follow the definition.
// RUN: kgen-opt %s --attention-lower=target=cpu -o %t.lowered.mlir
// RUN: mlir-opt %t.lowered.mlir --convert-scf-to-cf --expand-strided-metadata --lower-affine --convert-math-to-llvm \
// RUN:   --convert-math-to-libm --finalize-memref-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --convert-arith-to-llvm \
// RUN:   --reconcile-unrealized-casts | mlir-translate --mlir-to-llvmir -o %t.ll
// RUN: llc -O1 -filetype=obj -relocation-model=pic %t.ll -o %t.o
// RUN: clang %t.o %kgen-lib/libkgen_runtime.a -lm -ldl -lpthread -o %t
// RUN: %t

func.func @variant(%q: memref<?x4x?x32xf32>, %k: memref<?x2x?x32xf32>, %v: memref<?x2x?x16xf32>,
                   %o: memref<?x4x?x16xf32>, %lse: memref<?x4x?xf32>) {
  attention.forward %q, %k, %v scale 0.5 mods [#attention.softcap<cap = 3.0>, #attention.causal]
      outs(%o, %lse : memref<?x4x?x16xf32>, memref<?x4x?xf32>)
      : (memref<?x4x?x32xf32>, memref<?x2x?x32xf32>, memref<?x2x?x16xf32>) -> ()
  return
}

// Writes numbers in [-1, 1] that differ from element to element.
func.func @wave(%t: memref<?xf32>, %count: index, %rate: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %n = %c0 to %count step %c1 {
    %ni = arith.index_cast %n : index to i32
    %nf = arith.sitofp %ni : i32 to f32
    %angle = arith.mulf %nf, %rate : f32
    %w = math.sin %angle : f32
    memref.store %w, %t[%n] : memref<?xf32>
  }
  return
}

// Score after scale and soft cap.
func.func @score(%q: memref<?x4x?x32xf32>, %k: memref<?x2x?x32xf32>, %b: index, %h: index, %i: index, %j: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.5 : f32
  %cap = arith.constant 3.0 : f32
  %hk = arith.divui %h, %c2 : index
  %dot = scf.for %d = %c0 to %c32 step %c1 iter_args(%sum = %zero) -> f32 {
    %x = memref.load %q[%b, %h, %i, %d] : memref<?x4x?x32xf32>
    %y = memref.load %k[%b, %hk, %j, %d] : memref<?x2x?x32xf32>
    %xy = arith.mulf %x, %y : f32
    %next = arith.addf %sum, %xy : f32
    scf.yield %next : f32
  }
  %s = arith.mulf %dot, %scale : f32
  %part = arith.divf %s, %cap : f32
  %bent = math.tanh %part : f32
  %r = arith.mulf %bent, %cap : f32
  return %r : f32
}

// Sum over the keys up to i of exp(score), and of exp(score) times V's column d.
func.func @sums(%q: memref<?x4x?x32xf32>, %k: memref<?x2x?x32xf32>, %v: memref<?x2x?x16xf32>,
                %b: index, %h: index, %i: index, %d: index) -> (f32, f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %hk = arith.divui %h, %c2 : index
  %end = arith.addi %i, %c1 : index
  %sums:2 = scf.for %j = %c0 to %end step %c1 iter_args(%weights = %zero, %values = %zero) -> (f32, f32) {
    %s = func.call @score(%q, %k, %b, %h, %i, %j)
        : (memref<?x4x?x32xf32>, memref<?x2x?x32xf32>, index, index, index, index) -> f32
    %e = math.exp %s : f32
    %x = memref.load %v[%b, %hk, %j, %d] : memref<?x2x?x16xf32>
    %ex = arith.mulf %e, %x : f32
    %w = arith.addf %weights, %e : f32
    %y = arith.addf %values, %ex : f32
    scf.yield %w, %y : f32, f32
  }
  return %sums#0, %sums#1 : f32, f32
}

// The largest difference of O and LSE from the definition.
func.func @worst(%batch: index, %length: index, %q: memref<?x4x?x32xf32>, %k: memref<?x2x?x32xf32>,
                 %v: memref<?x2x?x16xf32>, %o: memref<?x4x?x16xf32>, %lse: memref<?x4x?xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %worst = scf.for %b = %c0 to %batch step %c1 iter_args(%wb = %zero) -> f32 {
    %of_batch = scf.for %h = %c0 to %c4 step %c1 iter_args(%wh = %wb) -> f32 {
      %of_head = scf.for %i = %c0 to %length step %c1 iter_args(%wi = %wh) -> f32 {
        %of_row = scf.for %d = %c0 to %c16 step %c1 iter_args(%wd = %wi) -> f32 {
          %sums:2 = func.call @sums(%q, %k, %v, %b, %h, %i, %d)
              : (memref<?x4x?x32xf32>, memref<?x2x?x32xf32>, memref<?x2x?x16xf32>, index, index, index, index) -> (f32, f32)
          %want = arith.divf %sums#1, %sums#0 : f32
          %got = memref.load %o[%b, %h, %i, %d] : memref<?x4x?x16xf32>
          %difference = arith.subf %want, %got : f32
          %size = math.absf %difference : f32
          %want_lse = math.log %sums#0 : f32
          %got_lse = memref.load %lse[%b, %h, %i] : memref<?x4x?xf32>
          %difference_lse = arith.subf %want_lse, %got_lse : f32
          %size_lse = math.absf %difference_lse : f32
          %either = arith.maximumf %size, %size_lse : f32
          %larger = arith.maximumf %wd, %either : f32
          scf.yield %larger : f32
        }
        scf.yield %of_row : f32
      }
      scf.yield %of_head : f32
    }
    scf.yield %of_batch : f32
  }
  return %worst : f32
}

// Runs the variant at one size; true if it agrees. A NaN is no agreement.
func.func @agrees(%batch: index, %length: index) -> i1 {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %rows = arith.muli %batch, %length : index
  %q_rows = arith.muli %rows, %c4 : index
  %k_rows = arith.muli %rows, %c2 : index
  %q_count = arith.muli %q_rows, %c32 : index
  %k_count = arith.muli %k_rows, %c32 : index
  %v_count = arith.muli %k_rows, %c16 : index
  %rate_q = arith.constant 0.37 : f32
  %rate_k = arith.constant 0.73 : f32
  %rate_v = arith.constant 1.19 : f32
  %q = memref.alloc(%batch, %length) : memref<?x4x?x32xf32>
  %k = memref.alloc(%batch, %length) : memref<?x2x?x32xf32>
  %v = memref.alloc(%batch, %length) : memref<?x2x?x16xf32>
  %o = memref.alloc(%batch, %length) : memref<?x4x?x16xf32>
  %lse = memref.alloc(%batch, %length) : memref<?x4x?xf32>
  %q_flat = memref.reinterpret_cast %q to offset: [0], sizes: [%q_count], strides: [1] : memref<?x4x?x32xf32> to memref<?xf32>
  %k_flat = memref.reinterpret_cast %k to offset: [0], sizes: [%k_count], strides: [1] : memref<?x2x?x32xf32> to memref<?xf32>
  %v_flat = memref.reinterpret_cast %v to offset: [0], sizes: [%v_count], strides: [1] : memref<?x2x?x16xf32> to memref<?xf32>
  call @wave(%q_flat, %q_count, %rate_q) : (memref<?xf32>, index, f32) -> ()
  call @wave(%k_flat, %k_count, %rate_k) : (memref<?xf32>, index, f32) -> ()
  call @wave(%v_flat, %v_count, %rate_v) : (memref<?xf32>, index, f32) -> ()
  call @variant(%q, %k, %v, %o, %lse) : (memref<?x4x?x32xf32>, memref<?x2x?x32xf32>, memref<?x2x?x16xf32>,
                                         memref<?x4x?x16xf32>, memref<?x4x?xf32>) -> ()
  %worst = call @worst(%batch, %length, %q, %k, %v, %o, %lse)
      : (index, index, memref<?x4x?x32xf32>, memref<?x2x?x32xf32>, memref<?x2x?x16xf32>, memref<?x4x?x16xf32>, memref<?x4x?xf32>) -> f32
  %tolerance = arith.constant 1.0e-4 : f32
  %agrees = arith.cmpf olt, %worst, %tolerance : f32
  return %agrees : i1
}

func.func @main() -> i32 {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c33 = arith.constant 33 : index
  %c70 = arith.constant 70 : index
  %small = call @agrees(%c2, %c33) : (index, index) -> i1
  %large = call @agrees(%c1, %c70) : (index, index) -> i1
  %both = arith.andi %small, %large : i1
  %fails = arith.constant 1 : i32
  %succeeds = arith.constant 0 : i32
  %status = arith.select %both, %succeeds, %fails : i32
  return %status : i32
}
