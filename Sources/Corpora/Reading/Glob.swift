import ByteIO

/// Finds the files a pattern of paths names: ``Wildcard`` in each part of the path, and `**` for
/// any number of folders, none included.
///
/// Hidden files and folders, whose names begin with a dot, are found only where the pattern writes
/// the dot. Links are followed, but `**` enters no folder twice.
struct Glob {
    private enum Part {
        case name(String)
        case wildcard(Wildcard)
        case folders
    }

    private let pattern: String

    init(_ pattern: String) { self.pattern = pattern }

    /// The files that match, ordered by the bytes of their paths, each once.
    ///
    /// - Throws: `.notFound` if there is none; `.inputOutput` if a folder cannot be listed.
    func files() throws(MartletError) -> [String] {
        let parts = pattern.utf8.split(separator: UInt8(ascii: "/")).map { bytes -> Part in
            let text = String(decoding: bytes, as: UTF8.self)
            if text.utf8.elementsEqual("**".utf8) { return .folders }
            return Wildcard.isPattern(text) ? .wildcard(Wildcard(text)) : .name(text)
        }
        var found: [String] = []
        let isAbsolute = pattern.utf8.first == UInt8(ascii: "/")
        try collect(parts[...], under: isAbsolute ? "/" : "", into: &found)
        found = FolderWalk.ordered(found)
        guard !found.isEmpty else {
            throw MartletError(.notFound, "no file fits this pattern", at: pattern)
        }
        return found
    }

    private func collect(
        _ parts: ArraySlice<Part>, under folder: String, into found: inout [String]
    ) throws(MartletError) {
        guard let part = parts.first else { return }
        let rest = parts.dropFirst()
        switch part {
        case .name(let name):
            try take(Self.join(folder, name), rest, into: &found)
        case .wildcard(let wildcard):
            for name in try Self.names(in: folder) where wildcard.matches(name) {
                try take(Self.join(folder, name), rest, into: &found)
            }
        case .folders:
            var entered: Set<FileKind.FolderIdentity> = []
            var waiting = [folder]
            while let current = waiting.popLast() {
                let path = current.isEmpty ? "." : current
                guard case .folder(let identity)? = Self.kind(of: path),
                    entered.insert(identity).inserted
                else { continue }
                // A pattern that ends with `**` means every file there.
                let below = rest.isEmpty ? [.wildcard(Wildcard("*"))] : rest
                try collect(below, under: current, into: &found)
                for name in try Self.names(in: current) where !Self.isHidden(name) {
                    waiting.append(Self.join(current, name))
                }
            }
        }
    }

    /// Adds `path` if it is a file and nothing follows, or goes on in it if it is a folder.
    private func take(
        _ path: String, _ rest: ArraySlice<Part>, into found: inout [String]
    ) throws(MartletError) {
        switch Self.kind(of: path) {
        case .regular? where rest.isEmpty: found.append(path)
        case .folder?: try collect(rest, under: path, into: &found)
        default: break
        }
    }

    private static func isHidden(_ name: String) -> Bool { name.utf8.first == UInt8(ascii: ".") }

    /// What stands at `path`; nil for what is not there (a dangling link) or cannot be seen.
    private static func kind(of path: String) -> FileKind? {
        do throws(MartletError) { return try FileKind(of: path) } catch { return nil }
    }

    private static func names(in folder: String) throws(MartletError) -> [String] {
        let path = folder.isEmpty ? "." : folder
        guard case .folder? = kind(of: path) else { return [] }
        return try Files.list(path)
    }

    private static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : Files.join(folder, name)
    }
}

/// Lists what lies under a folder.
enum FolderWalk {
    /// The `.txt`, `.md` and `.jsonl` files under `folder` (in any case of letters), ordered by the
    /// bytes of their paths. What is hidden is left out; links are followed, no folder twice.
    ///
    /// - Throws: `.invalidValue` if there is none; `.inputOutput` if a folder cannot be listed.
    static func texts(under folder: String) throws(MartletError) -> [String] {
        var entered: Set<FileKind.FolderIdentity> = []
        var found: [String] = []
        var waiting = [folder]
        while let current = waiting.popLast() {
            if case .folder(let identity) = try FileKind(of: current) {
                guard entered.insert(identity).inserted else { continue }
            }
            for name in try Files.list(current) where name.utf8.first != UInt8(ascii: ".") {
                let path = Files.join(current, name)
                let kind: FileKind
                do throws(MartletError) {
                    kind = try FileKind(of: path)
                } catch {
                    // A link that leads nowhere is passed over.
                    if error.code == .notFound { continue }
                    throw error
                }
                switch kind {
                case .regular:
                    if [".txt", ".md", ".jsonl"].contains(where: { hasSuffix($0, path) }) {
                        found.append(path)
                    }
                case .folder: waiting.append(path)
                case .stream: break
                }
            }
        }
        guard !found.isEmpty else {
            throw MartletError(
                .invalidValue, "has no .txt, .md or .jsonl file in it", at: folder)
        }
        return ordered(found)
    }

    /// `paths` ordered by their bytes, each once.
    static func ordered(_ paths: [String]) -> [String] {
        let sorted = paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var result: [String] = []
        for path in sorted {
            if let last = result.last, last.utf8.elementsEqual(path.utf8) { continue }
            result.append(path)
        }
        return result
    }

    /// Whether `path` ends with `suffix`, ASCII in small letters, whatever the case in `path`.
    static func hasSuffix(_ suffix: String, _ path: String) -> Bool {
        let end = path.utf8.suffix(suffix.utf8.count)
        return end.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }.elementsEqual(suffix.utf8)
    }
}
