import ByteIO
import Neural
import Tensors

/// Checked reading of configuration values, with errors that name file and key.
struct ConfigurationFile {
    let json: JSONObject
    let place: String

    func error(_ key: String, _ message: String) -> MartletError {
        MartletError(.invalidValue, message, at: "\(place): '\(key)'")
    }

    func unsupported(_ key: String, _ value: String) -> MartletError {
        MartletError(.unsupported, "\(value) is not supported", at: "\(place): '\(key)'")
    }

    /// A missing key has the published class's default; null counts as missing.
    func positive(
        _ key: String, default fallback: Int, limit: Int = 1 << 32
    ) throws(MartletError) -> Int {
        let value = try optionalPositive(key) ?? fallback
        guard value <= limit else { throw error(key, "\(value) is more than \(limit)") }
        return value
    }

    func optionalPositive(_ key: String) throws(MartletError) -> Int? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let int = value.int, int > 0, int <= 1 << 32 else {
            throw error(key, "expected a positive whole number, found \(value.text())")
        }
        return int
    }

    func number(_ key: String, default fallback: Double) throws(MartletError) -> Double {
        guard let value = json[key], !value.isNull else { return fallback }
        guard let number = value.double, number.isFinite else {
            throw error(key, "expected a number, found \(value.text())")
        }
        return number
    }

    func fraction(_ key: String, default fallback: Double) throws(MartletError) -> Double {
        let value = try number(key, default: fallback)
        guard value >= 0, value < 1 else { throw error(key, "\(value) is not in [0, 1)") }
        return value
    }

    /// Names of activations in files, and ours.
    static let activations: [(file: String, ours: Activation)] = [
        ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("gelu", .gelu),
        ("relu", .relu), ("silu", .silu), ("swish", .silu),
    ]

    /// An activation by its published name.
    func activation(
        _ key: String, default fallback: String,
        among known: [(file: String, ours: Activation)] = activations
    ) throws(MartletError) -> Activation {
        let name = json[key]?.string ?? fallback
        guard let found = known.first(where: { $0.file == name }) else {
            throw unsupported(key, "'\(name)'")
        }
        return found.ours
    }

    /// A token's id; of several, the first. Nil where there is none.
    func token(_ key: String, vocabulary: Int) throws(MartletError) -> Int? {
        guard let id = json[key]?.int ?? json[key]?.array?.first?.int else { return nil }
        guard id >= 0, id < vocabulary else {
            throw error(key, "\(id) is outside the vocabulary of \(vocabulary)")
        }
        return id
    }

    /// The width of each of `heads` heads that share `width`.
    func headWidth(
        _ key: String, heads: Int, width: Int
    ) throws(MartletError) -> Int {
        guard width % heads == 0 else {
            throw error(key, "\(heads) heads do not divide a width of \(width)")
        }
        return width / heads
    }

    /// Refuses an option whose published value would change what is computed.
    func require(_ key: String, _ value: Bool, default fallback: Bool) throws(MartletError) {
        let given = json[key]?.bool ?? fallback
        guard given == value else { throw unsupported(key, "\(given)") }
    }
}

extension JSONObject {
    /// Sets a whole number.
    mutating func set(_ key: String, _ value: Int) { self[key] = .number(JSONNumber(value)) }
    /// Sets a number.
    mutating func set(_ key: String, _ value: Double) { self[key] = .number(JSONNumber(value)) }
    /// Sets a token's id, null for none; a list of several that begins with it stays.
    mutating func setToken(_ key: String, _ id: Int?) {
        if let list = self[key]?.array, list.first?.int == id { return }
        self[key] = id.map { .number(JSONNumber($0)) } ?? .null
    }
    /// Says that the weights beside it are float32, in the spelling it came with.
    mutating func setSavedType() {
        self[self["torch_dtype"] == nil ? "dtype" : "torch_dtype"] = "float32"
    }
}
