import CKernels

/// Softmax, or its logarithm, along the last axis.
struct Softmax: Primitive {
    let logarithm: Bool
    var name: String { logarithm ? "log-softmax" : "softmax" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let input = x[0].packed()
        input.requireReal(name)
        let y = Tensor(uninitialized: input.shape, input.dtype, on: input.device)
        rows(of: input) { row, count, n in
            if input.dtype == .float32 {
                input.device.kernels.softmax_f32(
                    input.f32 + row * n, y.f32 + row * n, count, n, logarithm)
            } else {
                input.device.kernels.softmax_f64(
                    input.f64 + row * n, y.f64 + row * n, count, n, logarithm)
            }
        }
        return Evaluation(output: y, kept: [y])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let y = saved.kept[0]
        let dy = dy.packed()
        let dx = Tensor(uninitialized: y.shape, y.dtype, on: y.device)
        rows(of: y) { row, count, n in
            let at = row * n
            if y.dtype == .float32 {
                y.device.kernels.softmax_backward_f32(
                    y.f32 + at, dy.f32 + at, dx.f32 + at, count, n, logarithm)
            } else {
                y.device.kernels.softmax_backward_f64(
                    y.f64 + at, dy.f64 + at, dx.f64 + at, count, n, logarithm)
            }
        }
        return [dx]
    }

    private func rows(of t: Tensor, _ body: (_ row: Int, _ count: Int, _ n: Int) -> Void) {
        guard let n = t.shape.last, n > 0 else { return }
        t.device.parallel(t.count / n, grain: max(1, elementGrain / 4 / n)) { range in
            body(range.lowerBound, range.count, n)
        }
    }
}

extension Tensor {
    /// e^x over its sum along an axis.
    public func softmax(along axis: Int = -1) -> Tensor { softmax(along: axis, logarithm: false) }
    /// The logarithm of ``softmax(along:)``, without its rounding.
    public func logSoftmax(along axis: Int = -1) -> Tensor { softmax(along: axis, logarithm: true) }

    private func softmax(along axis: Int, logarithm: Bool) -> Tensor {
        if dtype.isHalf {
            return cast(to: .float32).softmax(along: axis, logarithm: logarithm).cast(to: dtype)
        }
        let axis = shape.normalizedAxis(axis, "softmax")
        if axis == rank - 1 { return Tensor.apply(Softmax(logarithm: logarithm), [self]) }
        return Tensor.apply(Softmax(logarithm: logarithm), [transposed(axis, rank - 1)])
            .transposed(axis, rank - 1)
    }
}
