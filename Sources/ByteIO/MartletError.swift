/// What went wrong at a trust boundary: a file, a configuration, tokenizer data, a prompt, a flag.
///
/// It is the one error type Martlet throws there. Misuse of the API by code is not an error but a
/// precondition; a file never traps.
///
/// ```swift
/// throw MartletError(.mismatched, "has shape [2], the config asks for [3]", at: "tensor 'w'")
/// // … and further out, where the file is known:
/// throw error.at("model.safetensors")
/// // model.safetensors: tensor 'w': has shape [2], the config asks for [3]
/// ```
public struct MartletError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for code that decides on it.
    public var code: Code
    /// What is wrong, for people, without the place.
    public var message: String
    /// Where it is wrong, from outside in: "model.safetensors: tensor 'wte.weight'".
    public var place: String?
    /// The error that led to this one.
    public var cause: (any Error)?

    /// Makes an error of `code`; `message` says what is wrong and `place` where.
    public init(
        _ code: Code, _ message: String, at place: String? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.place = place
        self.cause = cause
    }

    /// The same error seen from further out: `outer` goes before the place it has.
    public func at(_ outer: String) -> MartletError {
        var error = self
        error.place = place.map { "\(outer): \($0)" } ?? outer
        return error
    }

    /// One line for people: "place: message (cause)", without the parts that are missing.
    public var description: String {
        let prefix = place.map { "\($0): " } ?? ""
        let suffix = cause.map { " (\($0))" } ?? ""
        return prefix + message + suffix
    }
}

extension MartletError {
    /// The kinds of failure. A structure over a private enumeration, so that it can grow without
    /// breaking anybody's `switch`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case notFound, malformed, truncated, mismatched, unsupported, invalidValue
            case alreadyExists, inputOutput, diskFull, corrupted, nonFinite, locked, interrupted
        }

        private let name: Name

        private init(_ name: Name) { self.name = name }

        /// A file, folder, tensor or name that should be there is not.
        public static let notFound = Code(.notFound)
        /// The bytes do not follow the format they claim.
        public static let malformed = Code(.malformed)
        /// The bytes end before what they announce.
        public static let truncated = Code(.truncated)
        /// Two things that must agree (shapes, sizes, configurations) do not.
        public static let mismatched = Code(.mismatched)
        /// Well-formed, and beyond what this version handles or a limit allows.
        public static let unsupported = Code(.unsupported)
        /// A value outside its range.
        public static let invalidValue = Code(.invalidValue)
        /// Something is there already and would be overwritten.
        public static let alreadyExists = Code(.alreadyExists)
        /// The operating system refused to read or write.
        public static let inputOutput = Code(.inputOutput)
        /// No space left, or a quota or file-size limit was met.
        public static let diskFull = Code(.diskFull)
        /// A checksum or manifest disagrees with the bytes.
        public static let corrupted = Code(.corrupted)
        /// A number that must be finite is not.
        public static let nonFinite = Code(.nonFinite)
        /// Somebody else holds the lock.
        public static let locked = Code(.locked)
        /// The user or the system asked to stop.
        public static let interrupted = Code(.interrupted)

        /// The name of the code: "notFound".
        public var description: String { name.rawValue }
    }
}
