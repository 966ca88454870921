/// A family's published weight names, as data: how each house name is spelled in files, and how
/// the values lie there.
public struct WeightNames: Sendable {
    /// One line of the table. `#` stands for a number, the same on both sides, and a final `*` for
    /// the rest of the name.
    public struct Rule: Sendable {
        let house: String
        let published: String
        let isTransposed: Bool
        /// Whether the table's prefix comes before the name; heads stand beside what has it.
        let hasPrefix: Bool
        /// Full names under which the same values may be found instead, where weights are tied.
        let alternatives: [String]

        init(
            _ house: String, _ published: String, transposed: Bool = false, isHead: Bool = false,
            or alternatives: [String] = []
        ) {
            self.house = house
            self.published = published
            isTransposed = transposed
            hasPrefix = !isHead
            self.alternatives = alternatives
        }
    }

    /// What published names begin with in most files; files without it are read as well.
    let prefix: String
    let rules: [Rule]
    /// Patterns of tensors that files may have and that we do not need.
    let ignored: [String]
    /// Full names under which some files repeat the token embedding; where one differs, the model is not
    /// what its configuration says.
    static let repeatedEmbeddings = [
        "lm_head.weight", "transformer.lm_head.weight", "cls.predictions.decoder.weight",
        "lm_head.decoder.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
        "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight",
    ]
    /// Whether files are written without the prefix, as those of models without a head are.
    var isWrittenBare = false

    /// How a parameter may be called in files, with the prefix or without, the likeliest first, and
    /// whether it is stored transposed.
    func published(
        _ house: String, withPrefix: Bool = true
    ) -> (names: [String], isTransposed: Bool) {
        for rule in rules {
            if let parts = Self.match(house, rule.house) {
                let name = Self.fill(rule.published, parts)
                return (
                    [(withPrefix && rule.hasPrefix ? prefix : "") + name] + rule.alternatives,
                    rule.isTransposed
                )
            }
        }
        return ([house], false)
    }

    /// The published name with its prefix, or the house name where the table has none.
    public func fullName(_ house: String) -> String {
        published(house, withPrefix: !isWrittenBare).names[0]
    }

    /// Whether files hold this parameter transposed.
    public func isStoredTransposed(_ house: String) -> Bool { published(house).isTransposed }

    /// Whether a stored tensor may be left unread.
    package func isIgnored(_ stored: String) -> Bool {
        let bare =
            stored.utf8.starts(with: prefix.utf8) ? String(stored.dropFirst(prefix.count)) : stored
        return ignored.contains { Self.match(bare, $0) != nil }
    }

    /// The texts `#` and `*` stand for, or nil if the name does not fit.
    private static func match(_ name: String, _ pattern: String) -> [Substring]? {
        var parts: [Substring] = []
        var rest = name[...]
        for piece in pattern.split(separator: "#", omittingEmptySubsequences: false).enumerated() {
            if piece.offset > 0 {
                let digits = rest.prefix { $0.isASCII && $0.isNumber }
                guard !digits.isEmpty else { return nil }
                parts.append(digits)
                rest = rest.dropFirst(digits.count)
            }
            if piece.element.last == "*" {
                let literal = piece.element.dropLast()
                guard rest.hasPrefix(literal) else { return nil }
                parts.append(rest.dropFirst(literal.count))
                return parts
            }
            guard rest.hasPrefix(piece.element) else { return nil }
            rest = rest.dropFirst(piece.element.count)
        }
        return rest.isEmpty ? parts : nil
    }

    private static func fill(_ pattern: String, _ parts: [Substring]) -> String {
        var result = ""
        var next = 0
        for character in pattern {
            if character == "#" || character == "*" {
                result += parts[next]
                next += 1
            } else {
                result.append(character)
            }
        }
        return result
    }
}
