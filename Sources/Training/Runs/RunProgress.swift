import ByteIO

/// How far a run is: everything beside weights and moments that an exact resume needs. Random
/// streams are functions of the seed and these counters.
public struct RunProgress: Sendable, Equatable {
    /// Optimizer steps taken.
    public var step = 0
    /// Steps the run is meant to take; nil until a run given minutes has timed itself.
    public var totalSteps: Int?
    /// Windows drawn from the training data.
    public var windows: UInt64 = 0
    /// Training tokens read.
    public var tokens = 0
    /// Seconds of training so far, over all sessions.
    public var seconds = 0.0
    /// The lowest validation loss and its step.
    public var bestLoss: Double?
    /// The step of the lowest validation loss.
    public var bestStep: Int?
    /// What must be the same to go on: the seed and everything that shapes the arithmetic.
    public var identity: JSONObject = [:]
    /// The tier and build that took the last step.
    public var tier = ""

    /// A run that has not begun.
    public init() {}

    var json: JSONValue {
        func optional(_ value: Int?) -> JSONValue { value.map { .number(JSONNumber($0)) } ?? .null }
        return .object([
            "step": .number(JSONNumber(step)),
            "total_steps": optional(totalSteps),
            "windows": .number(JSONNumber(Int(clamping: windows))),
            "tokens": .number(JSONNumber(tokens)),
            "seconds": .number(JSONNumber(seconds)),
            "best_val_loss": bestLoss.map { .number(JSONNumber($0)) } ?? .null,
            "best_step": optional(bestStep),
            "tier": .string(tier),
            "identity": .object(identity),
        ])
    }

    init(json: JSONValue, place: String) throws(MartletError) {
        guard let step = json["step"]?.int, step >= 0, let windows = json["windows"]?.int,
            windows >= 0,
            let tokens = json["tokens"]?.int, let seconds = json["seconds"]?.double,
            let identity = json["identity"]?.object
        else { throw MartletError(.malformed, "not the state of a run", at: place) }
        self.step = step
        self.windows = UInt64(windows)
        self.tokens = tokens
        self.seconds = seconds
        self.identity = identity
        totalSteps = json["total_steps"]?.int
        bestLoss = json["best_val_loss"]?.double
        bestStep = json["best_step"]?.int
        tier = json["tier"]?.string ?? ""
    }
}
