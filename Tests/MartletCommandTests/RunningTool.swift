import ByteIO

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How a command ended and what it said.
struct Outcome {
    enum Ending: Equatable {
        /// It ended by itself with a status.
        case exit(Int32)
        /// A signal ended it, as in a crash.
        case signal(Int32)
        /// It did not end in time and was killed.
        case timeout
    }

    let ending: Ending
    /// stdout, as bytes and as text.
    let outputBytes: [UInt8]
    let errorBytes: [UInt8]
    /// The most memory it occupied, in bytes.
    let peakMemory: Int

    var output: String { String(decoding: outputBytes, as: UTF8.self) }
    var errors: String { String(decoding: errorBytes, as: UTF8.self) }

    /// The JSON objects on stdout, one a line; throws if a line is anything else.
    func objects() throws(MartletError) -> [JSONObject] {
        var result: [JSONObject] = []
        for line in outputBytes.split(separator: UInt8(ascii: "\n")) {
            let value = try JSONValue(parsing: Array(line), place: "stdout")
            guard let object = value.object else {
                throw MartletError(.malformed, "not an object: \(value.text())", at: "stdout")
            }
            result.append(object)
        }
        return result
    }

    /// The objects whose `event` is this.
    func events(_ name: String) throws(MartletError) -> [JSONObject] {
        try objects().filter { $0["event"]?.string == name }
    }
}

/// A command under way. Its output is read only while somebody waits, so a command that says much
/// stands still meanwhile.
final class RunningTool {
    private let child: pid_t
    private let descriptors: [Int32]
    private var collected: [[UInt8]] = [[], []]
    private var isOpen = [true, true]
    private var ended: (status: Int32, peakMemory: Int)?
    private let clock = ContinuousClock()

    init(_ child: pid_t, output: Int32, errors: Int32) {
        self.child = child
        descriptors = [output, errors]
    }

    deinit {
        if ended == nil {
            kill(child, SIGKILL)
            reap(0)
        }
        for descriptor in descriptors { close(descriptor) }
    }

    /// What it has written to stdout, as far as it was read.
    var output: String { String(decoding: collected[0], as: UTF8.self) }

    /// Sends a signal, unless it has ended.
    func send(_ signal: Int32) {
        if ended == nil { kill(child, signal) }
    }

    /// Reads until stdout has `text`; false if the command ended or the time went by before.
    func waitForOutput(_ text: String, timeout: Double = 60) -> Bool {
        let wanted = Array(text.utf8)
        func isThere() -> Bool {
            guard collected[0].count >= wanted.count else { return false }
            return String(decoding: collected[0], as: UTF8.self).contains(text)
        }
        let deadline = clock.now + .seconds(timeout)
        while !isThere() {
            guard isOpen[0], read(until: deadline) else { return isThere() }
        }
        return true
    }

    /// Waits for the end while reading, and kills the command if it does not come in time.
    func wait(timeout: Double = 60) -> Outcome {
        if let outcome = wait(atMost: timeout) { return outcome }
        kill(child, SIGKILL)
        reap(0)
        return outcome(.timeout)
    }

    /// Waits for the end while reading; nil if the time went by before.
    func wait(atMost seconds: Double) -> Outcome? {
        let deadline = clock.now + .seconds(seconds)
        while isOpen.contains(true) {
            if !read(until: deadline) { return nil }
        }
        // Both ends are closed: it has ended, or is about to.
        reap(0)
        return outcome(ending)
    }

    /// Waits for the end without reading anything more; nil if the time went by before.
    func waitWithoutReading(atMost seconds: Double) -> Outcome.Ending? {
        let deadline = clock.now + .seconds(seconds)
        while ended == nil, clock.now < deadline {
            reap(WNOHANG)
            if ended == nil { usleep(2_000) }
        }
        return ended == nil ? nil : ending
    }

    private func outcome(_ ending: Outcome.Ending) -> Outcome {
        Outcome(
            ending: ending, outputBytes: collected[0], errorBytes: collected[1],
            peakMemory: ended?.peakMemory ?? 0)
    }

    private var ending: Outcome.Ending {
        guard let status = ended?.status else { return .timeout }
        return status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
    }

    private func reap(_ options: Int32) {
        guard ended == nil else { return }
        var status: Int32 = 0
        var usage = rusage()
        var result: pid_t
        repeat {
            result = wait4(child, &status, options, &usage)
        } while result < 0 && errno == EINTR
        guard result != 0 else { return }
        #if canImport(Glibc)
            let unit = 1024
        #else
            let unit = 1
        #endif
        ended = (status, usage.ru_maxrss * unit)
    }

    /// Reads what is there, waiting for it until `deadline`; false if nothing came.
    private func read(until deadline: ContinuousClock.Instant) -> Bool {
        var polled = descriptors.indices.filter { isOpen[$0] }.map {
            pollfd(fd: descriptors[$0], events: Int16(POLLIN), revents: 0)
        }
        let left = deadline - clock.now
        let milliseconds = max(0, left / .milliseconds(1)).rounded(.up)
        let count = poll(&polled, nfds_t(polled.count), Int32(min(milliseconds, 1e6)))
        if count < 0, errno == EINTR { return clock.now < deadline }
        guard count > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        for entry in polled where entry.revents != 0 {
            let index = descriptors[0] == entry.fd ? 0 : 1
            let size = buffer.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                    Glibc.read(entry.fd, bytes.baseAddress, bytes.count)
                #else
                    Darwin.read(entry.fd, bytes.baseAddress, bytes.count)
                #endif
            }
            if size > 0 {
                collected[index] += buffer[..<size]
            } else if size == 0 || errno != EINTR {
                isOpen[index] = false
            }
        }
        return true
    }
}
