import CKernels

/// A floating-point type that has kernels.
protocol KernelReal: BinaryFloatingPoint, Sendable {
    /// The nearest value.
    init(rounding value: Double)
    var exact: Double { get }
    var bits: UInt64 { get }
    /// What a workspace's outputs hold before a kernel writes them: NaN, all bits set.
    static var unwritten: Self { get }
    static var kernelName: String { get }
    static func kernels(_ tier: Tier) -> RealKernels<Self>
}

extension KernelReal {
    /// The distance from 1 to the next value.
    static var epsilon: Double { ulpOfOne.exact }
    /// The smallest normal value.
    static var tiny: Double { leastNormalMagnitude.exact }
}

/// The kernels of one table over one floating-point type.
struct RealKernels<T> {
    typealias Input = UnsafePointer<T>
    typealias Output = UnsafeMutablePointer<T>
    typealias BinaryFunction = (MartletBinary, Input, Int, Input, Int, Output, Int) -> Void
    typealias CompareFunction =
        (MartletCompare, Input, Int, Input, Int, UnsafeMutablePointer<UInt8>, Int) -> Void
    typealias NormFunction =
        (Input, Input?, Input?, T, Bool, Output, Output, Output, Int, Int) -> Void
    typealias NormBackwardFunction =
        (Input, Input?, Input, Input, Bool, Input, Output, Output?, Output?, Int, Int) -> Void
    typealias Targets = UnsafePointer<Int32>
    typealias Blocks = UnsafePointer<UnsafePointer<T>>
    typealias AttendFunction = (
        Input, Blocks, Blocks, Int, Int, Int, T, Input?, Output, Output
    ) -> Void

    let unary: (MartletUnary, Input, Output, Int) -> Void
    let unaryBackward: (MartletUnary, Input, Input, Input, Output, Int) -> Void
    let binary: BinaryFunction
    let compare: CompareFunction
    let select: (UnsafePointer<UInt8>, Input, Input, Output, Int) -> Void
    let accumulate: (Output, Input, T, Int) -> Void
    let sum: (Input, Int) -> T
    let sumSquares: (Input, Int) -> Double
    let maximum: (Input, Int, UnsafeMutablePointer<Int>) -> T
    let sumRows: (Input, Int, Int, Int, Output) -> Void
    let softmax: (Input, Output, Int, Int, Bool) -> Void
    let softmaxBackward: (Input, Input, Output, Int, Int, Bool) -> Void
    let norm: NormFunction
    let normBackward: NormBackwardFunction
    let crossEntropy: (Input, Targets, Output, Output, Int, Int) -> Void
    let crossEntropyBackward: (Input, Targets, Input, Input, Output, Int, Int) -> Void
    let rotary: (Input, Input, Input, T, Bool, Output, Int) -> Void
    let dropout: (Input, Output, Int, UInt64, UInt64, UInt32, T) -> Void
    let attend: AttendFunction
    let adam: (UnsafePointer<MartletAdam>, Output, Output, Output, Input, Int) -> Void
    let product: ProductKernels
    let attention: (UnsafePointer<MartletAttention>) -> Void
    let attentionBackward: (UnsafePointer<MartletAttention>) -> Void
}

/// The matrix product of one table over one kind of operand.
struct ProductKernels {
    let panels: MartletPanels
    let packA: (UnsafePointer<MartletPack>) -> Void
    let packB: (UnsafePointer<MartletPack>) -> Void
    let product: (UnsafePointer<MartletProduct>) -> Void

    static func bfloat16(_ tier: Tier) -> ProductKernels {
        let t = tier.kernels.pointee
        return ProductKernels(
            panels: t.panels_bf16, packA: t.pack_a_bf16, packB: t.pack_b_bf16,
            product: t.product_bf16)
    }
}

extension Float: KernelReal {
    init(rounding value: Double) { self.init(value) }
    var exact: Double { Double(self) }
    var bits: UInt64 { UInt64(bitPattern) }
    static let unwritten = Float(bitPattern: .max)
    static let kernelName = "float32"

    static func kernels(_ tier: Tier) -> RealKernels<Float> {
        let t = tier.kernels.pointee
        return RealKernels(
            unary: t.unary_f32, unaryBackward: t.unary_backward_f32, binary: t.binary_f32,
            compare: t.compare_f32, select: t.select_f32, accumulate: t.accumulate_f32,
            sum: t.sum_f32, sumSquares: t.sum_squares_f32, maximum: t.maximum_f32,
            sumRows: t.sum_rows_f32, softmax: t.softmax_f32,
            softmaxBackward: t.softmax_backward_f32, norm: t.norm_f32,
            normBackward: t.norm_backward_f32, crossEntropy: t.cross_entropy_f32,
            crossEntropyBackward: t.cross_entropy_backward_f32, rotary: t.rotary_f32,
            dropout: t.dropout_f32, attend: t.attend_f32, adam: t.adam_f32,
            product: ProductKernels(
                panels: t.panels_f32, packA: t.pack_a_f32, packB: t.pack_b_f32,
                product: t.product_f32),
            attention: t.attention_f32, attentionBackward: t.attention_backward_f32)
    }
}

extension Double: KernelReal {
    init(rounding value: Double) { self = value }
    var exact: Double { self }
    var bits: UInt64 { bitPattern }
    static let unwritten = Double(bitPattern: .max)
    static let kernelName = "float64"

    static func kernels(_ tier: Tier) -> RealKernels<Double> {
        let t = tier.kernels.pointee
        return RealKernels(
            unary: t.unary_f64, unaryBackward: t.unary_backward_f64, binary: t.binary_f64,
            compare: t.compare_f64, select: t.select_f64, accumulate: t.accumulate_f64,
            sum: t.sum_f64, sumSquares: t.sum_squares_f64, maximum: t.maximum_f64,
            sumRows: t.sum_rows_f64, softmax: t.softmax_f64,
            softmaxBackward: t.softmax_backward_f64, norm: t.norm_f64,
            normBackward: t.norm_backward_f64, crossEntropy: t.cross_entropy_f64,
            crossEntropyBackward: t.cross_entropy_backward_f64, rotary: t.rotary_f64,
            dropout: t.dropout_f64, attend: t.attend_f64, adam: t.adam_f64,
            product: ProductKernels(
                panels: t.panels_f64, packA: t.pack_a_f64, packB: t.pack_b_f64,
                product: t.product_f64),
            attention: t.attention_f64, attentionBackward: t.attention_backward_f64)
    }
}
