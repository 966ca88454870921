import ByteIO

/// The vocabulary, merges and added tokens of a tokenizer file while they are read and checked.
struct FileVocabulary {
    private let place: String
    /// Ids are below this: holes are allowed, but a few tokens must not ask for much memory.
    private let idLimit: Int
    private var vocabulary = Vocabulary()
    /// The tokens as the file spells them, and their ids.
    private var spellings: ByteTable
    private var ids: [Int32] = []
    private var rules: [BytePairEncoder.Rule] = []
    private var added: [AddedTokens.Token] = []
    /// The texts of the added tokens.
    private var contents = ByteTable()
    private var joined: [UInt8] = []

    /// An empty vocabulary for `count` tokens and some added ones; `place` names the file in
    /// errors.
    init(place: String, count: Int) {
        self.place = place
        idLimit = min(Vocabulary.idLimit, 4 * count + (1 << 16))
        spellings = ByteTable(capacity: count)
    }

    // MARK: - Tokens

    /// Adds every token of a file's `vocab`: an object from spellings to ids.
    ///
    /// - Parameter inByteAlphabet: Whether a scalar of a spelling stands for a byte.
    mutating func addTokens(
        _ vocab: JSONValue?, inByteAlphabet: Bool
    ) throws(MartletError) {
        guard let vocab = vocab?.object else {
            throw error(.malformed, "the vocabulary is missing, or not an object")
        }
        if vocab.isEmpty { throw error(.invalidValue, "the vocabulary is empty") }
        for (spelling, id) in vocab {
            let id = try checked(id, of: spelling)
            let bytes = inByteAlphabet ? withUTF8(spelling, ByteAlphabet.decode) : nil
            if let bytes {
                vocabulary.set(id, bytes, .byteAlphabet)
            } else {
                vocabulary.set(id, Array(spelling.utf8), .literal)
            }
            withUTF8(spelling) { _ = spellings.insert($0) }
            ids.append(Int32(id))
        }
    }

    /// The id in `value` if it is one and still free.
    private func checked(
        _ value: JSONValue?, of spelling: String
    ) throws(MartletError) -> Int {
        guard let id = value?.int else {
            throw error(
                .malformed, "the id of token \(quoted(spelling.utf8)) is not an integer")
        }
        guard id >= 0, id < idLimit else {
            throw error(
                .invalidValue,
                "token \(quoted(spelling.utf8)) has the id \(id), not in 0..<\(idLimit)")
        }
        if let other = vocabulary.bytes(of: id) {
            throw error(
                .invalidValue,
                "tokens \(quoted(other)) and \(quoted(spelling.utf8)) both have the id \(id)")
        }
        return id
    }

    private func id(of spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
        spellings.find(spelling).map { ids[$0] }
    }

    // MARK: - Merges

    /// Adds the merge `rule`, two spellings with a space between them.
    ///
    /// - Parameter place: Where the rule stands, for errors.
    mutating func addMerge(
        _ rule: UnsafeBufferPointer<UInt8>, at place: @autoclosure () -> String
    ) throws(MartletError) {
        let space = UInt8(ascii: " ")
        guard let middle = rule.firstIndex(of: space), middle > 0, middle + 1 < rule.count,
            !rule[(middle + 1)...].contains(space)
        else {
            throw error(.malformed, "\(place()): \(quoted(rule)) is not two tokens and a space")
        }
        try addMerge(
            UnsafeBufferPointer(rebasing: rule[..<middle]),
            UnsafeBufferPointer(rebasing: rule[(middle + 1)...]), at: place())
    }

    /// Adds the merge of two spellings.
    mutating func addMerge(
        _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>,
        at place: @autoclosure () -> String
    ) throws(MartletError) {
        joined.removeAll(keepingCapacity: true)
        joined.append(contentsOf: left)
        joined.append(contentsOf: right)
        let found = (id(of: left), id(of: right), joined.withUnsafeBufferPointer { id(of: $0) })
        guard case (let leftID?, let rightID?, let result?) = found else {
            let absent = found.0 == nil ? Array(left) : found.1 == nil ? Array(right) : joined
            throw error(
                .invalidValue,
                "\(place()), \(quoted(left)) with \(quoted(right)): "
                    + "the vocabulary has no token \(quoted(absent))")
        }
        if vocabulary.spelling(of: Int(result)) == .literal {
            throw error(
                .unsupported,
                "\(place()), \(quoted(left)) with \(quoted(right)): "
                    + "the tokens are not in the byte alphabet")
        }
        rules.append((leftID, rightID, result))
    }

    // MARK: - Added tokens

