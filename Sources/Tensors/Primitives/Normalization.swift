import CKernels

/// LayerNorm (Ba et al. 2016) over the last axis, or RMSNorm (Zhang & Sennrich 2019) when not
/// centered: y = (x - mean) / sqrt(variance + epsilon) * weight + bias.
struct Normalize: Primitive {
    let epsilon: Double
    let centered: Bool
    let hasBias: Bool
    /// The element type of the output: the input's, or bfloat16 for a float32 input.
    let output: DType
    var name: String { centered ? "layer norm" : "RMS norm" }

    /// Rows whose weight gradients one worker adds up before blocks are added in order.
    private static let rowsPerBlock = 256

    func forward(_ x: [Tensor]) -> Evaluation {
        let input = x[0].packed()
        input.requireReal(name)
        let weight = x[1].packed()
        let bias = hasBias ? x[2].packed() : nil
        let n = input.shape[input.rank - 1]
        precondition(
            weight.shape == [n] && (bias.map { $0.shape == [n] } ?? true)
                && weight.dtype == input.dtype,
            "\(name): weight \(weight.dtype) \(weight.shape) for \(input.dtype) \(input.shape)")
        let rows = input.count / max(n, 1)
        let device = input.device
        precondition(
            output == input.dtype || (output == .bfloat16 && input.dtype == .float32),
            "\(name): \(output) from \(input.dtype)")
        let y = Tensor(uninitialized: input.shape, output, on: device)
        let mean = Tensor(uninitialized: [rows], input.dtype, on: device)
        let rstd = Tensor(uninitialized: [rows], input.dtype, on: device)
        device.parallel(rows, grain: max(1, elementGrain / max(n, 1))) { range in
            let r = range.lowerBound
            if output == .bfloat16 {
                device.withScratch(Float.self, count: n) { row in
                    device.kernels.norm_bf16(
                        input.f32 + r * n, weight.f32, bias?.f32, Float(epsilon), centered,
                        y.pointer(UInt16.self) + r * n, mean.f32 + r, rstd.f32 + r, range.count, n,
                        row)
                }
            } else if input.dtype == .float32 {
                device.kernels.norm_f32(
                    input.f32 + r * n, weight.f32, bias?.f32, Float(epsilon), centered,
                    y.f32 + r * n, mean.f32 + r, rstd.f32 + r, range.count, n)
            } else {
                device.kernels.norm_f64(
                    input.f64 + r * n, weight.f64, bias?.f64, epsilon, centered, y.f64 + r * n,
                    mean.f64 + r, rstd.f64 + r, range.count, n)
            }
        }
        return Evaluation(output: y, kept: [input, weight, mean, rstd])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (input, weight, mean, rstd) = (
            saved.kept[0], saved.kept[1], saved.kept[2], saved.kept[3]
        )
        let dy = dy.packed()
        let n = input.shape[input.rank - 1]
        let rows = mean.count
        let device = input.device
        let dx = Tensor(uninitialized: input.shape, input.dtype, on: device)
        let block = Self.rowsPerBlock
        let blocks = (rows + block - 1) / block
        // One row of partial sums per block, weight then bias: added in order afterwards.
        let partial = Tensor.zeros([max(blocks, 1), 2 * n], input.dtype, on: device)
        device.parallel(rows, grain: block) { range in
            let r = range.lowerBound
            let at = r / block * 2 * n
            if dy.dtype == .bfloat16 {
                device.withScratch(Float.self, count: n) { row in
                    device.kernels.norm_backward_bf16(
                        input.f32 + r * n, weight.f32, mean.f32 + r, rstd.f32 + r, centered,
                        dy.pointer(UInt16.self) + r * n, dx.f32 + r * n, partial.f32 + at,
                        partial.f32 + at + n, range.count, n, row)
                }
            } else if input.dtype == .float32 {
                device.kernels.norm_backward_f32(
                    input.f32 + r * n, weight.f32, mean.f32 + r, rstd.f32 + r, centered,
                    dy.f32 + r * n, dx.f32 + r * n, partial.f32 + at, partial.f32 + at + n,
                    range.count, n)
            } else {
                device.kernels.norm_backward_f64(
                    input.f64 + r * n, weight.f64, mean.f64 + r, rstd.f64 + r, centered,
                    dy.f64 + r * n, dx.f64 + r * n, partial.f64 + at, partial.f64 + at + n,
                    range.count, n)
            }
        }
        let sums = partial.sum([0])
        let dWeight = sums.sliced(0, 0..<n)
        return hasBias ? [dx, dWeight, sums.sliced(0, n..<2 * n)] : [dx, dWeight]
    }
}

extension Tensor {
    /// LayerNorm over the last axis; `weight` and `bias` have its extent.
    /// - Parameter output: bfloat16 rounds the output of float32 rows; nil keeps their type
    public func layerNormalized(
        weight: Tensor, bias: Tensor?, epsilon: Double, output: DType? = nil
    ) -> Tensor {
        normalized(
            weight, bias,
            Normalize(
                epsilon: epsilon, centered: true, hasBias: bias != nil, output: output ?? dtype))
    }

    /// RMSNorm over the last axis: no mean is subtracted, and there is no bias.
    /// - Parameter output: bfloat16 rounds the output of float32 rows; nil keeps their type
    public func rootMeanSquareNormalized(
        weight: Tensor, epsilon: Double, output: DType? = nil
    ) -> Tensor {
        normalized(
            weight, nil,
            Normalize(epsilon: epsilon, centered: false, hasBias: false, output: output ?? dtype))
    }

    private func normalized(_ weight: Tensor, _ bias: Tensor?, _ primitive: Normalize) -> Tensor {
        if dtype.isHalf {
            let real = Normalize(
                epsilon: primitive.epsilon, centered: primitive.centered,
                hasBias: primitive.hasBias, output: .float32)
            return cast(to: .float32).normalized(weight, bias, real).cast(to: primitive.output)
        }
        let parameters = [weight] + (bias.map { [$0] } ?? [])
        return Tensor.apply(primitive, [self] + parameters.map { $0.cast(to: dtype) })
    }
}
