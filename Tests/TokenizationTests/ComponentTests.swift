import ByteIO
import Testing
import Tokenization

/// Every component of `tokenizer.json`, alone and as published models put them together, against Hugging Face's
/// `tokenizers` (`Goldens/make_component_goldens.py`).
@Suite struct ComponentTests {
    /// The goldens, read once.
    private static let goldens = Result { try Goldens.json("components.json") }

    static let names: [String] = {
        guard let files = try? goldens.get()["files"]?.array else { return [] }
        return files.compactMap { $0["name"]?.string }
    }()

    @Test func thereAreManyFiles() { #expect(Self.names.count > 150) }

    @Test(arguments: names) func equalsTheReference(_ name: String) throws {
        let goldens = try Self.goldens.get()
        let texts = try #require(goldens["texts"]?.array).map { try #require($0.string) }
        let file = try #require(goldens["files"]?.array?.first { $0["name"]?.string == name })
        let tokenizer = try Tokenizer.parsing(try #require(file["tokenizer"]))
        // Saved and read again it is the same.
        let saved = try Tokenizer.parsing(tokenizer.file())
        for (number, golden) in try #require(file["cases"]?.array).enumerated() {
            for tokenizer in [tokenizer, saved] {
                let found = mismatch(tokenizer, golden, texts)
                #expect(found == nil, "\(name), case \(number)")
                if found != nil { return }
            }
        }
    }

    /// Many tokens at once are decoded by a way of their own, one after the other they are not.
    @Test(arguments: names) func manyTokensAreDecodedLikeFew(_ name: String) throws {
        let goldens = try Self.goldens.get()
        let file = try #require(goldens["files"]?.array?.first { $0["name"]?.string == name })
        let tokenizer = try Tokenizer.parsing(try #require(file["tokenizer"]))
        var ids: [Tokenizer.ID] = []
        for golden in try #require(file["cases"]?.array) {
            for key in ["ids", "decode"] {
                ids += golden[key]?.array?.compactMap { $0.int.map { Tokenizer.ID($0) } } ?? []
                ids.removeAll { tokenizer.bytes(of: $0) == nil }
            }
        }
        for count in [31, 32, 33, 64, ids.count] {
            let part = Array(ids.prefix(count))
            var decoder = StreamingDecoder(tokenizer)
            var text = ""
            for id in part { text += try decoder.append(id) }
            text += try decoder.finish()
            #expect(try tokenizer.decode(part) == text, "\(name), \(part.count) tokens")
        }
    }

    /// What differs from a golden case, in words.
    private func mismatch(
        _ tokenizer: Tokenizer, _ golden: JSONValue, _ texts: [String]
    ) -> String? {
        func numbers(_ key: String) -> [Int]? { golden[key]?.array?.compactMap(\.int) }
        do {
            if let ids = numbers("decode") {
                return try decoded(tokenizer, ids.map(Int32.init), golden)
            }
            if let batch = numbers("batch") {
                let encodings = try tokenizer.encodings(
                    of: batch.map { (texts[$0], nil) }, parseSpecial: true)
                let ids = encodings.map { $0.ids.map(Int.init) }
                let wanted = golden["ids"]?.array?.map { $0.array?.compactMap(\.int) ?? [] }
                return ids == wanted ? nil : "batch \(ids) for \(wanted ?? [])"
            }
            let text = texts[golden["text"]?.int ?? 0]
            let pair = golden["pair"]?.int.map { texts[$0] }
            let encoding = try tokenizer.encoding(
                of: text, pair: pair, addsTokens: golden["plain"]?.bool != true,
                parseSpecial: true)
            if golden["error"]?.bool == true { return "no error for \(text.debugDescription)" }
            let ids = encoding.ids.map(Int.init)
            if ids != numbers("ids") {
                return "\(text.debugDescription): ids \(ids) for \(numbers("ids") ?? [])"
            }
            let offsets = offsets(encoding, text, pair)
            if offsets != numbers("offsets") {
                return
                    "\(text.debugDescription): offsets \(offsets) for \(numbers("offsets") ?? [])"
            }
            let types = numbers("type_ids") ?? ids.map { _ in 0 }
            if encoding.typeIDs != types {
                return "\(text.debugDescription): types \(encoding.typeIDs) for \(types)"
            }
            let special = encoding.isSpecial.indices.filter { encoding.isSpecial[$0] }
            if special != numbers("special") ?? [] { return "special \(special)" }
            if let attention = numbers("attention") {
                let found = encoding.isAttended.map { $0 ? 1 : 0 }
                if found != attention { return "attention \(found) for \(attention)" }
            }
            if let overflow = golden["overflowing"]?.array {
                // The reference stops cutting pieces early and loses some; what it has must be ours.
                let found = encoding.overflowing.map { $0.ids.map(Int.init) }
                let wanted = overflow.map { $0.array?.compactMap(\.int) ?? [] }
                if Array(found.prefix(max(0, wanted.count - 1))) != wanted.dropLast() {
                    return "overflowing \(found) for \(wanted)"
                }
            }
            return try decoded(tokenizer, encoding.ids, golden)
        } catch {
            // Where there is no room for any text the reference's length wraps around, and it cuts nothing.
            let isFull = "\(error)".contains("leaves no room")
            return golden["error"]?.bool == true || isFull ? nil : "\(error)"
        }
    }

    private func decoded(
        _ tokenizer: Tokenizer, _ ids: [Int32], _ golden: JSONValue
    ) throws -> String? {
        guard let wanted = golden["decoded"]?.string else { return nil }
        let known = ids.filter { tokenizer.bytes(of: $0) != nil }
        for (skips, wanted) in [(false, wanted), (true, golden["skipped"]?.string ?? wanted)] {
            let text = try tokenizer.decode(known, skipSpecial: skips)
            if !text.utf8.elementsEqual(wanted.utf8) {
                return "decoded \(known) to \(text.debugDescription) for \(wanted.debugDescription)"
            }
            var decoder = StreamingDecoder(tokenizer, skipSpecial: skips)
            var streamed = ""
            for id in known { streamed += try decoder.append(id) }
            streamed += try decoder.finish()
            if !streamed.utf8.elementsEqual(wanted.utf8) {
                return
                    "streamed \(known) to \(streamed.debugDescription) for \(wanted.debugDescription)"
            }
        }
        return nil
    }

    /// Offsets in scalars, start and end of each token, as Python has them.
    private func offsets(_ encoding: Encoding, _ text: String, _ pair: String?) -> [Int] {
        func scalars(_ text: String) -> [Int] {
            var counts = [0]
            for byte in text.utf8 {
                counts.append(counts[counts.count - 1] + (byte & 0xC0 == 0x80 ? 0 : 1))
            }
            // A position within a scalar never occurs; that of its first byte is the count before it.
            return counts
        }
        let counts = [scalars(text), scalars(pair ?? "")]
        return encoding.offsets.enumerated().flatMap { index, range -> [Int] in
            guard let number = encoding.textNumbers[index] else { return [0, 0] }
            return [counts[number][range.lowerBound], counts[number][range.upperBound]]
        }
    }
}
