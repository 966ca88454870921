import CKernels

/// y = f(x), element by element.
struct Unary: Primitive {
    enum Function: Int32, Sendable, CaseIterable {
        case negate, exp, log, sqrt, reciprocal, tanh, sigmoid, relu, silu, gelu, geluTanh, erf
        case abs, sin, cos

        /// Functions whose derivative is cheaper from the output; the others read the input.
        var keepsOutput: Bool {
            switch self {
            case .exp, .sqrt, .reciprocal, .tanh, .sigmoid: true
            default: false
            }
        }
    }
    let function: Function
    var name: String { "\(function)" }
    private var code: MartletUnary { MartletUnary(rawValue: function.rawValue) }

    func forward(_ x: [Tensor]) -> Evaluation {
        let input = x[0].packed()
        let y = Tensor(uninitialized: input.shape, input.dtype, on: input.device)
        let kernels = input.device.kernels
        input.device.parallel(input.count, grain: elementGrain) { range in
            if input.dtype == .float32 {
                kernels.unary_f32(
                    code, input.f32 + range.lowerBound, y.f32 + range.lowerBound, range.count)
            } else {
                kernels.unary_f64(
                    code, input.f64 + range.lowerBound, y.f64 + range.lowerBound, range.count)
            }
        }
        // SiLU's derivative is short given both.
        if function == .silu { return Evaluation(output: y, kept: [input, y]) }
        return Evaluation(output: y, kept: [function.keepsOutput ? y : input])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let kept = saved.kept[0]
        let output = saved.kept.count > 1 ? saved.kept[1] : kept
        let dy = dy.packed()
        let dx = Tensor(uninitialized: kept.shape, kept.dtype, on: kept.device)
        let kernels = kept.device.kernels
        kept.device.parallel(kept.count, grain: elementGrain) { range in
            let i = range.lowerBound
            if kept.dtype == .float32 {
                kernels.unary_backward_f32(
                    code, kept.f32 + i, output.f32 + i, dy.f32 + i, dx.f32 + i, range.count)
            } else {
                kernels.unary_backward_f64(
                    code, kept.f64 + i, output.f64 + i, dy.f64 + i, dx.f64 + i, range.count)
            }
        }
        return [dx]
    }
}

/// out = a b over bfloat16 tensors of one shape, each product rounded once.
struct HalfProduct: Primitive {
    var name: String { "bfloat16 multiply" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let (a, b) = (x[0].packed(), x[1].packed())
        return Evaluation(output: Self.multiply(a, b), kept: [a, b])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let dy = dy.cast(to: .bfloat16).packed()
        return [
            needs[0] ? Self.multiply(dy, saved.kept[1]) : nil,
            needs[1] ? Self.multiply(dy, saved.kept[0]) : nil,
        ]
    }

    /// The product of contiguous tensors of as many values.
    static func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
        let out = Tensor(uninitialized: a.shape, .bfloat16, on: a.device)
        let kernels = a.device.kernels
        a.device.parallel(a.count, grain: elementGrain) { range in
            let i = range.lowerBound
            kernels.multiply_bf16(
                a.pointer(UInt16.self) + i, b.pointer(UInt16.self) + i,
                out.pointer(UInt16.self) + i, range.count)
        }
        return out
    }
}

/// out = a (op) b with broadcasting (NumPy's rule).
struct Binary: Primitive {
    enum Function: Int32, Sendable, CaseIterable {
        case add, subtract, multiply, divide, maximum, minimum, power
    }
    let function: Function
    var name: String { "\(function)" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let output = Self.evaluate(function, x[0], x[1])
        switch function {
        case .add, .subtract: return Evaluation(output: output)
        case .power: return Evaluation(output: output, kept: [x[0], x[1], output])
        default: return Evaluation(output: output, kept: [x[0], x[1]])
        }
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let shapes = saved.inputShapes
        /// Sums a gradient of the output's shape down to an input's.
        func left(_ gradient: @autoclosure () -> Tensor) -> Tensor? {
            needs[0] ? gradient().summed(to: shapes[0]) : nil
        }
        func right(_ gradient: @autoclosure () -> Tensor) -> Tensor? {
            needs[1] ? gradient().summed(to: shapes[1]) : nil
        }
        switch function {
        case .add: return [left(dy), right(dy)]
        case .subtract: return [left(dy), right(-dy)]
        default: break
        }
        let a = saved.kept[0]
        let b = saved.kept[1]
        switch function {
        case .multiply: return [left(dy * b), right(dy * a)]
        case .divide: return [left(dy / b), right(-(dy * a) / (b * b))]
        // The larger (smaller) side gets the gradient; equal sides halve it, as PyTorch does.
        case .maximum, .minimum:
            let one = Tensor(repeating: 1, [], dy.dtype, on: dy.device)
            let zero = Tensor(repeating: 0, [], dy.dtype, on: dy.device)
            let half = Tensor(repeating: 0.5, [], dy.dtype, on: dy.device)
            let wins = function == .maximum ? a.greater(than: b) : a.less(than: b)
            let share = Tensor.select(
                a.equals(b), half, Tensor.select(wins, one, zero))
            return [left(dy * share), right(dy * (one - share))]
        case .power:
            let one = Tensor(repeating: 1, [], dy.dtype, on: dy.device)
            return [left(dy * b * a.power(b - one)), right(dy * saved.kept[2] * a.log())]
        case .add, .subtract: return []
        }
    }

