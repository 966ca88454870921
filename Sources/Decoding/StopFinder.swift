/// Looks for stop strings in text that arrives in pieces, holding back what might begin one.
/// Compares bytes: canonically equal strings are different here.
package struct StopFinder {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    package init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) } }

    /// Adds a piece; returns the text that is certain to come before any stop string, and whether
    /// one was found.
    package mutating func append(_ piece: String) -> (text: String, stopped: Bool) {
        held += Array(piece.utf8)
        let found = stops.compactMap { Self.first($0, in: held) }.min()
        if let found {
            defer { held = [] }
            return (String(decoding: held[..<found], as: UTF8.self), true)
        }
        // The longest end of what is held that begins a stop string stays.
        var keep = 0
        for stop in stops {
            for length in stride(from: min(stop.count - 1, held.count), to: keep, by: -1)
            where held.suffix(length).elementsEqual(stop.prefix(length)) {
                keep = length
                break
            }
        }
        // Never between the bytes of one scalar.
        while keep > 0, keep < held.count, held[held.count - keep] & 0xC0 == 0x80 { keep += 1 }
        defer { held = Array(held.suffix(keep)) }
        return (String(decoding: held.dropLast(keep), as: UTF8.self), false)
    }

    /// What was held back, when no more text comes.
    package mutating func flush() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    private static func first(_ needle: [UInt8], in text: [UInt8]) -> Int? {
        guard needle.count <= text.count else { return nil }
        return (0...text.count - needle.count).first {
            text[$0..<$0 + needle.count].elementsEqual(needle)
        }
    }
}
