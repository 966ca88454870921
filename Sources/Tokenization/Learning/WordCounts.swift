import ByteIO
import Synchronization

/// Counts the distinct words of a stream of text that may be larger than memory.
///
/// ```swift
/// let counts = try WordCounts(threads: 4) { text, isStart, word in
///     PatternScanner.gpt2.forEachPiece(of: text) { range in
///         word(UnsafeBufferPointer(rebasing: text[range]))
///         return true
///     }
/// }
/// for document in documents { try document.withUnsafeBufferPointer { try counts.add($0) } }
/// let words = try counts.finish()
/// ```
///
/// Every thread has a table. One that has grown to its share of the memory is sorted and written
/// to a temporary file, and at the end tables and files are merged: the words come out in the order
/// of their bytes, the same for every number of threads and every limit.
///
/// Not for use from several threads at once. After an error every call throws it again.
public final class WordCounts {
    /// Cuts text into words: calls `word` with each, which must not outlive the call.
    ///
    /// `isStart` is false for a text that continues a long document. Several threads call it at
    /// the same time.
    public typealias Cutter =
        @Sendable (
            _ text: UnsafeBufferPointer<UInt8>, _ isStart: Bool,
            _ word: (UnsafeBufferPointer<UInt8>) -> Void
        ) throws(MartletError) -> Void

