import ByteIO
import Corpora
import Dispatch
import Synchronization
import Testing

@Suite struct BatchTests {
    /// Token `i` is `i`.
    private func shard(_ count: Int) throws -> TokenShard {
        try TokenShard((0..<Int32(count)), vocabularySize: 100_000)
    }

    // MARK: - Training

    @Test func targetsAreTheNextTokens() throws {
        let batches = try TrainingBatches(shard(1000), batch: 3, context: 16, seed: 5)
        var position = WindowSampler.Position()
        for step in 0..<50 {
            let batch = batches.batch(at: position)
            #expect(batch.batch == 3 && batch.context == 16)
            #expect(batch.targets == batch.inputs.map { $0 + 1 })
            #expect(batch.targetCount == 48)
            for row in 0..<3 {
                let offset = batches.sampler.offset(at: UInt64(step * 3 + row))
                let expected = (0..<16).map { Int32(offset + $0) }
                #expect(Array(batch.inputs[row * 16..<(row + 1) * 16]) == expected)
            }
            position = batches.position(after: position)
        }
        #expect(position == .init(index: 150))
    }

    @Test func whatMakesNoBatchIsRefused() throws {
        let shard = try shard(40)
        let long = failure { () throws(MartletError) in
            try TrainingBatches(shard, batch: 2, context: 256, seed: 0)
        }
        #expect(long?.message.contains("40 tokens") == true)
        let empty = failure { () throws(MartletError) in
            try TrainingBatches(shard, batch: 0, context: 8, seed: 0)
        }
        #expect(empty?.code == .invalidValue)
    }

    // MARK: - Evaluation

    @Test(arguments: [2, 3, 16, 17, 18, 33, 100], [(1, 16), (4, 16), (3, 1), (2, 200)])
    func evaluationPredictsEveryTokenButTheFirst(count: Int, shape: (batch: Int, context: Int))
        throws
    {
        let batches = try shard(count).evaluationBatches(batch: shape.batch, context: shape.context)
        var targets: [Int32] = []
        for batch in batches {
            #expect(batch.context == shape.context)
            #expect(batch.batch >= 1 && batch.batch <= shape.batch)
            for (input, target) in zip(batch.inputs, batch.targets) {
                #expect(target == input + 1 || (target == -1 && input == 0))
            }
            targets += batch.targets.filter { $0 >= 0 }
        }
        #expect(targets == Array(1..<Int32(count)))
        #expect(batches.targetCount == count - 1)
        #expect(batches.reduce(0) { $0 + $1.batch } == batches.windowCount)
        #expect(batches.dropLast().allSatisfy { $0.batch == shape.batch })
    }

    @Test func evaluationNeedsTwoTokens() throws {
        for count in 0..<2 {
            let shard = try shard(count)
            let error = failure { () throws(MartletError) in
                try shard.evaluationBatches(batch: 1, context: 8)
            }
            #expect(error?.code == .invalidValue)
            #expect(error?.message.contains("validation split has \(count) tokens") == true)
        }
    }

    // MARK: - Ahead of time

    @Test(arguments: [0, 1, 7, 12_345] as [UInt64])
    func prefetchedBatchesAreTheSame(start: UInt64) throws {
        let source = try TrainingBatches(shard(2000), batch: 4, context: 32, seed: 11)
        var position = WindowSampler.Position(index: start)
        let prefetcher = BatchPrefetcher(source, from: position)
        for _ in 0..<100 {
            #expect(prefetcher.position == position)
            #expect(prefetcher.next() == source.batch(at: position))
            position = source.position(after: position)
        }
        // A stopped one goes on with the same batches, made on demand.
        prefetcher.stop()
        #expect(prefetcher.position == position)
        for _ in 0..<5 {
            #expect(prefetcher.next() == source.batch(at: position))
            position = source.position(after: position)
        }
        prefetcher.stop()
    }

    /// Counts the batches it makes, slowly.
    private final class CountingSource: BatchSource {
        let made = Mutex(0)

        func batch(at position: WindowSampler.Position) -> Batch {
            made.withLock { $0 += 1 }
            return Batch(
                inputs: [Int32(position.index)], targets: [0], batch: 1, context: 1)
        }

        func position(after position: WindowSampler.Position) -> WindowSampler.Position {
            .init(index: position.index + 1)
        }
    }

    @Test func noMoreThanTwoAreMadeAhead() throws {
        let source = CountingSource()
        let prefetcher = BatchPrefetcher(source)
        for consumed in 1...20 {
            _ = prefetcher.next()
            let made = source.made.withLock { $0 }
            #expect(made >= consumed && made <= consumed + BatchPrefetcher.depth)
        }
        prefetcher.stop()
        let made = source.made.withLock { $0 }
        #expect(made <= 20 + BatchPrefetcher.depth)
    }

    @Test func itEndsWithTheObject() throws {
        for index in 0..<200 {
            let prefetcher = BatchPrefetcher(CountingSource())
            for _ in 0..<(index % 4) { _ = prefetcher.next() }
        }
    }

    @Test func consumersOnSeveralThreadsGetEachBatchOnce() {
        let prefetcher = BatchPrefetcher(CountingSource())
        let seen = Mutex<[Int32]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            for step in 0..<50 {
                if worker == 0, step == 25 { prefetcher.stop() }
                let batch = prefetcher.next()
                seen.withLock { $0 += batch.inputs }
            }
        }
        #expect(seen.withLock { $0.sorted() } == Array(0..<200))
    }

    /// Each document is read from its beginning, and all but its first token are targets once.
    @Test func evaluationReadsDocumentsFromTheirBeginnings() throws {
        // Documents of 3, 1, 0 and 6 tokens, the last one unfinished; 9 ends a document.
        let ids: [Int32] = [1, 2, 3, 9, 4, 9, 9, 1, 2, 3, 4, 5, 6]
        let shard = try TokenShard(ids, vocabularySize: 10, documents: 4)
        let batches = try shard.evaluationBatches(batch: 2, context: 4, documentEnd: 9)
        let all = Array(batches)
        #expect(all.flatMap(\.inputs) == [1, 2, 3, 0, 4, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0])
        #expect(all.flatMap(\.targets) == [2, 3, 9, -1, 9, -1, -1, -1, 2, 3, 4, 5, 6, -1, -1, -1])
        #expect(batches.targetCount == 9)
    }
}
