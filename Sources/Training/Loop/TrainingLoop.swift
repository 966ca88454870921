import ByteIO
import Corpora
import Neural
import Tensors

/// What a run tells while it goes on.
public enum TrainingEvent: Sendable {
    /// A step was taken; seconds left is nil while a run given minutes still times itself.
    case step(
        step: Int, total: Int?, loss: Double, rate: Double, gradientNorm: Double,
        tokensPerSecond: Double, secondsLeft: Double?)
    /// Accuracy is the share of targets that were the first guess, for models that say.
    case validation(
        step: Int, loss: Double, bitsPerByte: Double?, accuracy: Double?, isBest: Bool)
    case sample(step: Int, prompt: String, text: String)
    case checkpoint(step: Int)
    /// Work that is not training: reading text, learning a vocabulary, the closing evaluation.
    case working(on: String, done: Int, total: Int)
    case note(String)
}

/// How a run ended, with the figures of the `end` line.
public struct TrainingSummary: Sendable {
    /// Mean training loss of the last steps (up to 50).
    public var trainLoss = Double.nan
    /// Loss of the saved weights over the whole validation split.
    public var validationLoss = Double.nan
    /// The same in bits per byte of text, where every token is predicted.
    public var bitsPerByte: Double?
    /// The share of targets that were the first guess, for models that say.
    public var accuracy: Double?
    /// The lowest loss on the windows that evaluations on the way look at.
    public var bestValidationLoss: Double?
    /// Training tokens read over all sessions.
    public var tokens = 0
    /// Seconds of training over all sessions.
    public var seconds = 0.0
    /// Training tokens a second, at the median step.
    public var tokensPerSecond = 0.0
    /// Set when somebody asked the run to stop before its end.
    public var wasStopped = false

    /// An empty summary.
    public init() {}
}

/// The loop around ``Trainer``: data, schedule, evaluation, checkpoints, records; exact to the bit
/// when it is killed and resumed.
public struct TrainingLoop {
    private let model: any Trainable
    private let writer: RunFolder.ModelWriter
    private let data: TokenData
    private let options: TrainingOptions
    private let folder: RunFolder
    private let modelIdentity: String
    /// What the model is asked about windows; nil for the next token of each.
    public var objective: (any Objective)?
    /// Text the model writes now; nil for none. Called at evaluations.
    public var sample: (() throws(MartletError) -> (prompt: String, text: String)?)?
    /// Told of everything that happens.
    public var observe: (TrainingEvent) -> Void = { _ in }
    /// Asked after every step.
    public var shouldStop: () -> Bool = { false }

    /// A loop over a model that was filled for training.
    /// - Parameter modelIdentity: whatever a resumed run must have in common with its beginning,
    ///   such as its configuration
    public init(
        _ model: any Trainable, writer: RunFolder.ModelWriter, data: TokenData,
        options: TrainingOptions, folder: RunFolder, modelIdentity: String
    ) {
        self.model = model
        self.writer = writer
        self.data = data
        self.options = options
        self.folder = folder
        self.modelIdentity = modelIdentity
    }

