/// A JSON number kept as it was written, so that no digit is lost on the way through.
///
/// Equality and hashing compare the lexemes: `1`, `1.0` and `1e0` are three different numbers here.
public struct JSONNumber: Sendable, Hashable {
    /// The number as it stands in the text; always a valid JSON number.
    public let lexeme: String

    /// The integer `value`.
    public init(_ value: Int) {
        lexeme = String(value)
    }

    /// The shortest decimal that reads back as `value`, which must be finite (JSON has no others).
    public init(_ value: Double) {
        precondition(value.isFinite, "JSON has no number for \(value)")
        lexeme = value.description
    }

    /// The shortest decimal that reads back as `value`, which must be finite (JSON has no others).
    public init(_ value: Float) {
        precondition(value.isFinite, "JSON has no number for \(value)")
        lexeme = value.description
    }

    /// For the parser, which has checked `lexeme`.
    init(checkedLexeme lexeme: String) {
        self.lexeme = lexeme
    }

    /// The exact integer, or nil if the lexeme has a fraction or an exponent (`1.0` and `1e3` are
    /// not integers: a shape or an offset never looks like that) or does not fit in an `Int`.
    public var int: Int? { Int(lexeme) }

    /// The nearest `Double`. A lexeme too large for any is infinite: check `isFinite`.
    public var double: Double { Double(lexeme) ?? .nan }
}
