/// The element type of a tensor, known at run time because files decide it at run time.
public enum DType: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    case float32, bfloat16, float16, float64, int8, int32, int64, uint8, bool

    /// Bytes of one element.
    public var byteWidth: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .bfloat16, .float16: 2
        case .int8, .uint8, .bool: 1
        }
    }

    /// Whether it holds real numbers (any width).
    public var isFloatingPoint: Bool {
        switch self {
        case .float32, .bfloat16, .float16, .float64: true
        default: false
        }
    }

    /// 16-bit formats, which are computed with in float32.
    var isHalf: Bool { self == .bfloat16 || self == .float16 }

    /// The name, as in `float32`.
    public var description: String {
        switch self {
        case .float32: "float32"
        case .bfloat16: "bfloat16"
        case .float16: "float16"
        case .float64: "float64"
        case .int8: "int8"
        case .int32: "int32"
        case .int64: "int64"
        case .uint8: "uint8"
        case .bool: "bool"
        }
    }
}
