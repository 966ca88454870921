import ByteIO
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
    public static func declare(
        _ json: JSONObject, place: String, in store: ParameterStore
    ) throws(MartletError) -> any LanguageModel {
        let type = json["model_type"]?.string ?? "(none)"
        switch type {
        case "gpt2":
            return GPT(try GPTConfiguration(json: json, place: place), in: store)
        case "llama", "mistral", "qwen2", "qwen3":
            return Llama(try LlamaConfiguration(json: json, place: place), in: store)
        default:
            throw MartletError(
                .unsupported,
                "architecture '\(type)' is not supported; supported: gpt2, llama, mistral, qwen2, qwen3",
                at: "\(place): 'model_type'")
        }
    }

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

    /// Loads the model in `folder`, with remarks about tensors that were not used.
    public static func load(
        _ folder: String, for purpose: Purpose, on device: Device
    ) throws(MartletError) -> (model: any LanguageModel, notes: [String]) {
        let json = try configuration(of: folder)
        let store = ParameterStore(on: device)
        let model = try declare(json, place: Files.join(folder, "config.json"), in: store)
        let weights = try CheckpointWeights(folder: folder, names: model.names, for: store)
        switch purpose {
        case .inference: try store.fillForInference(from: weights)
        case .training: try store.fillForTraining(from: weights)
        }
        return (model, weights.notes)
    }
}
