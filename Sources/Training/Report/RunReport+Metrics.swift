import ByteIO

extension RunReport {
    /// Rebuilds the report from the lines of a run's `training/metrics.jsonl`.
    ///
    /// Read are the events `step` (`step loss learning_rate grad_norm tokens_per_s`), `validation`
    /// (`step val_loss val_bits_per_byte`), `sample` (`step prompt text`) and `end` (`train_loss
    /// val_loss val_bits_per_byte token_count seconds`); others are ignored. A run that was resumed
    /// may tell a step twice: the last line counts. A last line cut short is ignored; lines before it
    /// that are not JSON are left out too, and a note says how many. Nothing here fails.
    ///
    /// - Parameters:
    ///   - metrics: the bytes of the file.
    ///   - title: the run's name.
    ///   - configuration: names and values, shown in this order.
    public init(metrics: [UInt8], title: String, configuration: [(String, String)]) {
        var log = MetricsLog()
        metrics.withUnsafeBytes { log.read($0) }
        self.init(
            title: title, points: log.points, validations: log.validations, samples: log.samples,
            configuration: configuration)
        figures = Self.figures(points: points, validations: validations, end: log.end)
        if log.unreadable > 0 {
            let lines = log.unreadable == 1 ? "One line" : "\(log.unreadable) lines"
            notes.append("\(lines) of the metrics could not be read and is not part of this page.")
        }
        if log.end == nil, !points.isEmpty {
            notes.append("The run has not finished; the figures are the latest it measured.")
        }
    }

    /// The run in six numbers, as far as they are known.
    private static func figures(
        points: [Point], validations: [Validation], end: MetricsLog.End?
    ) -> [(label: String, value: String)] {
        let validation = validations.last
        let bytes = end?.bitsPerByte ?? (end == nil ? validation?.bitsPerByte : nil)
        let values: [(String, Double?, (Double) -> String)] = [
            ("training loss", end?.trainingLoss ?? points.last?.loss, loss),
            ("validation loss", end?.validationLoss ?? validation?.loss, loss),
            ("bits per byte", bytes, loss),
            ("tokens", end?.tokens, NumberText.compact),
            ("tokens per second", median(points.map(\.tokensPerSecond)), NumberText.compact),
            ("time", end?.seconds, NumberText.duration),
        ]
        return values.compactMap { label, value, text in value.map { (label, text($0)) } }
    }

    private static func loss(_ value: Double) -> String {
        value.magnitude < 1000 ? NumberText.fixed(value, decimals: 4) : NumberText.compact(value)
    }
}

/// What the lines of a metrics file add up to.
private struct MetricsLog {
    /// The closing line of a run.
    struct End {
        var trainingLoss: Double?
        var validationLoss: Double?
        var bitsPerByte: Double?
        var tokens: Double?
        var seconds: Double?
    }

    private var stepPoints: [Int: RunReport.Point] = [:]
    private var stepValidations: [Int: RunReport.Validation] = [:]
    /// Per step in the order told, one for each prompt.
    private var stepSamples: [Int: [RunReport.Sample]] = [:]
    private(set) var end: End?
    /// Lines before the last that are not JSON.
    private(set) var unreadable = 0

    var points: [RunReport.Point] { stepPoints.values.sorted { $0.step < $1.step } }
    var validations: [RunReport.Validation] {
        stepValidations.values.sorted { $0.step < $1.step }
    }
    var samples: [RunReport.Sample] {
        stepSamples.sorted { $0.key < $1.key }.flatMap(\.value)
    }

    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        var number = 0
        while start < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            let length = rest.firstIndex(of: 0x0A) ?? rest.count
            let line = UnsafeRawBufferPointer(rebasing: rest[..<length])
            start += length + 1
            number += 1
            guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
            do {
                add(try JSONValue(parsing: line, place: "metrics.jsonl:\(number)"))
            } catch {
                if start < bytes.count { unreadable += 1 }
            }
        }
    }

    private mutating func add(_ line: JSONValue) {
        switch line["event"]?.string {
        case "step": addPoint(line)
        case "validation": addValidation(line)
        case "sample": addSample(line)
        case "end":
            end = End(
                trainingLoss: line["train_loss"]?.double, validationLoss: line["val_loss"]?.double,
                bitsPerByte: line["val_bits_per_byte"]?.double,
                tokens: line["token_count"]?.double, seconds: line["seconds"]?.double)
        default: break
        }
    }

    private mutating func addPoint(_ line: JSONValue) {
        guard let step = line["step"]?.int else { return }
        stepPoints[step] = RunReport.Point(
            step: step, loss: line["loss"]?.double ?? .nan,
            learningRate: line["learning_rate"]?.double ?? .nan,
            gradientNorm: line["grad_norm"]?.double ?? .nan,
            tokensPerSecond: line["tokens_per_s"]?.double ?? .nan)
        end = nil  // The run went on after it had ended.
    }

    private mutating func addValidation(_ line: JSONValue) {
        guard let step = line["step"]?.int, let loss = line["val_loss"]?.double else { return }
        stepValidations[step] = RunReport.Validation(
            step: step, loss: loss, bitsPerByte: line["val_bits_per_byte"]?.double)
    }

    private mutating func addSample(_ line: JSONValue) {
        guard let step = line["step"]?.int, let text = line["text"]?.string else { return }
        let sample = RunReport.Sample(
            step: step, prompt: line["prompt"]?.string ?? "", text: text)
        // Bytes, because two prompts that differ only in how an accent is composed are two prompts.
        let isSame = { (other: RunReport.Sample) in
            other.prompt.utf8.elementsEqual(sample.prompt.utf8)
        }
        if let index = stepSamples[step]?.firstIndex(where: isSame) {
            stepSamples[step]?[index] = sample
        } else {
            stepSamples[step, default: []].append(sample)
        }
    }
}
