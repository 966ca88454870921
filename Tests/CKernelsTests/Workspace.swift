import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where the buffers of a workspace lie.
enum Placement: CaseIterable {
    /// At a multiple of 64 bytes.
    case aligned
    /// One element after a multiple of 64 bytes.
    case unaligned
    /// Right before a page that can be neither read nor written: one element too far is a crash.
    case beforeGuard
}

/// The buffers of one kernel call, between canaries: bytes that the kernel must leave alone.
final class Workspace {
    private struct Block {
        let base: UnsafeMutableRawPointer
        let size: Int
        let start: UnsafeMutableRawPointer
        let bytes: Int
        let isMapped: Bool
        let original: [UInt8]?
    }

    private static let margin = 64
    private static let canary: UInt8 = 0xff
    private let placement: Placement
    private var blocks: [Block] = []

    init(_ placement: Placement = .aligned) { self.placement = placement }

    deinit {
        for block in blocks {
            if block.isMapped {
                munmap(block.base, block.size)
            } else {
                block.base.deallocate()
            }
        }
    }

    /// A copy of `values` that the kernel must not change.
    func input<T>(_ values: [T]) -> UnsafePointer<T> {
        UnsafePointer(add(values, isConstant: true))
    }

    /// A copy of `values` that the kernel may change.
    func variable<T>(_ values: [T]) -> UnsafeMutablePointer<T> { add(values, isConstant: false) }

    /// Room for `count` values, all NaN.
    func output<T>(_ count: Int, of type: T.Type = T.self) -> UnsafeMutablePointer<T> {
        reserve(count * MemoryLayout<T>.stride, element: MemoryLayout<T>.stride, original: nil)
            .assumingMemoryBound(to: T.self)
    }

    /// What a kernel wrote.
    func values<T>(_ pointer: UnsafeMutablePointer<T>, _ count: Int) -> [T] {
        Array(UnsafeBufferPointer(start: pointer, count: count))
    }

    /// Records an issue if a byte around the buffers or of an input has changed. To be called after
    /// the kernel: the workspace lives until then.
    func expectIntact(
        _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (index, block) in blocks.enumerated() {
            let front = block.start - Workspace.margin
            let back = block.start + block.bytes
            let room = block.isMapped ? 0 : Workspace.margin
            if !Workspace.isCanary(front, Workspace.margin) || !Workspace.isCanary(back, room) {
                Issue.record(
                    "\(what()): wrote outside buffer \(index)", sourceLocation: sourceLocation)
            }
            let isChanged = block.original.map { memcmp($0, block.start, block.bytes) != 0 }
            if isChanged ?? false {
                Issue.record("\(what()): changed input \(index)", sourceLocation: sourceLocation)
            }
        }
    }

    private static func isCanary(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> Bool {
        guard count > 0 else { return true }
        let first = bytes.load(as: UInt8.self)
        return first == canary && memcmp(bytes, bytes + 1, count - 1) == 0
    }

    private func add<T>(_ values: [T], isConstant: Bool) -> UnsafeMutablePointer<T> {
        values.withUnsafeBytes { bytes in
            let start = reserve(
                bytes.count, element: MemoryLayout<T>.stride,
                original: isConstant ? Array(bytes) : nil)
            if let source = bytes.baseAddress { memcpy(start, source, bytes.count) }
            return start.assumingMemoryBound(to: T.self)
        }
    }

    private func reserve(_ bytes: Int, element: Int, original: [UInt8]?)
        -> UnsafeMutableRawPointer
    {
        let margin = Workspace.margin
        let base: UnsafeMutableRawPointer
        let size: Int
        let start: UnsafeMutableRawPointer
        if placement == .beforeGuard {
            let page = Int(getpagesize())
            let body = (bytes + margin + page - 1) / page * page
            size = body + page
            guard
                let memory = mmap(
                    nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                memory != MAP_FAILED, mprotect(memory + body, page, PROT_NONE) == 0
            else { preconditionFailure("out of memory") }
            base = memory
            start = base + body - bytes
            memset(start - margin, Int32(Workspace.canary), bytes + margin)
        } else {
            size = bytes + element + 2 * margin
            base = .allocate(byteCount: size, alignment: 64)
            start = base + margin + (placement == .unaligned ? element : 0)
            memset(base, Int32(Workspace.canary), size)
        }
        blocks.append(
            Block(
                base: base, size: size, start: start, bytes: bytes,
                isMapped: placement == .beforeGuard, original: original))
        return start
    }
}
