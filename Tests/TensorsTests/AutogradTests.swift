import Tensors
import Testing

@Suite struct AutogradTests {
    let device = Device(threads: 2)

    @Test func contributionsAddUp() {
        let x = Tensor([1.0, 2, 3], on: device).tracked(as: "x")
        let y = (x * x + x * 3.0).sum() + x.sum()
        #expect(y.gradients()[x]?.doubles == [6, 8, 10])
    }

    @Test func microBatchesAddUpToTheBatch() {
        let weight = Tensor([0.5, -1, 2], on: device).tracked()
        let rows = [[1.0, 2, 3], [4, 5, 6], [-1, 0, 2]]
        var accumulated = Gradients()
        for row in rows {
            (weight * Tensor(row, on: device)).sum().backward(into: &accumulated, seed: 1.0 / 3)
        }
        let whole = (weight * Tensor(rows.flatMap { $0 }, [3, 3], on: device)).sum() / 3
        expectClose(
            accumulated[weight]?.doubles ?? [], whole.gradients()[weight]?.doubles ?? [],
            relative: 1e-12, absolute: 0, "micro-batches")
    }

    @Test func aGraphCanBeWalkedTwiceWhenRetained() {
        let x = Tensor([2.0], on: device).tracked()
        let y = (x * x).sum()
        #expect(y.gradients(retainGraph: true)[x]?.doubles == [4])
        #expect(y.gradients()[x]?.doubles == [4])
    }

    @Test func aReleasedGraphIsRefused() async {
        await #expect(processExitsWith: .failure) {
            let x = Tensor([2.0], on: Device(threads: 1)).tracked()
            let y = (x * x).sum()
            _ = y.gradients()
            _ = y.gradients()
        }
    }

    @Test func aStaleValueIsRefused() async {
        await #expect(processExitsWith: .failure) {
            let leaf = Leaf("weight")
            let x = Tensor([2.0], on: Device(threads: 1)).tracked(by: leaf)
            let y = (x * x).sum()
            leaf.noteWrite()
            _ = y.gradients()
        }
    }

    @Test func detachedAndUntrackedTensorsRecordNothing() {
        let x = Tensor([1.0, 2], on: device).tracked()
        #expect(!x.detached.isTracked)
        #expect(!(x.detached * 2.0).isTracked)
        let y = (x * x.detached).sum()
        #expect(y.gradients()[x]?.doubles == [1, 2])
    }

    @Test func slicesShareOneBuffer() {
        let x = Tensor((0..<12).map(Double.init), [3, 4], on: device).tracked()
        let parts = [0..<2, 1..<3, 3..<4].map { x.sliced(1, $0) }
        let y = parts.map { ($0 * $0).sum() }.reduce(
            Tensor(repeating: 0, [], .float64, on: device), +)
        let expected = (0..<12).map { i in Double(i) * (i % 4 == 1 ? 4 : 2) }
        #expect(y.gradients()[x]?.doubles == expected)
    }

    @Test func aVeryLongChainIsReleasedWithoutRecursion() {
        var y = Tensor([1.0], on: device).tracked()
        for _ in 0..<200_000 { y = y + 0.0 }
        y = Tensor([0.0], on: device)
        #expect(y.item == 0)
    }

    @Test func aVeryLongChainIsWalkedWithoutRecursion() {
        let x = Tensor([1.0], on: device).tracked()
        var y = x
        for _ in 0..<50_000 { y = y + 1.0 }
        #expect(y.sum().gradients()[x]?.doubles == [1])
    }

    @Test func theWalkFreesWhatItPasses() {
        let device = Device(threads: 1)
        let x = Tensor(repeating: 1, [1 << 16], on: device).tracked()
        var y = x
        for _ in 0..<20 { y = y.exp().log() }
        let loss = y.sum()
        y = x
        let before = device.memoryStatistics.bytesInUse
        let gradients = loss.gradients()
        #expect(device.memoryStatistics.bytesInUse < before / 4)
        #expect(gradients[x] != nil)
    }

    @Test(arguments: [DType.bfloat16, .float16, .float64])
    func rowsOfATableOfAnyTypeHaveGradients(_ dtype: DType) {
        let table = Tensor([Float(1), 2, 3, 4], [2, 2], on: device).tracked(as: "table")
        let ids = Tensor([Int32(1), 1, 0], [3], on: device)
        let gradients = table.cast(to: dtype).rows(at: ids).cast(to: .float32).sum().gradients()
        #expect(gradients[table]?.floats == [1, 1, 2, 2])
    }

    @Test func leavesAreReportedOnce() {
        let a = Tensor([1.0], on: device).tracked(as: "a")
        let b = Tensor([2.0], on: device).tracked(as: "b")
        var sink = Gradients()
        var names: [String] = []
        ((a * b).sum() + a.sum()).backward(into: &sink, completed: { names.append($0.name) })
        #expect(names.sorted() == ["a", "b"])
    }

    @Test func theGraphIsDrawn() {
        let x = Tensor([1.0, 2], on: device).tracked(as: "weight \"x\"")
        let drawing = (x * 2.0).sum().graphDescription()
        #expect(drawing.hasPrefix("digraph {"))
        #expect(drawing.contains("multiply"))
        #expect(drawing.contains("weight \\\"x\\\""))
        #expect(drawing.contains("->"))
    }
}
