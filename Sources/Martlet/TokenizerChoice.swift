import ByteIO
import Corpora
import Tokenization

/// What `--tokenizer` says: `bytes`, `chars`, `bpe:N`, or a folder to load.
public enum TokenizerChoice: Sendable, Equatable {
    case bytes
    case characters
    case bpe(vocabulary: Int)
    case folder(String)

    /// Parses the flag's value.
    public init(_ text: String) throws(MartletError) {
        if text == "bytes" {
            self = .bytes
        } else if text == "chars" {
            self = .characters
        } else if text.hasPrefix("bpe:") {
            guard let size = Int(text.dropFirst(4)), size >= 257 else {
                throw MartletError(
                    .invalidValue,
                    "'\(text)': a byte-level vocabulary has at least 257 entries, as in bpe:1024")
            }
            self = .bpe(vocabulary: size)
        } else if Files.exists(text) {
            self = .folder(text)
        } else {
            throw MartletError(
                .invalidValue,
                "'\(text)' is neither bytes, chars, bpe:N nor a folder with a tokenizer")
        }
    }

    /// Trains or loads the tokenizer for a corpus.
    public func make(
        for corpus: Corpus, progress: ((_ done: Int, _ total: Int) -> Void)? = nil
    ) throws(MartletError) -> Tokenizer {
        switch self {
        case .bytes: return Tokenizer.bytes()
        case .folder(let path): return try Tokenizer.loading(path)
        case .characters:
            var learner = CharacterLearner()
            var documents = 0
            try corpus.forEachPart { (part) throws(MartletError) in
                if part.isStart { documents += 1 }
                try learner.add(part.text)
            }
            return try learner.learn(endOfText: documents > 1)
        case .bpe(let vocabulary):
            let learner = try VocabularyLearner(.bytePairs, vocabularySize: vocabulary)
            try corpus.forEachPart { (part) throws(MartletError) in try learner.add(part.text) }
            return try learner.learn(progress: progress)
        }
    }
}
