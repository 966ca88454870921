import ByteIO
import Tokenization

/// The work of making shards from texts: once through, from the cache where possible.
struct TokenPreparation {
    typealias Progress = (_ done: Int, _ total: Int) throws(MartletError) -> Void

    /// Part of every cache name: counts up when the same inputs come to give other tokens.
    private static let version = 1
    private static let progressStep = 1 << 20

    private let tokenizer: Tokenizer
    private let separator: Tokenizer.ID?
    /// The folder to keep shards in, and the name of tokenizer and separator there.
    private let cache: (folder: TokenCache, tokenizer: String)?
    private let progress: Progress?
    private var done = 0
    private var reported = 0

    /// The bytes of text that all calls of `shards` will go through.
    var total = 0
    /// Whether all shards so far came from the cache.
    private(set) var wasCached = true

    init(
        tokenizer: Tokenizer, identity: String?, cacheFolder: String?, separatesDocuments: Bool,
        progress: Progress?
    ) {
        self.tokenizer = tokenizer
        self.progress = progress
        separator = separatesDocuments ? tokenizer.endOfText : nil
        guard let cacheFolder, let identity = identity ?? Self.identity(of: tokenizer) else {
            cache = nil
            return
        }
        // Identities come from outside: hashed, they are safe in a file name.
        let full = "\(Self.version) \(separator ?? -1) \(tokenizer.vocabularySize) \(identity)"
        cache = (TokenCache(folder: cacheFolder), TokenizerIdentity.of(Array(full.utf8)))
    }

    /// The identity of `tokenizer`; nil, which means no cache, if it cannot be found out.
    private static func identity(of tokenizer: Tokenizer) -> String? {
        do throws(MartletError) { return try TokenizerIdentity.of(tokenizer) } catch { return nil }
    }

    /// The shards of the parts that `split` makes of `corpus`, in order.
    mutating func shards(
        of corpus: Corpus, _ survey: CorpusSurvey, by split: TokenSplit
    ) throws(MartletError) -> [TokenShard] {
        let before = done
        let names = split.parts.map { part in
            let content = ContentHash.hexadecimal(survey.hash)
            return "\(content)-\(cache?.tokenizer ?? "")-\(part).tokens"
        }
        if let folder = cache?.folder {
            let kept = names.compactMap {
                folder.shard($0, vocabularySize: tokenizer.vocabularySize)
            }
            if kept.count == names.count {
                // Cached or not, every shard counts towards the total.
                done += survey.bytes
                try report(always: true)
                return kept
            }
        }
        wasCached = false
        if let written = try write(corpus, survey, split, names) { return written }
        done = before
        var sinks = names.map { _ in TokenSink(inMemory: tokenizer.vocabularySize) }
        let sizes = try tokenize(corpus, survey, split, into: &sinks)
        return zip(sinks, sizes).map { sink, size in
            sink.heldShard(textBytes: size.bytes, documents: size.documents)
        }
    }

    /// Writes the shards to the cache and maps them; nil if the cache does not let itself be
    /// written.
    private mutating func write(
        _ corpus: Corpus, _ survey: CorpusSurvey, _ split: TokenSplit, _ names: [String]
    ) throws(MartletError) -> [TokenShard]? {
        guard let folder = cache?.folder, let lock = folder.lockForWriting() else { return nil }
        defer { lock.unlock() }
        let partials = names.map { folder.path($0 + ".partial") }
        defer { for partial in partials { TokenCache.discard(partial) } }
        var sinks: [TokenSink] = []
        do throws(MartletError) {
            for partial in partials {
                sinks.append(
                    try TokenSink(creating: partial, vocabularySize: tokenizer.vocabularySize))
            }
        } catch {
            return nil
        }
        do throws(MartletError) {
            let sizes = try tokenize(corpus, survey, split, into: &sinks)
            for (index, size) in sizes.enumerated() {
                try sinks[index].finishFile(textBytes: size.bytes, documents: size.documents)
            }
        } catch {
            if sinks.contains(where: \.hasFailed) { return nil }
            throw error
        }
        do throws(MartletError) {
            var shards: [TokenShard] = []
            for (partial, name) in zip(partials, names) {
                try Files.rename(partial, to: folder.path(name))
                shards.append(try TokenShard(folder.path(name)))
            }
            return shards
        } catch {
            return nil
        }
    }

    /// Goes through the texts and feeds each sink the tokens of its part.
    private mutating func tokenize(
        _ corpus: Corpus, _ survey: CorpusSurvey, _ split: TokenSplit,
        into sinks: inout [TokenSink]
    ) throws(MartletError) -> [(bytes: Int, documents: Int)] {
        var sizes = sinks.map { _ in (bytes: 0, documents: 0) }
        var index = 0
        var hash: UInt64 = 0
        let changed = MartletError(
            .mismatched, "the text changed while it was read", at: corpus.names.first)
        try corpus.forEachText { (text, source) throws(MartletError) in
            let own = ContentHash.of(text)
            hash = ContentHash.appending(own, to: hash)
            guard index < survey.documents else { throw changed }
            for (part, range) in try split.pieces(of: text, hash: own, index: index) {
                let piece = UnsafeRawBufferPointer(rebasing: text[range])
                sizes[part].bytes += piece.count
                sizes[part].documents += 1
                for chunk in TextChunks.ranges(of: piece) {
                    let start = range.lowerBound + chunk.lowerBound
                    // The space that a chunk begins with is the one that such a tokenizer puts there.
                    let isDoubled = chunk.lowerBound > 0 && tokenizer.doublesLeadingSpace
                    let ids = try tokenizer.encode(
                        UnsafeRawBufferPointer(
                            rebasing: piece[chunk.dropFirst(isDoubled ? 1 : 0)]),
                        parseSpecial: false,
                        place: start == 0 ? source : "\(source), from byte \(start) of the text")
                    try sinks[part].append(ids)
                    done += chunk.count
                    try report(always: false)
                }
                if let separator { try sinks[part].append([separator]) }
            }
            index += 1
        }
        guard hash == survey.hash else { throw changed }
        try report(always: true)
        return sizes
    }

    private mutating func report(always: Bool) throws(MartletError) {
        guard always || done - reported >= Self.progressStep else { return }
        reported = done
        try progress?(done, total)
    }
}
