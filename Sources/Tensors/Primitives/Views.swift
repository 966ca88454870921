import CKernels

/// The same elements under another shape.
struct Reshape: Primitive {
    let shape: Shape
    var name: String { "reshape" }

    func forward(_ x: [Tensor]) -> Evaluation {
        if let strides = stridesWithoutCopy(x[0]) {
            return Evaluation(output: x[0].view(shape, strides: strides, offset: x[0].offset))
        }
        let source = x[0].packed()
        return Evaluation(
            output: source.view(shape, strides: shape.contiguousStrides, offset: source.offset))
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [dy.reshaped(saved.inputShapes[0])]
    }

    /// Strides that show the new shape in place: possible when each old axis, or run of axes, that
    /// is split or merged is regular.
    private func stridesWithoutCopy(_ t: Tensor) -> Shape? {
        if t.isContiguous { return shape.contiguousStrides }
        var result = shape.contiguousStrides
        var old = 0
        var new = 0
        while old < t.rank || new < shape.rank {
            var oldCount = 1
            var newCount = 1
            let oldStart = old
            let newStart = new
            if old < t.rank { oldCount = t.shape[old]; old += 1 }
            if new < shape.rank { newCount = shape[new]; new += 1 }
            while oldCount != newCount {
                if oldCount < newCount {
                    guard old < t.rank else { return nil }
                    oldCount *= t.shape[old]
                    old += 1
                } else {
                    guard new < shape.rank else { return nil }
                    newCount *= shape[new]
                    new += 1
                }
            }
            // Axes [oldStart, old) must be one regular run to be divided anew.
            for axis in oldStart..<max(oldStart, old - 1)
            where t.shape[axis + 1] != 1
                && t.strides[axis] != t.strides[axis + 1] * t.shape[axis + 1]
            {
                return nil
            }
            var step = old > oldStart ? t.strides[old - 1] : 1
            for axis in stride(from: new - 1, through: newStart, by: -1) {
                result[axis] = step
                step *= shape[axis]
            }
        }
        return result
    }
}

/// The axes in another order.
struct Transpose: Primitive {
    let permutation: [Int]
    var name: String { "transpose" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let t = x[0]
        precondition(
            permutation.sorted() == Array(0..<t.rank),
            "transpose: \(permutation) is no order of the axes of \(t.shape)")
        return Evaluation(
            output: t.view(
                Shape(permutation.map { t.shape[$0] }),
                strides: Shape(permutation.map { t.strides[$0] }), offset: t.offset))
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        var inverse = permutation
        for (to, from) in permutation.enumerated() { inverse[from] = to }
        return [dy.transposed(inverse)]
    }
}

/// A box of consecutive indices.
struct Slice: Primitive {
    let starts: [Int]
    let ends: [Int]
    var name: String { "slice" }

    func forward(_ x: [Tensor]) -> Evaluation { Evaluation(output: view(of: x[0])) }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let whole = Tensor.zeros(saved.inputShapes[0], dy.dtype, on: dy.device)
        accumulate(dy, into: whole)
        return [whole]
    }

    /// Adds `gradient` to the box of `whole`; the walk calls it with a buffer of its own.
    func accumulate(_ gradient: Tensor, into whole: inout Tensor) {
        accumulate(gradient, into: whole)
    }

    private func accumulate(_ gradient: Tensor, into whole: Tensor) {
        let box = view(of: whole)
        let gradient = gradient.packed()
        guard let columns = box.shape.last, box.strides.last == 1, columns > 0,
            !whole.dtype.isHalf
        else {
            box.write(box + gradient)
            return
        }
        let kernels = whole.device.kernels
        let rows = box.count / columns
        whole.device.parallel(rows, grain: max(1, elementGrain / columns)) { range in
            for row in range {
                let at = box.rowOffset(row)
                switch whole.dtype {
                case .float32:
                    kernels.accumulate_f32(
                        whole.storage.pointer.assumingMemoryBound(to: Float.self) + at,
                        gradient.f32 + row * columns, 1, columns)
                case .float64:
                    kernels.accumulate_f64(
                        whole.storage.pointer.assumingMemoryBound(to: Double.self) + at,
                        gradient.f64 + row * columns, 1, columns)
                default: preconditionFailure("slice: no gradient for \(whole.dtype)")
                }
            }
        }
    }

    private func view(of t: Tensor) -> Tensor {
        precondition(
            starts.count == t.rank && ends.count == t.rank
                && zip(starts, ends).enumerated().allSatisfy {
                    0 <= $1.0 && $1.0 <= $1.1 && $1.1 <= t.shape[$0]
                }, "slice: \(starts) ..< \(ends) of \(t.shape)")
        var offset = t.offset
        for axis in 0..<t.rank { offset += starts[axis] * t.strides[axis] }
        return t.view(Shape(zip(ends, starts).map(-)), strides: t.strides, offset: offset)
    }
}

/// One element, or row, repeated along new or unit axes.
struct Broadcast: Primitive {
    let shape: Shape
    var name: String { "broadcast" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let t = x[0]
        precondition(
            Shape.broadcast(t.shape, shape) == shape, "broadcast: \(t.shape) to \(shape)")
        var strides = shape
        for axis in 0..<shape.rank {
            let own = axis - (shape.rank - t.rank)
            strides[axis] = own < 0 || t.shape[own] == 1 ? 0 : t.strides[own]
        }
        return Evaluation(output: t.view(shape, strides: strides, offset: t.offset))
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [dy.summed(to: saved.inputShapes[0])]
    }
}

/// Tensors one after another along an axis.
struct Concatenate: Primitive {
    let axis: Int
    var name: String { "concatenate" }

