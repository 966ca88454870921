import CKernels
import Testing

/// How a matrix lies in memory.
enum Layout: CaseIterable {
    /// Row after row, with a gap between rows.
    case rows
    /// Column after column, with a gap between columns.
    case columns
    /// No stride is 1.
    case spread
    /// The last row first.
    case upsideDown

    /// The elements in memory (gaps are NaN), the index of element (0, 0), and the strides.
    func place<T: Operand>(_ matrix: [Double], rows: Int, columns: Int) -> (
        memory: [T], origin: Int, rowStride: Int, columnStride: Int
    ) {
        let (origin, rowStride, columnStride) =
            switch self {
            case .rows: (0, columns + 3, 1)
            case .columns: (0, 1, rows + 3)
            case .spread: (0, 2 * columns + 1, 2)
            case .upsideDown: (max(0, rows - 1) * columns, -columns, 1)
            }
        let last = origin + max(0, (rows - 1) * rowStride) + (columns - 1) * columnStride
        let count = matrix.isEmpty ? 0 : last + 1
        var memory = [T](repeating: T(operand: .nan), count: count)
        for r in 0..<rows {
            for c in 0..<columns {
                memory[origin + r * rowStride + c * columnStride] = T(
                    operand: matrix[r * columns + c])
            }
        }
        return (memory, origin, rowStride, columnStride)
    }
}

/// The operands of a product, row after row, and what it should give.
struct ProductProblem: Sendable {
    let m, n, k: Int
    let a, b, bias, before: [Double]
    /// A B, and the same sum over absolute values.
    private(set) var value: [Double]
    private(set) var size: [Double]

    /// Random operands. With `halves` they are rounded to bfloat16 first.
    init(_ m: Int, _ n: Int, _ k: Int, seed: UInt64, halves: Bool = false) {
        var random = Random(seed)
        let round = { (x: Double) in
            halves ? HalfFormat.bfloat16.value(HalfFormat.bfloat16.pattern(x)) : x
        }
        self.init(
            m, n, k, a: random.values(m * k).map(round), b: random.values(k * n).map(round),
            bias: random.values(n), before: random.values(m * n))
    }

    init(
        _ m: Int, _ n: Int, _ k: Int, a: [Double], b: [Double], bias: [Double] = [],
        before: [Double] = []
    ) {
        (self.m, self.n, self.k, self.a, self.b) = (m, n, k, a, b)
        (self.bias, self.before) = (bias, before)
        value = Array(repeating: 0, count: m * n)
        size = value
        value.withUnsafeMutableBufferPointer { value in
            size.withUnsafeMutableBufferPointer { size in
                b.withUnsafeBufferPointer { b in
                    for i in 0..<m {
                        for l in 0..<k {
                            let left = a[i * k + l]
                            var (to, from) = (i * n, l * n)
                            let end = to + n
                            while to < end {
                                let term = left * b[from]
                                value[to] += term
                                size[to] += abs(term)
                                to += 1
                                from += 1
                            }
                        }
                    }
                }
            }
        }
    }

    /// What C should hold, and the size of the sums behind it.
    func expected(accumulate: Bool, bias withBias: Bool) -> (value: [Double], size: [Double]) {
        var (result, sizes) = (value, size)
        for i in 0..<m * n {
            if accumulate {
                result[i] += before[i]
                sizes[i] += abs(before[i])
            }
            if withBias {
                result[i] += bias[i % n]
                sizes[i] += abs(bias[i % n])
            }
        }
        return (result, sizes)
    }
}

/// How one call of a product is made.
struct ProductCall: CustomStringConvertible {
    var left = Layout.rows
    var right = Layout.rows
    var accumulate = false
    var bias = false
    /// Elements between the rows of C.
    var gap = 0
    var placement = Placement.aligned
    /// A as it stands, without panels, for tiers that take it so.
    var asRows = false
    /// The rows and columns to compute; nil for all.
    var rows: Range<Int>?
    var columns: Range<Int>?

