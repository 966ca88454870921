import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One table of kernels to test.
struct Tier: Sendable, CustomTestStringConvertible {
    /// Nil for the AMX tier on a plain C model of the tile unit.
    let number: Int32?
    let name: String

    var kernels: UnsafePointer<MartletKernels> {
        guard let number else { return martlet_kernels_amx_model() }
        return martlet_kernels(MartletTier(rawValue: number))
    }

    var testDescription: String { name }

    private init(_ table: UnsafePointer<MartletKernels>, number: Int32?) {
        self.number = number
        name = String(cString: table.pointee.name)
    }

    private init(_ number: Int32) {
        self.init(martlet_kernels(MartletTier(rawValue: number)), number: number)
    }

    static let scalar = Tier(0)

    /// Every tier this machine runs.
    static let supported = (0..<Int32(MartletTierCount)).filter {
        martlet_tier_supported(MartletTier(rawValue: $0))
    }.map { Tier($0) }

    private static let model = Tier(martlet_kernels_amx_model(), number: nil)

    /// What `MARTLET_TIER` names; nil if it is not set.
    static let forced = getenv("MARTLET_TIER").map { String(cString: $0) }.flatMap {
        $0.isEmpty ? nil : $0
    }

    /// The tiers to test: every supported one, or the forced one alone.
    static let tested = supported.filter { forced == nil || $0.name == forced }

    /// The same, and the AMX model, which differs from the scalar tier in bfloat16 products only.
    static let testedWithModel = (supported + [model]).filter {
        forced == nil || $0.name == forced
    }
}
