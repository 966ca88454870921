import CKernels

/// y = f(x W^T + b) + r in bfloat16: operands and what only products read stay bfloat16, sums and
/// the residual r are float32. Bias, activation, residual and rounding are done to each tile of the
/// product while it is in the first-level cache. `Tensor.linear` composes the same from the rows
/// for real numbers, which is what it is tested against.
struct FusedLinear: Primitive {
    let hasBias: Bool
    let hasResidual: Bool
    let activation: Unary.Function?
    /// float32 or bfloat16.
    let output: DType
    /// Whether somebody will want a derivative: the activation's slopes are kept.
    let isRecorded: Bool
    /// Where the weight's packed form is kept, for weights that do not change.
    let cache: (weights: PackedWeights, leaf: Leaf)?
    var name: String { "fused linear" }
    var placesGradients: Set<Int> { [1] }

    func forward(_ x: [Tensor]) -> Evaluation {
        let (weight, device) = (x[1], x[1].device)
        let input = Self.halves(x[0])
        let (m, outWidth, inWidth) = (input.shape[0], weight.shape[0], weight.shape[1])
        let shape = Shape(Array(x[0].shape.dropLast()) + [outWidth])
        let bias = hasBias ? x[2].packed() : nil
        let residual = hasResidual ? x[x.count - 1].packed() : nil
        precondition(
            weight.rank == 2 && input.shape[1] == inWidth
                && (weight.dtype == .float32 || (weight.dtype == .bfloat16 && !isRecorded))
                && (bias.map { $0.shape == [outWidth] && $0.dtype == .float32 } ?? true)
                && (residual.map { $0.shape == shape && $0.dtype == .float32 } ?? true)
                && (output == .float32 || (output == .bfloat16 && residual == nil)),
            "\(name): \(x[0].dtype) \(x[0].shape) with weight \(weight.dtype) \(weight.shape)")
        let out = Tensor(uninitialized: shape, output, on: device)
        let slopes =
            activation != nil && isRecorded
            ? Tensor(uninitialized: [m, outWidth], .bfloat16, on: device) : nil
        let engine = ProductEngine(device: device, arithmetic: .bfloat16)
        let right = weight.matrix(transposed: true)
        let packed =
            cache.map {
                $0.weights.packed($0.leaf, from: weight.storage) {
                    engine.packRight(right, k: inWidth, n: outWidth, releasing: weight.storage)
                }
            }
        let finish = MartletFinish(
            c_is_bf16: output == .bfloat16, activation: activation?.rawValue ?? -1,
            slopes: slopes?.pointer(UInt16.self), slopes_stride: outWidth,
            residual: residual.map { UnsafePointer($0.f32) }, residual_stride: outWidth)
        engine.multiply(
            m: m, n: outWidth, k: inWidth, input.matrix(), right, packed: packed, into: out.raw,
            cStride: outWidth, bias: bias.map { UnsafeRawPointer($0.raw) }, finish: finish)
        return Evaluation(output: out, kept: [input, weight] + (slopes.map { [$0] } ?? []))
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (input, weight) = (saved.kept[0], saved.kept[1])
        let device = weight.device
        let (m, outWidth, inWidth) = (input.shape[0], weight.shape[0], weight.shape[1])
        var dz = Self.halves(dy)
        if activation != nil { dz = HalfProduct.multiply(dz.packed(), saved.kept[2]) }
        let engine = ProductEngine(device: device, arithmetic: .bfloat16)
        var result: [Tensor?] = Array(repeating: nil, count: needs.count)
        if needs[0] {
            let type = saved.inputTypes[0]
            let dx = Tensor(uninitialized: saved.inputShapes[0], type, on: device)
            engine.multiply(
                m: m, n: inWidth, k: outWidth, dz.matrix(), weight.matrix(), into: dx.raw,
                cStride: inWidth,
                finish: MartletFinish(
                    c_is_bf16: type == .bfloat16, activation: -1, slopes: nil, slopes_stride: 0,
                    residual: nil, residual_stride: 0))
            result[0] = dx
        }
        if needs[1] {
            result[1] = weightGradient(engine, saved.destination(1), weight.shape) {
                gradient, adds in
                engine.multiply(
                    m: outWidth, n: inWidth, k: m, dz.matrix(transposed: true), input.matrix(),
                    into: gradient.raw, cStride: inWidth, accumulate: adds)
            }
        }
        if hasBias, needs[2] { result[2] = Self.columnSums(dz) }
        if hasResidual { result[needs.count - 1] = dy }
        return result
    }

    /// All axes but the last as one, bfloat16, rows without gaps inside.
    static func halves(_ t: Tensor) -> Tensor {
        let width = t.shape[t.rank - 1]
        let merged = t.cast(to: .bfloat16).reshaped([t.count / max(width, 1), width])
        return merged.strides[1] == 1 ? merged : merged.packed()
    }

    /// Sums over rows in float32: rows in blocks of a fixed size, blocks in order.
    private static func columnSums(_ x: Tensor) -> Tensor {
        let (rows, columns) = (x.shape[0], x.shape[1])
        let block = 256
        let partial = Tensor.zeros(
            [max(1, (rows + block - 1) / block), columns], .float32, on: x.device)
        let kernels = x.device.kernels
        x.device.parallel(rows, grain: block) { range in
            kernels.sum_rows_bf16(
                x.pointer(UInt16.self) + range.lowerBound * x.strides[0], range.count, columns,
                x.strides[0], partial.f32 + range.lowerBound / block * columns)
        }
        return partial.sum([0])
    }
}

extension Device {
    /// What products read on this device when they are given `dtype`: bfloat16 instead of float32
    /// where that is the precision. Layers whose output only products read make it this.
    public func operandType(for dtype: DType) -> DType {
        dtype == .float32 && precision == .bfloat16 ? .bfloat16 : dtype
    }
}