    var description: String {
        """
        A in \(asRows ? "rows as they stand" : "\(left)"), B in \(right), accumulate \(accumulate), bias \(bias), gap \(gap), \
        \(placement), rows \(String(describing: rows)), columns \(String(describing: columns))
        """
    }
}

/// The product of one tier for operands of type Source, packed as Packed, giving Sum.
struct Multiplier<Source: Operand, Packed, Sum: KernelReal & Operand> {
    let kernels: ProductKernels
    let what: String

    var isBF16: Bool { Source.self == UInt16.self }

    /// Packs (in two halves) and multiplies. Returns C with its gaps, which the caller checks;
    /// what was not computed is NaN.
    func multiply(_ problem: ProductProblem, _ call: ProductCall) -> [Sum] {
        let (m, n, k) = (problem.m, problem.n, problem.k)
        let space = Workspace(call.placement)
        // Operands that the kernel reads in pairs lie on a multiple of 4 bytes.
        let packed = Workspace(call.placement == .unaligned ? .aligned : call.placement)
        let rowsOfA: ([Source], Int, Int, Int) = Layout.rows.place(problem.a, rows: m, columns: k)
        let a =
            call.asRows
            ? UnsafeRawPointer(space.input(rowsOfA.0) + rowsOfA.1)
            : UnsafeRawPointer(pack(problem.a, m, k, call.left, isLeft: true, space, packed).out)
        let b = pack(problem.b, k, n, call.right, isLeft: false, space, packed).out
        let stride = n + call.gap
        let count = m == 0 || n == 0 ? 0 : (m - 1) * stride + n
        var start = [Sum](repeating: Sum.unwritten, count: count)
        if call.accumulate {
            for i in 0..<m * n {
                start[i / n * stride + i % n] = Sum(operand: problem.before[i])
            }
        }
        let c = space.variable(start)
        let bias = call.bias ? space.input(problem.bias.map { Sum(operand: $0) }) : nil
        let (rows, columns) = (call.rows ?? 0..<m, call.columns ?? 0..<n)
        var product = MartletProduct(
            a: a, b: UnsafeRawPointer(b), c: c, bias: bias, m: m, n: n, k: k,
            c_stride: stride, row_begin: rows.lowerBound, row_end: rows.upperBound,
            column_begin: columns.lowerBound, column_end: columns.upperBound,
            accumulate: call.accumulate, a_stride: call.asRows ? rowsOfA.2 : 0, b_depth: 0,
            finish: nil)
        kernels.product(&product)
        let result = space.values(c, count)
        space.expectIntact("\(what) \(m) x \(n) x \(k), \(call)")
        packed.expectIntact("\(what) \(m) x \(n) x \(k), \(call): packed")
        return result
    }

    /// Packs a matrix in two halves that meet at a panel.
    func pack(
        _ matrix: [Double], _ rows: Int, _ columns: Int, _ layout: Layout, isLeft: Bool,
        _ space: Workspace, _ packed: Workspace
    ) -> (out: UnsafeMutablePointer<Packed>, count: Int) {
        let panels = kernels.panels
        let (lines, depth) = isLeft ? (rows, columns) : (columns, rows)
        let panel = isLeft ? panels.mr : panels.nr
        let padded = (depth + panels.depth - 1) / panels.depth * panels.depth
        let count = (lines + panel - 1) / panel * panel * padded
        let out = packed.output(count, of: Packed.self)
        let (memory, origin, rowStride, columnStride): ([Source], Int, Int, Int) =
            layout.place(matrix, rows: rows, columns: columns)
        let source = space.input(memory) + origin
        let middle = lines / 2 / panel * panel
        for range in [middle..<lines, 0..<middle] {
            var pack = MartletPack(
                source: source, row_stride: rowStride, column_stride: columnStride, rows: rows,
                columns: columns, begin: range.lowerBound, end: range.upperBound, out: out,
                source_is_bf16: isBF16)
            if isLeft {
                kernels.packA(&pack)
            } else {
                kernels.packB(&pack)
            }
        }
        return (out, count)
    }
}
