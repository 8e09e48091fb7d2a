// Columns that a product starts from, staged by its warpgroup.
// RUN: split-file %s %t
// RUN: kgen-opt %t/valid.mlir | kgen-opt | FileCheck %s
// RUN: kgen-opt %t/invalid.mlir --split-input-file --verify-diagnostics

//--- valid.mlir
// CHECK-LABEL: func.func @columns
// CHECK:         tile.stage_columns %{{.+}} at %{{.+}} from %{{.+}} : <2x32x1xf32> {
// CHECK-NEXT:    ^bb0(%{{.+}}: index):
// CHECK:         tile.publish_columns %{{.+}} at %{{.+}} : <2x32x1xf32>
// CHECK:         %[[VIEW:.+]] = tile.receive %{{.+}} at %{{.+}} : <2x32x1xf32>
// CHECK:         tile.dot %{{.+}}, %{{.+}} columns %[[VIEW]] : !tile.view<32x1xf32> transpose_rhs async : !tile.view<64x64xf16>, <32x64xf16> -> <64x32xf32, accumulator>
func.func @columns(%q: !tile.view<64x64xf16>, %k: !tile.view<32x64xf16>, %table: memref<?xf32>, %n: index, %kv0: index) {
  %ring = tile.alloc : !tile.buffer<2x32x1xf32>
  tile.stage_columns %ring at %n from %kv0 : !tile.buffer<2x32x1xf32> {
  ^bb0(%j: index):
    %bias = memref.load %table[%j] : memref<?xf32>
    tile.yield %bias : f32
  }
  tile.publish_columns %ring at %n : !tile.buffer<2x32x1xf32>
  %view = tile.receive %ring at %n : !tile.buffer<2x32x1xf32>
  %s = tile.dot %q, %k columns %view : !tile.view<32x1xf32> transpose_rhs async : !tile.view<64x64xf16>, !tile.view<32x64xf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}

//--- invalid.mlir
func.func @ramp_and_columns(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %a: !tile.matrix<64x16xbf16, operand>, %b: !tile.view<32x1xf32>) {
  // expected-error @below {{[KG1103] starts from more than one of an accumulator, a ramp and columns}}
  %s = tile.dot %q, %k ramp %a from -16 columns %b : !tile.view<32x1xf32> transpose_rhs : !tile.view<64x64xbf16>, !tile.view<32x64xbf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}

// -----

func.func @accumulator_and_columns(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %c: !tile.matrix<64x32xf32, accumulator>, %b: !tile.view<32x1xf32>) {
  // expected-error @below {{[KG1103] starts from more than one of an accumulator, a ramp and columns}}
  %s = tile.dot %q, %k acc %c columns %b : !tile.view<32x1xf32> transpose_rhs : !tile.view<64x64xbf16>, !tile.view<32x64xbf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}

// -----

func.func @fewer(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %b: !tile.view<16x1xf32>) {
  // expected-error @below {{[KG1103] expected 32 columns, got '!tile.view<16x1xf32>'}}
  %s = tile.dot %q, %k columns %b : !tile.view<16x1xf32> transpose_rhs : !tile.view<64x64xbf16>, !tile.view<32x64xbf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}

// -----

func.func @wide(%q: !tile.view<64x64xbf16>, %k: !tile.view<32x64xbf16>, %b: !tile.view<32x2xf32>) {
  // expected-error @below {{[KG1103] expected columns of one f32 each, got '!tile.view<32x2xf32>'}}
  %s = tile.dot %q, %k columns %b : !tile.view<32x2xf32> transpose_rhs : !tile.view<64x64xbf16>, !tile.view<32x64xbf16> -> !tile.matrix<64x32xf32, accumulator>
  return
}

// -----

func.func @three_slots(%n: index) {
  %ring = tile.alloc : !tile.buffer<3x32x1xf32>
  // expected-error @below {{[KG1103] expected two slots, got '!tile.buffer<3x32x1xf32>'}}
  tile.publish_columns %ring at %n : !tile.buffer<3x32x1xf32>
  return
}

// -----

func.func @element(%n: index) {
  %ring = tile.alloc : !tile.buffer<2x32x1xbf16>
  // expected-error @below {{[KG1103] expected columns of one f32 each, got '!tile.buffer<2x32x1xbf16>'}}
  tile.publish_columns %ring at %n : !tile.buffer<2x32x1xbf16>
  return
}

// -----

func.func @body(%n: index, %x: f64) {
  %ring = tile.alloc : !tile.buffer<2x32x1xf32>
  // expected-error @below {{[KG1103] expected the region to yield 'f32'}}
  tile.stage_columns %ring at %n from %n : !tile.buffer<2x32x1xf32> {
  ^bb0(%j: index):
    tile.yield %x : f64
  }
  return
}

// -----

func.func @arguments(%n: index, %x: f32) {
  %ring = tile.alloc : !tile.buffer<2x32x1xf32>
  // expected-error @below {{[KG1103] expected 1 region arguments, got 2}}
  tile.stage_columns %ring at %n from %n : !tile.buffer<2x32x1xf32> {
  ^bb0(%i: index, %j: index):
    tile.yield %x : f32
  }
  return
}
