//===- HopperProduct.cpp - Products of warpgroups -------------------------===//
//
// wgmma.mma_async.m64nNk16, its accumulators in registers. The left operand is
// Q or P, in shared memory or registers, the right one K or V in shared memory;
// V is stored key by key, "MN-major", and not transposed.
//
// The instruction runs after it is issued, on registers that LLVM and ptxas
// think are theirs. So everything in flight goes through the wait that ends the
// flight (tied operands): what is used after it cannot be used before it, and
// what it reads is not overwritten.
//
//===----------------------------------------------------------------------===//

#include "Hopper.h"

#include "kgen/Target/Common/InlineAssembly.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;

namespace kgen::nvvm {
namespace {

/// Inline assembly with results of type f32 or i32, one after the other.
class Assembly {
public:
  explicit Assembly(ImplicitLocOpBuilder &builder) : b(builder) {}

  /// A register that is read and written; its operand number.
  void inout(Value value) {
    tied.push_back(value);
    types.push_back(value.getType());
  }
  void input(Value value) { inputs.push_back(value); }

  SmallVector<Value> emit(const Twine &text) {
    std::string constraints;
    auto add = [&](const Twine &one) {
      constraints += (constraints.empty() ? "" : ",") + one.str();
    };
    for (Value value : tied)
      add(Twine("=") + letter(value));
    for (size_t index = 0; index < tied.size(); ++index)
      add(Twine(index));
    for (Value value : inputs)
      add(letter(value));
    SmallVector<Value> operands(tied);
    llvm::append_range(operands, inputs);
    Value result =
        inlineAssembly(b, resultType(), operands, text.str(), constraints);
    if (types.size() == 1)
      return {result};
    SmallVector<Value> values;
    for (size_t index = 0; index < types.size(); ++index)
      values.push_back(LLVM::ExtractValueOp::create(b, result, index));
    return values;
  }

private:
  /// Null for none.
  Type resultType() const {
    if (types.size() > 1)
      return LLVM::LLVMStructType::getLiteral(b.getContext(), types);
    return types.empty() ? Type() : types.front();
  }

  static const char *letter(Value value) {
    Type type = value.getType();
    return type.isF32() ? "f" : type.isInteger(64) ? "l" : type.isInteger(1) ? "b" : "r";
  }

  ImplicitLocOpBuilder &b;
  SmallVector<Value> tied, inputs;
  SmallVector<Type> types;
};

/// Descriptor of a tile at `pointer`; slices are added to it.
Value makeDescriptor(ImplicitLocOpBuilder &b, Value pointer, uint64_t bits) {
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), pointer);
  LaneExpr units = (LaneExpr(b, address) & kDescriptorAddressMask) >> 4;
  Value wide = arith::ExtUIOp::create(b, b.getI64Type(), units.value());
  Value rest = arith::ConstantIntOp::create(b, b.getI64Type(),
                                            static_cast<int64_t>(bits));
  return arith::OrIOp::create(b, wide, rest);
}

Value addBytes(ImplicitLocOpBuilder &b, Value descriptor, int64_t bytes) {
  if (bytes == 0)
    return descriptor;
  Value units = arith::ConstantIntOp::create(b, b.getI64Type(), bytes >> 4);
  return arith::AddIOp::create(b, descriptor, units);
}

/// Issues one tile.dot.
class WarpgroupProduct {
public:
  WarpgroupProduct(ImplicitLocOpBuilder &builder, const KernelShape &shape,
                   tile::DotOp op, ValueRange lhs, Value rhs, ValueRange acc,
                   ValueRange ramp, Value columns)
      : b(builder), shape(shape), op(op),
        rhsTile(panelTile(op.getRhs().getType())),
        cols(op.getResult().getType().getCols()) {
    tile::ViewType right = op.getRhs().getType();
    transposed = op.getTransposeRhs();
    steps = (transposed ? right.getCols() : right.getRows()) / kWgmmaDepth;
    rhsDescriptor = makeDescriptor(b, rhs,
                                   transposed ? columnSliceDescriptor()
                                              : rowSliceDescriptor(rhsTile));
    if (auto view = dyn_cast<tile::ViewType>(op.getLhs().getType())) {
      lhsTile = panelTile(view);
      LaneExpr rows =
          groupIndex(b, shape) * (kGroupRows * kSwizzleBytes);
      lhsDescriptor = makeDescriptor(b, offsetPointer(b, lhs.front(), rows.value()),
                                     columnSliceDescriptor());
    } else {
      fragments.assign(lhs.begin(), lhs.end());
    }
    rampFragment.assign(ramp.begin(), ramp.end());
    if (columns)
      columnsDescriptor = makeDescriptor(b, columns, rampDescriptor());
    sums.assign(acc.begin(), acc.end());
    hasSums = accumulates = !acc.empty();
    if (!accumulates)
      sums.assign(cols / 2, LLVM::PoisonOp::create(b, b.getF32Type()));
  }

