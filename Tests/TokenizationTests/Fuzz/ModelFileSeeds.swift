/// Writes protocol buffers: sound ones, or ones that are wrong here and there.
struct WireWriter {
    private(set) var bytes: [UInt8] = []
    /// One in so many parts is written wrong; none if nil.
    let wrongOneIn: Int?

    init(wrongOneIn: Int?) { self.wrongOneIn = wrongOneIn }

    mutating func integer(_ field: UInt64, _ value: UInt64, _ fuzz: inout FuzzCase) {
        tag(field, 0, &fuzz)
        varint(value, &fuzz)
    }

    mutating func flag(_ field: UInt64, _ value: Bool, _ fuzz: inout FuzzCase) {
        integer(field, value ? 1 : 0, &fuzz)
    }

    mutating func float(_ field: UInt64, _ value: Float, _ fuzz: inout FuzzCase) {
        tag(field, 5, &fuzz)
        for shift: UInt32 in [0, 8, 16, 24] {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
        }
        if isWrong(&fuzz) { bytes.removeLast(1 + fuzz.below(4)) }
    }

    mutating func data(_ field: UInt64, _ content: [UInt8], _ fuzz: inout FuzzCase) {
        tag(field, 2, &fuzz)
        var count = UInt64(content.count)
        if isWrong(&fuzz) {
            let wrong: [UInt64] = [
                0, count &- 1, count + 1, count + 1000, 0x8000_0000, 0x1_0000_0000, UInt64.max / 2,
                .max,
            ]
            count = fuzz.pick(wrong)
        }
        varint(count, &fuzz)
        bytes += content
        if isWrong(&fuzz), !content.isEmpty { bytes.removeLast(1 + fuzz.below(content.count)) }
    }

    private mutating func tag(_ field: UInt64, _ kind: UInt64, _ fuzz: inout FuzzCase) {
        var (field, kind) = (field, kind)
        if isWrong(&fuzz) { kind = UInt64(fuzz.below(8)) }
        let wrong: [UInt64] = [0, 1, 2, 3, 99, 0x1000_0000, 0x2000_0000, UInt64.max / 16]
        if isWrong(&fuzz) { field = fuzz.pick(wrong) }
        if isWrong(&fuzz) {
            // A group, opened or closed.
            varint(field << 3 | (fuzz.flag() ? 3 : 4), &fuzz)
        }
        varint(field << 3 | kind, &fuzz)
    }

    private mutating func varint(_ value: UInt64, _ fuzz: inout FuzzCase) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
        if isWrong(&fuzz) {
            // Longer than it need be, or may be.
            bytes[bytes.count - 1] |= 0x80
            for _ in 0..<fuzz.below(12) { bytes.append(fuzz.flag() ? 0x80 : 0xFF) }
            if !fuzz.happens(oneIn: 4) { bytes.append(UInt8(fuzz.below(128))) }
        }
    }

    private func isWrong(_ fuzz: inout FuzzCase) -> Bool {
        guard let wrongOneIn else { return false }
        return fuzz.happens(oneIn: wrongOneIn)
    }
}

/// A SentencePiece model to be written.
struct SeedModel {
    struct Piece {
        var text: [UInt8]
        var score: Float
        /// 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
        var kind: UInt64
    }

    var pieces: [Piece] = []
    /// 1 unigram, 2 byte pairs.
    var algorithm: UInt64 = 1
    var usesByteTokens = false
    var suffixesSpace = false
    var unknownSurface: [UInt8]?
    var charsMap: [UInt8] = []
    var addsPrefix = true
    var removesExtraSpaces = true
    var escapesSpaces = true
    var denormalizes = false

