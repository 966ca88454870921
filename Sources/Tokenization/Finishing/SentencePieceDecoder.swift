/// How SentencePiece turns pieces back into text (`sentencepiece_processor.cc`).
struct SentencePieceDecoder: Sendable {
    /// What each piece is for, by id.
    private let kinds: [PieceKind]
    /// The text of each piece, with spaces for their signs.
    private let texts: [UInt8]
    /// Where the text of each piece ends.
    private let ends: [Int32]
    /// Whether each piece begins with the sign of a space.
    private let beginsWithSpace: [Bool]
    /// Whether the sign of a space at the beginning is none of the text.
    private let dropsPrefix: Bool
    private let removesExtraSpaces: Bool

    init(
        _ table: SpellingTable, _ kinds: [PieceKind], unknownSurface: [UInt8],
        _ normalizer: SentencePieceNormalizer
    ) {
        var pieces = [ArraySlice<UInt8>](repeating: [], count: kinds.count)
        for number in 0..<table.count {
            pieces[Int(table[number].id)] = table[number].spelling
        }
        let sign = SentencePieceNormalizer.sign
        var texts: [UInt8] = []
        var ends: [Int32] = []
        for (piece, kind) in zip(pieces, kinds) {
            switch kind {
            case .control: break
            case .unknown: texts += unknownSurface
            case .byte: texts.append(TokenDecoder.byteToken(piece) ?? 0)
            case .normal, .userDefined, .unused:
                var index = piece.startIndex
                while index < piece.endIndex {
                    let isSign = piece[index] == sign[0] && piece[index...].starts(with: sign)
                    texts.append(isSign ? 0x20 : piece[index])
                    index += isSign ? sign.count : 1
                }
            }
            ends.append(Int32(texts.count))
        }
        self.kinds = kinds
        self.texts = texts
        self.ends = ends
        beginsWithSpace = zip(pieces, kinds).map { piece, kind in
            [.normal, .userDefined, .unused].contains(kind) && piece.starts(with: sign)
        }
        removesExtraSpaces = normalizer.removesExtraSpaces
        dropsPrefix = normalizer.addsPrefix || normalizer.removesExtraSpaces
    }

    /// Whether the token has no text.
    func isSilent(_ id: Int32) -> Bool { kind(id) == .control }

    private func kind(_ id: Int32) -> PieceKind {
        id >= 0 && id < kinds.count ? kinds[Int(id)] : .normal
    }

    /// The text of `ids`.
    ///
    /// - Parameter spelling: What tokens that are none of the model's are spelled as.
    func text(of ids: some Collection<Int32>, spelling: (Int32) -> [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(4 * ids.count)
        var runStart: Int?
        var isBeginning = true
        var droppedPrefix = false
        for id in ids {
            guard id >= 0, id < kinds.count else {
                Self.mend(&result, from: &runStart)
                isBeginning = false
                result += spelling(id)
                continue
            }
            let index = Int(id)
            var text = (index > 0 ? Int(ends[index - 1]) : 0)..<Int(ends[index])
            if kinds[index] == .byte {
                if runStart == nil { runStart = result.count }
                result.append(texts[text.lowerBound])
                continue
            }
            Self.mend(&result, from: &runStart)
            if isBeginning {
                if droppedPrefix || !result.isEmpty { isBeginning = false }
                droppedPrefix = false
                if isBeginning, dropsPrefix, beginsWithSpace[index] {
                    text = text.dropFirst()
                    droppedPrefix = !removesExtraSpaces
                }
            }
            result.append(contentsOf: texts[text])
        }
        Self.mend(&result, from: &runStart)
        return result
    }

    /// Makes text of a run of bytes, U+FFFD for each that makes none.
    private static func mend(_ result: inout [UInt8], from start: inout Int?) {
        guard let first = start else { return }
        start = nil
        let run = Array(result[first...])
        run.withUnsafeBufferPointer { bytes in
            guard UTF8Scalars.firstInvalid(bytes) != nil else { return }
            result.removeLast(run.count)
            var index = 0
            while index < bytes.count {
                let (value, length) = UTF8Scalars.decode(bytes, at: index)
                // Of a scalar that is cut short every byte counts.
                let isScalar = value != 0xFFFD || bytes[index...].starts(with: [0xEF, 0xBF, 0xBD])
                UTF8Scalars.append(value, to: &result)
                index += isScalar ? length : 1
            }
        }
    }
}
