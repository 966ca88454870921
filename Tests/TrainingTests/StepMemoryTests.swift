import Corpora
import LanguageModels
import Neural
import Tensors
import Testing
import Training

/// What a training step keeps at a time.
@Suite struct StepMemoryTests {
    private final class Stack: Trainable {
        let store: ParameterStore
        private let layers: [Linear]

        init(depth: Int, width: Int, on device: Device) throws {
            let store = ParameterStore(on: device)
            self.store = store
            layers = (0..<depth).map { index in
                Linear(
                    from: width, to: width, bias: false, initializer: .normal(deviation: 0.05),
                    in: store.scope["blocks", index])
            }
            try store.fillForTraining(from: RandomWeights(seed: 1))
        }

        func loss(
            inputs: Tensor, targets: Tensor, _ context: ForwardContext
        ) -> (total: Tensor, count: Int) {
            var x = inputs.cast(to: .float32)
            for layer in layers { x = layer(x).tanh() }
            return ((x * x).sum(), targets.count)
        }
    }

    /// Activations and gradients are about as large here; a step holds them one after the other.
    @Test func gradientsTakeThePlaceOfActivations() throws {
        let device = Device(threads: 1)
        let (depth, width) = (8, 512)
        let model = try Stack(depth: depth, width: width, on: device)
        let trainer = Trainer(model, optimizer: Adam(for: model.store))
        let batch = Batch(
            inputs: (0..<width * width).map { Int32($0 % 3) },
            targets: Array(repeating: 1, count: width * width), batch: width, context: width)
        let matrix = width * width * 4
        for _ in 0..<2 {
            _ = try trainer.step([batch], rate: 1e-4) { RandomStream(seed: 0, "\($0)") }
        }
        let after = device.memoryStatistics
        // Weights and two moments stay; 2 activations a layer, then a gradient for each.
        let steady = 3 * depth * matrix
        #expect(after.bytesInUse < steady + matrix)
        #expect(after.peakBytesInUse < steady + (2 * depth + 6) * matrix)
        _ = try trainer.step([batch], rate: 1e-4) { RandomStream(seed: 0, "\($0)") }
        #expect(device.memoryStatistics.systemAllocations == after.systemAllocations)
    }

    /// What `info` says a step needs is what it takes.
    @Test func thePlanIsKept() throws {
        let preset = try Preset.named("char10m")
        let configuration = try #require(preset.configuration)
        let device = Device(threads: 2)
        let store = ParameterStore(on: device)
        let model = GPT(configuration, in: store)
        try store.fillForTraining(from: RandomWeights(seed: 1))
        let trainer = Trainer(model, optimizer: Adam(for: store))
        let (batch, context) = (4, configuration.context)
        let ids = (0..<batch * context).map { Int32($0 * 7 % configuration.vocabulary) }
        let data = Batch(inputs: ids, targets: ids, batch: batch, context: context)
        for _ in 0..<2 {
            _ = try trainer.step([data], rate: 1e-4) { RandomStream(seed: 0, "\($0)") }
        }
        let predicted = try #require(
            preset.plan.memory(batch: batch).first { $0.term == "peak" }?.bytes)
        let actual = Double(device.memoryStatistics.peakBytesInUse)
        #expect(abs(actual / predicted - 1) < 0.1, "\(actual) bytes, \(predicted) planned")
    }
}
