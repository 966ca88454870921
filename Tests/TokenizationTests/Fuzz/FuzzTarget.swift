import ByteIO
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the environment says about fuzzing; `Tools/fuzz_tokenizers.sh` sets it.
enum FuzzSettings {
    /// MARTLET_FUZZ_SECONDS: how long each target goes on. Without it there is a fixed number of cases.
    static let seconds = number("MARTLET_FUZZ_SECONDS")
    /// MARTLET_FUZZ_SEED: where the cases come from.
    static let seed = number("MARTLET_FUZZ_SEED") ?? 1
    /// MARTLET_FUZZ_CASE: the one case to run, by the number that a failure names.
    static let onlyCase = number("MARTLET_FUZZ_CASE")
    /// MARTLET_FUZZ_KEEP: a folder where each target leaves the case it is at, for when it traps.
    static let keepFolder: String? = {
        guard let folder = variable("MARTLET_FUZZ_KEEP") else { return nil }
        do throws(MartletError) {
            try Files.createDirectory(folder)
            return folder
        } catch {
            print("no cases are kept: \(error)")
            return nil
        }
    }()

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func number(_ name: String) -> UInt64? { variable(name).flatMap { UInt64($0) } }
}

/// Something to be fuzzed: cases made from random numbers, each from a seed of its own, so that any of them can be
/// made again alone.
struct FuzzTarget: Sendable {
    let name: String
    /// Seeds of cases that found something once; they run first.
    let kept: [UInt64]
    /// How many cases run where no time is given.
    let caseCount: Int

    /// How it went.
    struct Tally {
        var cases = 0
        /// Cases whose input was accepted: if there are few, what is behind the parsers is not tried.
        var accepted = 0
        var failures = 0
    }

    /// After so many failures the target ends.
    private static let mostFailures = 10

    /// Runs the cases. `body` makes one and says whether its input was accepted.
    func run(_ body: (inout FuzzCase) throws -> Bool) -> Tally {
        var tally = Tally()
        if let seed = FuzzSettings.onlyCase {
            runCase(seed, "alone", &tally, body)
            return tally
        }
        for seed in kept { runCase(seed, "kept", &tally, body) }
        let end = FuzzSettings.seconds.map { ContinuousClock.now + .seconds(Int(clamping: $0)) }
        var number = 0
        while tally.failures < Self.mostFailures {
            if let end, ContinuousClock.now >= end { break }
            if end == nil, number >= caseCount { break }
            runCase(Self.caseSeed(number), "\(number)", &tally, body)
            number += 1
        }
        print(
            "fuzz \(name): seed \(FuzzSettings.seed), \(tally.cases) cases, "
                + "\(tally.accepted) accepted, \(tally.failures) failures")
        return tally
    }

    private static func caseSeed(_ number: Int) -> UInt64 {
        var first = TestRandom(state: FuzzSettings.seed)
        var second = TestRandom(state: first.next() ^ UInt64(number))
        return second.next()
    }

    private func runCase(
        _ seed: UInt64, _ number: String, _ tally: inout Tally,
        _ body: (inout FuzzCase) throws -> Bool
    ) {
        let label = "\(name), seed \(FuzzSettings.seed), case \(number), MARTLET_FUZZ_CASE=\(seed)"
        var fuzz = FuzzCase(target: name, label: label, random: TestRandom(state: seed))
        fuzz.keep(Array("\(label)\n".utf8), "case")
        Watchdog.during(label) {
            do {
                if try body(&fuzz) { tally.accepted += 1 }
            } catch {
                fuzz.fail("threw \(error)")
            }
        }
        tally.cases += 1
        tally.failures += fuzz.failureCount
    }
}

/// One case: its random numbers, and what goes wrong in it.
struct FuzzCase {
    let target: String
    /// What a failure is reported with.
    let label: String
    var random: TestRandom
    private(set) var failureCount = 0

    init(target: String, label: String, random: TestRandom) {
        self.target = target
        self.label = label
        self.random = random
    }

    /// Records that something is wrong.
    mutating func fail(_ message: String) {
        failureCount += 1
        Issue.record("\(label): \(message)")
    }

