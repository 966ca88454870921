/// Bytes as people can look at them: what does not show by itself gets a sign.
///
/// Tokens hold spaces, line ends, marks that turn the direction of writing, and parts of characters. Shown as they
/// are, those are invisible, or change what stands around them.
///
/// ```swift
/// VisibleText.line(" a\n".utf8)  // ·a⏎
/// ```
public enum VisibleText {
    /// A run of bytes of one sort.
    public enum Part: Sendable, Equatable {
        /// Characters that show as they are.
        case plain(String)
        /// U+0020.
        case space
        /// U+0009.
        case tab
        /// U+000A.
        case lineFeed
        /// A character that has no picture of its own: a control, a mark of direction, a joiner, a space of another
        /// width, one that is private or not assigned.
        case hidden(Unicode.Scalar)
        /// Bytes that are no UTF-8, such as a part of a character.
        case bytes([UInt8])

        /// What stands for the part: itself, `·`, `→`, `⏎`, `␛`, `⟨U+202E⟩` or `⟨e2 82⟩`.
        public var symbol: String {
            switch self {
            case .plain(let text): VisibleText.carried(text)
            case .space: "·"
            case .tab: "→"
            case .lineFeed: "⏎"
            case .hidden(let scalar): VisibleText.name(of: scalar)
            case .bytes(let bytes): "⟨\(VisibleText.hexadecimal(bytes))⟩"
            }
        }
    }

    /// The parts of `bytes`, in order.
    public static func parts(of bytes: some Sequence<UInt8>) -> [Part] {
        Array(bytes).withUnsafeBufferPointer { split($0) }
    }

    /// The symbols of all parts on one line.
    ///
    /// - Parameter marksSpaces: Whether a space becomes `·`.
    public static func line(_ bytes: some Sequence<UInt8>, marksSpaces: Bool = true) -> String {
        parts(of: bytes).map { !marksSpaces && $0 == .space ? " " : $0.symbol }.joined()
    }

    /// Two digits a byte, with spaces between: `e2 82`.
    public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { padded(String($0, radix: 16), to: 2) }.joined(separator: " ")
    }

    // MARK: - Parts

    private enum Run { case plain, named, broken }

    private static func split(_ bytes: UnsafeBufferPointer<UInt8>) -> [Part] {
        guard let base = bytes.baseAddress else { return [] }
        var parts: [Part] = []
        var run = Run.named
        var start = 0
        func end(_ place: Int) {
            switch run {
            case .plain: parts.append(.plain(String(decoding: bytes[start..<place], as: UTF8.self)))
            case .broken: parts.append(.bytes(Array(bytes[start..<place])))
            case .named: break
            }
            start = place
        }
        var place = 0
        while place < bytes.count {
            let (value, length) = StrictUTF8.decode(base + place, bytes.count - place)
            var next = Run.broken
            var part: Part?
            if let scalar = value.flatMap({ Unicode.Scalar($0) }) {
                part = named(scalar)
                next = part == nil ? .plain : .named
            }
            if next != run {
                end(place)
                run = next
            }
            if let part { parts.append(part) }
            place += length
        }
        end(place)
        return parts
    }

    /// The part that a character is by itself; nil if it shows as it is.
    private static func named(_ scalar: Unicode.Scalar) -> Part? {
        switch scalar.value {
        case 0x20: return .space
        case 0x09: return .tab
        case 0x0A: return .lineFeed
        case 0x21..<0x7F: return nil
        default: break
        }
        if scalar.properties.isDefaultIgnorableCodePoint { return .hidden(scalar) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator, .spaceSeparator:
            return .hidden(scalar)
        default: return nil
        }
    }

    private static func name(of scalar: Unicode.Scalar) -> String {
        switch scalar.value {
        case 0x00..<0x20:
            return Unicode.Scalar(0x2400 + scalar.value).map { String($0) } ?? "\u{FFFD}"
        case 0x7F: return "\u{2421}"
        default:
            return "⟨U+\(padded(String(scalar.value, radix: 16, uppercase: true), to: 4))⟩"
        }
    }

    /// `text`, with a circle for its first character to sit on if that is an accent: it must not go to what
    /// stands before.
    private static func carried(_ text: String) -> String {
        switch text.unicodeScalars.first?.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: "\u{25CC}" + text
        default: text
        }
    }

    private static func padded(_ digits: String, to count: Int) -> String {
        String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
    }
}
