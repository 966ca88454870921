import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ends the process, with the name of the culprit, when something takes so long that it hangs: a test cannot be
/// stopped from outside of it. It is no limit on time, which a slow machine would meet.
enum Watchdog {
    private struct Watch {
        let label: String
        let start: ContinuousClock.Instant
    }

    /// What takes longer hangs.
    private static let patience = Duration.seconds(60)
    private static let watches = Mutex<[UInt64: Watch]>([:])
    private static let numbers = Atomic<UInt64>(0)

    /// Runs `body` under watch.
    static func during<Result>(_ label: String, _ body: () throws -> Result) rethrows -> Result {
        _ = isWatching
        let number = numbers.add(1, ordering: .relaxed).newValue
        let watch = Watch(label: label, start: ContinuousClock.now)
        watches.withLock { $0[number] = watch }
        defer { watches.withLock { $0[number] = nil } }
        return try body()
    }

    /// Whether the thread that looks could be started. (A task could not look: the tests block the threads that
    /// tasks share.)
    private static let isWatching: Bool = {
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        return pthread_create(&thread, nil, entry, nil) == 0
    }()

    #if canImport(Glibc)
        private static let entry:
            @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { _ in
                Watchdog.look()
                return nil
            }
    #else
        private static let entry:
            @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { _ in
                Watchdog.look()
                return nil
            }
    #endif

    private static func look() {
        while true {
            sleep(1)
            let now = ContinuousClock.now
            let late = watches.withLock { watches in
                watches.values.first { now - $0.start > patience }?.label
            }
            guard let late else { continue }
            let message = Array("fuzz: no end after \(patience): \(late)\n".utf8)
            message.withUnsafeBytes { bytes in
                _ = write(2, bytes.baseAddress, bytes.count)
            }
            abort()
        }
    }
}
