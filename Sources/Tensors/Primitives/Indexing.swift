import CKernels

/// Rows of a table by index: `out[..., :] = table[ids[...], :]`. The derivative adds rows.
struct GatherRows: Primitive {
    /// A row that reading does not train.
    var fixedRow: Int32?
    var name: String { "gather rows" }
    var placesGradients: Set<Int> { [0] }

    func forward(_ x: [Tensor]) -> Evaluation {
        let table = x[0].packed()
        let ids = x[1].packed()
        precondition(
            table.rank == 2 && ids.dtype == .int32,
            "gather rows: table \(table.shape), ids \(ids.dtype)")
        let width = table.shape[1]
        let bytes = width * table.dtype.byteWidth
        let out = Tensor(
            uninitialized: Shape(Array(ids.shape) + [width]), table.dtype, on: table.device)
        let index = ids.pointer(Int32.self)
        for i in 0..<ids.count {
            precondition(
                index[i] >= 0 && Int(index[i]) < table.shape[0],
                "gather rows: index \(index[i]) of \(table.shape[0]) rows")
        }
        table.device.parallel(ids.count, grain: max(1, elementGrain / max(width, 1))) { range in
            for i in range {
                (out.raw + i * bytes).copyMemory(
                    from: table.raw + Int(index[i]) * bytes, byteCount: bytes)
            }
        }
        return Evaluation(output: out, kept: [ids])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let ids = saved.kept[0]
        var rows = dy.reshaped([ids.count, -1]).packed()
        if let fixedRow {
            let kept = ids.values(Int32.self).map { $0 == fixedRow ? 0.0 : 1 }
            rows = rows * Tensor(kept, [ids.count, 1], on: dy.device).cast(to: rows.dtype)
        }
        if let table = saved.destination(0), table.dtype == rows.dtype, table.dtype.byteWidth > 2 {
            // Only the rows that were read are touched.
            ScatterAddRows.add(rows, at: ids, into: table)
            return [nil, nil]
        }
        // Rows of 16 bits are added in float32.
        let sums = rows.dtype.byteWidth == 2 ? rows.cast(to: .float32) : rows
        let table = Tensor.zeros(saved.inputShapes[0], sums.dtype, on: dy.device)
        ScatterAddRows.add(sums, at: ids, into: table)
        return [table.cast(to: dy.dtype), nil]
    }
}

/// Rows of `source` added to rows of a table: `out = table; out[ids[i], :] += source[i, :]`.
struct ScatterAddRows: Primitive {
    var name: String { "scatter-add rows" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let ids = x[2].packed()
        let source = x[1].packed()
        let out = x[0].copied()
        out.requireReal(name)
        precondition(source.dtype == out.dtype, "\(name): \(source.dtype) into \(out.dtype)")
        precondition(
            out.rank == 2 && source.rank == 2 && source.shape[0] == ids.count
                && source.shape[1] == out.shape[1] && ids.dtype == .int32,
            "scatter-add rows: \(source.shape) at \(ids.shape) into \(out.shape)")
        Self.add(source, at: ids, into: out)
        return Evaluation(output: out, kept: [ids])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [dy, needs[1] ? dy.rows(at: saved.kept[0]) : nil, nil]
    }

    /// Adds contiguous rows of `source` to rows of `out`, which is contiguous and nobody else's.
    static func add(_ source: Tensor, at ids: Tensor, into out: Tensor) {
        let width = out.shape[1]
        let rows = out.shape[0]
        let index = ids.pointer(Int32.self)
        let kernels = out.device.kernels
        for i in 0..<ids.count {
            precondition(
                index[i] >= 0 && Int(index[i]) < rows,
                "scatter-add rows: index \(index[i]) of \(rows)")
        }
        // Workers split the columns, so that each row adds in the order of the ids.
        out.device.parallel(width, grain: max(64, (width + 7) / 8)) { columns in
            let c = columns.lowerBound
            for i in 0..<ids.count {
                let row = Int(index[i]) * width + c
                if out.dtype == .float32 {
                    kernels.accumulate_f32(
                        out.f32 + row, source.f32 + i * width + c, 1, columns.count)
                } else {
                    kernels.accumulate_f64(
                        out.f64 + row, source.f64 + i * width + c, 1, columns.count)
                }
            }
        }
    }
}

/// One element per index along the last axis: `out[..., j] = x[..., indices[..., j]]`.
struct TakeAlong: Primitive {
    var name: String { "take along" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let source = x[0].packed()
        let indices = x[1].packed()
        precondition(
            indices.dtype == .int32
                && indices.shape.dropLast().elementsEqual(source.shape.dropLast()),
            "take along: indices \(indices.dtype) \(indices.shape) of \(source.shape)")
        let n = source.shape[source.rank - 1]
        let m = indices.shape[indices.rank - 1]
        let out = Tensor(uninitialized: indices.shape, source.dtype, on: source.device)
        let index = indices.pointer(Int32.self)
        let width = source.dtype.byteWidth
        for i in 0..<indices.count {
            precondition(
                index[i] >= 0 && Int(index[i]) < n, "take along: index \(index[i]) of \(n)")
            (out.raw + i * width).copyMemory(
                from: source.raw + (i / m * n + Int(index[i])) * width, byteCount: width)
        }
        return Evaluation(output: out, kept: [indices])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [
            Tensor.zeros(saved.inputShapes[0], dy.dtype, on: dy.device)
                .scattering(dy, at: saved.kept[0]), nil,
        ]
    }
}

extension Tensor {
    /// Rows of this table [rows, width] by int32 index; the result is the indices' shape and width.
    ///
    /// - Parameter fixedRow: a row that gets no gradient from being read, such as padding's
    public func rows(at ids: Tensor, fixedRow: Int? = nil) -> Tensor {
        Tensor.apply(GatherRows(fixedRow: fixedRow.map { Int32($0) }), [self, ids])
    }

    /// This table with rows of `source` [n, width] added at `ids` [n]; equal ids add up.
    public func addingRows(_ source: Tensor, at ids: Tensor) -> Tensor {
        if dtype.isHalf {
            return cast(to: .float32).addingRows(source.cast(to: .float32), at: ids).cast(to: dtype)
        }
        return Tensor.apply(ScatterAddRows(), [self, source, ids])
    }

    /// Elements of the last axis by int32 index, row by row.
    public func taking(along indices: Tensor) -> Tensor {
        Tensor.apply(TakeAlong(), [self, indices])
    }

    /// Adds `values` where `indices` point along the last axis, into this tensor's own bytes.
    func scattering(_ values: Tensor, at indices: Tensor) -> Tensor {
        let values = values.packed()
        requireReal("scatter")
        let n = shape[rank - 1]
        let m = indices.shape[indices.rank - 1]
        let index = indices.pointer(Int32.self)
        for i in 0..<values.count {
            let at = i / m * n + Int(index[i])
            if dtype == .float32 { f32[at] += values.f32[i] } else { f64[at] += values.f64[i] }
        }
        return self
    }
}