    static func evaluate(_ function: Function, _ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.dtype == b.dtype, "\(function): \(a.dtype) and \(b.dtype)")
        guard let shape = Shape.broadcast(a.shape, b.shape) else {
            preconditionFailure("\(function): shapes \(a.shape) and \(b.shape) do not broadcast")
        }
        let out = Tensor(uninitialized: shape, a.dtype, on: a.device)
        let kernels = a.device.kernels
        let code = MartletBinary(rawValue: function.rawValue)
        BroadcastRows(a, b, shape).run(on: a.device) { i, j, k, aStep, bStep, n in
            switch a.dtype {
            case .float32:
                kernels.binary_f32(code, a.f32 + i, aStep, b.f32 + j, bStep, out.f32 + k, n)
            case .float64:
                kernels.binary_f64(code, a.f64 + i, aStep, b.f64 + j, bStep, out.f64 + k, n)
            case .int8: integers(function, a, i, aStep, b, j, bStep, out, k, n, Int8.self)
            case .int32: integers(function, a, i, aStep, b, j, bStep, out, k, n, Int32.self)
            case .int64: integers(function, a, i, aStep, b, j, bStep, out, k, n, Int64.self)
            case .uint8: integers(function, a, i, aStep, b, j, bStep, out, k, n, UInt8.self)
            case .bool, .bfloat16, .float16:
                preconditionFailure("\(function): not defined for \(a.dtype)")
            }
        }
        return out
    }

    private static func integers<T: FixedWidthInteger>(
        _ function: Function, _ a: Tensor, _ i: Int, _ aStep: Int, _ b: Tensor, _ j: Int,
        _ bStep: Int, _ out: Tensor, _ k: Int, _ n: Int, _ type: T.Type
    ) {
        let x = a.pointer(T.self) + i
        let y = b.pointer(T.self) + j
        let z = out.pointer(T.self) + k
        for e in 0..<n {
            let v = x[e * aStep]
            let w = y[e * bStep]
            switch function {
            case .add: z[e] = v &+ w
            case .subtract: z[e] = v &- w
            case .multiply: z[e] = v &* w
            case .maximum: z[e] = max(v, w)
            case .minimum: z[e] = min(v, w)
            case .divide, .power: preconditionFailure("\(function): not defined for \(T.self)")
            }
        }
    }
}

/// Walks two broadcast operands and a contiguous result row by row; a row is the longest run in
/// which both operands are contiguous or constant.
struct BroadcastRows {
    private let outer: [(extent: Int, a: Int, b: Int)]
    private let inner: Int
    private let aStep: Int
    private let bStep: Int

    init(_ a: Tensor, _ b: Tensor, _ shape: Shape) {
        /// A stride per output axis: 0 where the operand repeats.
        func strides(_ t: Tensor) -> [Int] {
            (0..<shape.rank).map { axis in
                let own = axis - (shape.rank - t.rank)
                return own < 0 || t.shape[own] == 1 ? 0 : t.strides[own]
            }
        }
        let sa = strides(a)
        let sb = strides(b)
        // Merge axes from the back while both operands keep one regular stride.
        var merged: [(extent: Int, a: Int, b: Int)] = []
        for axis in stride(from: shape.rank - 1, through: 0, by: -1) where shape[axis] != 1 {
            if let last = merged.last, sa[axis] == last.a * last.extent,
                sb[axis] == last.b * last.extent
            {
                merged[merged.count - 1].extent *= shape[axis]
            } else {
                merged.append((shape[axis], sa[axis], sb[axis]))
            }
        }
        if let first = merged.first, first.a <= 1, first.b <= 1 {
            inner = first.extent
            aStep = first.a
            bStep = first.b
            outer = merged.dropFirst().reversed()
        } else {
            // The innermost axis is strided: rows of one element.
            inner = shape.elementCount == 0 ? 0 : 1
            aStep = 0
            bStep = 0
            outer = merged.reversed()
        }
    }

