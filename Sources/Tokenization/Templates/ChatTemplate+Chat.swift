import ByteIO

extension ChatTemplate {
    /// The names under which a message may hold its reasoning; templates read the first.
    private static let reasoningNames = ["reasoning_content", "thinking", "reasoning"]

    /// The variables a chat template expects, as transformers passes them.
    ///
    /// Members of messages that are null are left out, and reasoning is given under every name a
    /// template may look for.
    ///
    /// - Parameters:
    ///   - messages: The chat, each message with `role` and mostly `content`.
    ///   - tools: JSON schemas of functions the model may call.
    ///   - documents: What the answer is to be based on, each with `title` and `text`.
    ///   - addGenerationPrompt: Whether the prompt ends where the assistant is to speak.
    ///   - specials: Special tokens by their names: `bos_token`, `eos_token`, …
    ///   - extra: Further variables, which count more than the special tokens.
    public static func variables(
        messages: [JSONObject], tools: [JSONValue]? = nil, documents: [JSONObject]? = nil,
        addGenerationPrompt: Bool = false, specials: JSONObject = [:], extra: JSONObject = [:]
    ) -> JSONObject {
        var variables = specials
        for (name, value) in extra { variables.append(name, value) }
        variables.append("messages", .array(messages.map { .object(prepared($0)) }))
        variables.append("tools", tools.map { .array($0) } ?? .null)
        variables.append("documents", documents.map { .array($0.map { .object($0) }) } ?? .null)
        variables.append("add_generation_prompt", .bool(addGenerationPrompt))
        return variables
    }

    private static func prepared(_ message: JSONObject) -> JSONObject {
        var present = JSONObject()
        for (name, value) in message where !value.isNull { present.append(name, value) }
        for name in reasoningNames {
            guard let reasoning = present[name] else { continue }
            var aliased: JSONObject = ["thinking": reasoning]
            for (name, value) in present { aliased.append(name, value) }
            aliased.append("reasoning_content", reasoning)
            return aliased
        }
        return present
    }

    /// Renders a chat whose last message the model is to go on with: the prompt ends where that
    /// message's `member` does, without what the template puts behind it.
    ///
    /// - Parameter variables: Those that `variables(messages:…)` makes,
    ///   without a generation prompt.
    /// - Throws: As ``render(_:now:)``; `.invalidValue` if there is nothing to continue, or the
    ///   template leaves it out.
    public func renderContinuingFinalMessage(
        _ variables: JSONObject, member: String = "content", now: Int? = nil
    ) throws(MartletError) -> String {
        guard variables["add_generation_prompt"]?.bool != true else {
            throw MartletError(
                .invalidValue, "a final message is continued without a generation prompt")
        }
        guard var messages = variables["messages"]?.array,
            var last = messages.popLast()?.object
        else { throw MartletError(.invalidValue, "there is no final message to continue") }
        guard let value = last[member], !value.isNull else {
            throw MartletError(.invalidValue, "the final message has no '\(member)' to continue")
        }
        let names =
            Self.reasoningNames.contains(member)
            ? Self.reasoningNames.filter { last[$0] == value } : [member]
        guard names.contains(where: mentions) else {
            throw MartletError(.invalidValue, "the template does not read '\(member)'")
        }
        let tag = "CONTINUE_FINAL_MESSAGE_TAG "
        let tagged = try Self.tagging(value, with: tag)
        for name in names { last[name] = tagged.value }
        messages.append(.object(last))
        var variables = variables
        variables["messages"] = .array(messages)
        let rendered = TemplateText(try render(variables, now: now).text)

        let shortTag = TemplateText(tag).stripped(left: false, right: true)
        let final = TemplateText(tagged.text).stripped(left: true, right: true)
        let places = TemplateText.lastOccurrences(
            of: shortTag.bytes, in: rendered.bytes, limit: 1)
        guard let place = places.first, rendered.contains(final) else {
            throw MartletError(
                .invalidValue, "the template leaves out the final message, or parts of it")
        }
        let prompt = TemplateText(rendered.bytes[..<place])
        let isSpaced = rendered.bytes[place...].starts(with: tag.utf8)
        // Where the template trims the message, what is before the tag is trimmed as well.
        return (isSpaced ? prompt : prompt.stripped(left: false, right: true)).string
    }

    /// `value` with `tag` at the end of its text, and that text without it.
    private static func tagging(
        _ value: JSONValue, with tag: String
    ) throws(MartletError) -> (value: JSONValue, text: String) {
        if let text = value.string { return (.string(text + tag), text) }
        guard var blocks = value.array,
            let position = blocks.lastIndex(where: { $0["text"]?.string != nil }),
            var block = blocks[position].object, let text = block["text"]?.string
        else {
            throw MartletError(.invalidValue, "the final message has no text to continue")
        }
        block["text"] = .string(text + tag)
        blocks[position] = .object(block)
        return (.array(blocks), text)
    }
}
