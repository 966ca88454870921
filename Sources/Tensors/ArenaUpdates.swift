import CKernels

/// The optimizer's arithmetic over ranges of flat arenas (float32 or float64, one axis). These are
/// the only operations that write bytes a model reads; `ParameterStore` lends the arena for them.
package enum ArenaUpdates {
    /// What one Adam step needs beside the arenas.
    package struct AdamStep: Sendable {
        package var rate: Double, beta1: Double, beta2: Double, epsilon: Double
        package var weightDecay: Double, gradientScale: Double
        /// AdamW (true) shrinks the weight; Adam (false) adds decay to the gradient.
        package var decoupled: Bool
        /// Steps taken, this one included.
        package var time: Int

        package init(
            rate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
            gradientScale: Double, decoupled: Bool, time: Int
        ) {
            self.rate = rate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.gradientScale = gradientScale
            self.decoupled = decoupled
            self.time = time
        }
    }

    /// Adam over `range` of values and both moments, which are rewritten; `gradient` is the range's,
    /// contiguous.
    package static func adam(
        _ step: AdamStep, values: Tensor, first: Tensor, second: Tensor, gradient: Tensor,
        range: Range<Int>
    ) {
        precondition(
            gradient.count == range.count && gradient.isContiguous,
            "adam: a gradient of \(gradient.shape) for \(range.count) values")
        var call = MartletAdam(
            rate: step.rate, beta1: step.beta1, beta2: step.beta2, epsilon: step.epsilon,
            weight_decay: step.weightDecay, gradient_scale: step.gradientScale,
            correction1: 1 - power(step.beta1, step.time),
            correction2: 1 - power(step.beta2, step.time),
            decoupled: step.decoupled)
        let kernels = values.device.kernels
        values.device.parallel(range.count, grain: elementGrain) { part in
            let i = range.lowerBound + part.lowerBound
            if values.dtype == .float32 {
                kernels.adam_f32(
                    &call, values.f32 + i, first.f32 + i, second.f32 + i,
                    gradient.f32 + part.lowerBound, part.count)
            } else {
                kernels.adam_f64(
                    &call, values.f64 + i, first.f64 + i, second.f64 + i,
                    gradient.f64 + part.lowerBound, part.count)
            }
        }
    }

    /// values += factor * x over `range` of the values; `x` is the range's, contiguous.
    package static func add(_ x: Tensor, factor: Double, to values: Tensor, range: Range<Int>) {
        precondition(
            x.count == range.count && x.isContiguous,
            "add: \(x.shape) to \(range.count) values")
        let kernels = values.device.kernels
        values.device.parallel(range.count, grain: elementGrain) { part in
            let i = range.lowerBound + part.lowerBound
            if values.dtype == .float32 {
                kernels.accumulate_f32(
                    values.f32 + i, x.f32 + part.lowerBound, Float(factor), part.count)
            } else {
                kernels.accumulate_f64(
                    values.f64 + i, x.f64 + part.lowerBound, factor, part.count)
            }
        }
    }

    /// values *= factor over `range`.
    package static func scale(_ values: Tensor, by factor: Double, range: Range<Int>) {
        let kernels = values.device.kernels
        values.device.parallel(range.count, grain: elementGrain) { part in
            let i = range.lowerBound + part.lowerBound
            if values.dtype == .float32 {
                var f = Float(factor)
                kernels.binary_f32(
                    MartletMultiply, values.f32 + i, 1, &f, 0, values.f32 + i, part.count)
            } else {
                var f = factor
                kernels.binary_f64(
                    MartletMultiply, values.f64 + i, 1, &f, 0, values.f64 + i, part.count)
            }
        }
    }

    /// Copies `source` (contiguous in effect) over elements from `offset` on.
    package static func write(_ source: Tensor, to values: Tensor, at offset: Int) {
        values.sliced(0, offset..<offset + source.count).write(
            source.detached.reshaped([source.count]))
    }

    /// Sets `range` to zero.
    package static func clear(_ values: Tensor, range: Range<Int>) {
        let width = values.dtype.byteWidth
        (values.raw + range.lowerBound * width).initializeMemory(
            as: UInt8.self, repeating: 0, count: range.count * width)
    }

    /// The sum of squares, added block by block in a fixed order.
    package static func sumOfSquares(_ values: Tensor) -> Double {
        let block = 1 << 16
        let blocks = (values.count + block - 1) / block
        let kernels = values.device.kernels
        return values.device.withScratch(Double.self, count: blocks) { partial in
            values.device.parallel(values.count, grain: block) { range in
                let i = range.lowerBound
                partial[i / block] =
                    values.dtype == .float32
                    ? kernels.sum_squares_f32(values.f32 + i, range.count)
                    : kernels.sum_squares_f64(values.f64 + i, range.count)
            }
            return (0..<blocks).reduce(0) { $0 + partial[$1] }
        }
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        var square = base
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return result
    }
}
