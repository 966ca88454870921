/// The story of a training run on one page: figures, curves, samples, configuration.
///
/// `html()` is complete in itself: styles, pictures and the few lines of script are inline, nothing
/// is fetched, and it reads well in light and dark, wide and narrow, with and without the script.
///
/// ```swift
/// let metrics = try Files.read("runs/tiny/training/metrics.jsonl")
/// let report = RunReport(metrics: metrics, title: "tiny", configuration: [("width", "384")])
/// try Files.write(report.html(), to: "runs/tiny/training/report.html")
/// ```
public struct RunReport: Sendable {
    /// What one optimizer step measured. A value that is not finite is left out of the curves.
    public struct Point: Sendable {
        /// The number of optimizer steps done.
        public var step: Int
        /// The mean training loss of the step, in nats a token.
        public var loss: Double
        /// The learning rate the step was taken with.
        public var learningRate: Double
        /// The norm of the whole gradient, before clipping.
        public var gradientNorm: Double
        /// Training tokens a second.
        public var tokensPerSecond: Double

        /// The measurements of one step.
        public init(
            step: Int, loss: Double, learningRate: Double, gradientNorm: Double,
            tokensPerSecond: Double
        ) {
            self.step = step
            self.loss = loss
            self.learningRate = learningRate
            self.gradientNorm = gradientNorm
            self.tokensPerSecond = tokensPerSecond
        }
    }

    /// One evaluation on text the model is not trained on.
    public struct Validation: Sendable {
        /// The number of optimizer steps done.
        public var step: Int
        /// The mean loss, in nats a token.
        public var loss: Double
        /// The same in bits a byte of text, which compares across tokenizers; nil if not known.
        public var bitsPerByte: Double?

        /// One evaluation.
        public init(step: Int, loss: Double, bitsPerByte: Double? = nil) {
            self.step = step
            self.loss = loss
            self.bitsPerByte = bitsPerByte
        }
    }

    /// What the model wrote at some step.
    public struct Sample: Sendable {
        /// The number of optimizer steps done.
        public var step: Int
        /// What the model was given.
        public var prompt: String
        /// How it went on; the prompt is not repeated here.
        public var text: String

        /// One sample.
        public init(step: Int, prompt: String, text: String) {
            self.step = step
            self.prompt = prompt
            self.text = text
        }
    }

    /// The run's name, as the page's heading.
    public var title: String
    /// Training steps, by rising step.
    public var points: [Point]
    /// Evaluations, by rising step.
    public var validations: [Validation]
    /// Samples, by rising step.
    public var samples: [Sample]
    /// Names and values, shown in this order.
    public var configuration: [(String, String)]
    /// The big numbers at the top, in this order.
    public var figures: [(label: String, value: String)]
    /// Plain sentences that a reader should see before the curves.
    public var notes: [String]

    /// A report of the given parts; those left out do not appear.
    public init(
        title: String, points: [Point] = [], validations: [Validation] = [],
        samples: [Sample] = [], configuration: [(String, String)] = [],
        figures: [(label: String, value: String)] = [], notes: [String] = []
    ) {
        self.title = title
        self.points = points
        self.validations = validations
        self.samples = samples
        self.configuration = configuration
        self.figures = figures
        self.notes = notes
    }

    /// The evaluation with the lowest loss, the first of equals.
    var bestValidation: Validation? {
        validations.filter(\.loss.isFinite).min { $0.loss < $1.loss }
    }
}
