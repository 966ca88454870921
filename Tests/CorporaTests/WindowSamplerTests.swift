import ByteIO
import Corpora
import Testing

@Suite struct WindowSamplerTests {
    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 16, 17, 64, 100, 257, 1000, 4097])
    func permutationsAreBijections(count: Int) {
        for key in 0..<5 as Range<UInt64> {
            let permutation = Permutation(count: count, key: key)
            let images = (0..<UInt64(count)).map { permutation[$0] }
            #expect(images.sorted() == Array(0..<UInt64(count)))
        }
    }

    @Test func allOrdersOfThreeComeUpEquallyOften() {
        var counts: [[UInt64]: Int] = [:]
        for key in 0..<6000 as Range<UInt64> {
            let permutation = Permutation(count: 3, key: ContentHash.mixed(key))
            counts[(0..<3).map { permutation[$0] }, default: 0] += 1
        }
        #expect(counts.count == 6)
        #expect(counts.values.allSatisfy { (850...1150).contains($0) })
    }

    @Test func neighboursAreShuffledApart() {
        let permutation = Permutation(count: 1000, key: 42)
        let images = (0..<1000).map { Int(permutation[UInt64($0)]) }
        let neighbours = zip(images, images.dropFirst()).filter { abs($0 - $1) == 1 }.count
        let unmoved = images.enumerated().filter { $0.offset == $0.element }.count
        #expect(neighbours < 12)
        #expect(unmoved < 9)
        // Far away points stay reachable without a table.
        let large = Permutation(count: 1 << 40, key: 1)
        #expect(Set((0..<100).map { large[$0] }).count == 100)
    }

    /// (tokens, context)
    @Test(arguments: [
        (2, 1), (3, 1), (10, 1), (5, 4), (8, 4), (9, 4), (11, 4), (12, 4), (13, 4), (100, 7),
        (1000, 64), (1025, 64), (4096, 16), (257, 256), (400, 256), (513, 256),
    ])
    func everyEpochTakesEachWindowOnce(tokens: Int, context: Int) throws {
        let sampler = try WindowSampler(tokenCount: tokens, context: context, seed: 9)
        let windows = sampler.windowsPerEpoch
        #expect(windows == max(1, (tokens - 1 - (context - 1)) / context))
        var phases: Set<Int> = []
        for epoch in 0..<20 {
            let first = UInt64(epoch * windows)
            let offsets = (0..<UInt64(windows)).map { sampler.offset(at: first + $0) }.sorted()
            let phase = try #require(offsets.first)
            #expect((0..<context).contains(phase))
            #expect(offsets == (0..<windows).map { phase + $0 * context })
            #expect((offsets.last ?? 0) + context + 1 <= tokens)
            #expect(sampler.epoch(at: first) == UInt64(epoch))
            phases.insert(phase)
        }
        if tokens >= 2 * context, context > 1 { #expect(phases.count > 1) }
        if tokens == context + 1 { #expect(phases == [0]) }
    }

    @Test func seedsAndEpochsDiffer() throws {
        func offsets(_ seed: UInt64, _ range: Range<UInt64>) throws -> [Int] {
            let sampler = try WindowSampler(tokenCount: 10_000, context: 50, seed: seed)
            return range.map { sampler.offset(at: $0) }
        }
        let windows: UInt64 = 199
        #expect(try offsets(1, 0..<windows) == offsets(1, 0..<windows))
        #expect(try offsets(1, 0..<windows) != offsets(2, 0..<windows))
        #expect(try offsets(1, 0..<windows) != offsets(1, windows..<2 * windows))
    }

    @Test func everyPhaseComesUp() throws {
        let sampler = try WindowSampler(tokenCount: 64, context: 8, seed: 0)
        let windows = sampler.windowsPerEpoch
        var counts = [Int](repeating: 0, count: 8)
        for epoch in 0..<1600 {
            let offsets = (0..<windows).map { sampler.offset(at: UInt64(epoch * windows + $0)) }
            counts[(offsets.min() ?? 0)] += 1
        }
        #expect(counts.allSatisfy { (140...260).contains($0) })
    }

    @Test func tooShortATextIsSaid() throws {
        let error = failure { () throws(MartletError) in
            try WindowSampler(tokenCount: 40, context: 256, seed: 0)
        }
        #expect(error?.code == .invalidValue)
        #expect(
            error?.message == "the training split has 40 tokens, a window needs 257: give more "
                + "text or a smaller --context")
        #expect(
            failure { () throws(MartletError) in
                try WindowSampler(tokenCount: 40, context: 0, seed: 0)
            }?.code == .invalidValue)
        _ = try WindowSampler(tokenCount: 257, context: 256, seed: 0)
    }

    /// Every document begins a window, once an epoch, and no window reaches beyond the end.
    @Test func windowsBeginWithDocuments() throws {
        let lengths = [5, 40, 1, 17, 64, 3, 90, 12]
        var ids: [Int32] = []
        var begins: [Int] = []
        for (document, length) in lengths.enumerated() {
            begins.append(ids.count)
            ids += Array(repeating: Int32(document + 1), count: length) + [0]
        }
        let shard = try TokenShard(ids, vocabularySize: 10)
        let sampler = try WindowSampler(documentsOf: shard, endedBy: 0, context: 16, seed: 3)
        let expected = zip(begins, lengths).flatMap { begin, length in
            stride(from: begin, to: begin + length, by: 16).map { min($0, ids.count - 17) }
        }
        #expect(sampler.windowsPerEpoch == expected.count)
        for epoch in 0..<3 {
            let drawn = (0..<expected.count).map {
                sampler.offset(at: UInt64(epoch * expected.count + $0))
            }
            // Every other one begins a token earlier, with the end of the document before.
            let offsets = drawn.enumerated().map { place, offset in
                offset > 0 && (place + epoch) % 2 == 1 ? offset + 1 : offset
            }
            #expect(offsets.sorted() == expected.sorted())
            #expect(offsets != expected)
        }
    }
}
