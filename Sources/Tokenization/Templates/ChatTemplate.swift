import ByteIO

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A chat template as Hugging Face's models have one: a Jinja template that makes the prompt.
///
/// It renders what `apply_chat_template` of transformers renders: Jinja's immutable sandbox with
/// `trim_blocks`, `lstrip_blocks`, `break` and `continue`, `{% generation %}`, the `tojson` of
/// transformers, `raise_exception` and `strftime_now`. Templates come with models, from anybody:
/// they can read nothing but the variables, and steps, depth and output are bounded.
///
/// ```swift
/// let template = try ChatTemplate(
///     "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
/// let variables = ChatTemplate.variables(messages: [["role": "user", "content": "Hi"]])
/// print(try template.render(variables).text)  // <user>Hi
/// ```
///
/// What differs from Python: integers have 64 bits; `strftime_now` tells the time in UTC. There is
/// no `include`, `import`, `extends`, `block` or `call`.
public struct ChatTemplate: Sendable {
    /// How much a template may ask for. What exceeds a limit is refused as `.unsupported`.
    public struct Limits: Sendable {
        /// Evaluations, items gone through, blocks of 64 bytes of text made, and the like.
        public var steps = 5_000_000
        /// How deep blocks, expressions, macro calls and values may nest, all together. At most
        /// ``deepest`` counts.
        public var depth = 200
        /// The length of the result and of every text on the way to it.
        public var outputBytes = 16 << 20

        /// The most that ``depth`` can be set to, which the stack of a thread bears.
        public static let deepest = 400

        /// The limits that suit every template that makes prompts.
        public init() {}
    }

    /// What a template makes.
    public struct Rendered: Sendable, Equatable {
        /// The prompt.
        public let text: String
        /// The bytes of the text, in UTF-8, that stand in `{% generation %}` blocks: what the
        /// model is to learn.
        public let generated: [Range<Int>]
    }

    /// The most bytes of a template: tokens and expressions take many times its memory.
    private static let longestSource = 1 << 20

    private let source: String
    private let program: TemplateProgram
    private var limits: Limits

    /// Parses a template.
    ///
    /// - Throws: `.malformed` with the line, or `.unsupported` for what is not known here.
    public init(_ source: String, limits: Limits = Limits()) throws(MartletError) {
        let longest = min(limits.outputBytes, Self.longestSource)
        guard source.utf8.count <= longest else {
            throw MartletError(
                .unsupported,
                "the template has \(source.utf8.count) bytes, the limit is \(longest)")
        }
        var parser = try TemplateParser(source)
        program = try parser.program()
        self.source = source
        self.limits = limits
        self.limits.depth = min(limits.depth, Limits.deepest)
    }

    /// Renders the template with `variables`.
    ///
    /// - Parameter now: What `strftime_now` tells, in seconds since 1970, UTC; the clock's time
    ///   if nil.
    /// - Throws: What the template raises, or what is wrong in it, with the line and the
    ///   expression; `.unsupported` where a limit is met.
    public func render(
        _ variables: JSONObject, now: Int? = nil
    ) throws(MartletError) -> Rendered {
        let interpreter = TemplateInterpreter(program, limits: limits, now: now ?? Int(time(nil)))
        let bytes = try interpreter.render(variables)
        let generated = interpreter.generated.compactMap { range in
            let clamped = range.clamped(to: 0..<bytes.count)
            return clamped.isEmpty && !range.isEmpty ? nil : clamped
        }
        return Rendered(text: String(decoding: bytes, as: UTF8.self), generated: generated)
    }

    /// Whether `text` stands in the template.
    func mentions(_ text: String) -> Bool {
        TemplateText(source).contains(TemplateText(text))
    }
}
