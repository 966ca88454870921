import ArgumentParser
import Martlet
import Yams

/// `--config run.yaml`: every flag of the verb can stand in one file, under its own name. Flags on
/// the command line win.
enum ConfigurationFile {
    /// Replaces `--config FILE` by the flags the file holds, in front of the others.
    static func expand(_ arguments: [String]) throws -> [String] {
        guard let at = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") })
        else { return arguments }
        var rest = arguments
        let path: String
        if arguments[at] == "--config" {
            guard at + 1 < arguments.count else { throw ValidationError("--config: expected a file") }
            path = arguments[at + 1]
            rest.removeSubrange(at...at + 1)
        } else {
            path = String(arguments[at].dropFirst("--config=".count))
            rest.remove(at: at)
        }
        // The verb, and the verb within it, come first.
        let verbs = rest.prefix { !$0.hasPrefix("-") }.count
        let flags = try flags(path, verb: Array(rest.prefix(verbs)))
        return Array(rest.prefix(verbs)) + flags + Array(rest.dropFirst(verbs))
    }

    private static func flags(_ path: String, verb: [String]) throws -> [String] {
        let text = String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw MartletError(.malformed, "\(error)", at: path)
        }
        guard let mapping = root?.mapping else {
            if root == nil { return [] }
            throw MartletError(.malformed, "expected `flag: value` lines", at: path)
        }
        var result: [String] = []
        var seen: Set<String> = []
        for (key, value) in mapping {
            let line = key.mark.map { ":\($0.line)" } ?? ""
            guard let name = key.scalar?.string else {
                throw MartletError(.malformed, "a key is not a word", at: path + line)
            }
            guard seen.insert(name).inserted else {
                throw MartletError(.malformed, "'\(name)' stands twice", at: path + line)
            }
            let values = value.sequence.map { Array($0) } ?? [value]
            let words = values.compactMap { $0.scalar?.string }
            guard words.count == values.count else {
                throw MartletError(.malformed, "'\(name)' is neither a value nor a list of values", at: path + line)
            }
            let flags: [String]
            switch words.count == 1 ? words[0] : "" {
            case "true": flags = ["--\(name)"]
            case "false", "null", "~": flags = []
            default: flags = words.flatMap { ["--\(name)", $0] }
            }
            try check(name, flags.isEmpty ? ["--\(name)"] : flags, verb, place: path + line)
            result += flags
        }
        return result
    }

    /// Refuses a key that is no flag of the verb.
    private static func check(_ name: String, _ flags: [String], _ verb: [String], place: String) throws {
        do {
            _ = try Main.parseAsRoot(verb + flags)
        } catch {
            let message = Main.message(for: error)
            guard message.contains("Unknown option") || message.contains("Unexpected argument") else { return }
            throw MartletError(.invalidValue, "unknown key '\(name)'", at: place)
        }
    }
}
