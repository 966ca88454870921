import ByteIO
import Neural
import Tensors
import Testing
import Training

@Suite struct OptimizerTests {
    @Test func schedulesFollowTheirFormulas() {
        let cosine = Schedule(peak: 1, warmup: 10, decay: .cosine, floor: 0.1)
        #expect(cosine.rate(step: 1, total: 110) == 0.1)
        #expect(cosine.rate(step: 10, total: 110) == 1)
        #expect(abs(cosine.rate(step: 60, total: 110) - 0.55) < 1e-12)
        #expect(abs(cosine.rate(step: 110, total: 110) - 0.1) < 1e-12)
        let linear = Schedule(peak: 2, warmup: 0, decay: .linear, floor: 0)
        #expect(linear.rate(step: 50, total: 100) == 1)
        #expect(linear.rate(step: 200, total: 100) == 0)
        #expect(Schedule(peak: 3, decay: .constant).rate(step: 99, total: 100) == 3)
    }

    /// One weight matrix and one bias, with the gradient of sum(w * g).
    private func store(_ device: Device) throws -> (ParameterStore, Parameter, Parameter) {
        let store = ParameterStore(on: device)
        let weight = store.scope.parameter("weight", [2, 3], .constant(1))
        let bias = store.scope.parameter("bias", [3], .constant(1))
        try store.fillForTraining(from: RandomWeights(seed: 1))
        return (store, weight, bias)
    }

    private func gradients(
        _ store: ParameterStore, _ weight: Parameter, _ bias: Parameter
    ) -> ParameterGradients {
        let arena = ParameterGradients(for: store)
        arena.add(Tensor(repeating: 0.5, weight.shape, on: store.device), to: weight.leaf)
        arena.add(Tensor(repeating: -2, bias.shape, on: store.device), to: bias.leaf)
        return arena
    }

