import CKernels

/// Conversion to another element type. Floating-point to integer truncates; real to boolean is
/// "not zero". Gradients flow between floating-point types.
struct Cast: Primitive {
    let dtype: DType
    var name: String { "cast to \(dtype)" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let source = x[0].packed()
        let out = Tensor(uninitialized: source.shape, dtype, on: source.device)
        let kernels = source.device.kernels
        source.device.parallel(source.count, grain: elementGrain) { range in
            let i = range.lowerBound
            let n = range.count
            switch (source.dtype, dtype) {
            case (.float32, .bfloat16):
                kernels.f32_to_bf16(source.f32 + i, out.pointer(UInt16.self) + i, n)
            case (.float32, .float16):
                kernels.f32_to_f16(source.f32 + i, out.pointer(UInt16.self) + i, n)
            case (.bfloat16, .float32):
                kernels.bf16_to_f32(source.pointer(UInt16.self) + i, out.f32 + i, n)
            case (.float16, .float32):
                kernels.f16_to_f32(source.pointer(UInt16.self) + i, out.f32 + i, n)
            default: Self.convert(source, out, range)
            }
        }
        return Evaluation(output: out)
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [saved.inputTypes[0].isFloatingPoint ? dy.cast(to: saved.inputTypes[0]) : nil]
    }

    private static func convert(_ source: Tensor, _ out: Tensor, _ range: Range<Int>) {
        switch source.dtype {
        case .float32: from(source, Float.self, out, range)
        case .float64: from(source, Double.self, out, range)
        case .int8: from(source, Int8.self, out, range)
        case .int32: from(source, Int32.self, out, range)
        case .int64: from(source, Int64.self, out, range)
        case .uint8, .bool: from(source, UInt8.self, out, range)
        case .bfloat16, .float16:
            preconditionFailure("cast: \(source.dtype) goes through float32")
        }
    }

    private static func from<S: RealConvertible>(
        _ source: Tensor, _ type: S.Type, _ out: Tensor, _ range: Range<Int>
    ) {
        let x = source.pointer(S.self)
        switch out.dtype {
        case .float32: for i in range { out.f32[i] = x[i].asFloat }
        case .float64: for i in range { out.f64[i] = x[i].asDouble }
        case .int8:
            for i in range { out.pointer(Int8.self)[i] = Int8(truncatingIfNeeded: x[i].asInt) }
        case .int32:
            for i in range { out.pointer(Int32.self)[i] = Int32(truncatingIfNeeded: x[i].asInt) }
        case .int64: for i in range { out.pointer(Int64.self)[i] = Int64(x[i].asInt) }
        case .uint8:
            for i in range { out.pointer(UInt8.self)[i] = UInt8(truncatingIfNeeded: x[i].asInt) }
        case .bool: for i in range { out.pointer(Bool.self)[i] = x[i].asDouble != 0 }
        case .bfloat16, .float16: preconditionFailure("cast: \(out.dtype) comes through float32")
        }
    }
}

/// What conversion needs of an element.
private protocol RealConvertible {
    var asFloat: Float { get }
    var asDouble: Double { get }
    /// Truncated towards zero; NaN is 0 and values beyond Int are its ends.
    var asInt: Int { get }
}
extension RealConvertible where Self: BinaryInteger {
    var asFloat: Float { Float(self) }
    var asDouble: Double { Double(self) }
    var asInt: Int { Int(truncatingIfNeeded: self) }
}
extension RealConvertible where Self: BinaryFloatingPoint {
    var asFloat: Float { Float(self) }
    var asDouble: Double { Double(self) }
    var asInt: Int {
        isNaN
            ? 0
            : Int(exactly: Swift.max(-0x1p62, Swift.min(0x1p62, self)).rounded(.towardZero)) ?? 0
    }
}
extension Float: RealConvertible {}
extension Double: RealConvertible {}
extension Int8: RealConvertible {}
extension Int32: RealConvertible {}
extension Int64: RealConvertible {}
extension UInt8: RealConvertible {}

extension Tensor {
    /// The values in another element type; itself if it is that already.
    public func cast(to dtype: DType) -> Tensor {
        if dtype == self.dtype { return self }
        // The 16-bit formats convert from and to float32 only.
        if self.dtype.isHalf, dtype != .float32 { return cast(to: .float32).cast(to: dtype) }
        if dtype.isHalf, self.dtype != .float32 { return cast(to: .float32).cast(to: dtype) }
        return Tensor.apply(Cast(dtype: dtype), [self])
    }
}
