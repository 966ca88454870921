import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads for one piece of work each: started for it and gone after it. The pieces here take
/// tens of milliseconds, so that starting threads does not show.
enum Workers {
    /// Calls `body` with 0, 1, …, `count` - 1, each on its own thread (0 on the caller's), and
    /// returns when all calls have. If the system refuses a thread, its call is made here instead.
    static func run(_ count: Int, _ body: (Int) -> Void) {
        guard count > 1 else {
            if count == 1 { body(0) }
            return
        }
        withoutActuallyEscaping(body) { body in
            var threads: [pthread_t] = []
            var refused: [Int] = []
            for index in 1..<count {
                if let thread = start(Errand(body: body, index: index)) {
                    threads.append(thread)
                } else {
                    refused.append(index)
                }
            }
            body(0)
            for index in refused { body(index) }
            // Every thread has left the body before this call returns.
            for thread in threads { pthread_join(thread, nil) }
        }
    }

    /// Calls `body` with every task from 0 to `tasks` - 1, on up to `threads` threads that take
    /// the next one when they are done. `body` also gets the number of the thread.
    static func forEach(_ tasks: Int, threads: Int, _ body: (_ task: Int, _ thread: Int) -> Void) {
        let counter = Counter()
        run(min(threads, tasks)) { thread in
            while true {
                let task = counter.next()
                if task >= tasks { return }
                body(task, thread)
            }
        }
    }

    /// Hands out 0, 1, 2, … to whoever asks.
    final class Counter: Sendable {
        private let value = Atomic<Int>(0)

        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    /// What a new thread is handed. Unchecked: `run` outlives the thread, and its caller sees to it
    /// that calls with different numbers do not touch the same things.
    private final class Errand: @unchecked Sendable {
        let body: (Int) -> Void
        let index: Int

        init(body: @escaping (Int) -> Void, index: Int) {
            self.body = body
            self.index = index
        }
    }

    private static func start(_ errand: Errand) -> pthread_t? {
        let context = Unmanaged.passRetained(errand)
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        guard pthread_create(&thread, nil, entry, context.toOpaque()) == 0 else {
            context.release()
            return nil
        }
        return thread
    }

    #if canImport(Glibc)
        private static let entry:
            @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
                if let context { Workers.perform(context) }
                return nil
            }
    #else
        private static let entry:
            @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
                Workers.perform(context)
                return nil
            }
    #endif

    private static func perform(_ context: UnsafeMutableRawPointer) {
        let errand = Unmanaged<Errand>.fromOpaque(context).takeRetainedValue()
        errand.body(errand.index)
    }
}
