import Tensors

/// Caps on what a header may ask for, checked before memory is spent on it.
enum SafetensorsLimits {
    /// The format's own cap on the header's length.
    static let headerBytes = 100_000_000
    static let tensors = 1_000_000
    static let dimensions = 8
    static let nameBytes = 1024
    /// Cap on the JSON text that describes one tensor, unknown fields included.
    static let entryBytes = 1 << 16
    /// The key of the header that holds text instead of a tensor.
    static let metadataKey = "__metadata__"
}

/// An element type of the safetensors format: how it is spelled and how wide it is.
package struct FormatType: Sendable {
    package let name: String
    package let bits: Int
    /// Our type for it; nil for those which are valid in a file but which Martlet has not.
    package let dtype: DType?

    private init(_ name: String, _ bits: Int, _ dtype: DType? = nil) {
        self.name = name
        self.bits = bits
        self.dtype = dtype
    }

    /// Every type of the format in its own order, by which writers sort (the last one goes first).
    package static let all: [FormatType] = [
        .init("BOOL", 8, .bool),
        .init("F4", 4), .init("F6_E2M3", 6), .init("F6_E3M2", 6),
        .init("U8", 8, .uint8), .init("I8", 8, .int8),
        .init("F8_E5M2", 8), .init("F8_E4M3", 8), .init("F8_E8M0", 8),
        .init("F8_E4M3FNUZ", 8), .init("F8_E5M2FNUZ", 8),
        .init("I16", 16), .init("U16", 16),
        .init("F16", 16, .float16), .init("BF16", 16, .bfloat16),
        .init("I32", 32, .int32), .init("U32", 32), .init("F32", 32, .float32),
        .init("C64", 64), .init("F64", 64, .float64), .init("I64", 64, .int64), .init("U64", 64),
    ]

    /// The type that a header spells `name`.
    package static func named(_ name: String) -> FormatType? {
        all.first { ByteName.equal($0.name, name) }
    }
}

extension DType {
    /// How the safetensors format spells this type.
    package var formatName: String {
        switch self {
        case .float32: "F32"
        case .bfloat16: "BF16"
        case .float16: "F16"
        case .float64: "F64"
        case .int8: "I8"
        case .int32: "I32"
        case .int64: "I64"
        case .uint8: "U8"
        case .bool: "BOOL"
        }
    }

    /// The place of this type in the format's order.
    package var formatRank: Int {
        FormatType.all.firstIndex { $0.dtype == self } ?? 0
    }
}

/// A name that is compared and hashed as its UTF-8 bytes.
///
/// Swift's `String` holds "é" and "e\u{301}" to be equal; two tensors may well bear both names.
struct ByteName: Hashable, Comparable, Sendable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func equal(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    static func == (left: ByteName, right: ByteName) -> Bool {
        equal(left.text, right.text)
    }

    static func < (left: ByteName, right: ByteName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// The name in quotes for a message: control characters are spelled out, long names are cut.
    static func quoted(_ name: String) -> String {
        var shown = "'"
        for (index, scalar) in name.unicodeScalars.enumerated() {
            if index == 200 {
                shown += "…"
                break
            }
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            if isControl {
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown + "'"
    }
}

/// Multiplies the dimensions in order; nil when the product, at any step, does not fit.
func checkedElementCount(_ shape: [Int]) -> Int? {
    var count = 1
    for dimension in shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
        if overflow { return nil }
        count = product
    }
    return count
}