    /// Trains to the end, from `checkpoint` if one is given (its weights are already in the model).
    /// Afterwards the model has the weights that were trained; those in the folder, and the figures,
    /// are an average's if the recipe keeps one.
    public func run(from checkpoint: RunFolder.Checkpoint?) throws(MartletError) -> TrainingSummary
    {
        let device = model.store.device
        let optimizer = options.makeOptimizer(for: model.store)
        let trainer = Trainer(model, optimizer: optimizer, clipNorm: options.clipNorm)
        var progress = RunProgress()
        progress.identity = identity
        if let checkpoint {
            progress = checkpoint.progress
            try check(checkpoint)
            try folder.restore(checkpoint, into: optimizer)
            // The model of a checkpoint has the weights to use; these are the ones to train.
            optimizer.exchangeWeights(of: model.store)
            // The closing evaluation of an earlier session may have found better weights.
            if let best = try folder.best(), best.loss < progress.bestLoss ?? .infinity {
                (progress.bestLoss, progress.bestStep) = (best.loss, best.step)
            }
            if progress.tier != device.tier.description {
                observe(
                    .note(
                        "the run was on tier \(progress.tier) and goes on with \(device.tier): its bits will differ from an uninterrupted run's"
                    ))
            }
        }
        progress.tier = device.tier.description
        if let planned = progress.totalSteps, let wanted = fixedSteps, planned != wanted {
            observe(
                .note(
                    "the run was meant to take \(planned) steps; it goes on to \(wanted) now, and so does its schedule"
                ))
        }
        progress.totalSteps = fixedSteps ?? progress.totalSteps
        let source = try TrainingBatches(
            data.train, batch: options.batch, context: windowLength, seed: options.seed,
            documentEnd: options.documentEnd)
        let prefetcher = BatchPrefetcher(source, from: .init(index: progress.windows))
        defer { prefetcher.stop() }
        var clock = Clock(secondsBefore: progress.seconds, minutes: minutes)
        var recent: [Double] = []
        var summary = TrainingSummary()
        var savedStep = checkpoint?.progress.step ?? -1

        while progress.step < progress.totalSteps ?? .max {
            let step = progress.step + 1
            let rate = options.schedule.rate(step: step, total: progress.totalSteps ?? .max)
            let windowsBefore = progress.windows
            var batches: [Batch] = []
            for micro in 0..<options.accumulate {
                let windows = prefetcher.next()
                let first = windowsBefore + UInt64(micro * options.batch)
                batches.append(corruption?(windows, first: first, part: "train") ?? windows)
            }
            let result: Trainer.StepResult
            do {
                result = try trainer.step(batches, rate: rate) { micro in
                    RandomStream(seed: options.seed, "dropout/\(step)/\(micro)")
                }
            } catch {
                let saved =
                    savedStep < 0
                    ? "there is no checkpoint yet" : "the last checkpoint is step \(savedStep)"
                throw error.at(
                    "step \(step), windows \(windowsBefore)..<\(windowsBefore + UInt64(options.batch * options.accumulate)) (seed \(options.seed)); \(saved)"
                )
            }
            progress.step = step
            progress.windows = prefetcher.position.index
            progress.tokens += result.tokenCount
            progress.seconds = clock.tick(tokens: result.tokenCount)
            if progress.totalSteps == nil { progress.totalSteps = clock.stepsThatFit(after: step) }
            recent = recent.suffix(49) + [result.loss]
            try record(result, rate: rate, progress, clock)

            let last = step == progress.totalSteps
            let stop = shouldStop()
            if !last, !stop, step % options.evaluateEvery == 0 {
                try optimizer.withSavedWeights(of: model.store) { () throws(MartletError) in
                    try evaluate(trainer, &progress)
                }
                clock.pause()
            }
            if last || stop || step % options.checkpointEvery == 0 {
                try save(progress, optimizer)
                savedStep = step
                observe(.checkpoint(step: step))
                clock.pause()
            }
            if stop, !last {
                summary.wasStopped = true
                break
            }
        }
        if savedStep != progress.step {
            // Nothing was trained: `--steps 0`.
            try save(progress, optimizer)
        }
        summary.trainLoss = recent.isEmpty ? .nan : recent.reduce(0, +) / Double(recent.count)
        summary.tokens = progress.tokens
        summary.seconds = progress.seconds
        summary.tokensPerSecond = clock.tokensPerSecond
        if !summary.wasStopped {
            try optimizer.withSavedWeights(of: model.store) { () throws(MartletError) in
                try finish(trainer, &progress, &summary)
            }
        }
        summary.bestValidationLoss = progress.bestLoss
        return summary
    }

    private var minutes: Double? {
        if case .minutes(let minutes) = options.duration { return minutes }
        return nil
    }

