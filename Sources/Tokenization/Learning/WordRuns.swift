import ByteIO

/// Reads counted words in the order of their bytes, from a table or from a file.
final class WordCursor {
    private enum Source {
        case table(WordTable, [WordTable.SortKey])
        case file(MappedFile)
    }

    /// The current word; valid until the next call of `advance`.
    private(set) var word = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Its count.
    private(set) var count: Int64 = 0
    private var prefix: UInt64 = 0
    private let source: Source
    private var position = 0
    /// Before this, the pages of the file have been given back.
    private var released = 0

    private static let releaseStep = 4 << 20

    /// The words of a table, which must not change meanwhile.
    init(_ table: WordTable, order: [WordTable.SortKey]) { source = .table(table, order) }

    /// The words of a file that `WordRun.write` made.
    init(_ file: MappedFile) { source = .file(file) }

    /// Goes on to the next word, at first to the first one; false if there is none.
    func advance() throws(MartletError) -> Bool {
        switch source {
        case .table(let table, let order):
            guard position < order.count else { return false }
            let key = order[position]
            position += 1
            word = table.word(key.word)
            count = table.occurrences(key.word)
            prefix = key.prefix
        case .file(let file):
            if position - released >= Self.releaseStep {
                file.release(released..<position)
                released = position
            }
            guard position < file.count else { return false }
            try read(file)
            prefix = wordPrefix(word)
        }
        return true
    }

    private func read(_ file: MappedFile) throws(MartletError) {
        let bytes = file.bytes
        let header = WordRun.headerSize
        guard bytes.count - position >= header else { throw Self.damaged(file) }
        let length = bytes.loadUnaligned(fromByteOffset: position, as: Int64.self)
        guard length > 0, length <= Int64(bytes.count - position - header) else {
            throw Self.damaged(file)
        }
        count = bytes.loadUnaligned(fromByteOffset: position + 8, as: Int64.self)
        let start = position + header
        position = start + Int(length)
        word = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
            .bindMemory(to: UInt8.self)
    }

    private static func damaged(_ file: MappedFile) -> MartletError {
        MartletError(.corrupted, "was changed while words were counted", at: file.path)
    }

    /// Whether this one's word comes before that of `other`.
    func precedes(_ other: WordCursor) -> Bool {
        prefix != other.prefix ? prefix < other.prefix : wordPrecedes(word, other.word)
    }

    /// Whether the words are the same.
    func hasSameWord(as other: WordCursor) -> Bool {
        prefix == other.prefix && word.count == other.word.count
            && !wordPrecedes(word, other.word) && !wordPrecedes(other.word, word)
    }
}

/// Sorted words with counts in a temporary file, and merging such runs.
enum WordRun {
    /// The bytes before each word: its length and its count, 64 bits each.
    static let headerSize = 16

    /// Writes the words of the cursors, with equal ones added up, into a file without a name:
    /// nothing stays behind, even if the process is killed.
    static func write(_ cursors: [WordCursor]) throws(MartletError) -> MappedFile {
        let folder = try Files.temporaryDirectory()
        var failure: MartletError?
        var run: MappedFile?
        do throws(MartletError) {
            let path = Files.join(folder, "words")
            let writer = try DurableFileWriter(creating: path)
            try forEach(cursors) { (word, count) throws(MartletError) in
                try writeRecord(word, count, writer)
            }
            try writer.finish()
            run = try MappedFile(path)
        } catch {
            failure = error
        }
        do throws(MartletError) {
            try Files.remove(folder)
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
        guard let run else { throw MartletError(.inputOutput, "has no file", at: folder) }
        return run
    }

    private static func writeRecord(
        _ word: UnsafeBufferPointer<UInt8>, _ count: Int64, _ writer: DurableFileWriter
    ) throws(MartletError) {
        var header = (Int64(word.count), count)
        let written = withUnsafeBytes(of: &header) { bytes in
            Result { () throws(MartletError) in try writer.write(bytes) }
        }
        try written.get()
        try writer.write(UnsafeRawBufferPointer(word))
    }

    /// Calls `body` with every distinct word of the cursors in the order of bytes and its count,
    /// summed over the cursors.
    static func forEach(
        _ cursors: [WordCursor],
        _ body: (UnsafeBufferPointer<UInt8>, Int64) throws(MartletError) -> Void
    ) throws(MartletError) {
        var heap: [WordCursor] = []
        for cursor in cursors where try cursor.advance() { push(cursor, on: &heap) }
        while let first = heap.first {
            // It keeps its word until that has been used.
            popFirst(of: &heap)
            var total = first.count
            while let next = heap.first, next.hasSameWord(as: first) {
                total &+= next.count
                if try next.advance() {
                    sink(next, in: &heap)
                } else {
                    popFirst(of: &heap)
                }
            }
            try body(first.word, total)
            if try first.advance() { push(first, on: &heap) }
        }
    }

    private static func push(_ cursor: WordCursor, on heap: inout [WordCursor]) {
        heap.append(cursor)
        var child = heap.count - 1
        while child > 0, cursor.precedes(heap[(child - 1) / 2]) {
            heap[child] = heap[(child - 1) / 2]
            child = (child - 1) / 2
        }
        heap[child] = cursor
    }

    private static func popFirst(of heap: inout [WordCursor]) {
        let last = heap.removeLast()
        if !heap.isEmpty { sink(last, in: &heap) }
    }

    /// Puts `cursor` in the place of the first one.
    private static func sink(_ cursor: WordCursor, in heap: inout [WordCursor]) {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            if !heap[child].precedes(cursor) { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = cursor
    }
}