  SmallVector<Value> issue() {
    fence();
    if (!rampFragment.empty())
      startFromRamp();
    if (columnsDescriptor)
      startFromColumns();
    for (int64_t step = 0; step < steps; ++step)
      multiply(step);
    NVVM::WgmmaGroupSyncAlignedOp::create(b);
    return std::move(sums);
  }

private:
  /// Orders earlier accesses to the accumulators before the products. They go
  /// through it: a copy that LLVM needs for one (two of them start as the same
  /// value) then stands before the fence.
  void fence() {
    Assembly assembly(b);
    if (accumulates)
      for (Value sum : sums)
        assembly.inout(sum);
    SmallVector<Value> fenced = assembly.emit("wgmma.fence.sync.aligned;");
    if (accumulates)
      sums = std::move(fenced);
  }

  void multiply(int64_t step) {
    Assembly assembly(b);
    for (Value sum : sums)
      assembly.inout(sum);
    std::string left;
    size_t next = 2 * sums.size(); // operands are numbered results first
    if (lhsDescriptor) {
      assembly.input(addBytes(b, lhsDescriptor, lhsTile->columnSlice(step)));
      left = "$" + std::to_string(next++);
    } else {
      left =
          addFragment(assembly, ArrayRef(fragments).slice(step * 4, 4), next);
    }
    assembly.input(addBytes(b, rhsDescriptor,
                            transposed ? rhsTile.columnSlice(step)
                                       : rhsTile.rowSlice(step)));
    bool isBf16 = op.getRhs().getType().getElementType().isBF16();
    std::string options = lhsDescriptor ? ", 0" : ""; // left: not transposed
    options += transposed ? ", 0" : ", 1";
    emit(assembly, isBf16 ? "bf16" : "f16", left + ", $" + std::to_string(next),
         options);
  }

  /// The step that the product starts from (HopperStart.cpp). Steps of one
  /// product may differ in element type: accumulators are the same.
  void startFromRamp() {
    Assembly assembly(b);
    for (Value sum : sums)
      assembly.inout(sum);
    size_t next = 2 * sums.size();
    std::string left = addFragment(assembly, rampFragment, next);
    assembly.input(constantOperand());
    emit(assembly, "bf16", left + ", $" + std::to_string(next), ", 0");
  }

  /// The same for columns: ones times what was staged (HopperColumns.cpp).
  void startFromColumns() {
    Assembly assembly(b);
    for (Value sum : sums)
      assembly.inout(sum);
    size_t next = 2 * sums.size();
    assembly.input(constantOperand());
    assembly.input(columnsDescriptor);
    emit(assembly, "bf16",
         "$" + std::to_string(next) + ", $" + std::to_string(next + 1),
         ", 0, 0");
  }

  /// What writeStartConstants wrote for the product.
  Value constantOperand() {
    Value start = sharedPointer(
        b, op->getAttrOfType<IntegerAttr>(kConstantAttr).getInt());
    return makeDescriptor(b, start, rampDescriptor());
  }

  /// "{$8, $9, $10, $11}", numbered from `next` on.
  static std::string addFragment(Assembly &assembly, ArrayRef<Value> fragment,
                                 size_t &next) {
    std::string text;
    for (Value value : fragment) {
      assembly.input(value);
      text += (text.empty() ? "{$" : ", $") + std::to_string(next++);
    }
    return text + "}";
  }

  void emit(Assembly &assembly, const std::string &type,
            const std::string &operands, const std::string &options) {
    std::string registers;
    for (size_t index = 0; index < sums.size(); ++index)
      registers += (index ? ", $" : "$") + std::to_string(index);
    // Without an accumulator the first product overwrites (scale-d = 0).
    std::string scale = std::exchange(hasSums, true) ? "1" : "0";
    sums = assembly.emit("{ .reg .pred p; setp.ne.b32 p, " + scale +
                         ", 0; wgmma.mma_async.sync.aligned.m64n" +
                         std::to_string(cols) + "k16.f32." + type + "." + type +
                         " {" + registers + "}, " + operands + ", p, 1, 1" +
                         options + "; }");
  }

