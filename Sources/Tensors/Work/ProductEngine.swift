import CKernels

/// One operand of a product: a matrix of any strides, float32, float64 or bfloat16.
struct MatrixOperand {
    var pointer: UnsafeRawPointer
    var rowStride: Int
    var columnStride: Int
    var isBFloat16 = false

    /// The matrix without its first rows and columns; elements that are not bfloat16 are `width` bytes.
    func advanced(rows: Int = 0, columns: Int = 0, _ width: Int) -> MatrixOperand {
        var rest = self
        rest.pointer += (rows * rowStride + columns * columnStride) * (isBFloat16 ? 2 : width)
        return rest
    }
}

extension MartletFinish {
    /// The same for a product without its first rows.
    fileprivate func advanced(rows: Int) -> MartletFinish {
        var rest = self
        rest.slopes = slopes.map { $0 + rows * slopes_stride }
        rest.residual = residual.map { $0 + rows * residual_stride }
        return rest
    }
}

/// Runs C (+)= A B: packs the operands into panels where kernels want them, then computes tiles of C, each on one worker.
/// A tile's sums are independent of how the work is divided, so bits do not depend on threads.
struct ProductEngine {
    /// What is multiplied and added in.
    enum Arithmetic: Sendable, Hashable { case float32, float64, bfloat16 }

    let device: Device
    let arithmetic: Arithmetic

    /// Rows of C one task computes: a multiple of every tier's panel.
    private static let rowBand = 96
    private static let columnBand = 512
    /// Bytes of an operand that are packed at a time; larger ones go in bands.
    private static let packedLimit = 16 << 20

    private var panels: MartletPanels {
        switch arithmetic {
        case .float32: device.kernels.panels_f32
        case .float64: device.kernels.panels_f64
        case .bfloat16: device.kernels.panels_bf16
        }
    }
    private var operandWidth: Int {
        switch arithmetic {
        case .float32: 4
        case .float64: 8
        case .bfloat16: 2
        }
    }
    private var elementWidth: Int { arithmetic == .float64 ? 8 : 4 }

    /// Bytes of a packed row of A or column of B.
    private func lineBytes(_ k: Int) -> Int {
        let depth = Int(panels.depth)
        return (k + depth - 1) / depth * depth * operandWidth
    }

    /// Bytes of a packed left (m x k) or right (k x n) operand.
    private func packedBytes(_ lines: Int, _ panel: Int, _ k: Int) -> Int {
        (lines + panel - 1) / panel * lineBytes(k) * panel
    }

    /// A right operand in panel layout.
    ///
    /// - Parameter source: the storage `b` lies in, if its pages are to leave memory as they are packed
    func packRight(_ b: MatrixOperand, k: Int, n: Int, releasing source: Storage? = nil) -> Storage
    {
        let panel = Int(panels.nr)
        let storage = Storage(byteCount: max(64, packedBytes(n, panel, k)), on: device)
        pack(b, rows: k, columns: n, lines: n, panel: panel, depth: k, to: storage.pointer) {
            pack in
            switch arithmetic {
            case .float32: device.kernels.pack_b_f32(&pack)
            case .float64: device.kernels.pack_b_f64(&pack)
            case .bfloat16: device.kernels.pack_b_bf16(&pack)
            }
            // Columns that lie one after the other are not read again.
            guard let source, b.rowStride == 1, b.columnStride >= k else { return }
            let (start, width) = (
                UnsafeRawPointer(source.pointer),
                b.isBFloat16 ? 2 : arithmetic == .float64 ? 8 : 4
            )
            let column = b.columnStride * width
            let first = b.pointer - start
            source.releasePages(first + pack.begin * column..<first + pack.end * column)
        }
        return storage
    }

    private func packLeft(_ a: MatrixOperand, m: Int, k: Int, to out: UnsafeMutableRawPointer) {
        pack(a, rows: m, columns: k, lines: m, panel: Int(panels.mr), depth: k, to: out) { pack in
            switch arithmetic {
            case .float32: device.kernels.pack_a_f32(&pack)
            case .float64: device.kernels.pack_a_f64(&pack)
            case .bfloat16: device.kernels.pack_a_bf16(&pack)
            }
        }
    }

