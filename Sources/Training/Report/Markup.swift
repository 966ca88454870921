import ByteIO

/// Text on its way into a page.
package enum Markup {
    /// `data` for a script element: "</script>" in a string of it does not end the script.
    package static func script(_ data: JSONValue) -> String {
        // Bytes are compared: to a string, "<" is no part of itself where it joins with the character before or after it.
        let parts = data.bytes().split(
            separator: UInt8(ascii: "<"), omittingEmptySubsequences: false)
        return String(decoding: Array(parts.joined(separator: "\\u003c".utf8)), as: UTF8.self)
    }

    /// `text` such that it reads as itself inside an element or a double-quoted attribute.
    ///
    /// Besides the five marks of the syntax, control characters, which a page may not hold, become
    /// their visible pictures (␀ ␛ …); a carriage return becomes a line feed, as every parser would
    /// make it. Tabs and line feeds stay.
    package static func escaped(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x26: output.append(contentsOf: "&amp;".unicodeScalars)
            case 0x3C: output.append(contentsOf: "&lt;".unicodeScalars)
            case 0x3E: output.append(contentsOf: "&gt;".unicodeScalars)
            case 0x22: output.append(contentsOf: "&quot;".unicodeScalars)
            case 0x27: output.append(contentsOf: "&#39;".unicodeScalars)
            case 0x0A where previous == "\r": break
            case 0x0D: output.append("\n")
            case 0x09, 0x0A: output.append(scalar)
            case 0x00..<0x20: output.append(Unicode.Scalar(0x2400 + scalar.value) ?? replacement)
            case 0x7F: output.append("\u{2421}")
            case 0x80..<0xA0, 0xFDD0...0xFDEF: output.append(replacement)
            case let value where value & 0xFFFE == 0xFFFE: output.append(replacement)
            default: output.append(scalar)
            }
            previous = scalar
        }
        return String(output)
    }

    private static let replacement: Unicode.Scalar = "\u{FFFD}"
}
