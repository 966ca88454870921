import ArgumentParser
import Martlet

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command: parses, calls one library function, prints.
@main
struct Main: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "Build, train and run language models, in Swift.",
        discussion: """
            Begin with `martlet demo`: it makes a corpus, learns a vocabulary, trains a small model and \
            lets it write, in under five minutes.

            On your own text:
              martlet pretrain --data story.txt --output runs/story --minutes 10
              martlet generate --model runs/story --prompt "Once upon a time"
            """,
        version: "0.1.0",
        subcommands: [
            DemoVerb.self, TokenizerVerb.self, PretrainVerb.self, GenerateVerb.self, ScoreVerb.self,
            ForwardVerb.self, EmbedVerb.self, FillVerb.self, AttentionVerb.self, InfoVerb.self,
            BenchVerb.self,
        ])

    static func main() {
        Signals.install()
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            let arguments = try ConfigurationFile.expand(words)
            var command = try parseAsRoot(arguments)
            try command.run()
            try Output.check()
            // Too late to stop anything, and yet it was asked for.
            if let status = Signals.exitStatus { endProcess(status) }
        } catch let stopped as Stopped {
            endProcess(stopped.status)
        } catch let error as MartletError {
            if let status = Signals.exitStatus, error.code == .interrupted { endProcess(status) }
            Output.say("error: \(error)")
            endProcess(1)
        } catch let error as ValidationError {
            // Thrown while a verb ran; the parser's own come with the usage of their verb.
            Output.say("Error: \(error.message)\n  See 'martlet \(verb(words)) --help'.")
            endProcess(2)
        } catch {
            // Help and version requests come as errors too; bad usage is 2.
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            guard code == .success else {
                Output.say(text)
                endProcess(code == .validationFailure ? 2 : 1)
            }
            Output.print(text)
            do { try Output.check() } catch {
                Output.say("error: \(error)")
                endProcess(1)
            }
            endProcess(0)
        }
    }

    /// The verb of a command line, and the verb within it.
    private static func verb(_ words: [String]) -> String {
        let depth = words.first == "tokenizer" || words.first == "bench" ? 2 : 1
        return words.prefix(depth).prefix { !$0.hasPrefix("-") }.joined(separator: " ")
    }
}

/// `exit` without the name ArgumentParser uses for something else.
private func endProcess(_ status: Int32) -> Never { exit(status) }
