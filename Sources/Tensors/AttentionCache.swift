import CKernels

/// Keys and values of positions already seen, for generation.
///
/// Not a tensor: it is owned and advanced by the engine that generates. Positions lie in blocks of
/// fixed size in one arena, and every stream has a table of its blocks, so that streams grow,
/// fork, share a prefix and roll back by moving block numbers. One layer of one block is laid out
/// [keys | values][keyValueHeads][positions][width], float32.
public final class AttentionCache {
    /// Positions one block holds.
    public static let blockPositions = 32

    /// Layers, key-value heads and head width of the model this cache serves.
    public let layers: Int, keyValueHeads: Int, headWidth: Int
    /// The most positions all streams together may hold.
    public let capacity: Int
    /// Positions each stream holds, complete in every layer.
    public private(set) var lengths: [Int]

    private let device: Device
    private let storage: Storage
    private var tables: [[Int]]
    private var uses: [Int]
    private var free: [Int]

    /// A cache for `streams` streams of up to `positions` positions each.
    public init(
        layers: Int, keyValueHeads: Int, headWidth: Int, streams: Int, positions: Int,
        on device: Device
    ) {
        self.layers = layers
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        self.device = device
        let perStream = (positions + Self.blockPositions - 1) / Self.blockPositions
        let blocks = perStream * streams
        capacity = blocks * Self.blockPositions
        lengths = Array(repeating: 0, count: streams)
        tables = Array(repeating: [], count: streams)
        uses = Array(repeating: 0, count: blocks)
        free = Array((0..<blocks).reversed())
        let floats = blocks * layers * 2 * keyValueHeads * Self.blockPositions * headWidth
        storage = Storage(byteCount: max(floats, 1) * 4, on: device)
    }

    /// Makes room for `count` more positions of a stream; false when every block is taken.
    public func reserve(_ count: Int, stream: Int) -> Bool {
        let needed = (lengths[stream] + count + Self.blockPositions - 1) / Self.blockPositions
        guard needed - tables[stream].count <= free.count else { return false }
        // A shared block that will be written is copied first.
        if lengths[stream] % Self.blockPositions != 0, let last = tables[stream].last,
            uses[last] > 1
        {
            guard let fresh = free.popLast() else { return false }
            let bytes = blockFloats * 4
            (storage.pointer + fresh * bytes).copyMemory(
                from: storage.pointer + last * bytes, byteCount: bytes)
            uses[last] -= 1
            uses[fresh] = 1
            tables[stream][tables[stream].count - 1] = fresh
        }
        while tables[stream].count < needed, let block = free.popLast() {
            uses[block] = 1
            tables[stream].append(block)
        }
        return true
    }

    /// Says that `count` positions have been written to every layer of a stream.
    public func advance(_ count: Int, stream: Int) { lengths[stream] += count }

    /// Forgets the positions of a stream from `length` on.
    public func truncate(stream: Int, to length: Int) {
        precondition(
            length <= lengths[stream], "attention cache: truncating \(lengths[stream]) to \(length)"
        )
        lengths[stream] = length
        let kept = (length + Self.blockPositions - 1) / Self.blockPositions
        while tables[stream].count > kept {
            let block = tables[stream].removeLast()
            uses[block] -= 1
            if uses[block] == 0 { free.append(block) }
        }
    }

    /// Makes `stream` hold what `source` holds, sharing its blocks.
    public func fork(_ source: Int, to stream: Int) {
        guard source != stream else { return }
        truncate(stream: stream, to: 0)
        tables[stream] = tables[source]
        lengths[stream] = lengths[source]
        for block in tables[stream] { uses[block] += 1 }
    }

    private var headFloats: Int { Self.blockPositions * headWidth }
    private var blockFloats: Int { layers * 2 * keyValueHeads * headFloats }

    private func head(_ block: Int, _ layer: Int, values: Bool, _ head: Int)
        -> UnsafeMutablePointer<Float>
    {
        let at = ((block * layers + layer) * 2 + (values ? 1 : 0)) * keyValueHeads + head
        return storage.pointer.assumingMemoryBound(to: Float.self) + at * headFloats
    }

    /// Writes the keys and values [1, time, keyValueHeads, width] of new positions of a stream.
    private func write(_ key: Tensor, _ value: Tensor, layer: Int, stream: Int) {
        let time = key.shape[1]
        precondition(
            lengths[stream] + time <= tables[stream].count * Self.blockPositions,
            "attention cache: \(time) positions were not reserved")
        let key = key.packed()
        let value = value.packed()
        for t in 0..<time {
            let position = lengths[stream] + t
            let block = tables[stream][position / Self.blockPositions]
            let at = position % Self.blockPositions * headWidth
            for h in 0..<keyValueHeads {
                let row = (t * keyValueHeads + h) * headWidth
                (head(block, layer, values: false, h) + at).update(
                    from: key.f32 + row, count: headWidth)
                (head(block, layer, values: true, h) + at).update(
                    from: value.f32 + row, count: headWidth)
            }
        }
    }

    /// Adds keys and values of new positions and attends to everything up to each of them.
    ///
    /// Shapes: query [batch, time, heads, width], key and value [batch, time, keyValueHeads, width];
    /// row i of the batch belongs to `streams[i]`. The caller advances the streams when every layer
    /// is done.
    package func attend(
        query: Tensor, key: Tensor, value: Tensor, layer: Int, streams: [Int], scale: Double
    ) -> Tensor {
        let (batch, time, heads, width) = (
            query.shape[0], query.shape[1], query.shape[2], query.shape[3]
        )
        precondition(
            batch == streams.count && width == headWidth && key.shape[2] == keyValueHeads
                && query.dtype == .float32,
            "attention cache: query \(query.shape) for \(streams.count) streams")
        for (row, stream) in streams.enumerated() {
            write(
                key.detached.sliced(0, row..<row + 1), value.detached.sliced(0, row..<row + 1),
                layer: layer, stream: stream)
        }
        if time > 1, streams.allSatisfy({ lengths[$0] == 0 }) {
            return query.attention(key: key, value: value, causal: true, scale: scale)
        }
        let query = query.packed()
        let out = Tensor(uninitialized: query.shape, .float32, on: device)
        let group = heads / keyValueHeads
        let longest = time + (streams.map { lengths[$0] }.max() ?? 0)
        let kernels = device.kernels
        let blocksPerStream = (longest + Self.blockPositions - 1) / Self.blockPositions
        device.parallel(batch * heads, grain: max(1, batch * heads / (2 * device.threads))) {
            range in
            device.withScratch(Float.self, count: blocksPerStream * Self.blockPositions + 16) {
                scores in
                var keys: [UnsafePointer<Float>] = []
                var values: [UnsafePointer<Float>] = []
                for task in range {
                    let (row, h) = (task / heads, task % heads)
                    let stream = streams[row]
                    keys.removeAll(keepingCapacity: true)
                    values.removeAll(keepingCapacity: true)
                    for block in tables[stream] {
                        keys.append(UnsafePointer(head(block, layer, values: false, h / group)))
                        values.append(UnsafePointer(head(block, layer, values: true, h / group)))
                    }
                    for t in 0..<time {
                        let at = ((row * time + t) * heads + h) * width
                        kernels.attend_f32(
                            query.f32 + at, keys, values, lengths[stream] + t + 1,
                            Self.blockPositions, width, Float(scale), scores, out.f32 + at)
                    }
                }
            }
        }
        return out
    }
}
