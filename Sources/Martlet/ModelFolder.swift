import ByteIO
import Decoding
import LanguageModels
import Neural
import Tensors
import Tokenization

/// A model with its tokenizer, loaded from a folder that Hugging Face's tools would load too.
///
/// ```swift
/// let folder = try ModelFolder("runs/stories", on: Device())
/// print(try folder.complete("Once upon a time", SamplingOptions(folder: folder.path)))
/// ```
public struct ModelFolder {
    /// Where it lies.
    public let path: String
    /// The model, ready to run.
    public let model: any PretrainedModel
    /// Its tokenizer; nil if the folder has none, and then only ids can be used.
    public let tokenizer: Tokenizer?
    /// Remarks about the files.
    public let notes: [String]

    /// Opens a folder. The tokenizer must fit the model's vocabulary.
    public init(
        _ path: String, for purpose: LanguageModels.Purpose = .inference, on device: Device
    ) throws(MartletError) {
        guard Files.isDirectory(path) else {
            throw MartletError(.notFound, "there is no such model folder", at: path)
        }
        self.path = path
        let loaded = try LanguageModels.load(path, for: purpose, on: device)
        model = loaded.model
        notes = loaded.notes
        tokenizer = try Self.tokenizer(path)
        if let tokenizer, tokenizer.vocabularySize > model.vocabulary {
            throw MartletError(
                .mismatched,
                "the tokenizer has ids up to \(tokenizer.vocabularySize - 1), the model's vocabulary is \(model.vocabulary)",
                at: path)
        }
    }

    /// The model as one that continues texts; others are refused.
    public func languageModel() throws(MartletError) -> any LanguageModel {
        guard let model = model as? any LanguageModel else {
            throw unsuitable("does not continue texts")
        }
        return model
    }

    /// The model as an encoder; others are refused.
    public func encoder() throws(MartletError) -> any EncoderModel {
        guard let model = model as? any EncoderModel else {
            throw unsuitable("is no encoder")
        }
        return model
    }

    /// The model as one that reads one sequence and writes another; others are refused.
    public func sequenceToSequence() throws(MartletError) -> any SequenceToSequenceModel {
        guard let model = model as? any SequenceToSequenceModel else {
            throw unsuitable("has one stack")
        }
        return model
    }

    /// The id of the token that hides a word, if the tokenizer has one.
    public var mask: Int32? {
        ["[MASK]", "<mask>", "<|mask|>"].lazy.compactMap { tokenizer?.id(ofSpecial: $0) }.first
    }

    private func unsuitable(_ what: String) -> MartletError {
        let type = model.configurationJSON["model_type"]?.string ?? "of this kind"
        let verbs: String
        switch model {
        case is any EncoderModel: verbs = "embed, fill, score and forward"
        case is any SequenceToSequenceModel: verbs = "generate, score and forward"
        default: verbs = "generate, score and forward"
        }
        return MartletError(
            .unsupported, "a model of type '\(type)' \(what); it can be used with \(verbs)",
            at: path)
    }

    /// The tokenizer of a folder; nil where there is none.
    public static func tokenizer(_ path: String) throws(MartletError) -> Tokenizer? {
        guard try Tokenizer.file(of: path) != nil else { return nil }
        return try Tokenizer.loading(path)
    }

    /// The ids of a text, with the tokens its tokenizer puts around one (LLaMA's first, BART's first and
    /// last). An empty text stands for the beginning of a document.
    public func ids(of text: String) throws(MartletError) -> [Int32] {
        guard let tokenizer else {
            throw MartletError(
                .notFound, "the model has no tokenizer; give --ids instead of text", at: path)
        }
        // Encoders read texts as wholes, between the tokens that mark their ends; masks and sentinels are
        // part of what they are asked.
        var ids: [Int32]
        switch model {
        case is any LanguageModel: ids = try tokenizer.encodeWhole(text)
        case is any SequenceToSequenceModel:
            ids = try tokenizer.encodeWhole(text, parseSpecial: true)
            if let end = model.endOfText, ids.last != Int32(end) { ids.append(Int32(end)) }
        default: ids = try tokenizer.encodeWhole(text, parseSpecial: true)
        }
        if ids.isEmpty, let end = tokenizer.endOfText { return [end] }
        return ids
    }

    /// Continues a text.
    public func complete(_ prompt: String, _ options: SamplingOptions) throws(MartletError)
        -> String
    {
        let generator = Generator(try languageModel(), tokenizer: tokenizer)
        return try generator.generate(prompt: ids(of: prompt), options: options).first?.text ?? ""
    }
}
