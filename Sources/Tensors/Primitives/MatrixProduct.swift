import CKernels

/// C = A B over the last two axes, the axes before broadcast against each other.
struct MatrixProduct: Primitive {
    var name: String { "matmul" }

    func forward(_ x: [Tensor]) -> Evaluation {
        Evaluation(output: Self.evaluate(x[0], x[1]), kept: x)
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (a, b) = (saved.kept[0], saved.kept[1])
        return [
            needs[0] ? Self.evaluate(dy, b.transposed(-1, -2)).summed(to: a.shape) : nil,
            needs[1] ? Self.evaluate(a.transposed(-1, -2), dy).summed(to: b.shape) : nil,
        ]
    }

    static func evaluate(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(
            a.rank >= 2 && b.rank >= 2 && a.shape[a.rank - 1] == b.shape[b.rank - 2]
                && a.dtype == b.dtype,
            "matmul: \(a.dtype) \(a.shape) times \(b.dtype) \(b.shape)")
        let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
        guard
            let batch = Shape.broadcast(Shape(a.shape.dropLast(2)), Shape(b.shape.dropLast(2)))
        else {
            preconditionFailure("matmul: batches of \(a.shape) and \(b.shape) do not broadcast")
        }
        let left = a.broadcast(to: Shape(Array(batch) + [m, k]))
        let right = b.broadcast(to: Shape(Array(batch) + [k, n]))
        let dtype: DType = a.dtype == .bfloat16 ? .float32 : a.dtype
        let out = Tensor(uninitialized: Shape(Array(batch) + [m, n]), dtype, on: a.device)
        let engine = ProductEngine(device: a.device, arithmetic: a.productArithmetic)
        for index in 0..<batch.elementCount {
            engine.multiply(
                m: m, n: n, k: k, left.matrix(index), right.matrix(index),
                into: out.raw + index * m * n * dtype.byteWidth, cStride: n)
        }
        return dtype == a.dtype ? out : out.cast(to: a.dtype)
    }
}

/// y = x W^T + b, the weight stored [out, in]: one product over all rows, bias added in registers.
struct LinearMap: Primitive {
    let hasBias: Bool
    /// Where the weight's packed form is kept, for weights that do not change.
    let cache: (weights: PackedWeights, leaf: Leaf)?
    var name: String { "linear" }
    var placesGradients: Set<Int> { [1] }

    func forward(_ x: [Tensor]) -> Evaluation {
        let weight = x[1]
        let input = rows(x[0])
        let (outWidth, inWidth) = (weight.shape[0], weight.shape[1])
        precondition(
            weight.rank == 2 && input.shape[1] == inWidth && weight.dtype == x[0].dtype
                && (!hasBias || x[2].shape == [outWidth]),
            "linear: \(x[0].dtype) \(x[0].shape) with weight \(weight.dtype) \(weight.shape)")
        let m = input.shape[0]
        let out = Tensor(
            uninitialized: Shape(Array(x[0].shape.dropLast()) + [outWidth]), x[0].dtype,
            on: weight.device)
        let engine = ProductEngine(device: weight.device, arithmetic: weight.productArithmetic)
        let right = weight.matrix(transposed: true)
        let bias = hasBias ? x[2].packed() : nil
        let packed =
            cache.map { cache in
                cache.weights.packed(cache.leaf, from: weight.storage) {
                    engine.packRight(
                        right, k: inWidth, n: outWidth, releasing: weight.storage)
                }
            }
        engine.multiply(
            m: m, n: outWidth, k: inWidth, input.matrix(), right, packed: packed, into: out.raw,
            cStride: outWidth, bias: bias.map { UnsafeRawPointer($0.raw) })
        return Evaluation(output: out, kept: [input, weight])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (input, weight) = (saved.kept[0], saved.kept[1])
        let dy = rows(dy)
        let (m, outWidth, inWidth) = (dy.shape[0], weight.shape[0], weight.shape[1])
        let engine = ProductEngine(device: weight.device, arithmetic: weight.productArithmetic)
        var result: [Tensor?] = [nil, nil, nil]
        if needs[0] {
            let dx = Tensor(uninitialized: [m, inWidth], weight.dtype, on: weight.device)
            engine.multiply(
                m: m, n: inWidth, k: outWidth, dy.matrix(), weight.matrix(), into: dx.raw,
                cStride: inWidth)
            result[0] = dx.reshaped(saved.inputShapes[0])
        }
        if needs[1] {
            result[1] = weightGradient(engine, saved.destination(1), weight.shape) {
                gradient, adds in
                engine.multiply(
                    m: outWidth, n: inWidth, k: m, dy.matrix(transposed: true), input.matrix(),
                    into: gradient.raw, cStride: inWidth, accumulate: adds)
            }
        }
        if hasBias, needs[2] { result[2] = dy.sum([0]) }
        return Array(result.prefix(needs.count))
    }