    /// A sound model, small and random.
    init(_ fuzz: inout FuzzCase) {
        algorithm = fuzz.flag() ? 1 : 2
        usesByteTokens = fuzz.flag()
        suffixesSpace = fuzz.happens(oneIn: 6)
        addsPrefix = fuzz.flag()
        removesExtraSpaces = fuzz.flag()
        escapesSpaces = !fuzz.happens(oneIn: 6)
        if fuzz.happens(oneIn: 4) { unknownSurface = Array("?".utf8) }
        if fuzz.flag() { charsMap = SeedCharsMap(&fuzz).bytes }
        add("<unk>", 2)
        add("<s>", 3)
        add("</s>", 3)
        if usesByteTokens {
            for byte in 0..<256 {
                let digits = String(byte, radix: 16, uppercase: true)
                add("<0x\(digits.count < 2 ? "0" : "")\(digits)>", 6)
            }
        }
        if fuzz.flag() { add(fuzz.pick(["<x>", " a", "\u{2581}b", "a b", "\u{E9}"]), 4) }
        var texts = [
            "\u{2581}", "a", "b", "c", "e", "t", "h", "o", "n", "\u{E9}", "\u{4E16}", " ", "1",
        ]
        for text in texts where !fuzz.happens(oneIn: 12) { add(text, 1, -9 - Float(fuzz.below(4))) }
        // Made of two others each, so that byte pairs lead to them.
        for number in 0..<fuzz.below(40) {
            let text = fuzz.pick(texts) + fuzz.pick(texts)
            texts.append(text)
            let score = algorithm == 2 ? -Float(number) : -Float(fuzz.below(9)) - 0.25
            add(text, fuzz.happens(oneIn: 10) ? 5 : 1, score)
        }
    }

    /// Adds a piece, if there is none with its text yet.
    private mutating func add(_ text: String, _ kind: UInt64, _ score: Float = 0) {
        let bytes = Array(text.utf8)
        if !pieces.contains(where: { $0.text == bytes }) {
            pieces.append(Piece(text: bytes, score: score, kind: kind))
        }
    }

    /// Changes one thing, so that it is another model or none.
    mutating func change(_ fuzz: inout FuzzCase) {
        guard !pieces.isEmpty else { return }
        let (first, second) = (fuzz.below(pieces.count), fuzz.below(pieces.count))
        switch fuzz.below(16) {
        case 0: pieces.remove(at: first)
        case 1: pieces.append(pieces[first])
        case 2: pieces.swapAt(first, second)
        case 3: pieces[first].text = Array(fuzz.pick(JSONDonors.strings).utf8)
        case 4:
            let invalid: [[UInt8]] = [[0xFF], [0xC3], [0xE2, 0x96], [0xED, 0xA0, 0x80], [0x80]]
            pieces[first].text += fuzz.pick(invalid)
        case 5: pieces[first].text = [UInt8](repeating: 0x61, count: 1 + fuzz.below(1500))
        case 6: pieces[first].text += pieces[second].text
        case 7, 8:
            let scores: [Float] = [
                0, -0.0, .nan, .infinity, -.infinity, .greatestFiniteMagnitude,
                -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 1, -1, pieces[second].score,
            ]
            pieces[first].score = fuzz.pick(scores)
        case 9, 10:
            pieces[first].kind = fuzz.pick([0, 1, 1, 2, 3, 4, 4, 5, 5, 6, 7, 1 << 40, .max])
        case 11:
            let algorithms: [UInt64] = [0, 1, 2, 3, 4, 5, .max]
            algorithm = fuzz.pick(algorithms)
        case 12: usesByteTokens.toggle()
        case 13:
            let surfaces: [[UInt8]] = [[], [0xFF], Array(" \u{2047} ".utf8), [0x20]]
            unknownSurface = fuzz.pick(surfaces)
        case 14: denormalizes = fuzz.happens(oneIn: 3)
        default:
            var map = SeedCharsMap(&fuzz)
            map.damage(&fuzz)
            charsMap = map.bytes
        }
    }

    /// The bytes of the file.
    func bytes(wrongOneIn: Int?, _ fuzz: inout FuzzCase) -> [UInt8] {
        var file = WireWriter(wrongOneIn: wrongOneIn)
        for piece in pieces {
            var message = WireWriter(wrongOneIn: wrongOneIn)
            message.data(1, piece.text, &fuzz)
            message.float(2, piece.score, &fuzz)
            message.integer(3, piece.kind, &fuzz)
            file.data(1, message.bytes, &fuzz)
        }
        var trainer = WireWriter(wrongOneIn: wrongOneIn)
        trainer.integer(3, algorithm, &fuzz)
        trainer.flag(24, suffixesSpace, &fuzz)
        trainer.flag(35, usesByteTokens, &fuzz)
        for field: UInt64 in 40...43 { trainer.integer(field, field - 40, &fuzz) }
        if let unknownSurface { trainer.data(44, unknownSurface, &fuzz) }
        file.data(2, trainer.bytes, &fuzz)
        var normalizer = WireWriter(wrongOneIn: wrongOneIn)
        normalizer.data(1, Array("nmt_nfkc".utf8), &fuzz)
        normalizer.data(2, charsMap, &fuzz)
        normalizer.flag(3, addsPrefix, &fuzz)
        normalizer.flag(4, removesExtraSpaces, &fuzz)
        normalizer.flag(5, escapesSpaces, &fuzz)
        file.data(3, normalizer.bytes, &fuzz)
        if denormalizes {
            var other = WireWriter(wrongOneIn: wrongOneIn)
            other.data(2, charsMap, &fuzz)
            file.data(5, other.bytes, &fuzz)
        }
        return file.bytes
    }
}