    /// Where a long document may be divided without changing the words in it.
    public struct Division: Sendable {
        /// The first place at or after an offset of a text, or `nil` if there is none.
        package let next: @Sendable (_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Int?

        /// The places that `next` finds.
        public init(
            next: @escaping @Sendable (_ text: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Int?
        ) {
            self.next = next
        }

        /// Nowhere: a document is counted whole, by one thread.
        public static let nowhere = Division { _, _ in nil }

        /// After a single line feed between an ASCII character that can be seen and an ASCII
        /// letter. All splitters by patterns in the wild have a boundary there; one that cuts only
        /// at spaces does not.
        public static let afterLines = Division { text, offset in
            var index = max(offset, 2)
            while index < text.count {
                if text[index - 1] == 0x0A, (0x21...0x7E).contains(text[index - 2]),
                    (0x61...0x7A).contains(text[index] | 0x20)
                {
                    return index
                }
                index += 1
            }
            return nil
        }
    }

    /// The memory for tables unless told otherwise.
    public static let defaultMemoryLimit = 192 << 20

    /// The bytes of words that are kept at the end unless told otherwise. Learning merges takes
    /// about 16 bytes for each, and as much again for the pairs that come up: with this, learning
    /// from text of any size stays below 1 GB.
    public static let defaultMaximumBytes = 16 << 20

    private static let pieceSize = 1 << 20
    /// So many runs are merged into one, so that there are never too many files.
    private static let runLimit = 64

    /// A document, or a part of one.
    private struct Piece {
        var text: UnsafeBufferPointer<UInt8>
        var isStart: Bool
    }

    /// What the threads report.
    private final class Reports: Sendable {
        struct State {
            var runs: [MappedFile] = []
            /// The failure of the earliest piece, whichever thread came first.
            var failure: (piece: Int, error: MartletError)?
        }

        let state = Mutex(State())

        func fail(_ piece: Int, _ error: MartletError) {
            state.withLock { state in
                if let first = state.failure, first.piece <= piece { return }
                state.failure = (piece, error)
            }
        }
    }

    private let cut: Cutter
    private let division: Division
    private let threads: Int
    /// The memory of one table.
    private let tableLimit: Int
    private var tables: [WordTable]
    private var runs: [MappedFile] = []
    /// Documents that wait to be counted, and where each ends.
    private var batch: [UInt8] = []
    private var batchEnds: [Int] = []
    private var failure: MartletError?

    /// Counts that begin at zero.
    ///
    /// - Parameters:
    ///   - memoryLimit: The bytes of memory for the tables, at least 64 KiB for each thread.
    ///     Batches of text come on top, up to 4 MiB a thread and 64 MiB in all, and a table may
    ///     exceed its share by what 1 MiB of text adds.
    ///   - threads: How many threads count.
    ///   - division: Where long documents are divided among the threads.
    ///   - cut: Cuts text into words.
    /// - Throws: `MartletError` for a limit or a number of threads that is not positive, or more
    ///   than 1024 threads.
    public init(
        memoryLimit: Int = WordCounts.defaultMemoryLimit, threads: Int = 1,
        division: Division = .afterLines, cut: @escaping Cutter
    ) throws(MartletError) {
        guard (1...1024).contains(threads) else {
            throw MartletError(
                .invalidValue, "\(threads) threads to count words: from 1 to 1024 are possible")
        }
        guard memoryLimit > 0 else {
            throw MartletError(.invalidValue, "\(memoryLimit) bytes of memory to count words")
        }
        self.cut = cut
        self.division = division
        self.threads = threads
        // Words in a table have 32-bit numbers; 64 GiB hold fewer.
        tableLimit = max(min(memoryLimit, 1 << 36) / threads, 1 << 16)
        tables = (0..<threads).map { _ in WordTable() }
    }

    deinit {
        for table in tables { table.free() }
    }

    /// Counts the words of one document, whose bytes are not needed afterwards.
    ///
    /// - Throws: What the cutter throws, or `MartletError` if a temporary file cannot be written.
    ///   With several threads it may come with a later document.
    public func add(_ document: UnsafeBufferPointer<UInt8>) throws(MartletError) {
        if let failure { throw failure }
        if document.isEmpty { return }
        if threads == 1, document.count <= Self.pieceSize {
            try countAlone(document)
            return
        }
        let batchSize = 4 * Self.pieceSize * min(threads, 16)
        if threads > 1, document.count < batchSize {
            if batch.count + document.count > batchSize { try flush() }
            if batch.capacity == 0 { batch.reserveCapacity(batchSize) }
            batch.append(contentsOf: document)
            batchEnds.append(batch.count)
            return
        }
        try flush()
        var pieces: [Piece] = []
        divide(document, into: &pieces)
        try count(pieces)
    }

    /// The words so far and their counts, in the order of their bytes. More may be added
    /// afterwards; the memory goes with this object.
    ///
    /// - Parameter maximumBytes: How many bytes the words may have together. If they have more,
    ///   the least frequent are left out: all of one count or none.
    public func finish(
        maximumBytes: Int = WordCounts.defaultMaximumBytes
    ) throws(MartletError) -> CountedWords {
        if let failure { throw failure }
        try flush()
        let orders = sortedTables()
        var upperBound = 0
        for table in tables { upperBound += table.byteCount }
        for run in runs { upperBound += run.count }

        var result = CountedWords()
        var smallest: Int64 = 0
        if upperBound > maximumBytes {
            smallest = try leastCount(maximumBytes, orders, &result)
        } else {
            result.reserveCapacity(
                words: tables.reduce(0) { $0 + $1.count }, bytes: upperBound)
        }
        try WordRun.forEach(cursors(orders)) { (word, count) throws(MartletError) in
            if count >= smallest { result.append(word, count: count) }
        }
        return result
    }

    // MARK: - Counting

    private func flush() throws(MartletError) {
        guard !batchEnds.isEmpty else { return }
        // Taken out meanwhile, so that the pieces do not point into what this object may change.
        var text: [UInt8] = []
        swap(&text, &batch)
        let ends = batchEnds
        batchEnds = []
        let counted = text.withUnsafeBufferPointer { text in
            Result { () throws(MartletError) in
                var pieces: [Piece] = []
                var start = 0
                for end in ends {
                    divide(UnsafeBufferPointer(rebasing: text[start..<end]), into: &pieces)
                    start = end
                }
                try count(pieces)
            }
        }
        try counted.get()
        text.removeAll(keepingCapacity: true)
        swap(&text, &batch)
    }

    private func divide(_ document: UnsafeBufferPointer<UInt8>, into pieces: inout [Piece]) {
        var start = 0
        while document.count - start > Self.pieceSize,
            let end = division.next(document, start + Self.pieceSize),
            end > start, end < document.count
        {
            let text = UnsafeBufferPointer(rebasing: document[start..<end])
            pieces.append(Piece(text: text, isStart: start == 0))
            start = end
        }
        let rest = UnsafeBufferPointer(rebasing: document[start...])
        pieces.append(Piece(text: rest, isStart: start == 0))
    }

    /// Counts a short document without a list of pieces, which would be allocated.
    private func countAlone(_ document: UnsafeBufferPointer<UInt8>) throws(MartletError) {
        var table = tables[0]
        do throws(MartletError) {
            try cut(document, true) { table.add($0) }
            if table.memory > tableLimit { try Self.spill(&table, into: &runs) }
        } catch {
            failure = error
        }
        tables[0] = table
        if let failure { throw failure }
    }

    private func count(_ pieces: [Piece]) throws(MartletError) {
        let reports = Reports()
        let counter = Workers.Counter()
        let (cut, tableLimit) = (cut, tableLimit)
        tables.withUnsafeMutableBufferPointer { tables in
            let tables = UnsafeMutableBufferPointer(rebasing: tables[...])
            Workers.run(min(threads, pieces.count)) { thread in
                // Every thread has the table with its number to itself.
                var table = tables[thread]
                var runs: [MappedFile] = []
                while true {
                    let number = counter.next()
                    if number >= pieces.count { break }
                    let piece = pieces[number]
                    do throws(MartletError) {
                        try cut(piece.text, piece.isStart) { table.add($0) }
                        if table.memory > tableLimit { try Self.spill(&table, into: &runs) }
                    } catch {
                        reports.fail(number, error)
                    }
                }
                tables[thread] = table
                reports.state.withLock { $0.runs += runs }
            }
        }
        let state = reports.state.withLock { $0 }
        runs += state.runs
        do throws(MartletError) {
            if let error = state.failure?.error { throw error }
            try Self.mergeMany(&runs)
        } catch {
            failure = error
            throw error
        }
    }

    // MARK: - Spilling and merging

    /// Moves the words of a table into a temporary file.
    private static func spill(
        _ table: inout WordTable, into runs: inout [MappedFile]
    ) throws(MartletError) {
        runs.append(try WordRun.write([WordCursor(table, order: table.sorted())]))
        table.removeAll()
        try mergeMany(&runs)
    }

    /// Makes many files one.
    private static func mergeMany(_ runs: inout [MappedFile]) throws(MartletError) {
        if runs.count >= runLimit { runs = [try WordRun.write(runs.map { WordCursor($0) })] }
    }

    private func sortedTables() -> [[WordTable.SortKey]] {
        var orders = [[WordTable.SortKey]](repeating: [], count: threads)
        let tables = tables
        orders.withUnsafeMutableBufferPointer { orders in
            let orders = UnsafeMutableBufferPointer(rebasing: orders[...])
            Workers.forEach(tables.count, threads: threads) { index, _ in
                orders[index] = tables[index].sorted()
            }
        }
        return orders
    }

    private func cursors(_ orders: [[WordTable.SortKey]]) -> [WordCursor] {
        zip(tables, orders).map { WordCursor($0, order: $1) } + runs.map { WordCursor($0) }
    }

    /// The smallest count such that words at least so frequent have at most `maximumBytes` bytes;
    /// notes in `result` how many others there are, and makes room in it.
    private func leastCount(
        _ maximumBytes: Int, _ orders: [[WordTable.SortKey]], _ result: inout CountedWords
    ) throws(MartletError) -> Int64 {
        var classes: [Int64: (words: Int, bytes: Int)] = [:]
        try WordRun.forEach(cursors(orders)) { (word, count) throws(MartletError) in
            classes[count, default: (0, 0)].words += 1
            classes[count, default: (0, 0)].bytes += word.count
        }
        var smallest = Int64.max
        var kept = (words: 0, bytes: 0)
        var isFull = false
        for (count, size) in classes.sorted(by: { $0.key > $1.key }) {
            if !isFull, size.bytes <= maximumBytes - kept.bytes {
                kept.words += size.words
                kept.bytes += size.bytes
                smallest = count
            } else {
                isFull = true
                result.omittedWords += size.words
                result.omittedOccurrences &+= count &* Int64(size.words)
            }
        }
        result.reserveCapacity(words: kept.words, bytes: kept.bytes)
        return smallest
    }
}