    /// All axes but the last as one.
    private func rows(_ t: Tensor) -> Tensor {
        let width = t.shape[t.rank - 1]
        let merged = t.reshaped([t.count / max(width, 1), width])
        return merged.strides[1] == 1 ? merged : merged.packed()
    }
}

/// Has `write` add a weight's gradient to what is held of it where there is something (nil is
/// returned then), or compute it into a tensor of its own.
func weightGradient(
    _ engine: ProductEngine, _ destination: Tensor?, _ shape: Shape,
    _ write: (_ gradient: Tensor, _ adds: Bool) -> Void
) -> Tensor? {
    let dtype: DType = engine.arithmetic == .float64 ? .float64 : .float32
    if let destination, destination.dtype == dtype {
        write(destination, true)
        return nil
    }
    let gradient = Tensor(uninitialized: shape, dtype, on: engine.device)
    write(gradient, false)
    return gradient
}

extension Tensor {
    /// Matrix product over the last two axes; axes before them broadcast.
    public func matmul(_ other: Tensor) -> Tensor { Tensor.apply(MatrixProduct(), [self, other]) }

    /// f(x W^T + b) + residual over the last axis, `weight` being [out, in].
    ///
    /// - Parameters:
    ///   - activation: what is done to the sums, if anything
    ///   - residual: what is added at the end, in the shape of the result
    ///   - output: the element type of the result; nil is float32 for products in bfloat16, and
    ///     this tensor's type otherwise
    public func linear(
        _ weight: Tensor, bias: Tensor? = nil, activation: Activation? = nil,
        residual: Tensor? = nil, output: DType? = nil
    ) -> Tensor {
        linear(
            weight, bias: bias, activation: activation, residual: residual, output: output,
            cache: nil)
    }

    /// The same, keeping the packed weight in `cache` for the next call.
    package func linear(
        _ weight: Tensor, bias: Tensor?, activation: Activation?, residual: Tensor?,
        output: DType?, cache: (weights: PackedWeights, leaf: Leaf)?
    ) -> Tensor {
        let operands = [self, weight] + [bias, residual].compactMap { $0 }
        let isHalf = dtype == .bfloat16 || dtype == .float32
        // A weight that never changes may be bfloat16 itself: products read it so anyway.
        let fits = weight.dtype == .float32 || (weight.dtype == .bfloat16 && cache != nil)
        if device.precision == .bfloat16, isHalf, fits {
            // The residual is float32, and so is a sum with it.
            let output = output ?? .float32
            let isRounded = output == .bfloat16 && residual == nil
            let fused = FusedLinear(
                hasBias: bias != nil, hasResidual: residual != nil,
                activation: activation?.function, output: isRounded ? .bfloat16 : .float32,
                isRecorded: operands.contains { $0.isTracked }, cache: cache)
            return Tensor.apply(fused, operands).cast(to: output)
        }
        if dtype.isHalf {
            return cast(to: .float32).linear(
                weight.cast(to: .float32), bias: bias?.cast(to: .float32), activation: activation,
                residual: residual?.cast(to: .float32), output: nil, cache: cache
            ).cast(to: output ?? dtype)
        }
        var y = Tensor.apply(
            LinearMap(hasBias: bias != nil, cache: cache),
            [self, weight] + (bias.map { [$0] } ?? []))
        if let activation { y = activation(y) }
        if let residual { y = residual + y }
        return y.cast(to: output ?? dtype)
    }
}