    /// Adds every token of a file's `added_tokens`.
    mutating func addAddedTokens(_ tokens: JSONValue?) throws(MartletError) {
        guard let tokens, !tokens.isNull else { return }
        guard let tokens = tokens.array else {
            throw error(.malformed, "added_tokens is not an array")
        }
        for token in tokens {
            guard let content = token["content"]?.string, !content.isEmpty else {
                throw error(.malformed, "an entry of added_tokens has no content")
            }
            for option in ["lstrip", "rstrip", "single_word"] where token[option]?.bool == true {
                throw error(
                    .unsupported, "added token \(quoted(content.utf8)) has the option \(option)")
            }
            try addToken(
                content, id: token["id"], isSpecial: token["special"]?.bool ?? false,
                isNormalized: token["normalized"]?.bool ?? false)
        }
    }

    /// Makes `content` a special token if the vocabulary has it.
    mutating func markSpecial(_ content: String) throws(MartletError) {
        guard let id = withUTF8(content, { id(of: $0) }) else { return }
        try addToken(
            content, id: .number(JSONNumber(Int(id))), isSpecial: true, isNormalized: false)
    }

    private mutating func addToken(
        _ content: String, id value: JSONValue?, isSpecial: Bool, isNormalized: Bool
    ) throws(MartletError) {
        let bytes = Array(content.utf8)
        if contents.insert(bytes) < added.count {
            throw error(.invalidValue, "the added token \(quoted(bytes)) is there twice")
        }
        let id: Int
        if let known = spellings.find(bytes).map({ Int(ids[$0]) }) {
            guard value?.int == known else {
                throw error(
                    .mismatched,
                    "added token \(quoted(bytes)) has the id \(value?.text() ?? "null"), "
                        + "but \(known) in the vocabulary")
            }
            id = known
        } else {
            id = try checked(value, of: content)
        }
        vocabulary.set(id, bytes, .literal)
        added.append(
            AddedTokens.Token(
                id: Int32(id), content: bytes, isSpecial: isSpecial, isNormalized: isNormalized))
    }

    // MARK: - What comes of it

    /// The tokenizer of byte pairs.
    func bytePairTokenizer(splits: Bool) -> Tokenizer {
        let byteIDs = (0...255).map { byte in
            ByteAlphabet.encode(CollectionOfOne(UInt8(byte))).withUnsafeBufferPointer {
                id(of: $0) ?? -1
            }
        }
        let encoder = BytePairEncoder(byteIDs: byteIDs, rules: rules, splits: splits)
        return Tokenizer(vocabulary: vocabulary, encoder: .bytePairs(encoder), added: added)
    }

    /// The tokenizer of characters.
    ///
    /// - Parameter unknown: The spelling of the token for unknown characters, which is no
    ///   character itself.
    func characterTokenizer(unknown: String?) throws(MartletError) -> Tokenizer {
        var characters: [(scalar: UInt32, id: Int32)] = []
        let unknown = unknown.map { Array($0.utf8) }
        for number in 0..<spellings.count {
            let spelling = Array(spellings[number])
            let scalars = String(decoding: spelling, as: UTF8.self).unicodeScalars
            if let scalar = scalars.first, scalars.count == 1 {
                characters.append((scalar.value, ids[number]))
            } else if spelling != unknown, contents.find(spelling) == nil {
                throw error(
                    .unsupported, "the WordLevel token \(quoted(spelling)) is not one character")
            }
        }
        return Tokenizer(
            vocabulary: vocabulary, encoder: .characters(CharacterEncoder(characters)),
            added: added)
    }

    /// The tokenizer of word pieces.
    func wordPieceTokenizer(
        unknown: String, prefix: String, longestWord: Int, cleaning: WordPieceEncoder.Cleaning,
        file: JSONValue
    ) throws(MartletError) -> Tokenizer {
        guard let unknownID = withUTF8(unknown, { id(of: $0) }) else {
            throw error(
                .invalidValue,
                "the token for unknown words, \(quoted(unknown.utf8)), is not in the vocabulary")
        }
        let encoder = WordPieceEncoder(
            pieces: spellings, ids: ids, unknown: unknownID, prefix: prefix,
            longestWord: longestWord, cleaning: cleaning, file: file)
        return Tokenizer(vocabulary: vocabulary, encoder: .wordPieces(encoder), added: added)
    }

    private func error(_ code: MartletError.Code, _ message: String) -> MartletError {
        MartletError(code, message, at: place)
    }
}

/// `text`, in UTF-8, in quotation marks for a message: shortened, and with escapes for what does
/// not print.
func quoted(_ text: some Collection<UInt8>) -> String {
    let limit = 48
    var result = "'"
    for scalar in String(decoding: text.prefix(limit), as: UTF8.self).unicodeScalars {
        result += scalar.escaped(asASCII: false)
    }
    return result + (text.count > limit ? "…'" : "'")
}
