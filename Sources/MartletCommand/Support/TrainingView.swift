import Martlet

/// Shows a run while it trains: JSON lines for programs, a live line and samples for people.
final class TrainingView {
    private let json: Bool
    private let line = ProgressLine()
    private var lastValidation: Double?

    init(json: Bool) { self.json = json }

    func show(_ event: TrainingEvent) {
        switch event {
        case .step(let step, let total, let loss, let rate, let norm, let speed, let left):
            if json {
                Output.json([
                    "event": "step", "step": .count(step), "loss": .real(loss),
                    "learning_rate": .real(rate),
                    "grad_norm": .real(norm), "tokens_per_s": .real(speed.rounded()),
                ])
            }
            line.update(
                stepText(step, total, loss, speed, left), force: step == total && !Output.isTerminal
            )
        case .validation(let step, let loss, let bits, let accuracy, let isBest):
            lastValidation = loss
            line.finish()
            Output.say(
                "step \(step)  validation loss \(Text.fixed(loss, 4))"
                    + (bits.map { "  (\(Text.fixed($0, 3)) bits per byte)" } ?? "")
                    + (accuracy.map { "  (\(Text.fixed($0 * 100, 1)) % right)" } ?? "")
                    + (isBest ? "  best so far" : ""))
            if json {
                var line: JSONObject = [
                    "event": "validation", "step": .count(step), "val_loss": .real(loss),
                    "val_bits_per_byte": .real(bits),
                ]
                if let accuracy { line["val_accuracy"] = .real(accuracy) }
                Output.json(line)
            }
        case .sample(let step, let prompt, let text):
            line.finish()
            Output.say("  the model writes: " + oneLine(prompt + text))
            if json {
                Output.json([
                    "event": "sample", "step": .count(step), "prompt": .string(prompt),
                    "text": .string(text),
                ])
            }
        case .working(let what, let done, let total):
            line.update("\(what): \(done * 100 / max(total, 1)) %")
        case .checkpoint(let step):
            if json { Output.json(["event": "checkpoint", "step": .count(step)]) }
        case .note(let text):
            line.finish()
            Output.say("note: " + text)
            if json { Output.json(["event": "note", "text": .string(text)]) }
        }
    }

    private func stepText(
        _ step: Int, _ total: Int?, _ loss: Double, _ speed: Double, _ left: Double?
    ) -> String {
        var parts = [
            "step \(step)" + (total.map { "/\($0)" } ?? ""), "loss \(Text.fixed(loss, 3))",
        ]
        if let lastValidation { parts.append("validation \(Text.fixed(lastValidation, 3))") }
        parts.append("\(Text.short(speed.rounded())) tokens/s")
        parts.append(left.map { "\(Text.duration($0)) left" } ?? "timing the first steps")
        return parts.joined(separator: "  ")
    }

    private func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The `end` line, and where things are; throws the status of a run that was stopped.
    func end(_ summary: TrainingSummary, folder: String) throws {
        line.finish()
        if json {
            var line: JSONObject = [
                "event": "end", "train_loss": .real(summary.trainLoss),
                "val_loss": .real(summary.validationLoss),
                "val_bits_per_byte": .real(summary.bitsPerByte),
                "best_val_loss": .real(summary.bestValidationLoss),
                "token_count": .count(summary.tokens), "seconds": .real(summary.seconds),
                "tokens_per_s": .real(summary.tokensPerSecond.rounded()), "run": .string(folder),
            ]
            if let accuracy = summary.accuracy { line["val_accuracy"] = .real(accuracy) }
            Output.json(line)
        }
        if summary.wasStopped {
            Output.say("stopped and saved; go on with the same command and --resume")
            throw Stopped(status: Signals.exitStatus ?? 1)
        }
        guard summary.tokens > 0 else {
            Output.say("wrote an initialised model to \(folder)")
            return
        }
        Output.say(
            "done: validation loss \(Text.fixed(summary.validationLoss, 4))"
                + (summary.accuracy.map { ", \(Text.fixed($0 * 100, 1)) % right," } ?? "")
                + " over the whole split, \(Text.short(Double(summary.tokens))) tokens in "
                + "\(Text.duration(summary.seconds)) (\(Text.short(summary.tokensPerSecond.rounded())) tokens/s)"
        )
        Output.say("model:  \(folder)\nreport: \(folder)/training/report.html")
    }
}
