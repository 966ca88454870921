import ByteIO

/// How the next token is chosen from the model's distribution.
public struct SamplingOptions: Sendable, Equatable {
    /// Divides the logits; 0 takes the likeliest token.
    public var temperature = 1.0
    /// Keep the k likeliest tokens; 0 keeps all.
    public var topK = 0
    /// Keep the smallest set of likeliest tokens whose probability reaches p (Holtzman et al. 2020).
    public var topP = 1.0
    /// Keep tokens at least this fraction as likely as the likeliest (Nguyen et al. 2024).
    public var minP = 0.0
    /// Divides (positive) or multiplies (negative) the logits of tokens already there (Keskar et al.
    /// 2019).
    public var repetitionPenalty = 1.0
    /// Seed of the random stream; sample k of a request uses a stream of its own.
    public var seed: UInt64 = 0
    /// New tokens at most.
    public var maximumTokens = 128
    /// Texts that end the continuation; they are not part of it.
    public var stopStrings: [String] = []
    /// Tokens that end the continuation.
    public var stopTokens: Set<Int32> = []

    /// Beginnings that are followed side by side; 1 for no beam search.
    public var beams = 1
    /// Texts of beams are compared by log-probability over length to the power of this.
    public var lengthPenalty = 1.0
    /// Whether beam search ends when as many texts as beams are finished, whatever may come.
    public var stopsEarly = false

    /// Plain sampling from the model's distribution.
    public init() {}

    /// The likeliest token at every step.
    public var isGreedy: Bool { temperature == 0 }

    /// The defaults a model folder recommends in `generation_config.json`; greedy if it has none, or
    /// does not say that it wants sampling.
    public init(folder: String) throws(MartletError) {
        temperature = 0
        let path = Files.join(folder, "generation_config.json")
        guard Files.exists(path) else { return }
        let file = try JSONValue(
            parsing: try Files.read(path, limit: 1 << 20), place: path, duplicateKeys: .lastWins)
        guard file.object != nil else {
            throw MartletError(.malformed, "expected an object", at: path)
        }
        func number(_ key: String, _ fallback: Double) throws(MartletError) -> Double {
            guard let value = file[key], !value.isNull else { return fallback }
            guard let number = value.double, number.isFinite else {
                throw MartletError(
                    .invalidValue, "expected a number, found \(value.text())",
                    at: "\(path): '\(key)'")
            }
            return number
        }
        if file["do_sample"]?.bool == true {
            temperature = try number("temperature", 1)
            // The published default of a missing top_k is 50.
            topK = Int(clamping: Int64(try number("top_k", 50)))
            topP = try number("top_p", 1)
            minP = try number("min_p", 0)
        }
        repetitionPenalty = try number("repetition_penalty", 1)
        beams = Int(clamping: Int64(try number("num_beams", 1)))
        lengthPenalty = try number("length_penalty", 1)
        stopsEarly = file["early_stopping"]?.bool ?? false
        if let most = file["max_new_tokens"]?.int { maximumTokens = most }
        let ends = file["eos_token_id"]?.array ?? [file["eos_token_id"] ?? .null]
        stopTokens = Set(ends.compactMap { $0.int.flatMap { Int32(exactly: $0) } })
        do { try validate() } catch { throw error.at(path) }
    }

    /// Refuses values outside their ranges, by name.
    public func validate() throws(MartletError) {
        func require(_ holds: Bool, _ message: String) throws(MartletError) {
            if !holds { throw MartletError(.invalidValue, message) }
        }
        try require(
            temperature >= 0 && temperature.isFinite, "temperature \(temperature) is not 0 or more")
        try require(topK >= 0, "top-k \(topK) is negative")
        try require(topP > 0 && topP <= 1, "top-p \(topP) is not in (0, 1]")
        try require(minP >= 0 && minP <= 1, "min-p \(minP) is not in [0, 1]")
        try require(
            repetitionPenalty > 0 && repetitionPenalty.isFinite,
            "repetition penalty \(repetitionPenalty) is not above 0")
        try require(beams > 0 && beams <= 256, "\(beams) beams are not between 1 and 256")
        try require(lengthPenalty.isFinite, "length penalty \(lengthPenalty)")
        try require(
            beams == 1 || (isGreedy && stopStrings.isEmpty),
            "\(beams) beams follow the likeliest texts: they take neither a temperature nor stop strings"
        )
        try require(maximumTokens >= 0, "\(maximumTokens) new tokens")
        try require(!stopStrings.contains { $0.isEmpty }, "an empty stop string would stop at once")
    }
}