  ImplicitLocOpBuilder &b;
  KernelShape shape;
  tile::DotOp op;
  PanelTile rhsTile;
  std::optional<PanelTile> lhsTile;
  int64_t cols, steps = 0;
  bool transposed = false, accumulates = false;
  Value lhsDescriptor, rhsDescriptor, columnsDescriptor;
  SmallVector<Value> fragments, rampFragment, sums;
  bool hasSums = false; ///< the next step adds to them
};

/// Waits until at most `pending` groups of products are in flight; the values
/// come out of the wait. What the products only `read` keeps its registers until
/// then, and may be used by others in the meantime.
SmallVector<Value> waitFor(ImplicitLocOpBuilder &b, ArrayRef<Value> values,
                           int64_t pending, ValueRange read = {}) {
  Assembly assembly(b);
  for (Value value : values)
    assembly.inout(value);
  for (Value value : read)
    assembly.input(value);
  return assembly.emit("wgmma.wait_group.sync.aligned " + Twine(pending) + ";");
}

struct ConvertDot : TilePattern<tile::DotOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::DotOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    ValueRange acc;
    if (op.getAcc())
      acc = adaptor.getAcc();
    ValueRange ramp;
    if (op.getRamp())
      ramp = adaptor.getRamp();
    Value columns;
    if (op.getColumns())
      columns = adaptor.getColumns().front();
    if (op->hasAttr(kPublishAttr))
      publishStaged(b, shape);
    SmallVector<Value> sums =
        WarpgroupProduct(b, shape, op, adaptor.getLhs(),
                         adaptor.getRhs().front(), acc, ramp, columns)
            .issue();
    if (!op.getAsync()) {
      SmallVector<Value> read(ramp);
      if (isa<tile::MatrixType>(op.getLhs().getType()))
        llvm::append_range(read, adaptor.getLhs());
      sums = waitFor(b, sums, /*pending=*/0, read);
    }
    rewriter.replaceOpWithMultiple(op, {sums});
    return success();
  }
};

/// ptxas moves a wait above arithmetic that does not depend on it, which ends
/// the overlap. A store that never happens but needs what was computed keeps it
/// in its place. (Data-dependent branches do too, but serialise the products.)
void computeFirst(ImplicitLocOpBuilder &b, ValueRange values,
                  int64_t scratch) {
  if (values.empty())
    return;
  Value total = values.front();
  for (Value value : values.drop_front())
    total = arith::AddFOp::create(b, total, value);
  Value zero = LLVM::ConstantOp::create(b, b.getF32FloatAttr(0.0f));
  Value never =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, total, zero);
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(),
                                           sharedPointer(b, scratch));
  Assembly assembly(b);
  assembly.input(address);
  assembly.input(never);
  assembly.input(total);
  (void)assembly.emit("@$1 st.shared.f32 [$0], $2;");
}

/// LLVM joins the rescaling of O in the loop with that behind it and puts both
/// before the loop's condition, where no product runs.
struct ConvertPin : TilePattern<tile::PinOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::PinOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Assembly assembly(b);
    for (Value value : adaptor.getInput())
      assembly.inout(value);
    SmallVector<Value> results = assembly.emit("");
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct ConvertAwait : TilePattern<tile::AwaitOp> {
  using TilePattern::TilePattern;
  LogicalResult
  matchAndRewrite(tile::AwaitOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    for (ValueRange values : adaptor.getAfter())
      computeFirst(b, values,
                   op->getAttrOfType<IntegerAttr>(kScratchAttr).getInt());
    SmallVector<Value> inFlight;
    for (ValueRange values : adaptor.getMatrices())
      llvm::append_range(inFlight, values);
    SmallVector<Value> arrived = waitFor(b, inFlight, op.getPending());
    SmallVector<SmallVector<Value>> results;
    ArrayRef<Value> rest = arrived;
    for (ValueRange values : adaptor.getMatrices()) {
      results.emplace_back(rest.take_front(values.size()));
      rest = rest.drop_front(values.size());
    }
    rewriter.replaceOpWithMultiple(op, std::move(results));
    return success();
  }
};

} // namespace

void populateWgmmaPatterns(const FragmentConverter &converter,
                           RewritePatternSet &patterns) {
  patterns.add<ConvertDot, ConvertAwait, ConvertPin>(converter, patterns.getContext());
}

} // namespace kgen::nvvm