/// SentencePiece's map from strings to strings, a double array and the strings, to be written. Each node of the tree
/// with children has a block of 256 units of its own, which wastes room and is simple.
struct SeedCharsMap {
    private var units: [UInt32] = [0]
    private var strings: [UInt8] = []
    /// Says the number of bytes of the units, if it is not that.
    private var size: UInt32?

    init(_ fuzz: inout FuzzCase) {
        var tree = Node()
        let keys = [
            " ", "\t", "a", "ab", "\u{FF21}", "\u{FB01}", "\u{E9}", "\u{2581}", "e\u{301}", "  ",
        ]
        let values = ["", " ", "a", "A", "fi", "\u{E9}", "\u{2581}", " b ", "\u{1F600}", "abc"]
        for _ in 0..<1 + fuzz.below(5) {
            let value = UInt32(strings.count)
            strings += Array(fuzz.pick(values).utf8) + [0]
            tree.insert(Array(fuzz.pick(keys).utf8)[...], value)
        }
        let base = place(tree)
        units[0] = UInt32(base) << 10
    }

    private struct Node {
        var children: [(byte: UInt8, node: Node)] = []
        var value: UInt32?

        mutating func insert(_ key: ArraySlice<UInt8>, _ value: UInt32) {
            guard let byte = key.first else {
                self.value = value
                return
            }
            if let index = children.firstIndex(where: { $0.byte == byte }) {
                children[index].node.insert(key.dropFirst(), value)
            } else {
                var node = Node()
                node.insert(key.dropFirst(), value)
                children.append((byte, node))
            }
        }
    }

    /// Gives `node` a block and says where it begins.
    private mutating func place(_ node: Node) -> Int {
        let base = (units.count + 255) / 256 * 256
        units += [UInt32](repeating: 0, count: base + 256 - units.count)
        if let value = node.value { units[base] = 0x8000_0000 | value }
        for (byte, child) in node.children {
            let position = base + Int(byte)
            let offset = UInt32(position ^ place(child))
            let leaf: UInt32 = child.value == nil ? 0 : 0x100
            units[position] = UInt32(byte) | leaf | offset << 10
        }
        return base
    }

    /// Makes it wrong: units, the strings or the size.
    mutating func damage(_ fuzz: inout FuzzCase) {
        for _ in 0...fuzz.below(3) {
            let used = units.indices.filter { units[$0] != 0 }
            guard let first = used.first else { return }
            let index = fuzz.flag() ? first : fuzz.pick(used)
            switch fuzz.below(8) {
            case 0: units[index] ^= 1 << UInt32(fuzz.below(32))
            case 1: units[index] = UInt32.random(in: .min ... .max, using: &fuzz.random)
            case 2: units[index] |= 1 << 9
            // A child that is its own parent.
            case 3: units[index] = units[index] & 0x3FF | UInt32(index % 256) << 10
            case 4: strings.removeAll { $0 == 0 }
            case 5: strings += [0xFF, 0x80] + [UInt8](repeating: 0x61, count: fuzz.below(3000))
            case 6: units.removeLast(fuzz.below(units.count))
            default:
                let sizes: [UInt32] = [
                    0, 1, 3, 4, 8, UInt32(4 * units.count + 4), 0x8000_0000, .max,
                ]
                size = fuzz.pick(sizes)
            }
        }
    }

    var bytes: [UInt8] {
        let words = [size ?? UInt32(4 * units.count)] + units
        return words.flatMap { word in
            [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        } + strings
    }
}