    private var fixedSteps: Int? {
        switch options.duration {
        case .steps(let steps): steps
        case .tokens(let tokens): (tokens + options.tokensPerStep - 1) / options.tokensPerStep
        case .minutes: nil
        }
    }

    private func save(_ progress: RunProgress, _ optimizer: any Optimizer) throws(MartletError) {
        try optimizer.withSavedWeights(of: model.store) { () throws(MartletError) in
            try folder.save(progress, optimizer: optimizer, model: writer, keep: options.keep)
        }
    }

    /// Refuses a checkpoint of a run with another recipe, data or model.
    public func check(_ checkpoint: RunFolder.Checkpoint) throws(MartletError) {
        let (saved, now) = (checkpoint.progress.identity, identity)
        for key in now.keys + saved.keys where saved[key] != now[key] {
            throw MartletError(
                .mismatched,
                "the run was begun with \(key) \(saved[key]?.text() ?? "unset"), not \(now[key]?.text() ?? "unset"); resume with the same settings or use --overwrite",
                at: checkpoint.folder)
        }
    }

    private var identity: JSONObject {
        options.identity(
            trainTokens: data.train.count, model: modelIdentity,
            precision: model.store.device.precision.rawValue, objective: objective?.name)
    }

    private func record(
        _ result: Trainer.StepResult, rate: Double, _ progress: RunProgress, _ clock: Clock
    ) throws(MartletError) {
        try folder.record([
            "event": "step", "step": .number(JSONNumber(progress.step)),
            "loss": .number(JSONNumber(result.loss)), "learning_rate": .number(JSONNumber(rate)),
            "grad_norm": .number(JSONNumber(result.gradientNorm)),
            "tokens_per_s": .number(JSONNumber(clock.lastTokensPerSecond.rounded())),
        ])
        observe(
            .step(
                step: progress.step, total: progress.totalSteps, loss: result.loss, rate: rate,
                gradientNorm: result.gradientNorm, tokensPerSecond: clock.tokensPerSecond,
                secondsLeft: clock.secondsLeft(
                    steps: progress.totalSteps.map { $0 - progress.step })))
    }

    /// Evaluates on evenly spaced validation windows, keeps the best weights, and takes a sample.
    private func evaluate(
        _ trainer: Trainer, _ progress: inout RunProgress
    ) throws(MartletError) {
        let all = try evaluationBatches()
        let chosen = sampled(all)
        guard let result = trainer.evaluate(chosen.lazy.map { questions(all, $0) }) else { return }
        try note(result.loss, accuracy: result.accuracy, &progress)
        if let written = try sample?() {
            try folder.record([
                "event": "sample", "step": .number(JSONNumber(progress.step)),
                "prompt": .string(written.prompt), "text": .string(written.text),
            ])
            observe(.sample(step: progress.step, prompt: written.prompt, text: written.text))
        }
    }

    private func note(
        _ loss: Double, accuracy: Double?, _ progress: inout RunProgress
    ) throws(MartletError) {
        guard loss.isFinite else {
            throw MartletError(
                .nonFinite,
                "the validation loss is \(loss) after step \(progress.step); a lower --learning-rate may help"
            )
        }
        let isBest = loss < progress.bestLoss ?? .infinity
        if isBest {
            progress.bestLoss = loss
            progress.bestStep = progress.step
            try folder.saveBest(progress, model: writer)
        }
        let bits = bitsPerByte(loss)
        var line: JSONObject = [
            "event": "validation", "step": .number(JSONNumber(progress.step)),
            "val_loss": .number(JSONNumber(loss)),
            "val_bits_per_byte": bits.map { .number(JSONNumber($0)) } ?? .null,
        ]
        if let accuracy { line["val_accuracy"] = .number(JSONNumber(accuracy)) }
        try folder.record(line)
        observe(
            .validation(
                step: progress.step, loss: loss, bitsPerByte: bits, accuracy: accuracy,
                isBest: isBest))
    }