    /// Calls `body(aOffset, bOffset, outOffset, aStep, bStep, count)` for pieces of every row.
    func run(on device: Device, _ body: (Int, Int, Int, Int, Int, Int) -> Void) {
        let rows = outer.reduce(1) { $0 * $1.extent }
        guard rows > 0, inner > 0 else { return }
        if rows == 1 {
            device.parallel(inner, grain: elementGrain) { range in
                let i = range.lowerBound
                body(i * aStep, i * bStep, i, aStep, bStep, range.count)
            }
            return
        }
        device.parallel(rows, grain: max(1, elementGrain / inner)) { range in
            for row in range {
                var rest = row
                var i = 0
                var j = 0
                for axis in stride(from: outer.count - 1, through: 0, by: -1) {
                    let at = rest % outer[axis].extent
                    rest /= outer[axis].extent
                    i += at * outer[axis].a
                    j += at * outer[axis].b
                }
                body(i, j, row * inner, aStep, bStep, inner)
            }
        }
    }
}

/// Compares element by element; the result is boolean and carries no gradient.
enum Comparison: Int32, Sendable, CaseIterable {
    case less, lessEqual, greater, greaterEqual, equal, notEqual

    func evaluate(_ a: Tensor, _ b: Tensor) -> Tensor {
        precondition(a.dtype == b.dtype, "\(self): \(a.dtype) and \(b.dtype)")
        guard let shape = Shape.broadcast(a.shape, b.shape) else {
            preconditionFailure("\(self): shapes \(a.shape) and \(b.shape) do not broadcast")
        }
        let wide = a.dtype == .float32 ? DType.float32 : .float64
        let a = a.detached.cast(to: wide)
        let b = b.detached.cast(to: wide)
        let out = Tensor(uninitialized: shape, .bool, on: a.device)
        let kernels = a.device.kernels
        let code = MartletCompare(rawValue: rawValue)
        BroadcastRows(a, b, shape).run(on: a.device) { i, j, k, aStep, bStep, n in
            let target = out.pointer(UInt8.self) + k
            if wide == .float32 {
                kernels.compare_f32(code, a.f32 + i, aStep, b.f32 + j, bStep, target, n)
            } else {
                kernels.compare_f64(code, a.f64 + i, aStep, b.f64 + j, bStep, target, n)
            }
        }
        return out
    }
}

/// mask ? a : b, with broadcasting.
struct Select: Primitive {
    var name: String { "select" }

    func forward(_ x: [Tensor]) -> Evaluation {
        precondition(x[0].dtype == .bool, "select: the mask is \(x[0].dtype), not bool")
        precondition(x[1].dtype == x[2].dtype, "select: \(x[1].dtype) and \(x[2].dtype)")
        guard let two = Shape.broadcast(x[1].shape, x[2].shape),
            let shape = Shape.broadcast(x[0].shape, two)
        else {
            preconditionFailure("select: shapes \(x.map(\.shape)) do not broadcast")
        }
        let mask = x[0].broadcast(to: shape).packed()
        let a = x[1].broadcast(to: shape).packed()
        let b = x[2].broadcast(to: shape).packed()
        let out = Tensor(uninitialized: shape, a.dtype, on: a.device)
        let kernels = a.device.kernels
        a.device.parallel(out.count, grain: elementGrain) { range in
            let i = range.lowerBound
            let m = mask.pointer(UInt8.self) + i
            switch a.dtype {
            case .float32: kernels.select_f32(m, a.f32 + i, b.f32 + i, out.f32 + i, range.count)
            case .float64: kernels.select_f64(m, a.f64 + i, b.f64 + i, out.f64 + i, range.count)
            default: preconditionFailure("select: not defined for \(a.dtype)")
            }
        }
        return Evaluation(output: out, kept: [mask])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let zero = Tensor(repeating: 0, [], dy.dtype, on: dy.device)
        return [
            nil,
            needs[1]
                ? Tensor.select(saved.kept[0], dy, zero).summed(to: saved.inputShapes[1]) : nil,
            needs[2]
                ? Tensor.select(saved.kept[0], zero, dy).summed(to: saved.inputShapes[2]) : nil,
        ]
    }
}
