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
              martlet pretrain --data shakespeare.txt --output runs/shakespeare --minutes 10
              martlet generate --model runs/shakespeare --prompt "ROMEO:"
            """,
        version: "0.1.0",
        subcommands: [
            DemoVerb.self, TokenizerVerb.self, PretrainVerb.self, GenerateVerb.self, ScoreVerb.self,
            ForwardVerb.self, InfoVerb.self, BenchVerb.self,
        ])

    static func main() {
        Signals.install()
        do {
            let arguments = try ConfigurationFile.expand(Array(CommandLine.arguments.dropFirst()))
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch let stopped as Stopped {
            endProcess(stopped.status)
        } catch let error as MartletError {
            Output.say("error: \(error)")
            endProcess(1)
        } catch {
            // Help and version requests come as errors too; bad usage is 2.
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code == .success { Output.print(text) } else { Output.say(text) }
            endProcess(code == .success ? 0 : code == .validationFailure ? 2 : 1)
        }
    }
}

/// `exit` without the name ArgumentParser uses for something else.
private func endProcess(_ status: Int32) -> Never { exit(status) }
