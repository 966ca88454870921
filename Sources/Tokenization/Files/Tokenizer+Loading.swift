import ByteIO

extension Tokenizer {
    /// Reads a tokenizer from a folder as Hugging Face lays it out: from `tokenizer.json`, else
    /// from GPT-2's own pair of files, a vocabulary (`encoder.json` or `vocab.json`) and merges
    /// (`vocab.bpe` or `merges.txt`). The path of one of these files works as well.
    ///
    /// What a `tokenizer.json` asks for and Martlet does not do is refused by name, so that ids
    /// never differ silently; but its `truncation` and `padding`, which are options of a call and
    /// not of the vocabulary, are left to the caller.
    ///
    /// - Throws: `MartletError`: `.notFound`, `.malformed`, `.unsupported`, or `.invalidValue` and
    ///   `.mismatched` for ids and merges that do not fit together.
    public static func loading(_ folder: String) throws(MartletError) -> Tokenizer {
        let name = Files.lastComponent(folder)
        let isFolder = Files.isDirectory(folder)
        if !isFolder, !(vocabularyNames + mergesNames).contains(where: { $0 == name }) {
            return try TokenizerFile.read(folder)
        }
        let parent = isFolder ? folder : Files.parent(folder)
        if isFolder {
            let path = Files.join(folder, "tokenizer.json")
            if Files.exists(path) { return try TokenizerFile.read(path) }
        }
        func choose(_ names: [String]) throws(MartletError) -> String {
            let ordered = names.contains(name) && !isFolder ? [name] : names
            let paths = ordered.map { Files.join(parent, $0) }
            if let path = paths.first(where: Files.exists) { return path }
            let list = names.joined(separator: " or ")
            throw MartletError(
                .notFound, "no \(list)\(isFolder ? ", and no tokenizer.json" : "")", at: parent)
        }
        return try readPair(vocabulary: choose(vocabularyNames), merges: choose(mergesNames))
    }

    private static var vocabularyNames: [String] { ["encoder.json", "vocab.json"] }
    private static var mergesNames: [String] { ["vocab.bpe", "merges.txt"] }

    /// Reads GPT-2's own files: an object from tokens to ids, and a merge a line. `<|endoftext|>`,
    /// if the vocabulary has it, is a special token.
    private static func readPair(
        vocabulary path: String, merges mergesPath: String
    ) throws(MartletError) -> Tokenizer {
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
