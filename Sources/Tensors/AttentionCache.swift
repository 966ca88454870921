import CKernels

/// Keys and values of positions already seen, for generation.
///
/// Not a tensor: it is owned and advanced by the engine that generates. Positions lie in blocks of
/// fixed size in one arena, and every stream has a table of its blocks, so that streams grow,
/// fork, share a prefix and roll back by moving block numbers. One layer of one block is laid out
/// [keys | values][keyValueHeads] and then [positions][width] in float32, or, on a device of
/// bfloat16 precision, as right operands of products in bfloat16 (`attend_bf16` in ckernels.h).
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
    /// Bytes of the keys or the values of one head in one block of one layer.
    private let headBytes: Int
    private var tables: [[Int]]
    private var uses: [Int]
    private var free: [Int]
    /// Whether blocks hold right operands of bfloat16 products, which go in pairs of the width.
    private let isHalf: Bool

    /// A cache for `streams` streams of up to `positions` positions each; where as many as `sharedBy` of
    /// them always hold the same, there is room for one of these.
    public init(
        layers: Int, keyValueHeads: Int, headWidth: Int, streams: Int, positions: Int,
        sharedBy: Int = 1, on device: Device
    ) {
        self.layers = layers
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        self.device = device
        let blocks = Self.blocks(for: positions) * ((streams + sharedBy - 1) / sharedBy)
        capacity = blocks * Self.blockPositions
        lengths = Array(repeating: 0, count: streams)
        tables = Array(repeating: [], count: streams)
        uses = Array(repeating: 0, count: blocks)
        free = Array((0..<blocks).reversed())
        isHalf = device.precision == .bfloat16 && headWidth % 2 == 0
        headBytes =
            Self.blockPositions * (isHalf ? (headWidth + 31) / 32 * 32 * 2 : headWidth * 4)
        let bytes = blocks * layers * 2 * keyValueHeads * headBytes
        storage = Storage(byteCount: max(bytes, 1), on: device)
    }

    /// Makes room for `count` more positions of a stream; false when every block is taken.
    public func reserve(_ count: Int, stream: Int) -> Bool {
        let needed = Self.blocks(for: lengths[stream] + count)
        // A shared block that will be written is copied first.
        let place = lengths[stream] / Self.blockPositions
        let copies = place < tables[stream].count && uses[tables[stream][place]] > 1
        guard needed - tables[stream].count + (copies ? 1 : 0) <= free.count else { return false }
        if copies, let fresh = free.popLast() {
            let shared = tables[stream][place]
            (storage.pointer + fresh * blockBytes).copyMemory(
                from: storage.pointer + shared * blockBytes, byteCount: blockBytes)
            uses[shared] -= 1
            uses[fresh] = 1
            tables[stream][place] = fresh
        }
        while tables[stream].count < needed, let block = free.popLast() {
            // What is not written yet is multiplied by zero, so it must be numbers.
            if isHalf {
                (storage.pointer + block * blockBytes).initializeMemory(
                    as: UInt8.self, repeating: 0, count: blockBytes)
            }
            uses[block] = 1
            tables[stream].append(block)
        }
        return true
    }

    private static func blocks(for positions: Int) -> Int {
        (positions + blockPositions - 1) / blockPositions
    }

    private var blockBytes: Int { layers * 2 * keyValueHeads * headBytes }

    /// Says that `count` positions have been written to every layer of a stream.
    public func advance(_ count: Int, stream: Int) { lengths[stream] += count }

    /// Forgets the positions of a stream from `length` on.
    public func truncate(stream: Int, to length: Int) {
        precondition(
            length <= lengths[stream], "attention cache: truncating \(lengths[stream]) to \(length)"
        )
        lengths[stream] = length
        let kept = Self.blocks(for: length)
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
        // Not what the source has reserved beyond its length.
        lengths[stream] = lengths[source]
        tables[stream] = Array(tables[source].prefix(Self.blocks(for: lengths[source])))
        for block in tables[stream] { uses[block] += 1 }
    }

    private func head(_ block: Int, _ layer: Int, values: Bool, _ head: Int)
        -> UnsafeMutableRawPointer
    {
        storage.pointer
            + (((block * layers + layer) * 2 + (values ? 1 : 0)) * keyValueHeads + head) * headBytes
    }

    /// Writes the keys and values [1, time, keyValueHeads, width] of new positions of a stream.
    private func write(_ key: Tensor, _ value: Tensor, layer: Int, stream: Int) {
        let time = key.shape[1]
        precondition(
            lengths[stream] + time <= tables[stream].count * Self.blockPositions,
            "attention cache: \(time) positions were not reserved")
        let key = key.cast(to: isHalf ? .bfloat16 : .float32).packed()
        let value = value.cast(to: key.dtype).packed()
        let (start, table) = (lengths[stream], tables[stream])
        device.parallel(keyValueHeads, grain: time > 16 ? 1 : keyValueHeads) { heads in
            for h in heads {
                var t = 0
                while t < time {
                    let place = (start + t) % Self.blockPositions
                    let block = table[(start + t) / Self.blockPositions]
                    let count = isHalf && place == 0 ? min(Self.blockPositions, time - t) : 1
                    let row = (t * keyValueHeads + h) * headWidth
                    let keys = head(block, layer, values: false, h)
                    let values = head(block, layer, values: true, h)
                    if count > 1 {
                        packBlock(
                            key.pointer(UInt16.self) + row, value.pointer(UInt16.self) + row,
                            count, keys: keys, values: values)
                    } else if isHalf {
                        writePanels(
                            key.pointer(UInt16.self) + row, value.pointer(UInt16.self) + row,
                            at: place, keys: keys, values: values)
                    } else {
                        (keys.assumingMemoryBound(to: Float.self) + place * headWidth).update(
                            from: key.f32 + row, count: headWidth)
                        (values.assumingMemoryBound(to: Float.self) + place * headWidth).update(
                            from: value.f32 + row, count: headWidth)
                    }
                    t += count
                }
            }
        }
    }

    /// The first `count` positions of a block at once, as the packers of products lay them out.
    private func packBlock(
        _ key: UnsafePointer<UInt16>, _ value: UnsafePointer<UInt16>, _ count: Int,
        keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer
    ) {
        let row = keyValueHeads * headWidth
        var pack = MartletPack(
            source: key, row_stride: 1, column_stride: row, rows: headWidth, columns: count,
            begin: 0, end: count, out: keys, source_is_bf16: true)
        device.kernels.pack_b_bf16(&pack)
        // Panels of values are 32 positions deep, whatever there is to pack.
        guard count == Self.blockPositions else {
            for t in 0..<count { writeValue(value + t * row, at: t, values) }
            return
        }
        pack = MartletPack(
            source: value, row_stride: row, column_stride: 1, rows: count, columns: headWidth,
            begin: 0, end: headWidth, out: values, source_is_bf16: true)
        device.kernels.pack_b_bf16(&pack)
    }

    private func writeValue(
        _ value: UnsafePointer<UInt16>, at place: Int, _ values: UnsafeMutableRawPointer
    ) {
        let values = values.assumingMemoryBound(to: UInt16.self) + place / 2 * 64 + place % 2
        for d in 0..<headWidth { values[d / 32 * 1024 + d % 32 * 2] = value[d] }
    }

    private func writePanels(
        _ key: UnsafePointer<UInt16>, _ value: UnsafePointer<UInt16>, at place: Int,
        keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer
    ) {
        let keys = keys.assumingMemoryBound(to: UInt16.self) + 2 * place
        for d in 0..<headWidth { keys[d / 2 * 64 + d % 2] = key[d] }
        writeValue(value, at: place, values)
    }

    /// Adds keys and values of new positions and attends to everything up to each of them.
    ///
    /// Shapes: `all` is [batch, time, (heads + 2 keyValueHeads) width], rows of queries, keys and
    /// values as for ``Tensor/selfAttention(heads:keyValueHeads:causal:scale:)``; row i of the batch
    /// belongs to `streams[i]`. The result is [batch, time, heads width] in the element type
    /// products of the device read. The caller advances the streams when every layer is done.
    package func attend(
        _ all: Tensor, heads: Int, layer: Int, streams: [Int], scale: Double,
        distanceBias: DistanceBias? = nil
    ) -> Tensor {
        let (batch, time, width) = (all.shape[0], all.shape[1], headWidth)
        precondition(
            batch == streams.count && all.shape[2] == (heads + 2 * keyValueHeads) * width,
            "attention cache: rows \(all.shape) for \(streams.count) streams")
        let all = all.detached.cast(to: isHalf ? .bfloat16 : .float32)
        let queryEnd = heads * width
        let keyEnd = queryEnd + keyValueHeads * width
        let query = all.sliced(2, 0..<queryEnd)
        let grouped: Shape = [batch, time, keyValueHeads, width]
        let key = all.sliced(2, queryEnd..<keyEnd).reshaped(grouped)
        let value = all.sliced(2, keyEnd..<all.shape[2]).reshaped(grouped)
        for (row, stream) in streams.enumerated() {
            write(
                key.sliced(0, row..<row + 1), value.sliced(0, row..<row + 1), layer: layer,
                stream: stream)
        }
        if time > 1, streams.allSatisfy({ lengths[$0] == 0 }) {
            return all.selfAttention(
                heads: heads, keyValueHeads: keyValueHeads, causal: true, scale: scale,
                distanceBias: distanceBias)
        }
        return attend(
            query, heads: heads, layer: layer, streams: streams, scale: scale, new: time,
            distanceBias)
    }

    /// Adds the keys and values [1, time, keyValueHeads, width] of positions that will be attended to
    /// as they are (an encoder's), to one layer of a stream. The caller advances.
    package func store(key: Tensor, value: Tensor, layer: Int, stream: Int) {
        write(key.detached, value.detached, layer: layer, stream: stream)
    }

    /// Attends with queries [batch, time, heads width] to everything the streams hold, all of it for
    /// every query: cross-attention.
    package func attend(
        toAll query: Tensor, heads: Int, layer: Int, streams: [Int], scale: Double
    ) -> Tensor {
        attend(
            query.detached.cast(to: isHalf ? .bfloat16 : .float32), heads: heads, layer: layer,
            streams: streams, scale: scale, new: nil, nil)
    }

    /// Row t of `new` positions sees what the stream held before and new positions up to its own; nil
    /// for everything the stream holds.
    private func attend(
        _ query: Tensor, heads: Int, layer: Int, streams: [Int], scale: Double, new: Int?,
        _ bias: DistanceBias?
    ) -> Tensor {
        let (batch, time) = (query.shape[0], query.shape[1])
        let table = bias.map { $0.values.detached.packed() }
        let out = Tensor(uninitialized: query.shape, query.dtype, on: device)
        let longest = (new ?? 0) + (streams.map { lengths[$0] }.max() ?? 0)
        let blocks = Self.blocks(for: longest)
        let tasks = batch * keyValueHeads
        let packed = query.packed()
        device.parallel(tasks, grain: max(1, tasks / (4 * device.threads))) { range in
            device.withScratch(Float.self, count: 2 * blocks * Self.blockPositions) { scores in
                for task in range {
                    let (row, head) = (task / keyValueHeads, task % keyValueHeads)
                    for t in 0..<time {
                        let keys = lengths[streams[row]] + (new == nil ? 0 : t + 1)
                        let step = table.map { $0.shape[0] == 1 ? 0 : $0.shape[1] } ?? 0
                        let group = heads / keyValueHeads
                        let biases = table.flatMap { table in
                            bias.map {
                                UnsafePointer(table.f32 + head * group * step + $0.zero - keys + 1)
                            }
                        }
                        attend(
                            packed, out, row: row * time + t, head: head, heads: heads,
                            layer: layer, stream: streams[row], keys: keys, scale: Float(scale),
                            biases, biasRow: step, scores)
                    }
                }
            }
        }
        return out
    }

    /// The query heads of one row that share a key-value head.
    private func attend(
        _ query: Tensor, _ out: Tensor, row: Int, head: Int, heads: Int, layer: Int, stream: Int,
        keys: Int, scale: Float, _ bias: UnsafePointer<Float>?, biasRow: Int,
        _ scores: UnsafeMutablePointer<Float>
    ) {
        let group = heads / keyValueHeads
        let at = (row * heads + head * group) * headWidth
        let kernels = device.kernels
        if isHalf {
            let (keyBlocks, valueBlocks) = blocks(of: stream, layer, head, UInt16.self)
            kernels.attend_bf16(
                query.pointer(UInt16.self) + at, group, keyBlocks, valueBlocks, keys, headWidth,
                scale, bias, biasRow, scores, out.pointer(UInt16.self) + at)
            return
        }
        let (keyBlocks, valueBlocks) = blocks(of: stream, layer, head, Float.self)
        for g in 0..<group {
            kernels.attend_f32(
                query.f32 + at + g * headWidth, keyBlocks, valueBlocks, keys, Self.blockPositions,
                headWidth, scale, bias.map { $0 + g * biasRow }, scores,
                out.f32 + at + g * headWidth)
        }
    }

    /// Where the keys and values of a stream's head stand.
    private func blocks<T>(of stream: Int, _ layer: Int, _ head: Int, _ type: T.Type)
        -> (keys: [UnsafePointer<T>], values: [UnsafePointer<T>])
    {
        func places(_ values: Bool) -> [UnsafePointer<T>] {
            tables[stream].map { block in
                UnsafePointer(
                    self.head(block, layer, values: values, head).assumingMemoryBound(to: type))
            }
        }
        return (places(false), places(true))
    }
}
