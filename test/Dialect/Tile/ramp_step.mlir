// Products that start from a ramp, which the matrix unit adds.
// RUN: split-file %s %t
// RUN: kgen-opt %t/valid.mlir | kgen-opt | FileCheck %t/valid.mlir
// RUN: kgen-opt %t/valid.mlir --mlir-print-op-generic | kgen-opt | FileCheck %t/valid.mlir
// RUN: kgen-opt %t/invalid.mlir --split-input-file --verify-diagnostics

//--- valid.mlir
// CHECK-LABEL: func.func @ramp
// CHECK:         %[[SLOPES:.+]] = tile.pin %{{.+}} : !tile.matrix<64x16xbf16, operand>
// CHECK:         tile.dot %{{.+}}, %{{.+}} ramp %[[SLOPES]] from -128 transpose_rhs async : !tile.view<64x64xf16>, <256x64xf16> -> <64x256xf32, accumulator>
func.func @ramp(%q: !tile.view<64x64xf16>, %k: !tile.view<256x64xf16>, %a: !tile.matrix<64x16xbf16, operand>) {
  %slopes = tile.pin %a : !tile.matrix<64x16xbf16, operand>
  %s = tile.dot %q, %k ramp %slopes from -128 transpose_rhs async : !tile.view<64x64xf16>, !tile.view<256x64xf16> -> !tile.matrix<64x256xf32, accumulator>
  return
}

//--- invalid.mlir
func.func @two_starts(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %a: !tile.matrix<64x16xbf16, operand>, %c: !tile.matrix<64x32xf32, accumulator>) {
  // expected-error @below {{[KG1103] starts from more than one of an accumulator, a ramp and columns}}
  %s = tile.dot %q, %k acc %c ramp %a from -16 transpose_rhs : !tile.view<64x64xbf16>, !tile.view<32x64xbf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}

// -----

func.func @no_first(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %a: !tile.matrix<64x16xbf16, operand>) {
  // expected-error @below {{[KG1103] expected a ramp and its first column}}
  %s = "tile.dot"(%q, %k, %a) <{operandSegmentSizes = array<i32: 1, 1, 0, 1, 0>, transpose_rhs}> : (!tile.view<64x64xbf16>, !tile.view<32x64xbf16>, !tile.matrix<64x16xbf16, operand>) -> !tile.matrix<64x32xf32, accumulator>
  return
}

// -----

func.func @beyond_bf16(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %a: !tile.matrix<64x16xbf16, operand>) {
  // expected-error @below {{[KG1103] expected columns of a ramp from -256 to 256, got 32 from 226}}
  %s = tile.dot %q, %k ramp %a from 226 transpose_rhs : !tile.view<64x64xbf16>, !tile.view<32x64xbf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}

// -----

// expected-note @below {{prior use here}}
func.func @columns(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %a: !tile.matrix<64x32xbf16, operand>) {
  // expected-error @below {{expects different type than prior uses}}
  %s = tile.dot %q, %k ramp %a from 0 transpose_rhs : !tile.view<64x64xbf16>, !tile.view<32x64xbf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}