    @Test func adamWDecaysMatricesOnly() throws {
        let (store, weight, bias) = try store(Device(threads: 1))
        let adam = Adam(for: store, beta1: 0.9, beta2: 0.99, epsilon: 0, weightDecay: 0.1)
        adam.step(store, gradients: gradients(store, weight, bias), rate: 0.01, gradientScale: 1)
        // The first step moves by the rate against the sign, after decay where it applies.
        for value in weight.value.floats { #expect(abs(value - (1 - 0.001 - 0.01)) < 1e-6) }
        for value in bias.value.floats { #expect(abs(value - 1.01) < 1e-6) }
        #expect(adam.time == 1)
    }

    @Test func adamAddsDecayToTheGradient() throws {
        let (store, weight, bias) = try store(Device(threads: 1))
        let adam = Adam(for: store, epsilon: 0, weightDecay: 0.1, decoupled: false)
        adam.step(store, gradients: gradients(store, weight, bias), rate: 0.01, gradientScale: 1)
        for value in weight.value.floats { #expect(abs(value - 0.99) < 1e-6) }
    }

    @Test func momentumFollowsItsFormula() throws {
        let (store, weight, bias) = try store(Device(threads: 1))
        let sgd = MomentumSGD(for: store, momentum: 0.9, weightDecay: 0)
        for _ in 0..<3 {
            sgd.step(store, gradients: gradients(store, weight, bias), rate: 0.1, gradientScale: 2)
        }
        // v = 1, 1.9, 2.71; w = 1 - 0.1 * (1 + 1.9 + 2.71)
        for value in weight.value.floats { #expect(abs(value - 0.439) < 1e-5) }
    }

    /// Weights that fall by a tenth a step, and the average that follows them.
    @Test func averageFollowsItsFormula() throws {
        let (store, weight, bias) = try store(Device(threads: 1))
        let average = WeightAverage(
            MomentumSGD(for: store, momentum: 0), of: store, decay: 0.25)
        for _ in 0..<3 {
            average.step(
                store, gradients: gradients(store, weight, bias), rate: 0.1, gradientScale: 2)
        }
        let trained = weight.value.floats
        for value in trained { #expect(abs(value - 0.7) < 1e-6) }
        // The decays are 2/11, 1/4 (3/12) and 1/4, not yet 4/13.
        let first = 2.0 / 11 * 1 + 9.0 / 11 * 0.9
        let expected = Float(0.25 * (0.25 * first + 0.75 * 0.8) + 0.75 * 0.7)
        average.exchangeWeights(of: store)
        for value in weight.value.floats { #expect(abs(value - expected) < 1e-6) }
        #expect(average.state.last?.name == "weights")
        average.exchangeWeights(of: store)
        #expect(weight.value.floats == trained)
    }

    @Test func frozenParametersStay() throws {
        let (store, weight, bias) = try store(Device(threads: 1))
        store.freeze { $0 == "weight" }
        let adam = Adam(for: store)
        adam.step(store, gradients: gradients(store, weight, bias), rate: 0.01, gradientScale: 1)
        #expect(weight.value.floats.allSatisfy { $0 == 1 })
        #expect(bias.value.floats.allSatisfy { $0 != 1 })
        let tracked = store.tracking { (weight.value.isTracked, bias.value.isTracked) }
        #expect(tracked == (false, true))
    }

    /// Three steps beside torch.optim.Muon, which orthogonalizes in bfloat16: to 4 % of an update.
    @Test func muonTakesTheReferencesSteps() throws {
        let path = Files.join(Files.parent(#filePath), "Goldens/muon.json")
        let golden = try JSONValue(parsing: try Files.read(path), place: path)
        for item in golden["cases"]?.array ?? [] {
            func floats(_ json: JSONValue?) -> [Float] {
                (json?.array ?? []).compactMap { $0.double.map { Float($0) } }
            }
            let shape = Shape((item["shape"]?.array ?? []).compactMap(\.int))
            let device = Device(threads: 1)
            let store = ParameterStore(on: device)
            let weight = store.scope["blocks", 0].parameter("weight", shape, .zeros)
            try store.fillForTraining(from: RandomWeights(seed: 1))
            store.set(weight, to: Tensor(floats(item["start"]), shape, on: device))
            let muon = Muon(for: store, weightDecay: 0.1)
            for (gradient, expected) in zip(
                item["gradients"]?.array ?? [], item["after"]?.array ?? [])
            {
                let arena = ParameterGradients(for: store)
                arena.add(Tensor(floats(gradient), shape, on: device), to: weight.leaf)
                muon.step(store, gradients: arena, rate: 0.02, gradientScale: 1)
                let update = 0.02 * 0.2 * Float(max(shape[0], shape[1])).squareRoot()
                for (a, b) in zip(weight.value.floats, floats(expected)) {
                    #expect(abs(a - b) < 0.04 * update, "\(shape)")
                }
            }
        }
        #expect(golden["cases"]?.array?.count == 2)
    }

    /// Embeddings, biases and norms are AdamW's, with its moments.
    @Test func muonLeavesTheRestToAdamW() throws {
        let (store, weight, bias) = try store(Device(threads: 1))
        let muon = Muon(for: store, beta2: 0.99, weightDecay: 0.1)
        muon.step(store, gradients: gradients(store, weight, bias), rate: 0.01, gradientScale: 1)
        for value in weight.value.floats { #expect(abs(value - (1 - 0.001 - 0.01)) < 1e-5) }
        for value in bias.value.floats { #expect(abs(value - 1.01) < 1e-5) }
        #expect(muon.state.map(\.name) == ["first", "second", "velocity"])
    }

    /// The matrices of blocks, of one stack or of two.
    @Test(arguments: [("blocks", true), ("encoder", true), ("head", false)])
    func muonTurnsTheMatricesOfBlocks(_ part: String, _ isTurned: Bool) throws {
        let device = Device(threads: 1)
        let store = ParameterStore(on: device)
        let scope = part == "encoder" ? store.scope[part]["blocks", 0] : store.scope[part, 0]
        let weight = scope.parameter("weight", [2, 2], .zeros)
        try store.fillForTraining(from: RandomWeights(seed: 1))
        let sums = ParameterGradients(for: store)
        sums.add(Tensor([Float(3), 0, 0, 0], [2, 2], on: device), to: weight.leaf)
        Muon(for: store).step(store, gradients: sums, rate: 1, gradientScale: 1)
        // 0.2 sqrt(2) times a singular value of about 1, or Adam's first step of 1.
        let expected: ClosedRange<Float> = isTurned ? -0.36 ... -0.18 : -1.01 ... -0.99
        #expect(expected.contains(weight.value.floats[0]), "\(weight.value.floats)")
    }
}
