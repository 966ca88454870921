import ByteIO
import Testing
import Tokenization

@Suite struct EncodingTests {
    @Test func idsAreThoseOfHuggingFace() throws {
        let tokenizer = try Goldens.tokenizer()
        for (text, ids) in try Goldens.cases("tokens.json", "ids") {
            let encoded = try tokenizer.encode(text)
            #expect(encoded.map(Int.init) == ids, "\(String(decoding: text, as: UTF8.self))")
            #expect(try Array(tokenizer.decode(encoded).utf8) == text)
        }
    }

    @Test func anyBytesComeBack() throws {
        var random = TestRandom(state: 2)
        for tokenizer in [try Goldens.tokenizer(), .bytes()] {
            for length in 0..<250 {
                let text = random.bytes(length)
                let ids = try tokenizer.encode(text)
                #expect(try tokenizer.joined(ids) == text)
            }
        }
    }

    @Test func offsetsAreTheBytesOfTheTokens() throws {
        let text = Array("It's  naïve 👍🏽<|endoftext|>世界\n".utf8)
        let tokenizers = try [
            Goldens.tokenizer(), .bytes(),
            .characters("It's  naïve 👍🏽<|endoftext|>世界\n", endOfText: true),
        ]
        for tokenizer in tokenizers {
            for parseSpecial in [false, true] {
                let tokens = try text.withUnsafeBytes {
                    try tokenizer.encodeWithOffsets($0, parseSpecial: parseSpecial)
                }
                #expect(try tokens.map(\.id) == tokenizer.encode(text, parseSpecial: parseSpecial))
                #expect(tokens.first?.range.lowerBound == 0)
                #expect(tokens.last?.range.upperBound == text.count)
                // A token that ends within a scalar stands for all of it.
                func isWithinScalar(_ place: Int) -> Bool {
                    place < text.count && text[place] & 0xC0 == 0x80
                }
                var place = 0
                for (id, range) in tokens {
                    var (start, end) = (place, place + (tokenizer.bytes(of: id)?.count ?? 0))
                    place = end
                    while isWithinScalar(start) { start -= 1 }
                    while isWithinScalar(end) { end += 1 }
                    #expect(range == start..<end)
                }
                #expect(place == text.count)
            }
        }
    }

    /// Byte-pair encoding of one word as the definition says. (A trained vocabulary's ids are in
    /// the order of its merges.)
    private func naive(_ word: [UInt8], _ tokenizer: Tokenizer) throws -> [Int] {
        var ranks: [[UInt8]: Int] = [:]
        for id in 0..<Int32(tokenizer.vocabularySize) {
            ranks[try #require(tokenizer.bytes(of: id))] = Int(id)
        }
        var parts = word.map { [$0] }
        while true {
            let pairs = zip(parts, parts.dropFirst()).map { ranks[$0 + $1] ?? .max }
            guard let best = pairs.min(), best < .max, let at = pairs.firstIndex(of: best)
            else { return parts.map { ranks[$0] ?? -1 } }
            parts.replaceSubrange(at...at + 1, with: [parts[at] + parts[at + 1]])
        }
    }

    /// Scans and the heap must agree with merging as the definition says, on both sides of the
    /// length where one takes over from the other.
    @Test func wordsOfAnyLengthAreMergedInOrder() throws {
        let tokenizer = try Goldens.trained()
        var random = TestRandom(state: 3)
        let letters = Array("aaaneorqu".utf8)
        for length in Array(1...24) + Array(60...70) + [128, 200] {
            let word = (0..<length).map { _ in letters.randomElement(using: &random) ?? 0 }
            #expect(
                try tokenizer.encode(word).map(Int.init) == naive(word, tokenizer),
                "length \(length)")
            let run = [UInt8](repeating: letters[0], count: length)
            #expect(
                try tokenizer.encode(run).map(Int.init) == naive(run, tokenizer), "length \(length)"
            )
        }
    }

    /// Words in which many merges compete for the same bytes.
    @Test func longWordsOfKnownPartsAreMergedInOrder() throws {
        let tokenizer = try Goldens.trained()
        let parts = (256..<598).map { tokenizer.text(of: $0) }.filter { part in
            part.utf8.allSatisfy { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        }
        var random = TestRandom(state: 6)
        for _ in 0..<40 {
            var word = ""
            while word.utf8.count <= 64 { word += parts.randomElement(using: &random) ?? "" }
            #expect(try tokenizer.encode(word).map(Int.init) == naive(Array(word.utf8), tokenizer))
        }
    }

    @Test func aRepeatedPieceGetsTheSameIds() throws {
        // Every word comes once fresh and then out of the cache, with and without what follows.
        let tokenizer = try Goldens.trained()
        let words = (0..<200).map { " w\($0)o\($0 % 7)rd" }
        let once = try words.map { try tokenizer.encode($0) }
        #expect(try tokenizer.encode((words + words).joined()) == (once + once).flatMap { $0 })
        // Pieces that are equal up to what a short read at the end of the text could miss.
        let text = "........\u{0}\n........?"
        #expect(try tokenizer.decode(tokenizer.encode(text)) == text)
    }

    @Test func aMegabyteWordTakesNoTimeToSpeakOf() throws {
        let tokenizer = try Goldens.trained()
        let word = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 18)
        let clock = ContinuousClock()
        var ids: [Int32] = []
        // Quadratic work would take minutes here; a debug build takes a second.
        let time = try clock.measure { ids = try tokenizer.encode(word) }
        #expect(time < .seconds(30))
        #expect(try tokenizer.joined(ids) == word)
    }

    @Test func stringsAndBytesAreEncodedAlike() throws {
        let tokenizer = try Goldens.tokenizer()
        #expect(try tokenizer.encode("") == [])
        #expect(try tokenizer.encode("héllo") == tokenizer.encode(Array("héllo".utf8)))
        // Canonically equal strings are different texts.
        #expect(try tokenizer.encode("\u{E9}") != tokenizer.encode("e\u{301}"))
    }

    @Test(arguments: [-1, 600, Int32.max, Int32.min])
    func anUnknownIdIsRefused(id: Int32) throws {
        let tokenizer = try Goldens.tokenizer()
        #expect(tokenizer.bytes(of: id) == nil)
        #expect(tokenizer.text(of: id) == "\u{FFFD}")
        #expect(!tokenizer.isSpecial(id))
        let error = failure { try tokenizer.decode([5, id]) }
        #expect(error?.code == .invalidValue)
        #expect(error?.message.contains("\(id)") == true)
    }

    @Test func bytesAreTheirOwnIds() throws {
        let tokenizer = Tokenizer.bytes()
        #expect(tokenizer.kind == .bytes)
        #expect(tokenizer.vocabularySize == 257)
        #expect(tokenizer.endOfText == 256)
        #expect(try tokenizer.encode(Array(0...255)) == Array(0...255))
        #expect(Tokenizer.bytes(specials: ["<a>", "", "<a>", "<b>"]).vocabularySize == 258)
    }
}