    /// Records that something is wrong unless `holds`, and says whether it does.
    @discardableResult
    mutating func check(_ holds: Bool, _ message: @autoclosure () -> String) -> Bool {
        if !holds { fail(message()) }
        return holds
    }

    /// Leaves `bytes` in the folder for what caused a trap, if there is one.
    func keep(_ bytes: [UInt8], _ suffix: String) {
        guard let folder = FuzzSettings.keepFolder else { return }
        writePlainly(bytes, to: Files.join(folder, "\(target).\(suffix)"))
    }

    // MARK: - Random choices

    /// A number from 0 up to, and without, `bound`; 0 if that is no range.
    mutating func below(_ bound: Int) -> Int {
        bound > 1 ? Int.random(in: 0..<bound, using: &random) : 0
    }

    mutating func happens(oneIn count: Int) -> Bool { below(count) == 0 }

    mutating func flag() -> Bool { Bool.random(using: &random) }

    /// One of `items`, which are not empty.
    mutating func pick<Element>(_ items: [Element]) -> Element { items[below(items.count)] }

    /// A short count as a rule, a long one now and then.
    mutating func count(short: Int, long: Int) -> Int {
        happens(oneIn: 16) ? below(long) : below(short)
    }

    /// A scalar: mostly common, sometimes any.
    mutating func scalar() -> Unicode.Scalar {
        let common: [Unicode.Scalar] = [
            "a", "b", "A", "z", "0", "7", " ", " ", "\n", "\t", "'", ".", "-", "_", "\u{E9}",
            "\u{DF}",
            "\u{301}", "\u{2581}", "\u{120}", "\u{4E16}", "\u{AC00}", "\u{1100}", "\u{FB01}",
            "\u{1F600}", "\u{200D}", "\u{FFFD}", "\u{0}", "\r",
        ]
        if !happens(oneIn: 6) { return pick(common) }
        return Unicode.Scalar(UInt32(below(0x11_0000))) ?? "\u{FFFD}"
    }

    /// A text of `count` scalars.
    mutating func scalars(_ count: Int) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<count { text.append(scalar()) }
        return String(text)
    }

    /// A text: one of `known`, some of them joined, one over and over, or any scalars.
    mutating func text(from known: [String]) -> String {
        if known.isEmpty { return scalars(below(40)) }
        switch below(6) {
        case 0: return String(repeating: pick(known), count: 1 + count(short: 4, long: 40))
        case 1: return (0..<1 + below(5)).map { _ in pick(known) }.joined()
        case 2: return scalars(count(short: 40, long: 400))
        case 3:
            let unit = pick([
                "a", " ", "ab", "aA ", "\n", "\u{301}", "e\u{301}", "👩‍👧", "\u{2581}", "\t x",
            ])
            return String(repeating: unit, count: count(short: 80, long: 1000))
                + pick(["", "!", "b"])
        default: return pick(known)
        }
    }

    /// Changes some of `bytes`: bits, whole ones, runs left out, doubled or moved, `pieces` put in.
    mutating func mutate(_ bytes: inout [UInt8], pieces: [[UInt8]]) {
        guard !bytes.isEmpty else { return }
        let position = below(bytes.count)
        let end = min(bytes.count, position + 1 + count(short: 8, long: 200))
        switch below(8) {
        case 0: bytes[position] ^= 1 << UInt8(below(8))
        case 1: bytes[position] = UInt8(below(256))
        case 2: bytes.removeSubrange(position..<end)
        case 3: bytes.insert(contentsOf: Array(bytes[position..<end]), at: below(bytes.count))
        case 4: bytes[position] = UInt8(0x30 + below(10))
        case 5 where happens(oneIn: 4): bytes.removeSubrange(position...)
        default:
            guard !pieces.isEmpty else { return }
            let piece = pick(pieces)
            if flag() {
                bytes.insert(contentsOf: piece, at: position)
            } else {
                bytes.replaceSubrange(position..<end, with: piece)
            }
        }
    }
}

/// Puts `bytes` at `path`. (`Files.write` waits for the disk, and this is done many times a second.)
func writePlainly(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "wb") else {
        Issue.record("\(path) cannot be written")
        return
    }
    let count = fwrite(bytes, 1, bytes.count, file)
    let status = fclose(file)
    if count != bytes.count || status != 0 { Issue.record("\(path) cannot be written") }
}
