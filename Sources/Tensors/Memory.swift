import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps freed blocks for later requests, so that a steady training step takes nothing from the system.
///
/// Small blocks are kept by size, rounded up to four steps per power of two; large ones share spans of
/// memory (``LargeBlocks``).
final class BlockPool: Sendable {
    /// What the pool holds and has asked the system for.
    struct Statistics: Sendable {
        var bytesInUse = 0
        var peakBytesInUse = 0
        var systemAllocations = 0
    }

    /// Free blocks as addresses: a pointer is not Sendable, and nobody else knows these.
    private struct State {
        var free: [Int: [UInt]] = [:]
        var large = LargeBlocks()
        var statistics = Statistics()
    }

    private static let largeBlock = 256 << 10
    private let state = Mutex(State())

    deinit { trim() }

    var statistics: Statistics { state.withLock { $0.statistics } }

    /// The size a request is rounded up to.
    static func rounded(_ bytes: Int) -> Int {
        guard bytes > 256 else { return 256 }
        guard bytes < largeBlock else { return LargeBlocks.rounded(bytes) }
        let top = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount
        let step = 1 << (top - 2)
        return (bytes + step - 1) / step * step
    }

    /// A block of at least `bytes`, 64-byte aligned, contents undefined.
    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
        let size = Self.rounded(bytes)
        let address: UInt? = state.withLock { state in
            var block: UInt?
            if size >= Self.largeBlock {
                guard let taken = state.large.take(size) else { return nil }
                block = UInt(bitPattern: taken.block)
                if taken.isFresh { state.statistics.systemAllocations += 1 }
            } else if let kept = state.free[size]?.popLast() {
                block = kept
            } else {
                var fresh: UnsafeMutableRawPointer?
                guard posix_memalign(&fresh, 64, size) == 0, let fresh else { return nil }
                block = UInt(bitPattern: fresh)
                state.statistics.systemAllocations += 1
            }
            state.statistics.bytesInUse += size
            state.statistics.peakBytesInUse = max(
                state.statistics.peakBytesInUse, state.statistics.bytesInUse)
            return block
        }
        guard let address, let block = UnsafeMutableRawPointer(bitPattern: address) else {
            preconditionFailure("memory: the system refused a block of \(size) bytes")
        }
        return block
    }

    /// Takes a block back; `bytes` is what it was requested with.
    func give(_ block: UnsafeMutableRawPointer, _ bytes: Int) {
        let size = Self.rounded(bytes)
        let address = UInt(bitPattern: block)
        state.withLock { state in
            state.statistics.bytesInUse -= size
            guard size < Self.largeBlock else { return state.large.give(address, size) }
            state.free[size, default: []].append(address)
        }
    }

    /// Returns every free block to the system.
    func trim() {
        let blocks = state.withLock { state in
            defer { state.free = [:] }
            state.large.trim()
            return state.free.values.flatMap { $0 }
        }
        for block in blocks { free(UnsafeMutableRawPointer(bitPattern: block)) }
    }
}

/// Bytes of one or more tensors. Immutable once published, except for arenas, whose one writer is
/// the optimizer (`ArenaUpdates`): that is what makes the unchecked Sendable honest.
final class Storage: @unchecked Sendable {
    let device: Device
    let pointer: UnsafeMutableRawPointer
    let byteCount: Int
    /// Keeps foreign memory (a mapped file) alive; nil when the block is the pool's.
    private let owner: AnyObject?

    init(byteCount: Int, on device: Device) {
        self.device = device
        self.byteCount = byteCount
        pointer = device.memory.take(byteCount)
        owner = nil
    }

    init(
        borrowing pointer: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject,
        on device: Device
    ) {
        self.device = device
        self.byteCount = byteCount
        self.pointer = pointer
        self.owner = owner
    }

    /// Of a mapped file: the whole pages of a range of its bytes leave memory, and come back from the
    /// file if they are touched. Memory of our own stays as it is.
    func releasePages(_ bytes: Range<Int>) {
        guard owner != nil else { return }
        let page = sysconf(Int32(_SC_PAGESIZE))
        let start = Int(bitPattern: pointer)
        let first = (start + bytes.lowerBound + page - 1) / page * page
        let end = (start + min(bytes.upperBound, byteCount)) / page * page
        guard first < end, let pages = UnsafeMutableRawPointer(bitPattern: first) else { return }
        madvise(pages, end - first, MADV_DONTNEED)
    }

    deinit {
        if owner == nil { device.memory.give(pointer, byteCount) }
    }
}
