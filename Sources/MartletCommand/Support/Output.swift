import Martlet
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where text goes: JSON and results to stdout, everything for people to stderr.
enum Output {
    /// Whether stderr is a terminal that can rewrite a line.
    static let isTerminal = isatty(2) == 1

    /// Whether what goes to stdout may have colours: it is a terminal that has them, and `NO_COLOR` does not say no.
    static let hasColours: Bool = {
        func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
        return isatty(1) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
    }()

    /// Writes to stderr.
    static func say(_ text: String) { write(text + "\n", to: 2) }

    /// Writes to stdout.
    static func print(_ text: String) { write(text + "\n", to: 1) }

    /// Writes to stdout without a line's end.
    static func printPart(_ text: String) { write(text, to: 1) }

    /// One JSON object on a line of stdout.
    static func json(_ object: JSONObject) { print(JSONValue.object(object).text()) }

    /// The error number of a failed write to stdout; 0 if all went well.
    private static let failure = Atomic<Int32>(0)

    /// Throws if something did not reach stdout: a result nobody got is no success.
    static func check() throws(MartletError) {
        let code = failure.load(ordering: .relaxed)
        guard code != 0 else { return }
        throw MartletError(
            .inputOutput, "cannot be written: \(String(cString: strerror(code)))",
            at: "standard output")
    }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                #else
                    Darwin.write(descriptor, $0.baseAddress, $0.count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if descriptor == 1 { failure.store(errno, ordering: .relaxed) }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// A line on stderr that follows work under way: rewritten in place on a terminal, printed every
/// few seconds otherwise.
final class ProgressLine {
    private let clock = ContinuousClock()
    private var shown: ContinuousClock.Instant?
    private var width = 0
    private let interval: Swift.Duration

    init() { interval = Output.isTerminal ? .milliseconds(100) : .seconds(5) }

    /// Shows `text` unless something was shown a moment ago.
    func update(_ text: @autoclosure () -> String, force: Bool = false) {
        let now = clock.now
        if !force, let shown, now - shown < interval { return }
        shown = now
        let line = text()
        if Output.isTerminal {
            let padding = String(repeating: " ", count: max(0, width - line.count))
            Output.write("\r" + line + padding, to: 2)
            width = line.count
        } else {
            Output.say(line)
        }
    }

    /// Ends the line, so that other text can follow.
    func finish() {
        if Output.isTerminal, width > 0 {
            Output.write("\r" + String(repeating: " ", count: width) + "\r", to: 2)
        }
        width = 0
    }
}

/// Numbers for people.
enum Text {
    /// The lines of a text, without what ends them (LF or CR LF); an empty last one is none.
    static func lines(_ text: [UInt8]) -> [[UInt8]] {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map
        {
            Array($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0)
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// With a fixed number of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let rounded = (abs(value) * scale).rounded()
        guard rounded < 9e15 else { return "\(value)" }
        let whole = Int(rounded) / Int(scale)
        let digits = String(Int(rounded) % Int(scale))
        let fraction =
            decimals == 0
            ? "" : "." + String(repeating: "0", count: decimals - digits.count) + digits
        return (value < 0 && rounded > 0 ? "-" : "") + "\(whole)" + fraction
    }

    /// With k, M, B, T.
    static func short(_ value: Double) -> String {
        for (limit, suffix) in [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")]
        where abs(value) >= limit {
            return fixed(value / limit, abs(value) / limit < 10 ? 2 : 1) + suffix
        }
        return fixed(value, value == value.rounded() ? 0 : 2)
    }

    /// Bytes with binary units.
    static func bytes(_ value: Double) -> String {
        for (limit, suffix) in [(0x1p40, "TiB"), (0x1p30, "GiB"), (0x1p20, "MiB"), (0x1p10, "KiB")]
        where value >= limit {
            return fixed(value / limit, 1) + " " + suffix
        }
        return fixed(value, 0) + " B"
    }

    /// Minutes and seconds, or hours.
    static func duration(_ seconds: Double) -> String {
        let total = Int(max(0, seconds.isFinite ? seconds : 0).rounded())
        let (h, m, s) = (total / 3600, total / 60 % 60, total % 60)
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return h > 0 ? "\(h):\(two(m)):\(two(s))" : "\(m):\(two(s))"
    }
}

extension JSONValue {
    /// A whole number.
    static func count(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }
    /// A real number; null where it is not finite.
    static func real(_ value: Double?) -> JSONValue {
        value.flatMap { $0.isFinite ? .number(JSONNumber($0)) : nil } ?? .null
    }
    /// Token ids.
    static func ids(_ ids: [Int32]) -> JSONValue { .array(ids.map { .count(Int($0)) }) }
}
