/// How SentencePiece turns pieces back into text (`sentencepiece_processor.cc`).
struct SentencePieceDecoder: Sendable {
    /// The pieces that are not text as they are spelled, by their spellings.
    private let kinds: [[UInt8]: PieceKind]
    private let unknownSurface: [UInt8]
    /// Whether the sign of a space at the beginning is none of the text.
    private let dropsPrefix: Bool
    private let removesExtraSpaces: Bool

    init(
        kinds: [[UInt8]: PieceKind], unknownSurface: [UInt8], _ normalizer: SentencePieceNormalizer
    ) {
        self.kinds = kinds
        self.unknownSurface = unknownSurface
        removesExtraSpaces = normalizer.removesExtraSpaces
        dropsPrefix = normalizer.addsPrefix || normalizer.removesExtraSpaces
    }

    /// Whether the token stands for no text.
    func isSilent(_ token: [UInt8]) -> Bool { kinds[token] == .control }

    func decoded(_ tokens: [[UInt8]]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var run: [UInt8] = []
        var isBeginning = true
        var droppedPrefix = false
        var hasText = false
        func flush() {
            guard !run.isEmpty else { return }
            result.append(Self.text(run))
            hasText = true
            run.removeAll(keepingCapacity: true)
        }
        for token in tokens {
            let kind = kinds[token]
            if kind == .byte, let byte = TokenDecoder.byteToken(token) {
                run.append(byte)
                continue
            }
            flush()
            if droppedPrefix || hasText { isBeginning = false }
            droppedPrefix = false
            var text: [UInt8]
            switch kind {
            case .control?: text = []
            case .unknown?: text = unknownSurface
            default:
                var piece = token[...]
                if isBeginning, dropsPrefix, piece.starts(with: SentencePieceNormalizer.sign) {
                    piece = piece.dropFirst(SentencePieceNormalizer.sign.count)
                    droppedPrefix = !removesExtraSpaces
                }
                text = Self.unescaped(piece)
            }
            if !text.isEmpty { hasText = true }
            result.append(text)
        }
        flush()
        return result
    }

    /// Bytes as text, U+FFFD for each that makes none.
    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBufferPointer { bytes in
            var result: [UInt8] = []
            var index = 0
            while index < bytes.count {
                let (value, length) = UTF8Scalars.decode(bytes, at: index)
                // A byte that begins no scalar counts for one, whatever the decoder skips.
                let isScalar = bytes[index] < 0x80 || length > 1
                UTF8Scalars.append(isScalar ? value : 0xFFFD, to: &result)
                index += isScalar ? length : 1
            }
            return result
        }
    }

    /// With spaces for their signs.
    private static func unescaped(_ piece: ArraySlice<UInt8>) -> [UInt8] {
        let sign = SentencePieceNormalizer.sign
        guard piece.contains(sign[0]) else { return Array(piece) }
        var result: [UInt8] = []
        var index = piece.startIndex
        while index < piece.endIndex {
            if piece[index] == sign[0], piece[index...].starts(with: sign) {
                result.append(0x20)
                index += sign.count
            } else {
                result.append(piece[index])
                index += 1
            }
        }
        return result
    }
}
