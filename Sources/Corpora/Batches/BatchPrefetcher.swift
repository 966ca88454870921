import Dispatch
import Synchronization

/// Makes batches ahead of time on a queue of its own, so that training never waits for the disk.
///
/// At most two batches are ready or being made. They are the same as those of the source, in the
/// same order, whatever the timing.
///
/// ```swift
/// let batches = BatchPrefetcher(source, from: .init(index: 0))
/// let batch = batches.next()
/// save(batches.position)          // a run resumed from here gets the next batch
/// ```
public final class BatchPrefetcher: Sendable {
    /// The batches that are ready or being made at any time.
    public static let depth = 2

    private let source: any BatchSource
    private let queue = DispatchQueue(label: "martlet.batches", qos: .userInitiated)
    private let shared: Shared

    /// Starts making batches from `position` on.
    public init(_ source: any BatchSource, from position: WindowSampler.Position = .init()) {
        self.source = source
        shared = Shared(position)
        for _ in 0..<Self.depth { makeAnother() }
    }

    deinit { shared.stop() }

    /// The position behind the last batch that ``next()`` gave: what a checkpoint stores.
    public var position: WindowSampler.Position { shared.state.withLock { $0.consumed } }

    /// The next batch, waiting for it if it is not ready. After ``stop()`` it is made here and now.
    public func next() -> Batch {
        shared.ready.wait()
        let taken = shared.state.withLock { state -> Batch? in
            guard !state.isStopped, !state.batches.isEmpty else { return nil }
            state.consumed = source.position(after: state.consumed)
            return state.batches.removeFirst()
        }
        if let taken {
            makeAnother()
            return taken
        }
        // Stopped: whoever else waits is woken in turn, and nothing is lost.
        shared.ready.signal()
        let position = shared.state.withLock { state in
            defer { state.consumed = source.position(after: state.consumed) }
            return state.consumed
        }
        return source.batch(at: position)
    }

    /// Makes no more batches ahead, and returns when none is being made. Those that were ready are
    /// dropped; ``position`` stays.
    public func stop() {
        shared.stop()
        queue.sync {}
    }

    private func makeAnother() {
        // Holds what it needs but not the prefetcher, which may end at any time.
        queue.async { [source, shared] in
            let claimed = shared.state.withLock { state -> WindowSampler.Position? in
                guard !state.isStopped else { return nil }
                defer { state.produced = source.position(after: state.produced) }
                return state.produced
            }
            guard let claimed else { return }
            let batch = source.batch(at: claimed)
            shared.state.withLock { state in
                if !state.isStopped { state.batches.append(batch) }
            }
            shared.ready.signal()
        }
    }

    /// What the prefetcher and its queue share. The queue is serial, so batches arrive in order.
    private final class Shared: Sendable {
        struct State {
            var produced: WindowSampler.Position
            var consumed: WindowSampler.Position
            var batches: [Batch] = []
            var isStopped = false
        }

        let state: Mutex<State>
        /// Counts the batches that are ready; once stopped, it lets everybody through.
        let ready = DispatchSemaphore(value: 0)

        init(_ position: WindowSampler.Position) {
            state = Mutex(State(produced: position, consumed: position))
        }

        func stop() {
            state.withLock { state in
                state.isStopped = true
                state.batches = []
            }
            ready.signal()
        }
    }
}
