import CKernels

/// Rotary position embedding (Su et al. 2021) of [batch, time, heads, width]: pairs of each head
/// turn by position times frequency. The derivative turns back.
struct Rotary: Primitive {
    /// Which elements form a pair.
    let interleaved: Bool
    /// Elements of each head that turn, from the front; the rest pass through.
    let rotated: Int
    var name: String { "rotary" }

    func forward(_ x: [Tensor]) -> Evaluation {
        Evaluation(output: turn(x[0], x[1], x[2], direction: 1), kept: [x[1], x[2]])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [turn(dy, saved.kept[0], saved.kept[1], direction: -1), nil, nil]
    }

    /// `cosine` and `sine` are [time, rotated / 2], or [batch time, rotated / 2].
    private func turn(_ x: Tensor, _ cosine: Tensor, _ sine: Tensor, direction: Double) -> Tensor {
        let x = x.packed()
        x.requireReal(name)
        let (time, heads, width) = (x.shape[1], x.shape[2], x.shape[3])
        let half = rotated / 2
        precondition(
            x.rank == 4 && rotated % 2 == 0 && rotated <= width && cosine.rank == 2
                && [time, x.shape[0] * time].contains(cosine.shape[0]) && cosine.shape[1] == half
                && sine.shape == cosine.shape && cosine.dtype == x.dtype,
            "rotary: \(x.shape) turning \(rotated) with angles \(cosine.dtype) \(cosine.shape)")
        let (cosine, sine) = (cosine.packed(), sine.packed())
        let angleRows = cosine.shape[0]
        let y =
            rotated == width ? Tensor(uninitialized: x.shape, x.dtype, on: x.device) : x.copied()
        let kernels = x.device.kernels
        x.device.parallel(x.count / width, grain: max(1, elementGrain / width)) { range in
            for row in range {
                let angle = row / heads % angleRows * half
                if x.dtype == .float32 {
                    kernels.rotary_f32(
                        x.f32 + row * width, cosine.f32 + angle, sine.f32 + angle, Float(direction),
                        interleaved, y.f32 + row * width, rotated)
                } else {
                    kernels.rotary_f64(
                        x.f64 + row * width, cosine.f64 + angle, sine.f64 + angle, direction,
                        interleaved, y.f64 + row * width, rotated)
                }
            }
        }
        return y
    }
}

extension Tensor {
    /// Turns the pairs of each head of [batch, time, heads, width] by angles whose cosines and
    /// sines are given, [time, rotated / 2] for all batch rows or [batch time, rotated / 2]; `interleaved` pairs are (2i, 2i + 1), otherwise
    /// (i, i + rotated / 2).
    public func rotated(cosine: Tensor, sine: Tensor, interleaved: Bool) -> Tensor {
        if dtype.isHalf {
            return cast(to: .float32).rotated(
                cosine: cosine.cast(to: .float32), sine: sine.cast(to: .float32),
                interleaved: interleaved
            ).cast(to: dtype)
        }
        let primitive = Rotary(interleaved: interleaved, rotated: 2 * cosine.shape[1])
        return Tensor.apply(primitive, [self, cosine, sine])
    }
}
