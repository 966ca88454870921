import ByteIO
import Tensors
import Testing

/// One case of `Goldens/primitives.json`: an operation with inputs, output, an upstream gradient
/// and the gradients PyTorch computed in float64.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    struct Values: Sendable {
        let name: String
        let shape: Shape
        let dtype: String
        let values: [Double]
    }
    let operation: String
    let name: String
    let attributes: JSONObject
    let inputs: [Values]
    let output: Values
    let upstream: Values?
    /// In the order of the inputs; nil where none flows.
    let gradients: [Values?]
    var testDescription: String { name }

    static let all: [GoldenCase] = {
        do {
            let path = Files.join(Files.join(Files.parent(#filePath), "Goldens"), "primitives.json")
            let file = try JSONValue(parsing: try Files.read(path), place: path)
            return (file["cases"]?.array ?? []).map(GoldenCase.init)
        } catch {
            Issue.record(error)
            return []
        }
    }()

    private init(_ json: JSONValue) {
        func values(_ json: JSONValue?) -> Values? {
            guard let json, !json.isNull else { return nil }
            return Values(
                name: json["name"]?.string ?? "",
                shape: Shape((json["shape"]?.array ?? []).compactMap(\.int)),
                dtype: json["dtype"]?.string ?? "float64",
                values: (json["values"]?.array ?? []).compactMap {
                    $0.double ?? ($0.bool == true ? 1 : 0)
                })
        }
        operation = json["op"]?.string ?? ""
        name = json["name"]?.string ?? ""
        attributes = json["attributes"]?.object ?? [:]
        inputs = (json["inputs"]?.array ?? []).compactMap(values)
        output = values(json["output"]) ?? Values(name: "", shape: [], dtype: "", values: [])
        upstream = values(json["upstream"])
        gradients = (json["gradients"]?.array ?? []).map(values)
    }

    func int(_ key: String) -> Int { attributes[key]?.int ?? 0 }
    func double(_ key: String) -> Double { attributes[key]?.double ?? 0 }
    func flag(_ key: String) -> Bool { attributes[key]?.bool ?? false }
    func ints(_ key: String) -> [Int] { (attributes[key]?.array ?? []).compactMap(\.int) }

    /// The inputs as tensors: ids int32, masks bool, everything else `dtype`.
    func tensors(_ dtype: DType, on device: Device) -> [Tensor] {
        inputs.map { input in
            let tensor = Tensor(input.values, input.shape, on: device)
            switch input.dtype {
            case "int32", "int64": return tensor.cast(to: .int32)
            case "bool": return tensor.cast(to: .bool)
            default: return tensor.cast(to: dtype)
            }
        }
    }
}

/// Fails with the worst element when two lists differ by more than `absolute + relative * |b|`.
func expectClose(
    _ a: [Double], _ b: [Double], relative: Double, absolute: Double, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard a.count == b.count else {
        Issue.record(
            "\(what): \(a.count) values, expected \(b.count)", sourceLocation: sourceLocation)
        return
    }
    var worst = (index: -1, excess: 0.0)
    for (index, (x, y)) in zip(a, b).enumerated() {
        if x == y || (x.isNaN && y.isNaN) { continue }
        let excess = abs(x - y) / (absolute + relative * abs(y))
        if !(excess <= max(1, worst.excess)) { worst = (index, excess.isNaN ? .infinity : excess) }
    }
    if worst.index >= 0 {
        Issue.record(
            "\(what): element \(worst.index) is \(a[worst.index]), expected \(b[worst.index]) (\(worst.excess) times the tolerance)",
            sourceLocation: sourceLocation)
    }
}

/// The tiers this machine runs, or the one `MARTLET_TIER` names.
let testedTiers: [Tier] = {
    let forced = environmentVariable("MARTLET_TIER").flatMap(Tier.init(named:))
    return forced.map { [$0] } ?? Tier.allCases.filter(\.isSupported)
}()