    func forward(_ x: [Tensor]) -> Evaluation {
        var shape = x[0].shape
        shape[axis] = x.reduce(0) { $0 + $1.shape[axis] }
        for t in x {
            var expected = shape
            expected[axis] = t.shape[axis]
            precondition(
                t.shape == expected && t.dtype == x[0].dtype,
                "concatenate: \(t.dtype) \(t.shape) beside \(x[0].dtype) \(x[0].shape) on axis \(axis)"
            )
        }
        let out = Tensor(uninitialized: shape, x[0].dtype, on: x[0].device)
        var at = 0
        for t in x {
            out.sliced(axis, at..<at + t.shape[axis]).write(t)
            at += t.shape[axis]
        }
        return Evaluation(output: out)
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        var at = 0
        return zip(saved.inputShapes, needs).map { shape, needed in
            defer { at += shape[axis] }
            return needed ? dy.sliced(axis, at..<at + shape[axis]) : nil
        }
    }
}

extension Tensor {
    /// The same elements under another shape; -1 stands for what is left over.
    public func reshaped(_ shape: Shape) -> Tensor {
        var shape = shape
        if let open = shape.firstIndex(of: -1) {
            shape[open] = 1
            precondition(
                shape.elementCount > 0 && count % shape.elementCount == 0,
                "reshape: \(self.shape) to \(shape)")
            shape[open] = count / shape.elementCount
        }
        precondition(shape.elementCount == count, "reshape: \(self.shape) to \(shape)")
        return shape == self.shape ? self : Tensor.apply(Reshape(shape: shape), [self])
    }

    /// The axes in the given order; reversed when none is given.
    public func transposed(_ permutation: [Int]? = nil) -> Tensor {
        Tensor.apply(Transpose(permutation: permutation ?? (0..<rank).reversed()), [self])
    }

    /// Two axes swapped.
    public func transposed(_ a: Int, _ b: Int) -> Tensor {
        var order = Array(0..<rank)
        order.swapAt(shape.normalizedAxis(a), shape.normalizedAxis(b))
        return transposed(order)
    }

    /// Indices `range` of one axis, all of the others.
    public func sliced(_ axis: Int, _ range: Range<Int>) -> Tensor {
        let axis = shape.normalizedAxis(axis, "slice")
        var starts = Array(repeating: 0, count: rank)
        var ends = Array(shape)
        starts[axis] = range.lowerBound
        ends[axis] = range.upperBound
        return sliced(from: starts, to: ends)
    }

    /// The box from `starts` up to `ends`.
    public func sliced(from starts: [Int], to ends: [Int]) -> Tensor {
        Tensor.apply(Slice(starts: starts, ends: ends), [self])
    }

    /// Repeats along new leading axes and axes of extent 1, without a copy.
    public func broadcast(to shape: Shape) -> Tensor {
        shape == self.shape ? self : Tensor.apply(Broadcast(shape: shape), [self])
    }

    /// The tensors one after another along `axis`.
    public static func concatenated(_ tensors: [Tensor], axis: Int = 0) -> Tensor {
        precondition(!tensors.isEmpty, "concatenate: no tensors")
        return apply(
            Concatenate(axis: tensors[0].shape.normalizedAxis(axis, "concatenate")), tensors)
    }

    /// A contiguous copy in storage of its own, untracked.
    package func copied() -> Tensor {
        let out = Tensor(uninitialized: shape, dtype, on: device)
        out.write(self)
        return out
    }

    /// Where row `row` (all axes but the last, in order) begins in the storage, in elements.
    func rowOffset(_ row: Int) -> Int {
        var rest = row
        var at = offset
        for axis in stride(from: rank - 2, through: 0, by: -1) {
            at += rest % shape[axis] * strides[axis]
            rest /= shape[axis]
        }
        return at
    }

    /// Writes the elements of `source` over this tensor's own. For fresh tensors only.
    func write(_ source: Tensor) {
        precondition(
            source.shape == shape && source.dtype == dtype,
            "write: \(source.dtype) \(source.shape) over \(dtype) \(shape)")
        guard count > 0 else { return }
        let width = dtype.byteWidth
        let to = storage.pointer
        let from = source.storage.pointer
        // The target's last two axes as matrices when it is contiguous there; else element rows.
        if isContiguous, rank >= 2 {
            let rows = shape[rank - 2]
            let columns = shape[rank - 1]
            var outer = Shape(shape.prefix(rank - 2))
            if outer.rank == 0 { outer = [1] }
            let band = max(1, min(rows, elementGrain / max(columns, 1)))
            let bands = (rows + band - 1) / band
            device.parallel(outer.elementCount * bands, grain: 1) { range in
                for task in range {
                    let matrix = task / bands
                    let first = task % bands * band
                    var rest = matrix
                    var at = source.offset + first * source.strides[rank - 2]
                    for axis in stride(from: rank - 3, through: 0, by: -1) {
                        at += rest % shape[axis] * source.strides[axis]
                        rest /= shape[axis]
                    }
                    martlet_copy_strided(
                        from + at * width, source.strides[rank - 2], source.strides[rank - 1],
                        to + (offset + (matrix * rows + first) * columns) * width,
                        min(band, rows - first), columns, width)
                }
            }
            return
        }
        let columns = shape.last ?? 1
        let step = rank == 0 ? 1 : strides[rank - 1]
        let sourceStep = rank == 0 ? 1 : source.strides[rank - 1]
        for row in 0..<count / columns {
            let target = to + rowOffset(row) * width
            let origin = from + source.rowOffset(row) * width
            if step == 1 {
                martlet_copy_strided(origin, 0, sourceStep, target, 1, columns, width)
            } else {
                for i in 0..<columns {
                    martlet_copy_strided(
                        origin + i * sourceStep * width, 0, 1, target + i * step * width, 1, 1,
                        width)
                }
            }
        }
    }
}
