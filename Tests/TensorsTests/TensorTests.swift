import Tensors
import Testing

@Suite struct TensorTests {
    let device = Device(threads: 2)

    @Test func viewsShareBytesAndReadRight() {
        let x = Tensor((0..<24).map { Float($0) }, [2, 3, 4], on: device)
        let t = x.transposed([2, 0, 1])
        #expect(t.sharesStorage(with: x))
        #expect(t.shape == [4, 2, 3])
        #expect(
            t.values(Float.self) == [
                0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19,
                23,
            ])
        let s = x.sliced(1, 1..<3).sliced(2, 0..<2)
        #expect(s.sharesStorage(with: x))
        #expect(s.values(Float.self) == [4, 5, 8, 9, 16, 17, 20, 21])
        #expect(x.sliced(2, 0..<2).reshaped([6, 2]).sharesStorage(with: x))
        #expect(
            x.sliced(2, 0..<2).reshaped([12]).values(Float.self) == [
                0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21,
            ])
        #expect(
            Tensor([Float(7)], [1, 1], on: device).broadcast(to: [2, 3]).values(Float.self)
                == Array(repeating: 7, count: 6))
        #expect(x.reshaped([-1, 4]).shape == [6, 4])
    }

    @Test(arguments: DType.allCases)
    func everyTypeConvertsToFloat64AndBack(_ dtype: DType) {
        let values: [Double] = dtype == .bool ? [0, 1, 1, 0] : [0, 1, 3, 100]
        let x = Tensor(values, on: device).cast(to: dtype)
        #expect(x.dtype == dtype)
        #expect(x.doubles == values)
    }

    @Test(arguments: [DType.int8, .int32, .int64, .uint8])
    func integersAddAndMultiply(_ dtype: DType) {
        let a = Tensor([1.0, 2, 3, 4], [2, 2], on: device).cast(to: dtype)
        let b = Tensor([10.0, 20], on: device).cast(to: dtype)
        #expect((a + b).doubles == [11, 22, 13, 24])
        #expect((a * b).doubles == [10, 40, 30, 80])
        #expect(a.maximum(b).doubles == [10, 20, 10, 20])
        #expect(a.less(than: b).values(Bool.self) == [true, true, true, true])
    }

    @Test func scalarsAndEmptyTensorsWork() {
        let scalar = Tensor(repeating: 3, [], on: device)
        #expect((scalar + 1.0).item == 4)
        let empty = Tensor.zeros([0, 3], on: device)
        #expect((empty + empty).count == 0)
        #expect(empty.sum().item == 0)
        #expect(empty.sum([0]).floats == [0, 0, 0])
        #expect(empty.transposed().shape == [3, 0])
    }

    @Test(arguments: [(3, 5), (64, 64), (1, 700), (300, 1), (129, 67)])
    func sumsOverEitherAxisAgree(_ rows: Int, _ columns: Int) {
        var random = RandomStream(seed: 1, "sums")
        let x = Tensor.normal([rows, columns], &random, on: device)
        let values = x.floats
        let byColumn = (0..<columns).map { c in
            (0..<rows).reduce(0.0) { $0 + Double(values[$1 * columns + c]) }
        }
        let byRow = (0..<rows).map { r in
            (0..<columns).reduce(0.0) { $0 + Double(values[r * columns + $1]) }
        }
        expectClose(x.sum([0]).doubles, byColumn, relative: 1e-5, absolute: 1e-4, "columns")
        expectClose(x.sum([1]).doubles, byRow, relative: 1e-5, absolute: 1e-4, "rows")
        expectClose([x.sum().item], [byRow.reduce(0, +)], relative: 1e-5, absolute: 1e-3, "all")
    }

    @Test func resultsDoNotDependOnThreads() {
        func run(_ threads: Int) -> [UInt32] {
            let device = Device(threads: threads, precision: .bfloat16)
            var random = RandomStream(seed: 3, "threads")
            let x = Tensor.normal([257, 192], &random, on: device).tracked()
            let w = Tensor.normal([384, 192], deviation: 0.1, &random, on: device).tracked()
            var dropout = RandomStream(seed: 3, "dropout")
            let y = x.linear(w).gelu().droppedOut(0.2, &dropout).softmax()
            let loss = (y * y).sum()
            let gradients = loss.gradients()
            return ((gradients[x]?.floats ?? []) + (gradients[w]?.floats ?? [])).map(\.bitPattern)
        }
        let one = run(1)
        #expect(!one.isEmpty)
        #expect(one == run(2))
        #expect(one == run(5))
    }

    @Test func aSteadyLoopAllocatesNothingFromTheSystem() {
        let device = Device(threads: 2)
        func step() -> Double {
            let x = Tensor.ones([64, 64], on: device).tracked()
            let loss = (x.matmul(x).exp() * 0.0).sum()
            return loss.gradients()[x]?.sum().item ?? .nan
        }
        for _ in 0..<3 { _ = step() }
        let before = device.memoryStatistics.systemAllocations
        for _ in 0..<10 { _ = step() }
        #expect(device.memoryStatistics.systemAllocations == before)
    }

    @Test func dropoutKeepsTheExpectedShareAndScale() {
        var random = RandomStream(seed: 5, "dropout")
        let x = Tensor.ones([100_000], on: device).tracked()
        let y = x.droppedOut(0.3, &random)
        let values = y.floats
        let kept = values.filter { $0 != 0 }
        #expect(abs(Double(kept.count) / 100_000 - 0.7) < 0.01)
        #expect(kept.allSatisfy { abs($0 - 1 / 0.7) < 1e-5 })
        // The gradient passes exactly where the value did.
        #expect(y.sum().gradients()[x]?.floats == values)
        var again = RandomStream(seed: 5, "dropout")
        #expect(Tensor.ones([100_000], on: device).droppedOut(0.3, &again).floats == values)
    }

    @Test func streamsAreNamedAndPositioned() {
        var a = RandomStream(seed: 1, "a")
        var same = RandomStream(seed: 1, "a")
        var other = RandomStream(seed: 1, "b")
        let first = (0..<8).map { _ in a.nextWord() }
        #expect(first == (0..<8).map { _ in same.nextWord() })
        #expect(first != (0..<8).map { _ in other.nextWord() })
        var resumed = RandomStream(key: a.key, position: a.position)
        #expect(resumed.nextWord() == a.nextWord())
    }

    @Test func misuseNamesTheOperationAndShapes() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent])
        {
            let device = Device(threads: 1)
            _ = Tensor.zeros([2, 3], on: device).matmul(Tensor.zeros([4, 5], on: device))
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        // Release builds of the standard library print no message for a failed precondition.
        #expect(text.isEmpty || !text.contains("matmul") || text.contains("[2, 3]"))
    }
}
