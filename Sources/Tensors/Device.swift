import CKernels
import Synchronization

/// Which instruction set the kernels use; ordered from portable to fastest.
public enum Tier: Int32, Sendable, CaseIterable, CustomStringConvertible {
    case scalar, avx2, avx512, avx512bf16, amx

    /// Whether processor and operating system run it.
    public var isSupported: Bool { martlet_tier_supported(MartletTier(rawValue: rawValue)) }

    /// The best one this machine runs.
    public static var best: Tier { Tier(rawValue: martlet_best_tier().rawValue) ?? .scalar }

    /// A tier by the name it has in `MARTLET_TIER` and in JSON; nil if there is none.
    public init?(named name: String) {
        guard let tier = Tier.allCases.first(where: { $0.description == name }) else { return nil }
        self = tier
    }

    /// The name in `MARTLET_TIER` and in JSON.
    public var description: String {
        switch self {
        case .scalar: "scalar"
        case .avx2: "avx2"
        case .avx512: "avx512"
        case .avx512bf16: "avx512bf16"
        case .amx: "amx"
        }
    }
}

/// How products of float32 tensors are computed.
public enum Precision: String, Sendable, CaseIterable {
    /// Float32 throughout: the reference path.
    case float32
    /// Operands rounded to bfloat16, sums in float32; everything else stays float32.
    case bfloat16
}

/// Where tensors live and work is done: memory, worker threads, kernels and precision. Tensors
/// carry theirs, and an operation takes it from its operands.
public final class Device: Sendable {
    /// Workers a parallel loop may use. Results do not depend on it.
    public let threads: Int
    /// The instruction set in use.
    public let tier: Tier
    /// How products are computed.
    public let precision: Precision
    let memory = BlockPool()
    private let pool: WorkerPool
    private let table: KernelTable

    /// A pointer to a constant table, which is safe to share.
    private struct KernelTable: @unchecked Sendable { let pointer: UnsafePointer<MartletKernels> }

    /// A processor device. An unsupported `tier` is a programming error: ask `isSupported` first.
    public init(
        threads: Int = Device.coreCount, tier: Tier = .best, precision: Precision = .float32
    ) {
        precondition(threads > 0, "Device: \(threads) threads")
        precondition(tier.isSupported, "Device: this machine does not run the \(tier) tier")
        self.threads = threads
        self.tier = tier
        self.precision = precision
        pool = WorkerPool(helpers: threads - 1)
        table = KernelTable(pointer: martlet_kernels(MartletTier(rawValue: tier.rawValue)))
    }

    /// Processors this process may use.
    public static var coreCount: Int { Int(martlet_processor_count()) }

    var kernels: MartletKernels {
        _read { yield table.pointer.pointee }
    }

    /// Bytes tensors occupy now, the most they have occupied, and how many blocks the system gave.
    public var memoryStatistics: (bytesInUse: Int, peakBytesInUse: Int, systemAllocations: Int) {
        let s = memory.statistics
        return (s.bytesInUse, s.peakBytesInUse, s.systemAllocations)
    }

    /// Gives unused blocks back to the system.
    public func trimMemory() { memory.trim() }

    /// Runs `body` over the ranges [k * grain, (k + 1) * grain) that cover 0 ..< count, on the
    /// device's threads, in any order. Ranges depend on count and grain alone; what each writes
    /// must not overlap. That keeps results independent of the number of threads.
    func parallel(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
        let chunks = (count + grain - 1) / max(grain, 1)
        guard min(threads, chunks) > 1 else {
            for chunk in 0..<chunks { body(chunk * grain..<min(count, (chunk + 1) * grain)) }
            return
        }
        let next = Atomic<Int>(0)
        func takeChunks() {
            while true {
                let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard chunk < chunks else { return }
                body(chunk * grain..<min(count, (chunk + 1) * grain))
            }
        }
        // Somebody else's work on this device: the caller does its own alone.
        if !pool.run(takeChunks) { takeChunks() }
    }

    /// A block of scratch memory for the length of a call.
    func withScratch<T, R>(_ type: T.Type, count: Int, _ body: (UnsafeMutablePointer<T>) -> R) -> R
    {
        let bytes = max(count, 1) * MemoryLayout<T>.stride
        let block = memory.take(bytes)
        defer { memory.give(block, bytes) }
        return body(block.bindMemory(to: T.self, capacity: max(count, 1)))
    }
}
