import ByteIO
import Neural
import Tensors
import Testing

/// Batch norm in training mode against PyTorch: values, gradients, running statistics.
@Suite struct BatchNormGoldenTests {
    private func numbers(_ json: JSONValue?) -> [Double] {
        (json?.array ?? []).compactMap(\.double)
    }

    private func expectClose(_ a: [Float], _ b: [Double], _ what: String) {
        #expect(a.count == b.count, "\(what)")
        for (x, y) in zip(a, b) { #expect(abs(Double(x) - y) < 1e-5 * (1 + abs(y)), "\(what)") }
    }

    @Test func matchesPyTorch() throws {
        let tests = Files.parent(Files.parent(#filePath))
        let path = Files.join(tests, "TensorsTests/Goldens/primitives.json")
        let file = try JSONValue(parsing: try Files.read(path), place: path)
        let cases = (file["cases"]?.array ?? []).filter { $0["op"]?.string == "batch_norm" }
        try #require(cases.count >= 2)
        for golden in cases {
            let inputs = try #require(golden["inputs"]?.array)
            let attributes = try #require(golden["attributes"])
            let shape = Shape((inputs[0]["shape"]?.array ?? []).compactMap(\.int))
            let device = Device(threads: 1)
            func tensor(_ json: JSONValue?, _ shape: Shape) -> Tensor {
                Tensor(numbers(json).map { Float($0) }, shape, on: device)
            }
            let store = ParameterStore(on: device)
            let norm = BatchNorm(
                width: shape[1], epsilon: attributes["epsilon"]?.double ?? 0,
                momentum: attributes["momentum"]?.double ?? 0, in: store.scope)
            try store.fillForTraining(from: RandomWeights(seed: 1))
            let width: Shape = [shape[1]]
            store.set(store.parameters[0], to: tensor(inputs[1]["values"], width))
            store.set(store.parameters[1], to: tensor(inputs[2]["values"], width))
            store.set(norm.runningMean, to: tensor(attributes["runningMeanBefore"], width))
            store.set(norm.runningVariance, to: tensor(attributes["runningVarianceBefore"], width))
            let x = tensor(inputs[0]["values"], shape).tracked()
            var gradients = Gradients()
            store.tracking {
                let y = norm(x, .training(RandomStream(seed: 0, "")))
                expectClose(y.floats, numbers(golden["output"]?["values"]), "output")
                gradients = y.gradients(upstream: tensor(golden["upstream"]?["values"], shape))
            }
            let expected = try #require(golden["gradients"]?.array)
            expectClose(gradients[x]?.floats ?? [], numbers(expected[0]["values"]), "gradient of x")
            for index in 0..<2 {
                expectClose(
                    gradients[store.parameters[index].leaf]?.floats ?? [],
                    numbers(expected[index + 1]["values"]), "gradient of parameter \(index)")
            }
            expectClose(
                norm.runningMean.value.floats, numbers(attributes["runningMeanAfter"]),
                "running mean")
            expectClose(
                norm.runningVariance.value.floats, numbers(attributes["runningVarianceAfter"]),
                "running variance")
        }
    }
}