    private func pack(
        _ x: MatrixOperand, rows: Int, columns: Int, lines: Int, panel: Int, depth: Int,
        to out: UnsafeMutableRawPointer, _ kernel: (inout MartletPack) -> Void
    ) {
        let grain = max(1, elementGrain / max(1, panel * depth)) * panel
        device.parallel(lines, grain: grain) { range in
            var pack = MartletPack(
                source: x.pointer, row_stride: x.rowStride, column_stride: x.columnStride,
                rows: rows, columns: columns, begin: range.lowerBound, end: range.upperBound,
                out: out, source_is_bf16: x.isBFloat16)
            kernel(&pack)
        }
    }

    /// C[m, n] (+)= A[m, k] B[k, n] + bias[n], C in rows `cStride` elements apart. A large B goes band by
    /// band, so that it never stands packed as a whole, unless it was `packed` before.
    func multiply(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, _ b: MatrixOperand, packed: Storage? = nil,
        into c: UnsafeMutableRawPointer, cStride: Int, bias: UnsafeRawPointer? = nil,
        accumulate: Bool = false, finish: MartletFinish? = nil
    ) {
        guard m > 0, n > 0 else { return }
        guard packed == nil, packedBytes(n, Int(panels.nr), k) > Self.packedLimit, finish == nil
        else {
            return multiply(
                m: m, n: n, k: k, a, packedRight: packed ?? packRight(b, k: k, n: n), into: c,
                cStride: cStride, bias: bias, accumulate: accumulate, finish: finish)
        }
        // Deep operands are cut along k first, which reads their rows as they lie in memory.
        let depth = k > n ? max(1024, Self.packedLimit / (n * operandWidth) / 512 * 512) : k
        let band = max(512, Self.packedLimit / lineBytes(min(depth, k)) / 512 * 512)
        for top in stride(from: 0, to: k, by: depth) {
            let rows = min(depth, k - top)
            for first in stride(from: 0, to: n, by: band) {
                let columns = min(band, n - first)
                let right = b.advanced(rows: top, columns: first, elementWidth)
                multiply(
                    m: m, n: columns, k: rows, a.advanced(columns: top, elementWidth),
                    packedRight: packRight(right, k: rows, n: columns),
                    into: c + first * elementWidth, cStride: cStride,
                    bias: top + rows == k ? bias.map { $0 + first * elementWidth } : nil,
                    accumulate: accumulate || top > 0)
            }
        }
    }

    /// The same with a right operand packed before. What `finish` asks for is done to each tile
    /// while it is in the first-level cache (bfloat16 arithmetic only).
    func multiply(
        m: Int, n: Int, k: Int, _ a: MatrixOperand, packedRight b: Storage,
        into c: UnsafeMutableRawPointer, cStride: Int, bias: UnsafeRawPointer? = nil,
        accumulate: Bool = false, finish: MartletFinish? = nil
    ) {
        guard m > 0, n > 0 else { return }
        // Rows are a left operand as they stand, where the tier takes them; in bfloat16 pairs of them.
        let isDirect =
            panels.takes_rows && a.columnStride == 1 && a.rowStride > 0
            && a.isBFloat16 == (arithmetic == .bfloat16) && (!a.isBFloat16 || k % 2 == 0)
        let bytes = isDirect ? 0 : max(64, packedBytes(m, Int(panels.mr), k))
        if bytes > Self.packedLimit, m > Self.rowBand {
            let band = max(1, Self.packedLimit / lineBytes(k) / Self.rowBand) * Self.rowBand
            let width = finish?.c_is_bf16 == true ? 2 : elementWidth
            for first in stride(from: 0, to: m, by: band) {
                multiply(
                    m: min(band, m - first), n: n, k: k, a.advanced(rows: first, elementWidth),
                    packedRight: b, into: c + first * cStride * width, cStride: cStride, bias: bias,
                    accumulate: accumulate, finish: finish?.advanced(rows: first))
            }
            return
        }
        device.withScratch(UInt8.self, count: bytes) { scratch in
            let left = UnsafeMutableRawPointer(scratch)
            if !isDirect { packLeft(a, m: m, k: k, to: left) }
            withOptionalPointer(finish) { finish in
                let call = MartletProduct(
                    a: isDirect ? a.pointer : UnsafeRawPointer(left), b: b.pointer, c: c,
                    bias: bias, m: m, n: n, k: k, c_stride: cStride, row_begin: 0, row_end: m,
                    column_begin: 0, column_end: n, accumulate: accumulate,
                    a_stride: isDirect ? a.rowStride : 0, b_depth: 0, finish: finish)
                run(call)
            }
        }
    }

