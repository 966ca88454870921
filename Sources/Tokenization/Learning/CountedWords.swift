/// Distinct words and how often each occurs: what vocabularies are learnt from.
///
/// The bytes of all words lie in one array, so that a word costs its bytes and 16 more.
public struct CountedWords: Sendable, Equatable {
    /// The bytes of all words, one after the other.
    public private(set) var bytes: [UInt8] = []
    /// Where in `bytes` each word ends; the next one begins there.
    public private(set) var ends: [Int] = []
    /// How often each word occurs, at least once.
    public private(set) var counts: [Int64] = []
    /// The number of distinct words that were left out to save memory: the least frequent ones.
    public internal(set) var omittedWords = 0
    /// How often these occur, all together.
    public internal(set) var omittedOccurrences: Int64 = 0

    /// No words.
    public init() {}

    /// The number of distinct words.
    public var count: Int { ends.count }

    /// The number of occurrences of all words together.
    public var occurrences: Int64 { counts.reduce(0, &+) }

    /// Where in `bytes` the word with this number, below `count`, stands.
    public func range(of word: Int) -> Range<Int> {
        (word == 0 ? 0 : ends[word - 1])..<ends[word]
    }

    /// The word with this number, below `count`.
    public subscript(word: Int) -> ArraySlice<UInt8> { bytes[range(of: word)] }

    /// Adds a word, which must not be there yet. Nothing happens if it is empty or its count is
    /// not positive.
    public mutating func append(_ word: some Collection<UInt8>, count: Int64) {
        guard !word.isEmpty, count > 0 else { return }
        bytes.append(contentsOf: word)
        ends.append(bytes.count)
        counts.append(count)
    }

    /// Makes room for this many words and bytes.
    mutating func reserveCapacity(words: Int, bytes byteCount: Int) {
        bytes.reserveCapacity(byteCount)
        ends.reserveCapacity(words)
        counts.reserveCapacity(words)
    }
}
