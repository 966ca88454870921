import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ctrl-C and SIGTERM: while a verb works that asks for them, the first makes it finish its step and
/// save; otherwise, and the second time, they end the process at once.
enum Signals {
    private static let received = Atomic<Int32>(0)
    private static let isAskedFor = Atomic<Bool>(false)

    /// The exit status a stopped run ends with, once a signal has arrived: 130 or 143.
    static var exitStatus: Int32? {
        let signal = received.load(ordering: .relaxed)
        return signal == 0 ? nil : 128 + signal
    }

    /// Whether to stop.
    static var shouldStop: Bool { received.load(ordering: .relaxed) != 0 }

    /// From now on somebody asks ``shouldStop``.
    static func finishWorkFirst() { isAskedFor.store(true, ordering: .relaxed) }

    /// Starts listening. A closed pipe and a file-size limit become errors where they happen.
    static func install() {
        let handler: @convention(c) (Int32) -> Void = { signal in
            let earlier = Signals.received.exchange(signal, ordering: .relaxed)
            if earlier != 0 || !Signals.isAskedFor.load(ordering: .relaxed) { _exit(128 + signal) }
        }
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = handler
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESTART))
            sigaction(number, &action, nil)
        }
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }
}

/// Ends a command with a status, its message being out already.
struct Stopped: Error { let status: Int32 }