    /// Divides a product into tasks of rows and columns.
    private func run(_ whole: MartletProduct) {
        let (m, n) = (Int(whole.m), Int(whole.n))
        let nr = Int(panels.nr)
        let rowTasks = (m + Self.rowBand - 1) / Self.rowBand
        // Narrower bands where there would be too few to share out evenly. How a product is divided
        // does not change its bits.
        let wanted = 4 * device.threads
        var columns = Self.columnBand
        while columns > 4 * nr, rowTasks * ((n + columns - 1) / columns) < wanted { columns /= 2 }
        let columnTasks = (n + columns - 1) / columns
        columns = ((n + columnTasks - 1) / columnTasks + nr - 1) / nr * nr
        let depth = depthBand(whole)
        device.parallel(rowTasks * columnTasks, grain: 1) { range in
            for task in range {
                let row = task % rowTasks * Self.rowBand
                let column = task / rowTasks * columns
                var product = whole
                product.row_begin = row
                product.row_end = min(m, row + Self.rowBand)
                product.column_begin = column
                product.column_end = min(n, column + columns)
                for first in stride(from: 0, to: max(1, whole.k), by: depth) {
                    compute(depth < whole.k ? whole.band(product, first, depth, nr) : product)
                }
            }
        }
    }

    private func compute(_ product: MartletProduct) {
        var product = product
        switch arithmetic {
        case .float32: device.kernels.product_f32(&product)
        case .float64: device.kernels.product_f64(&product)
        case .bfloat16: device.kernels.product_bf16(&product)
        }
    }

    /// How much of k a task goes through at a time. Where k is far deeper than a panel of B that fits the
    /// second-level cache (the head's classes), rows as they stand are taken in bands of it.
    private func depthBand(_ whole: MartletProduct) -> Int {
        let isPlain = whole.finish == nil && whole.bias == nil && whole.b_depth == 0
        let isCut = arithmetic == .bfloat16 && whole.a_stride != 0 && isPlain && whole.k > 4096
        return isCut ? 2048 : max(1, whole.k)
    }

    private func withOptionalPointer<T>(_ value: T?, _ body: (UnsafePointer<T>?) -> Void) {
        guard let value else { return body(nil) }
        withUnsafePointer(to: value) { body($0) }
    }
}

extension MartletProduct {
    /// Of a task of this bfloat16 product, what values [first, first + depth) of k add.
    fileprivate func band(
        _ task: MartletProduct, _ first: Int, _ depth: Int, _ panel: Int
    ) -> MartletProduct {
        var band = task
        band.a = a + 2 * first
        band.b = b + 2 * first * panel
        band.b_depth = k
        band.k = min(depth, k - first)
        band.accumulate = accumulate || first > 0
        return band
    }
}

extension Tensor {
    /// The arithmetic products of this tensor use: its device's precision for float32.
    var productArithmetic: ProductEngine.Arithmetic {
        switch dtype {
        case .float64: .float64
        case .bfloat16: .bfloat16
        case .float32: device.precision == .bfloat16 ? .bfloat16 : .float32
        default: preconditionFailure("matmul: not defined for \(dtype)")
        }
    }

    /// The last two axes as an operand, those before at index `batch` (row-major).
    func matrix(_ batch: Int = 0, transposed: Bool = false) -> MatrixOperand {
        var rest = batch
        var at = offset
        for axis in stride(from: rank - 3, through: 0, by: -1) {
            at += rest % shape[axis] * strides[axis]
            rest /= shape[axis]
        }
        let rows = strides[rank - 2]
        let columns = strides[rank - 1]
        return MatrixOperand(
            pointer: UnsafeRawPointer(storage.pointer + at * dtype.byteWidth),
            rowStride: transposed ? columns : rows, columnStride: transposed ? rows : columns,
            isBFloat16: dtype == .bfloat16)
    }
}
