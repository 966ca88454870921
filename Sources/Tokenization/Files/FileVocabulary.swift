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
    private(set) var rules: [BytePairEncoder.Rule] = []
    /// What a token begins with that does not begin a word: merges drop it from their second one.
    var continuingPrefix: [UInt8] = []
    /// Whether all merges are of tokens in the byte alphabet.
    private(set) var mergesBytes = true
    private var added: [AddedTokens.Token] = []
    /// The texts of the added tokens.
    private var contents = ByteTable()
    private var joined: [UInt8] = []

    /// An empty vocabulary for `count` tokens and some added ones; `place` names the file in
    /// errors.
    ///
    /// - Parameter idLimit: What ids must be below, if that does not follow from the count.
    init(place: String, count: Int, idLimit: Int = 0) {
        self.place = place
        self.idLimit = min(Vocabulary.idLimit, max(4 * count + (1 << 18), idLimit))
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
            add(spelling, id, inByteAlphabet: inByteAlphabet)
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
        try check(id, of: spelling.utf8)
        return id
    }

    /// Checks that `id` is one and still free.
    private func check(
        _ id: Int, of spelling: some Collection<UInt8>
    ) throws(MartletError) {
        guard id >= 0, id < idLimit else {
            throw error(
                .invalidValue,
                "token \(quoted(spelling)) has the id \(id), not in 0..<\(idLimit)")
        }
        if let other = vocabulary.bytes(of: id) {
            throw error(
                .invalidValue,
                "tokens \(quoted(other)) and \(quoted(spelling)) both have the id \(id)")
        }
    }

    /// Adds a token by its bytes, to be written in the byte alphabet.
    ///
    /// - Parameter line: Where it stands, for errors.
    mutating func addToken(
        _ bytes: [UInt8], id: Int, line: Int
    ) throws(MartletError) {
        do throws(MartletError) {
            try check(id, of: bytes)
            guard !bytes.isEmpty, spellings.insert(ByteAlphabet.encode(bytes)) == ids.count else {
                throw error(
                    .invalidValue,
                    "token \(quoted(bytes)) is \(bytes.isEmpty ? "empty" : "there twice")")
            }
        } catch {
            throw MartletError(error.code, error.message, at: "\(place):\(line)")
        }
        ids.append(Int32(id))
        vocabulary.set(id, bytes, .byteAlphabet)
    }

    /// Adds every token of a unigram model's `vocab`: an array of pairs of a spelling and a score, numbered from 0.
    ///
    /// - Returns: The scores.
    mutating func addScoredTokens(
        _ vocab: JSONValue?, inByteAlphabet: Bool
    ) throws(MartletError) -> [Double] {
        guard let vocab = vocab?.array else {
            throw error(.malformed, "the vocabulary is missing, or not an array")
        }
        if vocab.isEmpty { throw error(.invalidValue, "the vocabulary is empty") }
        guard vocab.count <= Vocabulary.idLimit else {
            throw error(.unsupported, "a vocabulary of \(vocab.count) tokens")
        }
        var scores: [Double] = []
        scores.reserveCapacity(vocab.count)
        for (id, entry) in vocab.enumerated() {
            guard let spelling = entry.array?.first?.string, entry.array?.count == 2,
                let score = entry.array?[1].double, score.isFinite
            else {
                throw error(
                    .malformed, "entry \(id) of the vocabulary is not a token and its score")
            }
            guard spelling.utf8.count <= 4096 else {
                throw error(.unsupported, "token \(id) of \(spelling.utf8.count) bytes")
            }
            add(spelling, id, inByteAlphabet: inByteAlphabet)
            scores.append(score)
        }
        return scores
    }

    private mutating func add(_ spelling: String, _ id: Int, inByteAlphabet: Bool) {
        let bytes = inByteAlphabet ? withUTF8(spelling, ByteAlphabet.decode) : nil
        if let bytes {
            vocabulary.set(id, bytes, .byteAlphabet)
        } else {
            vocabulary.set(id, Array(spelling.utf8), .literal)
        }
        withUTF8(spelling) { spelling in
            let number = spellings.insert(spelling)
            // Of equal spellings, which only scored vocabularies can have, the last counts.
            if number < ids.count { ids[number] = Int32(id) } else { ids.append(Int32(id)) }
        }
    }

    private func id(of spelling: UnsafeBufferPointer<UInt8>) -> Int32? {
        spellings.find(spelling).map { ids[$0] }
    }

    /// The id of a token of the model.
    func id(of spelling: String) -> Int32? {
        withUTF8(spelling) { id(of: $0) }
    }

    /// The tokens of the model by their spellings.
    var spellingTable: SpellingTable { SpellingTable(spellings, ids: ids) }

    /// Whether an added token is matched in normalized text.
    var hasNormalizedToken: Bool { added.contains(where: \.isNormalized) }

    /// The highest id plus 1.
    var size: Int { vocabulary.size }

    // MARK: - Merges

    /// Adds every merge of a file's `merges`: strings of two spellings, or pairs of them.
    mutating func addMerges(_ merges: JSONValue?) throws(MartletError) {
        guard let merges = merges?.array else {
            throw error(.malformed, "the merges are missing, or not an array")
        }
        rules.reserveCapacity(merges.count)
        for (number, merge) in merges.enumerated() {
            let result: Result<Void, MartletError>
            switch merge {
            case .string(let rule):
                result = withUTF8(rule) { rule in
                    Result { () throws(MartletError) in
                        try addMerge(rule, at: "merge \(number)")
                    }
                }
            case .array(let pair):
                guard pair.count == 2, let left = pair[0].string, let right = pair[1].string
                else {
                    throw error(.malformed, "merge \(number) is not a pair of tokens")
                }
                result = withUTF8(left) { left in
                    withUTF8(right) { right in
                        Result { () throws(MartletError) in
                            try addMerge(left, right, at: "merge \(number)")
                        }
                    }
                }
            default:
                throw error(.malformed, "merge \(number) is not a pair of tokens")
            }
            try result.get()
        }
    }

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
        joined.append(contentsOf: right.dropFirst(continuingPrefix.count))
        let found = (id(of: left), id(of: right), joined.withUnsafeBufferPointer { id(of: $0) })
        guard case (let leftID?, let rightID?, let result?) = found else {
            let absent = found.0 == nil ? Array(left) : found.1 == nil ? Array(right) : joined
            throw error(
                .invalidValue,
                "\(place()), \(quoted(left)) with \(quoted(right)): "
                    + "the vocabulary has no token \(quoted(absent))")
        }
        for id in [leftID, rightID, result] where vocabulary.spelling(of: Int(id)) == .literal {
            mergesBytes = false
        }
        rules.append((leftID, rightID, result))
    }

    /// Makes a merge of every way to put a token together from two others, by ascending ids: what files mean that
    /// rank tokens and not merges. (Merges within a stretch of text that becomes a token are the same wherever it stands, so
    /// that only one of a token's merges is ever applied, and their order among themselves does not matter.)
    mutating func addMergesOfRanks() throws(MartletError) {
        let table = spellingTable
        for number in (0..<ids.count).sorted(by: { ids[$0] < ids[$1] }) {
            let found = table.splits(of: spellings[number])
            guard let found else {
                throw error(
                    .unsupported,
                    "token \(ids[number]) is longer than \(SpellingTable.longestSplit) bytes")
            }
            for (left, right) in found { rules.append((left, right, ids[number])) }
        }
    }

    // MARK: - Added tokens

    /// Adds every token of a file's `added_tokens`.
    mutating func addAddedTokens(
        _ tokens: JSONValue?, inByteAlphabet: Bool
    ) throws(MartletError) {
        guard let tokens, !tokens.isNull else { return }
        guard let tokens = tokens.array else {
            throw error(.malformed, "added_tokens is not an array")
        }
        for value in tokens {
            guard let content = value["content"]?.string, !content.isEmpty else {
                throw error(.malformed, "an entry of added_tokens has no content")
            }
            var token = AddedTokens.Token(
                id: 0, content: Array(content.utf8), isSpecial: value["special"]?.bool ?? false,
                isNormalized: value["normalized"]?.bool ?? false)
            token.takesSpaceBefore = value["lstrip"]?.bool ?? false
            token.takesSpaceAfter = value["rstrip"]?.bool ?? false
            token.isWord = value["single_word"]?.bool ?? false
            try addToken(token, content, id: value["id"], inByteAlphabet: inByteAlphabet)
        }
    }

    /// Makes `content` a special token if the vocabulary has it.
    mutating func markSpecial(_ content: String) throws(MartletError) {
        guard let id = withUTF8(content, { id(of: $0) }) else { return }
        let token = AddedTokens.Token(
            id: id, content: Array(content.utf8), isSpecial: true, isNormalized: false)
        try addToken(
            token, content, id: .number(JSONNumber(Int(id))), inByteAlphabet: true)
    }

    private mutating func addToken(
        _ token: AddedTokens.Token, _ content: String, id value: JSONValue?, inByteAlphabet: Bool
    ) throws(MartletError) {
        var token = token
        let bytes = token.content
        // Of tokens with the same text the last counts, as in the reference.
        let number = contents.insert(bytes)
        if number < added.count {
            token.id = added[number].id
            added[number] = token
            return
        }
        let id: Int
        let known = spellings.find(bytes).map { Int(ids[$0]) }
        if let known {
            guard value?.int == known else {
                throw error(
                    .mismatched,
                    "added token \(quoted(bytes)) has the id \(quoted((value?.text() ?? "null").utf8)), "
                        + "but \(known) in the vocabulary")
            }
            id = known
        } else {
            id = try checked(value, of: content)
        }
        token.id = Int32(id)
        // The reference's decoder takes an added token's characters for bytes as well, where it can.
        if inByteAlphabet, let decoded = withUTF8(content, ByteAlphabet.decode) {
            vocabulary.set(id, decoded, known == nil ? .addedByteAlphabet : .byteAlphabet)
        } else {
            vocabulary.set(id, bytes, known == nil ? .added : .literal)
        }
        added.append(token)
    }

    // MARK: - What comes of it

    private var byteIDs: [Int32] {
        (0...255).map { byte in
            ByteAlphabet.encode(CollectionOfOne(UInt8(byte))).withUnsafeBufferPointer {
                id(of: $0) ?? -1
            }
        }
    }

    /// Whether there is a token for every byte.
    var hasAllBytes: Bool { !byteIDs.contains(-1) }

    /// The tokenizer of an encoder.
    func tokenizer(_ encoder: Tokenizer.Encoder, _ pipeline: Pipeline) -> Tokenizer {
        Tokenizer(vocabulary: vocabulary, encoder: encoder, added: added, pipeline: pipeline)
    }

    /// The tokenizer of byte pairs.
    func bytePairTokenizer(
        cutting: (cutting: BytePairEncoder.Cutting, addsSpace: Bool), ignoresMerges: Bool,
        pipeline: Pipeline
    ) -> Tokenizer {
        var whole: SpellingTable?
        if ignoresMerges {
            var table = ByteTable(capacity: spellings.count)
            var wholeIDs: [Int32] = []
            for id in ids where vocabulary.spelling(of: Int(id)) == .byteAlphabet {
                if let bytes = vocabulary.bytes(of: Int(id)),
                    table.insert(Array(bytes)) == wholeIDs.count
                {
                    wholeIDs.append(id)
                }
            }
            whole = SpellingTable(table, ids: wholeIDs)
        }
        let encoder = BytePairEncoder(
            byteIDs: byteIDs, rules: rules, cutting: cutting.cutting, addsSpace: cutting.addsSpace,
            wholePieces: whole)
        return tokenizer(.bytePairs(encoder), pipeline)
    }

    /// The encoder of characters, if that is what all tokens but the added ones are.
    func characterEncoder() -> CharacterEncoder? {
        var characters: [(scalar: UInt32, id: Int32)] = []
        for number in 0..<spellings.count {
            let values = UTF8Scalars.values(Array(spellings[number]))
            if let value = values.first, values.count == 1 {
                characters.append((value, ids[number]))
            } else if contents.find(Array(spellings[number])) == nil {
                return nil
            }
        }
        return CharacterEncoder(characters)
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
