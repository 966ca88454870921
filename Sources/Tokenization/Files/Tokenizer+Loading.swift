import ByteIO

extension Tokenizer {
    /// Reads a tokenizer from a folder as Hugging Face lays it out, or from one file. In this order: `tokenizer.json`;
    /// GPT-2's own pair, a vocabulary (`encoder.json` or `vocab.json`) and merges (`vocab.bpe` or `merges.txt`);
    /// SentencePiece's `tokenizer.model`, `spiece.model` or `spm.model` (or Llama 3's file of ranks, which has the first
    /// of these names); a file of ranks, `.tiktoken`, whose name says which; BERT's `vocab.txt`. Of one alone any name
    /// ending in `.model`, `.tiktoken` or `.txt` works.
    ///
    /// What a file asks for and Martlet does not do is refused by name, so that ids
    /// never differ silently.
    ///
    /// - Throws: `MartletError`: `.notFound`, `.malformed`, `.unsupported`, or `.invalidValue` and
    ///   `.mismatched` for ids and merges that do not fit together.
    public static func loading(_ path: String) throws(MartletError) -> Tokenizer {
        let name = Files.lastComponent(path)
        guard Files.isDirectory(path) else {
            if vocabularyNames.contains(name) {
                return try readPair(vocabulary: path, merges: partner(of: path, mergesNames))
            }
            if mergesNames.contains(name) {
                return try readPair(vocabulary: partner(of: path, vocabularyNames), merges: path)
            }
            if name.hasSuffix(".model") { return try readModel(path, isOfFolder: false) }
            if name.hasSuffix(TiktokenFile.suffix) {
                return try TiktokenFile.read(Files.read(path), path: path)
            }
            if name.hasSuffix(".txt") { return try VocabularyText.read(path) }
            return try TokenizerFile.read(path)
        }
        guard let file = try file(of: path) else {
            throw MartletError(
                .notFound,
                "no tokenizer.json, no \((vocabularyNames + mergesNames).joined(separator: " or ")), "
                    + "no \((modelNames + ["*\(TiktokenFile.suffix)", "vocab.txt"]).joined(separator: " or "))",
                at: path)
        }
        return file.hasSuffix(".model") ? try readModel(file, isOfFolder: true) : try loading(file)
    }

    /// The file that a folder's tokenizer is read from; nil if there is none.
    public static func file(of folder: String) throws(MartletError) -> String? {
        func has(_ name: String) -> Bool { Files.exists(Files.join(folder, name)) }
        // Half of a pair is something else's: Marian has a vocab.json without merges.
        let isPair = vocabularyNames.contains(where: has) && mergesNames.contains(where: has)
        let names =
            ["tokenizer.json"] + (isPair ? vocabularyNames : []) + modelNames + ["vocab.txt"]
        let found = names.first(where: has)
        if let found, found != "vocab.txt" { return Files.join(folder, found) }
        let ranks = try Files.list(folder).first { $0.hasSuffix(TiktokenFile.suffix) }
        return (ranks ?? found).map { Files.join(folder, $0) }
    }

    private static var vocabularyNames: [String] { ["encoder.json", "vocab.json"] }
    private static var mergesNames: [String] { ["vocab.bpe", "merges.txt"] }
    private static var modelNames: [String] { ["tokenizer.model", "spiece.model", "spm.model"] }

    /// The other file of a pair.
    private static func partner(
        of path: String, _ names: [String]
    ) throws(MartletError) -> String {
        let folder = Files.parent(path)
        let paths = names.map { Files.join(folder, $0) }
        if let path = paths.first(where: Files.exists) { return path }
        throw MartletError(.notFound, "no \(names.joined(separator: " or "))", at: folder)
    }

    private static func readModel(
        _ path: String, isOfFolder: Bool
    ) throws(MartletError) -> Tokenizer {
        let bytes = try Files.read(path)
        if TiktokenFile.isOne(bytes) {
            return try TiktokenFile.read(bytes, path: path, isLlama3: true)
        }
        let options: JSONValue = isOfFolder ? try VocabularyText.configuration(of: path) : .null
        return try SentencePieceFile.read(bytes, path: path, options: options)
    }

    /// Reads GPT-2's own files: an object from tokens to ids, and a merge a line. `<|endoftext|>`,
    /// if the vocabulary has it, is a special token.
    private static func readPair(
        vocabulary path: String, merges mergesPath: String
    ) throws(MartletError) -> Tokenizer {
        let kind = try VocabularyText.configuration(of: path)["tokenizer_class"]?.string
        let name = kind.map { $0.hasSuffix("Fast") ? String($0.dropLast(4)) : $0 }
        guard
            name.map({ ["GPT2Tokenizer", "CodeGenTokenizer", "PreTrainedTokenizer"].contains($0) })
                ?? true
        else {
            // RoBERTa's, BART's and others' files look alike, but their ids are other ones.
            throw MartletError(
                .unsupported,
                "the ids of a \(kind ?? "") are not known from a vocabulary and merges; save its tokenizer.json beside them",
                at: path)
        }
        let vocab = try JSONValue(parsing: Files.read(path), place: path)
        var contents = FileVocabulary(place: path, count: vocab.object?.count ?? 0)
        try contents.addTokens(vocab, inByteAlphabet: true)
        let text = try Files.read(mergesPath)
        var failure: MartletError?
        text.withUnsafeBufferPointer { text in
            do throws(MartletError) {
                try addMerges(text, to: &contents, place: mergesPath)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try contents.markSpecial("<|endoftext|>")
        return contents.bytePairTokenizer(
            cutting: (.scanner(.gpt2), false), ignoresMerges: false,
            pipeline: .bytePairs(cuts: true))
    }

    private static func addMerges(
        _ text: UnsafeBufferPointer<UInt8>, to contents: inout FileVocabulary, place: String
    ) throws(MartletError) {
        let newline = UInt8(ascii: "\n")
        var number = 0
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: newline) ?? text.count
            var line = text[start..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            number += 1
            start = end + 1
            if line.isEmpty || number == 1 && line.starts(with: "#version".utf8) { continue }
            let merge = UnsafeBufferPointer(rebasing: line)
            try contents.addMerge(merge, at: "\(Files.lastComponent(place)) line \(number)")
        }
    }
}
