import ArgumentParser
import Martlet

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Flags that choose how work is computed.
struct DeviceFlags: ParsableArguments {
    @Option(help: "Worker threads (default: all processors). Results do not depend on it.")
    var threads: Int?

    @Option(help: "How products are computed: bfloat16 (operands; sums are float32) or float32.")
    var precision: String?

    /// The device these flags ask for; `MARTLET_TIER` chooses the instruction set.
    func device(default precision: Precision = .float32) throws -> Device {
        var tier = Tier.best
        if let name = getenv("MARTLET_TIER").map({ String(cString: $0) }), !name.isEmpty {
            guard let named = Tier(named: name) else {
                let names = Tier.allCases.map(\.description).joined(separator: ", ")
                throw ValidationError(
                    "MARTLET_TIER=\(name): there is no such tier; tiers: \(names)")
            }
            guard named.isSupported else {
                throw MartletError(
                    .unsupported, "MARTLET_TIER=\(name): this machine does not run it")
            }
            tier = named
        }
        var chosen = precision
        if let name = self.precision {
            guard let named = Precision(rawValue: name) else {
                throw ValidationError("--precision \(name): expected float32 or bfloat16")
            }
            chosen = named
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads \(threads): expected 1 to 1024")
        }
        return Device(threads: threads ?? Device.coreCount, tier: tier, precision: chosen)
    }
}

/// Ids in a flag: `--ids "1 2 3"`, commas allowed.
enum IDList {
    static func parse(_ text: String) throws -> [Int32] {
        try text.split { $0 == " " || $0 == "," || $0 == "\n" }.map { part in
            guard let id = Int32(part) else {
                throw ValidationError("--ids: '\(part)' is not a token id")
            }
            return id
        }
    }
}
