import Tensors
import Testing

/// Blocks of memory: none overlaps another, and what is freed is used again, whatever its size.
@Suite struct MemoryTests {
    private struct Block {
        let pointer: UnsafeMutableRawPointer
        let size: Int
        var address: UInt { UInt(bitPattern: pointer) }
        var range: Range<UInt> { address..<address + UInt(size) }
    }

    @Test func largeBlocksNeverOverlap() throws {
        var random = RandomStream(seed: 3, "blocks")
        var memory = LargeBlocks()
        var blocks: [Block] = []
        var held = 0
        var highest = 0
        var freshAfterwards = 0
        for step in 0..<4_000 {
            if blocks.isEmpty || (held < 64 << 20 && random.nextDouble() < 0.5) {
                let size = LargeBlocks.rounded(1 + Int(random.nextDouble() * Double(8 << 20)))
                let place = memory.take(size)
                let taken = try #require(place)
                let block = Block(pointer: taken.block, size: size)
                #expect(!blocks.contains { $0.range.overlaps(block.range) }, "step \(step)")
                #expect(block.address.isMultiple(of: 4096))
                // The ends are ours to write.
                block.pointer.storeBytes(of: UInt8(truncatingIfNeeded: step), as: UInt8.self)
                (block.pointer + size - 1).storeBytes(of: 7, as: UInt8.self)
                blocks.append(block)
                held += size
                highest = max(highest, held)
                if step > 2_000, taken.isFresh { freshAfterwards += 1 }
            } else {
                let block = blocks.remove(at: Int(random.nextDouble() * Double(blocks.count)))
                #expect((block.pointer + block.size - 1).load(as: UInt8.self) == 7)
                memory.give(block.address, block.size)
                held -= block.size
            }
        }
        // Gaps cost something, but not for ever.
        #expect(freshAfterwards < 10)
        for block in blocks { memory.give(block.address, block.size) }
        let room = memory.take(LargeBlocks.rounded(highest))
        let whole = try #require(room)
        #expect(!whole.isFresh, "everything freed is one place again")
        memory.give(UInt(bitPattern: whole.block), LargeBlocks.rounded(highest))
        memory.trim()
        let page = memory.take(4096)
        let again = try #require(page)
        #expect(again.isFresh, "nothing was kept")
        memory.give(UInt(bitPattern: again.block), 4096)
        memory.trim()
    }

    /// The memory of many small tensors becomes that of one large one.
    @Test func aDeviceReusesMemoryAcrossSizes() {
        let device = Device(threads: 1)
        var parts = (0..<16).map { Tensor(repeating: Double($0), [1 << 17], on: device) }
        #expect(parts[7].floats.allSatisfy { $0 == 7 })
        let before = device.memoryStatistics.systemAllocations
        parts = []
        let whole = Tensor(repeating: 1, [1 << 21], on: device)
        #expect(device.memoryStatistics.systemAllocations == before)
        #expect(whole.count == 1 << 21)
    }

    /// Operands too large to be packed at once: wide, deep and tall ones, beside sums made here.
    @Test(arguments: [Precision.float32, .bfloat16])
    func productsInBandsAddUp(_ precision: Precision) {
        let device = Device(threads: 2, precision: precision)
        for (m, k, n) in [(3, 1_101, 9_001), (5, 9_001, 1_101), (5, 20_003, 517), (90_001, 101, 3)]
        {
            // Small whole numbers are exact in bfloat16, and so are their sums in float32.
            let a = Tensor(
                (0..<m * k).map { Float(($0 * 7 + $0 / k) % 5 - 2) }, [m, k], on: device)
            let b = Tensor(
                (0..<k * n).map { Float(($0 * 3 + $0 / n) % 7 - 3) }, [k, n], on: device)
            let c = a.matmul(b).floats
            let (left, right) = (a.floats, b.floats)
            for sample in 0..<200 {
                let (i, j) = (sample * 7_919 % m, sample * 104_729 % n)
                let sum = (0..<k).reduce(Float(0)) { $0 + left[i * k + $1] * right[$1 * n + j] }
                #expect(c[i * n + j] == sum, "\(m)x\(n)x\(k) at \(i), \(j)")
            }
            #expect(c.count == m * n)
        }
    }
}
