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

    /// Whether the probabilities of beams add up to 1 again once tokens are ruled out (Marian's want it).
    public var renormalizes = false

    /// Tokens that are never chosen.
    public var suppressedTokens: Set<Int32> = []
    /// What the model's folder recommends and is not done, by key.
    public var notes: [String] = []

    /// Plain sampling from the model's distribution.
    public init() {}

    /// The likeliest token at every step.
    public var isGreedy: Bool { temperature == 0 }

    /// The defaults a model folder recommends in `generation_config.json`, or in `config.json` where old
    /// folders keep them; greedy if it has none, or does not say that it wants sampling. What is
    /// recommended and not done is in ``notes``.
    public init(folder: String) throws(MartletError) {
        temperature = 0
        let own = Files.join(folder, "generation_config.json")
        let path = Files.exists(own) ? own : Files.join(folder, "config.json")
        guard Files.exists(path) else { return }
        let file = try JSONValue(
            parsing: try Files.read(path, limit: 16 << 20), place: path, duplicateKeys: .lastWins)
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
        func whole(_ key: String, _ fallback: Int) throws(MartletError) -> Int {
            guard let result = Int(exactly: try number(key, Double(fallback))) else {
                throw MartletError(
                    .invalidValue, "expected a whole number", at: "\(path): '\(key)'")
            }
            return result
        }
        if file["do_sample"]?.bool == true {
            temperature = try number("temperature", 1)
            // The published default of a missing top_k is 50.
            topK = try whole("top_k", 50)
            topP = try number("top_p", 1)
            minP = try number("min_p", 0)
        }
        repetitionPenalty = try number("repetition_penalty", 1)
        beams = try whole("num_beams", 1)
        lengthPenalty = try number("length_penalty", 1)
        stopsEarly = file["early_stopping"]?.bool ?? false
        renormalizes = file["renormalize_logits"]?.bool ?? false
        if let most = file["max_new_tokens"]?.int { maximumTokens = most }
        let ends = file["eos_token_id"]?.array ?? [file["eos_token_id"] ?? .null]
        stopTokens = Set(ends.compactMap { $0.int.flatMap { Int32(exactly: $0) } })
        for word in file["bad_words_ids"]?.array ?? [] {
            // Words of several tokens would need to be looked back for.
            if let ids = word.array, ids.count == 1,
                let id = ids[0].int.flatMap({ Int32(exactly: $0) })
            {
                suppressedTokens.insert(id)
            } else {
                notes.append("bad_words_ids of several tokens")
            }
        }
        suppressedTokens.formUnion(
            (file["suppress_tokens"]?.array ?? []).compactMap {
                $0.int.flatMap { Int32(exactly: $0) }
            })
        // Of these, the value beside them changes nothing; null never does.
        let undone: [(key: String, neutral: Double?)] = [
            ("no_repeat_ngram_size", 0), ("min_length", 0), ("min_new_tokens", 0),
            ("num_beam_groups", 1), ("forced_bos_token_id", nil), ("forced_eos_token_id", nil),
            ("begin_suppress_tokens", nil), ("max_length", 20), ("typical_p", 1),
            ("epsilon_cutoff", 0), ("eta_cutoff", 0), ("encoder_no_repeat_ngram_size", 0),
            ("encoder_repetition_penalty", 1), ("exponential_decay_length_penalty", nil),
            ("sequence_bias", nil), ("guidance_scale", 1), ("stop_strings", nil),
        ]
        for (key, neutral) in undone {
            guard let value = file[key], !value.isNull, neutral == nil || value.double != neutral
            else { continue }
            notes.append(key)
        }
        if file["early_stopping"]?.string != nil { notes.append("early_stopping") }
        if beams > 1, !isGreedy {
            beams = 1
            notes.append("num_beams with do_sample")
        }
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
