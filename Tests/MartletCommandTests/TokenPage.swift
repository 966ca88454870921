import ByteIO
import Testing

/// A page of `tokenizer inspect`, read back as a browser would; any tag in the text that is none of the page's own
/// is an error.
struct TokenPage {
    struct Span: Equatable {
        /// The place in the table of tokens; nil where no token stands for the text.
        var token: Int?
        var isSpecial = false
        /// The bytes of the text.
        var bytes: [UInt8] = []
    }

    let html: [UInt8]
    private(set) var spans: [Span] = []
    private(set) var blockCount = 0
    let ids: [Int]
    let names: [String]
    let hexadecimals: [String]
    let special: [Int]
    let lengths: [Int]

    init(_ html: [UInt8]) throws {
        self.html = html
        var scanner = Scanner(html)
        try scanner.skip(past: "<div id=\"text\"")
        try scanner.skip(past: ">")
        repeat {
            try scanner.need("<div dir=\"auto\">")
            blockCount += 1
            while !scanner.take("</div>") { spans.append(try Self.span(&scanner)) }
        } while scanner.take("\n")
        try scanner.need("</div>\n</section>")
        try scanner.skip(past: "<script type=\"application/json\" id=\"data\">")
        let data = try JSONValue(parsing: try scanner.text(before: "</script>"), place: "data")
        func numbers(_ key: String) -> [Int] { data[key]?.array?.compactMap(\.int) ?? [] }
        func strings(_ key: String) -> [String] { data[key]?.array?.compactMap(\.string) ?? [] }
        ids = numbers("ids")
        names = strings("names")
        hexadecimals = strings("bytes")
        special = numbers("special")
        lengths = numbers("lengths")
    }

    /// How often `word` stands in the page.
    func count(of word: String) -> Int {
        var scanner = Scanner(html)
        var count = 0
        while (try? scanner.skip(past: word)) != nil { count += 1 }
        return count
    }

    private static func span(_ scanner: inout Scanner) throws -> Span {
        var span = Span()
        if scanner.take("<span class=\"gap\">") {
            span.token = nil
        } else {
            span.isSpecial = scanner.take("<span class=\"special\"")
            if !span.isSpecial { try scanner.need("<span") }
            if scanner.take(" data-s=\"") { _ = try scanner.text(before: "\"") }
            try scanner.need(" data-i=")
            let digits = String(decoding: try scanner.text(before: ">"), as: UTF8.self)
            let token: Int = try #require(Int(digits))
            span.token = token
        }
        while !scanner.take("</span>") {
            if scanner.take("<i class=\"n\">\n</i>") {
                span.bytes.append(0x0A)
            } else if scanner.take("<i class=\"t\">\t</i>") {
                span.bytes.append(0x09)
            } else if scanner.take("<i>") {
                let sign = String(decoding: try scanner.text(before: "</i>"), as: UTF8.self)
                span.bytes += try meaning(of: sign)
            } else {
                span.bytes.append(try scanner.character())
            }
        }
        return span
    }

    /// The bytes behind `⟨e2 82⟩`, `⟨U+202E⟩` or `␛`.
    private static func meaning(of sign: String) throws -> [UInt8] {
        let scalars = sign.unicodeScalars
        if scalars.first == "⟨", scalars.last == "⟩" {
            let inside = String(String.UnicodeScalarView(scalars.dropFirst().dropLast()))
            if inside.hasPrefix("U+") {
                let value = try #require(UInt32(inside.dropFirst(2), radix: 16))
                return Array(String(try #require(Unicode.Scalar(value))).utf8)
            }
            return try inside.split(separator: " ").map { try #require(UInt8($0, radix: 16)) }
        }
        let picture = try #require(scalars.count == 1 ? scalars.first : nil).value
        try #require((0x2400...0x2421).contains(picture))
        return [picture == 0x2421 ? 0x7F : UInt8(picture - 0x2400)]
    }
}

/// Walks over the bytes of a page. (Characters would not do: an accent in the text can join with a tag's end.)
private struct Scanner {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Steps over `word` if it is next.
    mutating func take(_ word: String) -> Bool {
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }

    mutating func need(_ word: String) throws {
        guard take(word) else {
            let rest = String(decoding: bytes[place...].prefix(60), as: UTF8.self)
            throw MartletError(.malformed, "expected \(word) before \(rest)", at: "page")
        }
    }

    mutating func skip(past word: String) throws { _ = try text(before: word) }

    /// The bytes up to `word`, and steps over it too.
    mutating func text(before word: String) throws -> [UInt8] {
        let start = place
        let first = word.utf8.first
        while place < bytes.count {
            if bytes[place] == first, take(word) {
                return Array(bytes[start..<place - word.utf8.count])
            }
            place += 1
        }
        place = start
        throw MartletError(.malformed, "there is no \(word)", at: "page")
    }

    /// A byte of text, as itself or by name.
    mutating func character() throws -> UInt8 {
        for (name, byte) in [
            ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"),
        ] as [(String, Unicode.Scalar)] where take(name) {
            return UInt8(ascii: byte)
        }
        guard place < bytes.count, !"<>&\"'\n\t".utf8.contains(bytes[place]) else {
            let rest = String(decoding: bytes[place...].prefix(60), as: UTF8.self)
            throw MartletError(.malformed, "this is no text: \(rest)", at: "page")
        }
        place += 1
        return bytes[place - 1]
    }
}
