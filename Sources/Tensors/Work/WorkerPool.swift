import CKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Threads that stay awake for a moment after each piece of work, because the next one follows
/// within microseconds: waking a sleeping thread costs more than a small product takes.
///
/// One piece of work at a time; whoever comes while it is busy is told so and works alone.
final class WorkerPool: Sendable {
    /// Where one helper sleeps. One alarm each: a shared one could wake a helper that has done its
    /// part instead of one that has not.
    private final class Bed: Sendable {
        let isOccupied = Atomic<Bool>(false)
        let alarm = DispatchSemaphore(value: 0)
    }

    /// What the threads share. It outlives the pool until the last of them has left.
    private final class Shared: Sendable {
        /// Grows with every piece of work.
        let generation = Atomic<Int>(0)
        let work = Mutex<(@Sendable () -> Void)?>(nil)
        /// Helpers that are not done with the current piece.
        let remaining = Atomic<Int>(0)
        let isStopping = Atomic<Bool>(false)
        let beds: [Bed]

        /// About 50 microseconds.
        private static let patience = 3000

        init(helpers: Int) { beds = (0..<helpers).map { _ in Bed() } }

        /// Begins the next generation, waking whoever sleeps.
        func advance() {
            generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
            for bed in beds
            where bed.isOccupied.exchange(false, ordering: .sequentiallyConsistent) {
                bed.alarm.signal()
            }
        }

        /// Waits until the generation is no longer `seen`, and returns it.
        private func next(after seen: Int, _ bed: Bed) -> Int {
            while true {
                for _ in 0..<Self.patience {
                    let now = generation.load(ordering: .acquiring)
                    if now != seen { return now }
                    martlet_pause()
                }
                bed.isOccupied.store(true, ordering: .sequentiallyConsistent)
                // Somebody who advanced before seeing the bed occupied does not ring.
                if generation.load(ordering: .sequentiallyConsistent) == seen
                    || !bed.isOccupied.exchange(false, ordering: .sequentiallyConsistent)
                {
                    bed.alarm.wait()
                }
            }
        }

        func helperLoop(_ index: Int) {
            var seen = 0
            while true {
                seen = next(after: seen, beds[index])
                if isStopping.load(ordering: .acquiring) { return }
                work.withLock { $0 }?()
                remaining.wrappingSubtract(1, ordering: .releasing)
            }
        }
    }

    private let shared: Shared
    private let helpers: Int
    private let isBusy = Atomic<Bool>(false)
    /// Helpers that run; -1 before the first work.
    private let running = Atomic<Int>(-1)

    /// A pool with `helpers` threads beside the caller's, fewer if the system refuses some; they
    /// start with the first work.
    init(helpers: Int) {
        self.helpers = helpers
        shared = Shared(helpers: helpers)
    }

    deinit {
        guard running.load(ordering: .relaxed) > 0 else { return }
        shared.isStopping.store(true, ordering: .releasing)
        shared.advance()
    }

    /// Runs `body` once on the calling thread and once on every helper, at the same time; false,
    /// without running anything, if the pool is busy.
    func run(_ body: () -> Void) -> Bool {
        guard !isBusy.exchange(true, ordering: .acquiring) else { return false }
        defer { isBusy.store(false, ordering: .releasing) }
        if running.load(ordering: .relaxed) < 0 { start() }
        withoutActuallyEscaping(body) { body in
            // Every helper has left the body before this call returns.
            let work = Work(body: body)
            shared.work.withLock { $0 = { work.body() } }
            shared.remaining.store(running.load(ordering: .relaxed), ordering: .relaxed)
            shared.advance()
            body()
            var turns = 0
            while shared.remaining.load(ordering: .acquiring) > 0 {
                turns += 1
                if turns > 2000 { sched_yield() } else { martlet_pause() }
            }
            shared.work.withLock { $0 = nil }
        }
        return true
    }

    private struct Work: @unchecked Sendable { let body: () -> Void }

    private func start() {
        var count = 0
        while count < helpers, startHelper(count) { count += 1 }
        running.store(count, ordering: .relaxed)
    }

    /// False if the system refuses another thread.
    private func startHelper(_ index: Int) -> Bool {
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let errand = Unmanaged.passRetained(Errand(shared: shared, index: index))
        // Kernels keep blocks of some 400 KB on the stack, more than some systems give a thread.
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 2 << 20)
        guard pthread_create(&thread, &attributes, WorkerPool.entry, errand.toOpaque()) == 0 else {
            errand.release()
            return false
        }
        #if canImport(Glibc)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
        return true
    }

    /// What a new thread is handed.
    private final class Errand: Sendable {
        let shared: Shared
        let index: Int

        init(shared: Shared, index: Int) {
            self.shared = shared
            self.index = index
        }
    }

    #if canImport(Glibc)
        private static let entry:
            @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
                if let context { WorkerPool.runErrand(context) }
                return nil
            }
    #else
        private static let entry:
            @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = { context in
                WorkerPool.runErrand(context)
                return nil
            }
    #endif

    private static func runErrand(_ context: UnsafeMutableRawPointer) {
        let errand = Unmanaged<Errand>.fromOpaque(context).takeRetainedValue()
        errand.shared.helperLoop(errand.index)
    }
}
