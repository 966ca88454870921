import ByteIO
import Checkpoints
import Neural
import Tensors

/// Opening a Hugging Face model folder: the family is the one `config.json` names.
public enum LanguageModels {
    /// What the weights will be used for.
    public enum Purpose: Sendable {
        /// Tensors of the file where possible, without a copy; they never change.
        case inference
        /// A float32 copy in one arena, which an optimizer may rewrite.
        case training
    }

    /// Declares the model that a `config.json` describes, in an empty store.
    ///
    /// - Parameter hasTensor: whether the files have a tensor, for what configurations leave open
    public static func declare(
        _ json: JSONObject, place: String, in store: ParameterStore,
        hasTensor: (_ name: String) -> Bool = { _ in false }
    ) throws(MartletError) -> any PretrainedModel {
        let type = json["model_type"]?.string ?? "(none)"
        switch type {
        case "gpt2", "openai-gpt":
            return GPT(try GPTConfiguration(json: json, place: place), in: store)
        case "llama", "mistral", "qwen2", "qwen3":
            return Llama(try LlamaConfiguration(json: json, place: place), in: store)
        case "bloom":
            return BLOOM(try BLOOMConfiguration(json: json, place: place), in: store)
        case "gptj", "cohere":
            return Parallel(try ParallelConfiguration(json: json, place: place), in: store)
        case "bert", "roberta":
            return BERT(try BERTConfiguration(json: json, place: place), in: store)
        case "t5":
            let isTied = !hasTensor("lm_head.weight")
            return T5(
                try T5Configuration(json: json, place: place, isTied: isTied), in: store)
        case "bart", "marian":
            return BART(try BARTConfiguration(json: json, place: place), in: store)
        default:
            throw MartletError(
                .unsupported,
                "architecture '\(type)' is not supported; supported: \(supported.joined(separator: ", "))",
                at: "\(place): 'model_type'")
        }
    }

    /// Every `model_type` that ``declare(_:place:in:)`` takes.
    public static let supported =
        ["openai-gpt", "gpt2", "gptj", "llama", "mistral", "qwen2", "qwen3", "bloom", "cohere"]
        + ["bert", "roberta", "t5", "bart", "marian"]

    /// The parsed `config.json` of a folder.
    public static func configuration(of folder: String) throws(MartletError) -> JSONObject {
        let path = Files.join(folder, "config.json")
        let value = try JSONValue(
            parsing: try Files.read(path, limit: 16 << 20), place: path, duplicateKeys: .lastWins)
        guard let object = value.object else {
            throw MartletError(.malformed, "expected an object", at: path)
        }
        return object
    }

    /// Declares the model in `folder` in an empty store, and opens its weights, which must fit; nothing
    /// is filled yet.
    public static func open(
        _ folder: String, in store: ParameterStore
    ) throws(MartletError) -> (model: any PretrainedModel, weights: CheckpointWeights) {
        let json = try configuration(of: folder)
        let files = try CheckpointFiles(folder: folder)
        let model = try declare(
            json, place: Files.join(folder, "config.json"), in: store,
            hasTensor: { files.tensor($0) != nil })
        return (model, try CheckpointWeights(files, names: model.names, for: store))
    }

    /// Loads the model in `folder`, with remarks about tensors that were not used.
    public static func load(
        _ folder: String, for purpose: Purpose, on device: Device
    ) throws(MartletError) -> (model: any PretrainedModel, notes: [String]) {
        let store = ParameterStore(on: device)
        let (model, weights) = try open(folder, in: store)
        switch purpose {
        case .inference: try store.fillForInference(from: weights)
        case .training: try store.fillForTraining(from: weights)
        }
        return (model, weights.notes)
    }
}
