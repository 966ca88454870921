import ByteIO
import Neural

/// How long a run goes on.
public enum Duration: Sendable, Equatable {
    /// Optimizer steps.
    case steps(Int)
    /// Training targets, rounded up to whole steps.
    case tokens(Int)
    /// Minutes of wall time: the first steps are timed, then a step count is fixed.
    case minutes(Double)
}

/// What turns gradients into steps.
public enum OptimizerChoice: String, Sendable, CaseIterable {
    case adamw, muon
}

/// The recipe of a training run; what is not set has the default of nanoGPT's small models.
public struct TrainingOptions: Sendable, Equatable {
    /// How long to train.
    public var duration = Duration.steps(1000)
    /// Windows of one micro-batch.
    public var batch = 12
    /// Tokens of one window.
    public var context = 64
    /// Micro-batches of one step.
    public var accumulate = 1
    /// The learning rate.
    public var schedule = Schedule(peak: 1e-3, warmup: 100)
    /// What turns gradients into steps.
    public var optimizer = OptimizerChoice.adamw
    /// Weight decay of matrices and embeddings.
    public var weightDecay = 0.1
    /// Decay of the moving average of the weights that is evaluated and saved; 0 for the weights
    /// themselves. See ``WeightAverage``.
    public var averageDecay = 0.0
    /// Decay of Adam's second moment.
    public var beta2 = 0.99
    /// Largest norm of the gradient; 0 for no clipping.
    public var clipNorm = 1.0
    /// Seed of weights, data order and dropout.
    public var seed: UInt64 = 1337
    /// Steps between evaluations, and windows each looks at (the last looks at all).
    public var evaluateEvery = 250
    /// Windows of validation text an evaluation looks at; the last looks at all.
    public var evaluationWindows = 200
    /// The token after every document: windows then begin with documents. nil: they lie anywhere.
    public var documentEnd: Int32?
    /// Steps between checkpoints, and how many are kept.
    public var checkpointEvery = 500
    /// Checkpoints that are kept.
    public var keep = 2

    /// The defaults.
    public init() {}

    /// Targets of one step.
    public var tokensPerStep: Int { batch * context * accumulate }

    /// What must not change between sessions of one run.
    func identity(
        trainTokens: Int, model: String, precision: String, objective: String?
    ) -> JSONObject {
        var identity: JSONObject = [
            "seed": .string(String(seed)), "batch": .number(JSONNumber(batch)),
            "context": .number(JSONNumber(context)), "accumulate": .number(JSONNumber(accumulate)),
            "peak_rate": .number(JSONNumber(schedule.peak)),
            "warmup": .number(JSONNumber(schedule.warmup)),
            "decay": .string(schedule.decay.rawValue),
            "weight_decay": .number(JSONNumber(weightDecay)), "beta2": .number(JSONNumber(beta2)),
            "clip_norm": .number(JSONNumber(clipNorm)),
            "train_tokens": .number(JSONNumber(trainTokens)), "model": .string(model),
            "precision": .string(precision),
        ]
        if let objective { identity["objective"] = .string(objective) }
        if optimizer != .adamw { identity["optimizer"] = .string(optimizer.rawValue) }
        if schedule.floor != 0.1 { identity["floor"] = .number(JSONNumber(schedule.floor)) }
        if averageDecay != 0 { identity["ema"] = .number(JSONNumber(averageDecay)) }
        return identity
    }

    /// The optimizer of the recipe, for a store that was filled for training.
    func makeOptimizer(for store: ParameterStore) -> any Optimizer {
        let chosen: any Optimizer =
            switch optimizer {
            case .adamw: Adam(for: store, beta2: beta2, weightDecay: weightDecay)
            case .muon: Muon(for: store, beta2: beta2, weightDecay: weightDecay)
            }
        return averageDecay == 0
            ? chosen : WeightAverage(chosen, of: store, decay: averageDecay)
    }
}