    private func evaluationBatches() throws(MartletError) -> EvaluationBatches {
        try data.validation.evaluationBatches(
            batch: options.batch, context: windowLength,
            documentEnd: options.documentEnd)
    }

    /// Batch `index` of the validation split as the model is asked about it, always alike.
    private func questions(_ all: EvaluationBatches, _ index: Int) -> Batch {
        let windows = all[index]
        let first = UInt64(index * options.batch)
        return corruption?(windows, first: first, part: "validation") ?? windows
    }

    /// Tokens of text a window has.
    private var windowLength: Int {
        objective?.windowLength(context: options.context) ?? options.context
    }

    private var corruption: Corruption? {
        objective.map { Corruption($0, seed: options.seed, context: options.context) }
    }

    /// The evenly spaced batches that evaluations on the way look at: always the same ones, so that
    /// their losses can be compared with each other.
    private func sampled(_ all: EvaluationBatches) -> [Int] {
        let wanted = max(1, options.evaluationWindows / options.batch)
        guard all.count > wanted else { return Array(0..<all.count) }
        return (0..<wanted).map { $0 * all.count / wanted }
    }

    /// Nats a token to bits a byte of the validation text.
    private func bitsPerByte(_ loss: Double) -> Double? {
        guard objective == nil, data.validationBytes > 0, data.validation.count > 1 else {
            return nil
        }
        let tokens = Double(data.validation.count)
        return loss * tokens / Double(data.validationBytes) * 1.4426950408889634
    }

    /// Says so when the last weights are clearly worse on unseen text than earlier ones were.
    private func warnOfOverfitting(_ loss: Double, _ progress: RunProgress) {
        guard let best = progress.bestLoss, loss > best * 1.02 else { return }
        func rounded(_ x: Double) -> Double { (x * 1e4).rounded() / 1e4 }
        observe(
            .note(
                "the model has begun to learn its text by heart: validation loss \(rounded(loss)) now, \(rounded(best)) at step \(progress.bestStep ?? 0). The weights of that step are in \(folder.trainingPath)/best; fewer steps, --dropout 0.2 or more text help"
            ))
    }

    /// The closing evaluation over the whole validation split, and the `end` line.
    private func finish(
        _ trainer: Trainer, _ progress: inout RunProgress, _ summary: inout TrainingSummary
    ) throws(MartletError) {
        let all = try evaluationBatches()
        let told = all.indices.lazy.map { index in
            observe(.working(on: "evaluating", done: index, total: all.count))
            return questions(all, index)
        }
        // An untrained model has nothing to tell, and the split may be long.
        if progress.step > 0, let result = trainer.evaluate(told) {
            summary.validationLoss = result.loss
            summary.bitsPerByte = bitsPerByte(result.loss)
            summary.accuracy = result.accuracy
            // Earlier weights were seen on part of the split, which may be easier than the whole.
            let chosen = sampled(all)
            let comparable =
                chosen.count == all.count
                ? result : trainer.evaluate(chosen.lazy.map { questions(all, $0) })
            if let comparable {
                try note(comparable.loss, accuracy: comparable.accuracy, &progress)
                warnOfOverfitting(comparable.loss, progress)
            }
        }
        func number(_ value: Double?) -> JSONValue {
            value.flatMap { $0.isFinite ? .number(JSONNumber($0)) : nil } ?? .null
        }
        var line: JSONObject = [
            "event": "end", "train_loss": number(summary.trainLoss),
            "val_loss": number(summary.validationLoss),
            "val_bits_per_byte": number(summary.bitsPerByte),
            "best_val_loss": number(progress.bestLoss),
            "token_count": .number(JSONNumber(progress.tokens)),
            "seconds": number(progress.seconds),
        ]
        if let accuracy = summary.accuracy { line["val_accuracy"] = number(accuracy) }
        try folder.record(line)
    }
}
