import CKernels

/// Inverted dropout (Srivastava et al. 2014). The mask comes from a counter-based stream and is
/// drawn again for the derivative instead of being kept.
struct Dropout: Primitive {
    let probability: Double
    let key: UInt64
    let offset: UInt64
    var name: String { "dropout" }

    func forward(_ x: [Tensor]) -> Evaluation { Evaluation(output: masked(x[0])) }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] { [masked(dy)] }

    private func masked(_ x: Tensor) -> Tensor {
        let x = x.packed()
        x.requireReal(name)
        let y = Tensor(uninitialized: x.shape, x.dtype, on: x.device)
        let threshold = UInt32(min(probability * 0x1p32, 0xFFFF_FFFF))
        let scale = 1 / (1 - probability)
        let kernels = x.device.kernels
        x.device.parallel(x.count, grain: elementGrain) { range in
            let i = range.lowerBound
            let at = offset + UInt64(i)
            if x.dtype == .float32 {
                kernels.dropout_f32(
                    x.f32 + i, y.f32 + i, range.count, key, at, threshold, Float(scale))
            } else {
                kernels.dropout_f64(x.f64 + i, y.f64 + i, range.count, key, at, threshold, scale)
            }
        }
        return y
    }
}

extension Tensor {
    /// Sets each element to 0 with `probability` and scales the others by 1 / (1 - probability);
    /// the stream moves on by as many words as there are elements.
    public func droppedOut(_ probability: Double, _ random: inout RandomStream) -> Tensor {
        precondition(
            probability >= 0 && probability < 1, "dropout: probability \(probability) of dropping")
        guard probability > 0 else { return self }
        if dtype.isHalf {
            return cast(to: .float32).droppedOut(probability, &random).cast(to: dtype)
        }
        let offset = random.reserve(count)
        return Tensor.apply(
            Dropout(probability: probability, key: random.key, offset: offset), [self])
    }
}
