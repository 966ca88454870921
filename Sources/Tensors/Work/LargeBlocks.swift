#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Large blocks cut from spans of address space: the lowest free place that is wide enough, and freed
/// neighbours are one place again. So blocks of any size follow each other in the same memory: what the
/// activations of a training step leave on the way back serves its gradients.
///
/// A span takes no memory where nothing was written yet. Its pages are offered to the kernel as huge
/// ones. Not safe to share: ``BlockPool`` guards it.
package struct LargeBlocks {
    /// Blocks start and end at pages.
    private static let granule = 4096
    /// Address space of a span, unless one block is larger.
    private static let spanBytes = 4 << 30

    private struct Span {
        let base: UInt
        let size: Int
        /// Free places in order, no two of which touch.
        var free: [Range<Int>]
        /// Everything from here on was never handed out.
        var untouched = 0
    }
    private var spans: [Span] = []

    /// No blocks; nothing is asked of the system before the first.
    package init() {}

    /// What a request of `bytes` occupies.
    package static func rounded(_ bytes: Int) -> Int { (bytes + granule - 1) / granule * granule }

    /// A block of `size` bytes (rounded before), and whether memory was used for it that never was before;
    /// nil if the system has none.
    package mutating func take(_ size: Int) -> (block: UnsafeMutableRawPointer, isFresh: Bool)? {
        for index in spans.indices {
            if let taken = Self.take(size, from: &spans[index]) { return taken }
        }
        guard var span = Self.reserve(size) else { return nil }
        let taken = Self.take(size, from: &span)
        spans.append(span)
        return taken
    }

    private static func take(
        _ size: Int, from span: inout Span
    ) -> (block: UnsafeMutableRawPointer, isFresh: Bool)? {
        guard let place = span.free.firstIndex(where: { $0.count >= size }),
            let block = UnsafeMutableRawPointer(
                bitPattern: span.base + UInt(span.free[place].lowerBound))
        else { return nil }
        let free = span.free[place]
        let end = free.lowerBound + size
        if end == free.upperBound {
            span.free.remove(at: place)
        } else {
            span.free[place] = end..<free.upperBound
        }
        let isFresh = end > span.untouched
        span.untouched = max(span.untouched, end)
        return (block, isFresh)
    }

    /// A span for a block of `size`; smaller ones are tried where address space is limited.
    private static func reserve(_ size: Int) -> Span? {
        var bytes = max(size, spanBytes)
        while true {
            var flags = MAP_PRIVATE | MAP_ANON
            #if canImport(Glibc)
                flags |= MAP_NORESERVE
            #endif
            let pages = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
            if let pages, pages != MAP_FAILED {
                #if canImport(Glibc)
                    madvise(pages, bytes, MADV_HUGEPAGE)
                #endif
                return Span(base: UInt(bitPattern: pages), size: bytes, free: [0..<bytes])
            }
            guard bytes > size else { return nil }
            bytes = max(size, rounded(bytes / 2))
        }
    }

    /// Takes a block of `size` bytes back, by its address.
    package mutating func give(_ address: UInt, _ size: Int) {
        guard
            let index = spans.firstIndex(where: {
                address >= $0.base && address < $0.base + UInt($0.size)
            })
        else { preconditionFailure("memory: a block that was never handed out") }
        let start = Int(address - spans[index].base)
        var freed = start..<start + size
        var (low, high) = (0, spans[index].free.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[index].free[middle].lowerBound < start {
                low = middle + 1
            } else {
                high = middle
            }
        }
        // `low` is the first place behind the block.
        var replaced = low..<low
        if low < spans[index].free.count, spans[index].free[low].lowerBound == freed.upperBound {
            freed = freed.lowerBound..<spans[index].free[low].upperBound
            replaced = low..<low + 1
        }
        if low > 0, spans[index].free[low - 1].upperBound == freed.lowerBound {
            freed = spans[index].free[low - 1].lowerBound..<freed.upperBound
            replaced = low - 1..<replaced.upperBound
        }
        spans[index].free.replaceSubrange(replaced, with: [freed])
    }

    /// Gives the memory of every free place back to the system; spans without blocks go altogether.
    package mutating func trim() {
        let page = sysconf(Int32(_SC_PAGESIZE))
        for span in spans where span.free != [0..<span.size] {
            for place in span.free {
                // The kernel gives up whole pages, which may be larger than a granule.
                let first = (place.lowerBound + page - 1) / page * page
                let end = min(place.upperBound, span.untouched) / page * page
                guard first < end,
                    let start = UnsafeMutableRawPointer(bitPattern: span.base + UInt(first))
                else { continue }
                madvise(start, end - first, MADV_DONTNEED)
            }
        }
        for index in spans.indices.reversed() where spans[index].free == [0..<spans[index].size] {
            munmap(UnsafeMutableRawPointer(bitPattern: spans[index].base), spans[index].size)
            spans.remove(at: index)
        }
    }
}
