import CKernels

/// Sum over axes, which stay as extent 1.
struct Sum: Primitive {
    let axes: Set<Int>
    var name: String { "sum" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let t = x[0]
        var shape = t.shape
        for axis in axes { shape[axis] = 1 }
        let out = Tensor.zeros(shape, t.dtype, on: t.device)
        guard t.count > 0 else { return Evaluation(output: out) }
        // Reduced axes to the back: then every output is the sum of one row, or of a column.
        let kept = (0..<t.rank).filter { !axes.contains($0) }
        let leading = axes.isSubset(of: Set(0..<axes.count))
        if leading, t.isContiguous, !kept.isEmpty {
            sumColumns(t, out)
        } else {
            let rows = t.transposed(kept + axes.sorted()).packed()
            sumRows(rows, out)
        }
        return Evaluation(output: out)
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [dy.broadcast(to: saved.inputShapes[0])]
    }

    private func sumRows(_ t: Tensor, _ out: Tensor) {
        let n = t.count / out.count
        let kernels = t.device.kernels
        // Long rows are cut into fixed blocks whose sums are added in order, whatever the threads.
        let block = 1 << 16
        guard n > block, out.count < 64 else {
            t.device.parallel(out.count, grain: max(1, elementGrain / max(n, 1))) { range in
                for row in range {
                    if t.dtype == .float32 {
                        out.f32[row] = kernels.sum_f32(t.f32 + row * n, n)
                    } else {
                        out.f64[row] = kernels.sum_f64(t.f64 + row * n, n)
                    }
                }
            }
            return
        }
        let blocks = (n + block - 1) / block
        t.device.withScratch(Double.self, count: blocks) { partial in
            for row in 0..<out.count {
                t.device.parallel(blocks, grain: 1) { range in
                    for b in range {
                        let at = row * n + b * block
                        let length = min(block, n - b * block)
                        partial[b] =
                            t.dtype == .float32
                            ? Double(kernels.sum_f32(t.f32 + at, length))
                            : kernels.sum_f64(t.f64 + at, length)
                    }
                }
                var total = 0.0
                for b in 0..<blocks { total += partial[b] }
                if t.dtype == .float32 { out.f32[row] = Float(total) } else { out.f64[row] = total }
            }
        }
    }

    /// Sums of the columns of a matrix: the bias gradients. Rows in fixed blocks, added in order.
    private func sumColumns(_ t: Tensor, _ out: Tensor) {
        let columns = out.count
        let rows = t.count / columns
        let kernels = t.device.kernels
        let band = max(1, (columns + 7) / 8 / 64 * 64 + 64)
        t.device.parallel(columns, grain: band) { range in
            let c = range.lowerBound
            if t.dtype == .float32 {
                kernels.sum_rows_f32(t.f32 + c, rows, range.count, columns, out.f32 + c)
            } else {
                kernels.sum_rows_f64(t.f64 + c, rows, range.count, columns, out.f64 + c)
            }
        }
    }
}

/// The largest element along the last axis, which stays as extent 1; ties give the gradient to the
/// first.
struct Maximum: Primitive {
    var name: String { "maximum" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let (values, indices) = Self.evaluate(x[0])
        return Evaluation(output: values, kept: [indices])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let shape = saved.inputShapes[0]
        return [Tensor.zeros(shape, dy.dtype, on: dy.device).scattering(dy, at: saved.kept[0])]
    }

    static func evaluate(_ t: Tensor) -> (values: Tensor, indices: Tensor) {
        let t = t.packed()
        t.requireReal("maximum")
        precondition(t.rank > 0 && (t.shape.last ?? 0) > 0, "maximum: of no elements \(t.shape)")
        var shape = t.shape
        let n = shape[shape.rank - 1]
        shape[shape.rank - 1] = 1
        let values = Tensor(uninitialized: shape, t.dtype, on: t.device)
        let indices = Tensor(uninitialized: shape, .int32, on: t.device)
        let kernels = t.device.kernels
        t.device.parallel(shape.elementCount, grain: max(1, elementGrain / n)) { range in
            for row in range {
                var index = 0
                if t.dtype == .float32 {
                    values.f32[row] = kernels.maximum_f32(t.f32 + row * n, n, &index)
                } else {
                    values.f64[row] = kernels.maximum_f64(t.f64 + row * n, n, &index)
                }
                indices.pointer(Int32.self)[row] = Int32(index)
            }
        }
        return (values, indices)
    }
}

extension Tensor {
    /// The sum over `axes`, or over everything; `keepingAxes` leaves them as extent 1.
    public func sum(_ axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
        if dtype.isHalf {
            return cast(to: .float32).sum(axes, keepingAxes: keepingAxes).cast(to: dtype)
        }
        precondition(dtype.isFloatingPoint, "sum: not defined for \(dtype)")
        let set = Set((axes ?? Array(0..<rank)).map { shape.normalizedAxis($0, "sum") })
        let kept = set.isEmpty ? self : Tensor.apply(Sum(axes: set), [self])
        guard !keepingAxes else { return kept }
        return kept.reshaped(Shape((0..<rank).filter { !set.contains($0) }.map { shape[$0] }))
    }

    /// The average over `axes`, or over everything.
    public func mean(_ axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
        let total = sum(axes, keepingAxes: keepingAxes)
        return total * (Double(total.count) / Double(max(count, 1)))
    }

    /// The largest element along an axis.
    public func maximum(along axis: Int, keepingAxis: Bool = false) -> Tensor {
        if dtype.isHalf {
            return cast(to: .float32).maximum(along: axis, keepingAxis: keepingAxis).cast(to: dtype)
        }
        let axis = shape.normalizedAxis(axis, "maximum")
        let result = Tensor.apply(Maximum(), [transposed(axis, rank - 1)]).transposed(
            axis, rank - 1)
        return keepingAxis ? result : result.reshaped(shape.removing(axis))
    }

    /// Where the first largest element along an axis is, int32.
    public func argumentOfMaximum(along axis: Int) -> Tensor {
        let axis = shape.normalizedAxis(axis, "argmax")
        let real = dtype.isHalf ? cast(to: .float32) : self
        let moved = real.detached.transposed(axis, rank - 1)
        return Maximum.evaluate(moved).indices.transposed(axis, rank - 1).reshaped(
            shape.removing(axis))
    }

    /// The sum down to a shape that broadcasts to this one: the derivative of broadcasting.
    func summed(to target: Shape) -> Tensor {
        if target == shape { return self }
        let lead = rank - target.rank
        let axes = (0..<rank).filter { $0 < lead || (target[$0 - lead] == 1 && shape[$0] != 1) }
        return sum(axes, keepingAxes: true).reshaped(target)
    }
}
