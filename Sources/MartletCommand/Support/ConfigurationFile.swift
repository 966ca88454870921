import ArgumentParser
import Martlet
import Yams

/// `--config run.yaml`: every flag of the verb can stand in one file, under its own name. Flags on
/// the command line win.
enum ConfigurationFile {
    /// One line of the file, as the flags it stands for.
    private struct Entry {
        let name: String
        /// What is said in messages: "run.yaml:3".
        let place: String
        let values: [String]
        let flags: [String]

        var unknown: MartletError {
            MartletError(.invalidValue, "unknown key '\(name)'", at: place)
        }
    }

    /// Replaces `--config FILE` by the flags the file holds, in front of the others.
    static func expand(_ arguments: [String]) throws -> [String] {
        guard
            let at = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") })
        else { return arguments }
        var rest = arguments
        let path: String
        if arguments[at] == "--config" {
            guard at + 1 < arguments.count else {
                throw ValidationError("--config: expected a file")
            }
            path = arguments[at + 1]
            rest.removeSubrange(at...at + 1)
        } else {
            path = String(arguments[at].dropFirst("--config=".count))
            rest.remove(at: at)
        }
        // The verb, and the verb within it, come first.
        let verb = Array(rest.prefix { !$0.hasPrefix("-") })
        rest.removeFirst(verb.count)
        let given = Set(rest.map { $0.prefix { $0 != "=" } })
        let entries = try entries(path).filter { !given.contains("--" + $0.name) }
        try check(entries, verb, rest)
        return verb + entries.flatMap(\.flags) + rest
    }

    private static func entries(_ path: String) throws -> [Entry] {
        let bytes = try Files.read(path, limit: 1 << 20)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MartletError(.malformed, "is not valid UTF-8", at: path)
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw MartletError(.malformed, "\(error)", at: path)
        }
        guard let mapping = root?.mapping else {
            guard let root, !isNull(root) else { return [] }
            throw MartletError(.malformed, "expected `flag: value` lines", at: path)
        }
        return try mapping.map { key, value in
            let place = path + (key.mark.map { ":\($0.line)" } ?? "")
            guard let name = key.scalar?.string else {
                throw MartletError(.malformed, "a key is not a word", at: place)
            }
            let entry = try entry(name, value, place)
            // One file cannot name another, or ask for help.
            let others = ["config", "help", "version", "generate-completion-script"]
            if others.contains(name) { throw entry.unknown }
            return entry
        }
    }

    private static func entry(_ name: String, _ value: Node, _ place: String) throws -> Entry {
        let nodes = value.sequence.map { Array($0) } ?? [value]
        let values = nodes.compactMap { $0.scalar?.string }
        guard values.count == nodes.count else {
            throw MartletError(
                .malformed, "'\(name)' is neither a value nor a list of values", at: place)
        }
        let flags: [String]
        if isNull(value) || isPlain(value, "false") {
            flags = []
        } else if isPlain(value, "true") {
            flags = ["--\(name)"]
        } else if values.count == 1 || values.contains(where: { $0.hasPrefix("-") && $0 != "-" }) {
            flags = values.map { "--\(name)=\($0)" }
        } else {
            // One flag with all values: refused where a single one is expected.
            flags = values.isEmpty ? [] : ["--\(name)"] + values
        }
        return Entry(name: name, place: place, values: values, flags: flags)
    }

    /// Whether a node is this word without quotes; quoted, it is a text like any other.
    private static func isPlain(_ node: Node, _ word: String) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else {
            return false
        }
        return scalar.string == word
    }

    private static func isNull(_ node: Node) -> Bool {
        ["", "null", "~"].contains { isPlain(node, $0) }
    }

    /// Refuses keys that are no flags of the verb and values that their flags do not take, by file,
    /// line and key. Whatever else is wrong is left to the parser of the whole.
    private static func check(_ entries: [Entry], _ verb: [String], _ rest: [String]) throws {
        func fault(_ flags: [String]) -> String? {
            do {
                _ = try Main.parseAsRoot(verb + flags + rest)
                return nil
            } catch {
                return Main.message(for: error)
            }
        }
        func flags(without index: Int) -> [String] {
            entries.indices.filter { $0 != index }.flatMap { entries[$0].flags }
        }
        // A key that is switched off must exist as well.
        for (index, entry) in entries.enumerated() where entry.flags.isEmpty {
            let found = fault(["--\(entry.name)"] + flags(without: index))
            if found?.hasPrefix("Unknown option '--\(entry.name)'") == true { throw entry.unknown }
        }
        guard let whole = fault(entries.flatMap(\.flags)) else { return }
        for (index, entry) in entries.enumerated() {
            // It is this key's if it speaks of it and goes away with it.
            let isMeant =
                whole.contains("'--\(entry.name)")
                || entry.values.contains { whole.contains("'\($0)'") }
            guard isMeant, fault(flags(without: index)) != whole else { continue }
            let line = String(whole.prefix { $0 != "\n" })
            guard !line.hasPrefix("Unknown option") else { throw entry.unknown }
            throw MartletError(.invalidValue, "'\(entry.name)': \(line)", at: entry.place)
        }
    }
}
