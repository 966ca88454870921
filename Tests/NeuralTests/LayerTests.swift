import ByteIO
import Neural
import Tensors
import Testing

@Suite struct LayerTests {
    let device = Device(threads: 2)

    @Test func pathsAreWrittenOnceAndRefusedTwice() async {
        let store = ParameterStore(on: device)
        _ = Linear(from: 3, to: 2, in: store.scope["blocks", 0]["up"])
        #expect(store.parameters.map(\.path) == ["blocks.0.up.weight", "blocks.0.up.bias"])
        #expect(store.valueCount == 8)
        await #expect(processExitsWith: .failure) {
            let store = ParameterStore(on: Device(threads: 1))
            _ = store.scope.parameter("a", [1], .zeros)
            _ = store.scope.parameter("a", [1], .zeros)
        }
    }

    @Test func randomWeightsDependOnSeedAndPathOnly() throws {
        func weights(_ extra: Bool, seed: UInt64) throws -> [Float] {
            let store = ParameterStore(on: device)
            if extra { _ = Linear(from: 5, to: 5, in: store.scope["other"]) }
            let layer = Linear(from: 4, to: 6, in: store.scope["layer"])
            try store.fillForTraining(from: RandomWeights(seed: seed))
            return layer.weight.linear(Tensor.ones([1, 4], on: device)).floats
        }
        #expect(try weights(false, seed: 1) == weights(true, seed: 1))
        #expect(try weights(false, seed: 1) != weights(false, seed: 2))
    }

    @Test(arguments: [
        (Initializer.normal(deviation: 0.5), 0.5), (.uniform(bound: 3), 3 / 3.0.squareRoot()),
        (.kaimingNormal, (2.0 / 300).squareRoot()),
        (.xavierUniform, (6.0 / 600).squareRoot() / 3.0.squareRoot()),
    ])
    func initializersHaveTheirDeviation(_ initializer: Initializer, _ deviation: Double) {
        var random = RandomStream(seed: 1, "init")
        let values = initializer.tensor([300, 300], &random, on: device).doubles
        let mean = values.reduce(0, +) / 90_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 90_000
        #expect(abs(mean) < 0.02 * deviation)
        #expect(abs(variance.squareRoot() / deviation - 1) < 0.01)
    }

    @Test func readingIsUntrackedOutsideTracking() throws {
        let store = ParameterStore(on: device)
        let layer = Linear(from: 2, to: 2, in: store.scope)
        try store.fillForTraining(from: RandomWeights(seed: 1))
        let x = Tensor.ones([1, 2], on: device)
        #expect(!layer(x).isTracked)
        #expect(store.tracking { layer(x).isTracked })
        #expect(!layer(x).isTracked)
    }

    @Test func tiedWeightsGetOneGradient() throws {
        let store = ParameterStore(on: device)
        let table = Embedding(count: 4, width: 3, in: store.scope)
        try store.fillForTraining(from: RandomWeights(seed: 1))
        var arena = ParameterGradients(for: store)
        let ids = Tensor([Int32(1), 2], on: device)
        store.tracking {
            let loss = table.projected(table(ids)).sum()
            loss.backward(into: &arena)
        }
        // d/dW sum(W[ids] W^T) = rows: ones-weighted sum of W for used ids, plus used rows for all.
        let w = store.parameters[0].value.floats
        let used = (0..<3).map { w[3 + $0] + w[6 + $0] }
        let all = (0..<3).map { c in (0..<4).reduce(Float(0)) { $0 + w[$1 * 3 + c] } }
        var expected: [Float] = []
        for row in 0..<4 {
            for column in 0..<3 {
                let isUsed = row == 1 || row == 2
                expected.append(used[column] + (isUsed ? all[column] : 0))
            }
        }
        let gradient = try #require(arena[store.parameters[0]]).floats
        for (a, b) in zip(gradient, expected) { #expect(abs(a - b) < 1e-5) }
        let squares: Double = expected.reduce(0) { $0 + Double($1 * $1) }
        #expect(abs(arena.norm() - squares.squareRoot()) < 1e-4)
    }

    @Test func batchNormMatchesPyTorchInBothModes() throws {
        // torch.nn.BatchNorm1d(2, momentum=0.1) in float64 on [[1,2],[3,5],[5,-1]] with weight
        // [1.5, 0.5] and bias [0.1, -0.2].
        let store = ParameterStore(on: device)
        let norm = BatchNorm(width: 2, in: store.scope)
        try store.fillForTraining(from: RandomWeights(seed: 1))
        store.set(store.parameters[0], to: Tensor([Float(1.5), 0.5], on: device))
        store.set(store.parameters[1], to: Tensor([Float(0.1), -0.2], on: device))
        let x = Tensor([Float(1), 2, 3, 5, 5, -1], [3, 2], on: device)
        let trained = norm(x, .training(RandomStream(seed: 0, ""))).floats
        let expected: [Float] = [-1.737114, -0.2, 0.1, 0.412371, 1.937114, -0.812371]
        for (a, b) in zip(trained, expected) { #expect(abs(a - b) < 1e-5) }
        #expect(zip(norm.runningMean.value.floats, [0.3, 0.2]).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(
            zip(norm.runningVariance.value.floats, [1.3, 1.8]).allSatisfy { abs($0 - $1) < 1e-6 })
        let evaluated = norm(x, .evaluation()).floats
        let first = 1.5 * (1 - 0.3) / (1.3 + 1e-5).squareRoot() + 0.1
        #expect(abs(Double(evaluated[0]) - first) < 1e-5)
        #expect(norm.runningMean.isTrainable == false)
    }

    @Test func attentionWithGroupedHeadsEqualsRepeatedHeads() throws {
        let store = ParameterStore(on: device)
        let grouped = MultiHeadAttention(
            .init(width: 8, heads: 4, keyValueHeads: 2), initializer: .normal(deviation: 0.3),
            outputInitializer: .normal(deviation: 0.3), in: store.scope)
        try store.fillForTraining(from: RandomWeights(seed: 3))
        var random = RandomStream(seed: 1, "x")
        let x = Tensor.normal([2, 5, 8], &random, on: device)
        let y = grouped(x, layer: 0, .evaluation())
        #expect(y.shape == [2, 5, 8])
        // Causality: changing the last position leaves the others alone.
        let changed = Tensor.concatenated(
            [x.sliced(1, 0..<4), Tensor.ones([2, 1, 8], on: device)], axis: 1)
        let z = grouped(changed, layer: 0, .evaluation())
        #expect(y.sliced(1, 0..<4).floats == z.sliced(1, 0..<4).floats)
        #expect(y.sliced(1, 4..<5).floats != z.sliced(1, 4..<5).floats)
    }

    @Test func sequentialAndDropoutCompose() throws {
        let store = ParameterStore(on: device)
        let first = Linear(from: 3, to: 4, in: store.scope["first"])
        let dropout = Dropout(0.5)
        let chain = Sequential({ x, _ in first(x) }, { x, _ in x.relu() }, { dropout($0, $1) })
        try store.fillForTraining(from: RandomWeights(seed: 1))
        let x = Tensor.ones([100, 3], on: device)
        #expect(chain(x, .evaluation()).floats == first(x).relu().floats)
        let dropped = chain(x, .training(RandomStream(seed: 1, "d"))).floats
        #expect(dropped != first(x).relu().floats)
    }
}
