import ByteIO
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The `martlet` binary that was built beside these tests, run as people run it.
enum Tool {
    /// What a child may use.
    struct Limits {
        /// Bytes of the largest file it may write; a write beyond fails as on a full disk.
        var fileBytes: Int?
        /// Bytes of address space, so that a runaway allocation ends the child and not the machine.
        var memoryBytes: Int?
    }

    /// Runs the command to its end and returns what it said.
    static func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        limits: Limits = Limits(), timeout: Double = 60
    ) throws(MartletError) -> Outcome {
        try start(arguments, input: input, environment: environment, limits: limits)
            .wait(timeout: timeout)
    }

    /// Runs a shell script to its end; `words` are its `$0`, `$1` and so on.
    static func run(script: String, _ words: [String]) throws(MartletError) -> Outcome {
        try spawn(["/bin/sh", "-c", script] + words, input: [], variables: noBacktrace).wait()
    }

    /// A crash writes pages otherwise, and takes a second to do it.
    private static let noBacktrace = ["SWIFT_BACKTRACE": "enable=no"]

    /// Starts the command; at most 60,000 bytes of `input` wait for it on its standard input.
    static func start(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
        limits: Limits = Limits()
    ) throws(MartletError) -> RunningTool {
        var words = [try path()] + arguments
        var conditions: [String] = []
        // POSIX counts the first in blocks of 512 bytes, and shells the second in KiB.
        if let bytes = limits.fileBytes { conditions.append("ulimit -f \(bytes / 512)") }
        if let bytes = limits.memoryBytes { conditions.append("ulimit -v \(bytes / 1024)") }
        if !conditions.isEmpty {
            let script = (conditions + ["exec \"$0\" \"$@\""]).joined(separator: " && ")
            words = ["/bin/sh", "-c", script] + words
        }
        let variables = environment.merging(noBacktrace) { mine, _ in mine }
        return try spawn(words, input: input, variables: variables)
    }

    // MARK: Where it is

    /// `martlet` in the folder of the running tests, or in one above.
    static func path() throws(MartletError) -> String {
        var starts = CommandLine.arguments.filter { $0.utf8.first == UInt8(ascii: "/") }
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        if count > 0 {
            starts.insert(
                String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self),
                at: 0)
        }
        for start in starts {
            var folder = Files.parent(start)
            while folder != "/" {
                let candidate = Files.join(folder, "martlet")
                if Files.exists(candidate), !Files.isDirectory(candidate),
                    access(candidate, X_OK) == 0
                {
                    return candidate
                }
                folder = Files.parent(folder)
            }
        }
        throw MartletError(.notFound, "there is no martlet beside the tests", at: starts.first)
    }

    // MARK: Starting

    /// Held from the making of a pipe until it is marked as ours alone, and while a child is made:
    /// a child that inherited another's pipe would keep it open.
    private static let spawning = Mutex<Void>(())

    private static func spawn(
        _ words: [String], input: [UInt8], variables: [String: String]
    ) throws(MartletError) -> RunningTool {
        precondition(input.count <= 60_000, "a pipe holds no more")
        return try spawning.withLock { (_) throws(MartletError) in
            let (inputEnd, feed) = try pipeEnds()
            let (output, outputEnd) = try pipeEnds()
            let (errors, errorsEnd) = try pipeEnds()
            defer { for end in [inputEnd, outputEnd, errorsEnd] { close(end) } }
            _ = input.withUnsafeBytes { write(feed, $0.baseAddress, $0.count) }
            close(feed)

            var actions = FileActions()
            posix_spawn_file_actions_init(&actions.value)
            for (end, number) in [(inputEnd, Int32(0)), (outputEnd, 1), (errorsEnd, 2)] {
                posix_spawn_file_actions_adddup2(&actions.value, end, number)
            }
            var attributes = Attributes()
            posix_spawnattr_init(&attributes.value)
            var signals = sigset_t()
            sigemptyset(&signals)
            posix_spawnattr_setsigmask(&attributes.value, &signals)
            for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
            posix_spawnattr_setsigdefault(&attributes.value, &signals)
            posix_spawnattr_setflags(
                &attributes.value, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
            defer {
                posix_spawn_file_actions_destroy(&actions.value)
                posix_spawnattr_destroy(&attributes.value)
            }

            let argv = words.map { strdup($0) } + [nil]
            let envp = environment(variables).map { strdup($0) } + [nil]
            defer { for pointer in argv + envp { free(pointer) } }
            var child = pid_t()
            let code = posix_spawn(&child, words[0], &actions.value, &attributes.value, argv, envp)
            guard code == 0 else {
                close(output)
                close(errors)
                throw MartletError(.inputOutput, String(cString: strerror(code)), at: words[0])
            }
            return RunningTool(child, output: output, errors: errors)
        }
    }

    /// Both ends of a pipe that no child inherits by accident.
    private static func pipeEnds() throws(MartletError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw MartletError(.inputOutput, "no pipe could be made") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Our environment without what would change results, and with `variables`.
    private static func environment(_ variables: [String: String]) -> [String] {
        var result: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            let name = String(text.prefix { $0 != "=" })
            if variables[name] == nil, name != "MARTLET_TIER", name != "COLUMNS" {
                result.append(text)
            }
            next += 1
        }
        return result + variables.map { "\($0)=\($1)" }
    }

    #if canImport(Glibc)
        private struct FileActions { var value = posix_spawn_file_actions_t() }
        private struct Attributes { var value = posix_spawnattr_t() }
    #else
        private struct FileActions { var value: posix_spawn_file_actions_t? }
        private struct Attributes { var value: posix_spawnattr_t? }
    #endif
}
