import ByteIO
import Corpora
import LanguageModels
import Neural
import Tensors
import Tokenization
import Training

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the machine has.
enum Machine {
    /// Bytes of physical memory.
    static var memoryBytes: Int {
        sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    }
}

/// Speed on this machine, after warm-up; the figures behind `martlet bench`.
public enum Benchmarks {
    /// Times of one repeated thing.
    public struct Timing: Sendable {
        /// Seconds of each run, sorted.
        public let seconds: [Double]

        /// The middle one.
        public var median: Double { seconds.isEmpty ? .nan : seconds[seconds.count / 2] }
        /// The shortest.
        public var best: Double { seconds.first ?? .nan }
    }

    /// Runs `body` `warmup` times unmeasured and `count` times measured.
    public static func time<E: Error>(
        count: Int, warmup: Int = 2, progress: (Int) -> Void = { _ in },
        _ body: () throws(E) -> Void
    ) throws(E) -> Timing {
        let clock = ContinuousClock()
        for _ in 0..<warmup { try body() }
        var seconds: [Double] = []
        for index in 0..<count {
            let start = clock.now
            try body()
            seconds.append((clock.now - start) / .seconds(1))
            progress(index + 1)
        }
        return Timing(seconds: seconds.sorted())
    }

    /// The most memory this process has occupied, in MiB.
    public static var peakResidentMegabytes: Int {
        var usage = rusage()
        #if canImport(Glibc)
            _ = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            return usage.ru_maxrss / 1024
        #else
            _ = getrusage(RUSAGE_SELF, &usage)
            return usage.ru_maxrss / 1024 / 1024
        #endif
    }

    /// A product [m, k] x [n, k]^T as a linear layer runs it, the weight packed before; returns
    /// seconds per product.
    public static func product(m: Int, n: Int, k: Int, count: Int, on device: Device)
        throws(MartletError) -> Timing
    {
        var random = RandomStream(seed: 1, "bench")
        let store = ParameterStore(on: device)
        let layer = Linear(from: k, to: n, bias: false, in: store.scope)
        try store.fillForInference(from: RandomWeights(seed: 1))
        let x = Tensor.normal([m, k], &random, on: device)
        return time(count: count) { _ = layer(x) }
    }

    /// Optimizer steps on random tokens: forward, loss, backward, clip, AdamW; no dropout.
    public static func train(
        _ configuration: GPTConfiguration, batch: Int, context: Int, steps: Int, on device: Device,
        progress: (Int) -> Void = { _ in }
    ) throws(MartletError) -> (timing: Timing, systemAllocationsPerStep: Double) {
        var configuration = configuration
        configuration.context = max(configuration.context, context)
        let store = ParameterStore(on: device)
        let model = GPT(configuration, in: store)
        try store.fillForTraining(from: RandomWeights(seed: 1))
        let trainer = Trainer(model, optimizer: Adam(for: store))
        var random = RandomStream(seed: 1, "bench")
        var ids: [Int32] = []
        for _ in 0...batch * context {
            ids.append(Int32(random.nextWord() % UInt32(configuration.vocabulary)))
        }
        let data = Batch(
            inputs: Array(ids.dropLast()), targets: Array(ids.dropFirst()), batch: batch,
            context: context)
        var allocations = 0
        let timing = try time(
            count: steps,
            progress: { step in
                if step == 1 { allocations = device.memoryStatistics.systemAllocations }
                progress(step)
            }
        ) { () throws(MartletError) in
            _ = try trainer.step([data], rate: 3e-4) { RandomStream(seed: 1, "\($0)") }
        }
        let later = device.memoryStatistics.systemAllocations - allocations
        return (timing, Double(later) / Double(max(1, steps - 1)))
    }

    /// A model with random weights, ready to run.
    public static func model(
        _ configuration: GPTConfiguration, on device: Device
    ) throws(MartletError) -> any LanguageModel {
        let store = ParameterStore(on: device)
        let model = GPT(configuration, in: store)
        try store.fillForInference(from: RandomWeights(seed: 1))
        return model
    }

    /// Reading a prompt of random tokens up to the logits after its last one, into a fresh cache.
    public static func prefill(
        _ model: any LanguageModel, prompt: Int, count: Int, progress: (Int) -> Void = { _ in }
    ) throws(MartletError) -> Timing {
        try check(prompt, fit: model)
        let ids = randomTokens(prompt, for: model)
        return time(count: count, progress: progress) {
            let cache = model.makeCache(streams: 1, positions: prompt)
            _ = feed(ids, [0], model, cache)
        }
    }

    /// Steps that each give one more token to every one of `streams` texts, the likeliest, after
    /// prompts of random tokens. Returns seconds a step.
    public static func decode(
        _ model: any LanguageModel, streams: Int, prompt: Int, count: Int,
        progress: (Int) -> Void = { _ in }
    ) throws(MartletError) -> Timing {
        let warmup = 2
        let positions = prompt + count + warmup
        try check(positions, fit: model)
        let cache = model.makeCache(streams: streams, positions: positions)
        var last: [Int32] = []
        for stream in 0..<streams {
            let ids = randomTokens(prompt, for: model)
            last += feed(ids, [stream], model, cache)
        }
        return time(count: count, warmup: warmup, progress: progress) {
            last = feed(last, Array(0..<streams), model, cache)
        }
    }

    /// Runs new tokens (stream after stream) and returns the likeliest next one of each stream.
    private static func feed(
        _ ids: [Int32], _ streams: [Int], _ model: any LanguageModel, _ cache: AttentionCache
    ) -> [Int32] {
        let time = ids.count / streams.count
        for stream in streams {
            let hasRoom = cache.reserve(time, stream: stream)
            precondition(hasRoom, "bench: the attention cache is full")
        }
        let input = Tensor(ids, [streams.count, time], on: model.store.device)
        let hidden = model.hidden(input, .cached(cache, streams: streams))
        for stream in streams { cache.advance(time, stream: stream) }
        let logits = model.logits(hidden: hidden.sliced(1, time - 1..<time))
        return logits.argumentOfMaximum(along: -1).values()
    }

    private static func check(
        _ positions: Int, fit model: any LanguageModel
    ) throws(MartletError) {
        guard positions <= model.context else {
            throw MartletError(
                .invalidValue,
                "\(positions) positions are more than the model's context of \(model.context)")
        }
    }

    private static func randomTokens(_ count: Int, for model: any LanguageModel) -> [Int32] {
        var random = RandomStream(seed: 1, "bench")
        return (0..<count).map { _ in Int32(random.nextWord() % UInt32(model.vocabulary)) }
    }

    /// What `tokenize` measures, in seconds.
    public struct TokenizeTimings: Sendable {
        /// Reading the tokenizer from its files.
        public var load: Timing
        /// Encoding the text.
        public var encode: Timing
        /// Decoding its tokens.
        public var decode: Timing
        /// The number of tokens of the text.
        public var tokens: Int
    }

    /// Reading the tokenizer at `path`, encoding `text` with it and decoding what comes of it.
    public static func tokenize(
        _ path: String, _ text: [UInt8], count: Int
    ) throws(MartletError) -> TokenizeTimings {
        var tokenizer = try Tokenizer.loading(path)
        let load = try time(count: count, warmup: 1) { () throws(MartletError) in
            tokenizer = try Tokenizer.loading(path)
        }
        var ids: [Tokenizer.ID] = []
        let encode = try time(count: count, warmup: 1) { () throws(MartletError) in
            ids = try text.withUnsafeBufferPointer { (bytes) throws(MartletError) in
                try tokenizer.encode(UnsafeRawBufferPointer(bytes))
            }
        }
        let decode = try time(count: count, warmup: 1) { () throws(MartletError) in
            _ = try tokenizer.decode(ids)
        }
        return TokenizeTimings(load: load, encode: encode, decode: decode, tokens: ids.count)
    }
}
