import ByteIO
import LanguageModels
import Neural
import Tensors

/// What a masked model (BERT, RoBERTa) expects behind its masks.
public struct MaskedWords {
    private let model: any EncoderModel
    private let mask: Int32

    /// Rows that go through the model at once.
    private static let batchPositions = 4096

    /// - Parameter mask: the id of the mask
    /// - Throws: `.unsupported` for a model without a head for words
    public init(_ model: any EncoderModel, mask: Int32) throws(MartletError) {
        let architecture = model.configurationJSON["architectures"]?.array?.first?.string ?? ""
        guard ["MaskedLM", "PreTraining"].contains(where: { architecture.hasSuffix($0) }) else {
            throw MartletError(
                .unsupported, "'\(architecture)' has no head that gives words for masks")
        }
        guard mask >= 0, Int(mask) < model.vocabulary else {
            throw MartletError(
                .invalidValue,
                "the mask's id \(mask) is outside the vocabulary of \(model.vocabulary)")
        }
        self.model = model
        self.mask = mask
    }

    private func check(_ ids: [Int32]) throws(MartletError) {
        guard !ids.isEmpty, ids.count <= model.context else {
            throw MartletError(
                .invalidValue, "\(ids.count) tokens, the model reads 1 to \(model.context)")
        }
        if let bad = ids.first(where: { $0 < 0 || Int($0) >= model.vocabulary }) {
            throw MartletError(
                .invalidValue, "token id \(bad) is outside the vocabulary of \(model.vocabulary)")
        }
    }

    /// The logits of chosen places of rows of one length.
    private func logits(_ rows: [[Int32]], at places: [(row: Int, position: Int)]) -> Tensor {
        let (time, device) = (rows[0].count, model.store.device)
        let hidden = model.hidden(
            Tensor(rows.flatMap { $0 }, [rows.count, time], on: device), .evaluation())
        let chosen = Tensor(
            places.map { Int32($0.row * time + $0.position) }, [places.count], on: device)
        let states = hidden.reshaped([rows.count * time, hidden.shape[2]]).rows(at: chosen)
        guard let logits = model.logits(hidden: states) else {
            preconditionFailure("masked words: checked when it was made")
        }
        return logits
    }

    /// The likeliest words behind every mask of `ids`, with their probabilities.
    public func candidates(
        _ ids: [Int32], count: Int
    ) throws(MartletError) -> [(position: Int, words: [(id: Int32, probability: Double)])] {
        try check(ids)
        let places = ids.indices.filter { ids[$0] == mask }
        guard !places.isEmpty else {
            throw MartletError(.invalidValue, "there is no mask (id \(mask)) in the text")
        }
        let probabilities = logits([ids], at: places.map { (0, $0) }).softmax().floats
        let width = model.vocabulary
        return places.enumerated().map { index, position in
            let row = probabilities[index * width..<(index + 1) * width].enumerated()
            let best = row.sorted {
                $0.element > $1.element || ($0.element == $1.element && $0.offset < $1.offset)
            }
            return (
                position,
                best.prefix(count).map { (Int32($0.offset), Double($0.element)) }
            )
        }
    }

    /// The natural log-probability of every token when it alone is masked (Salazar et al. 2020); nil
    /// where `isCounted` says no, as for tokens put around the text.
    public func logProbabilities(
        _ ids: [Int32], isCounted: (Int) -> Bool = { _ in true },
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(MartletError) -> [Double?] {
        try check(ids)
        var result = [Double?](repeating: nil, count: ids.count)
        let counted = ids.indices.filter(isCounted)
        let batch = max(1, Self.batchPositions / ids.count)
        for first in stride(from: 0, to: counted.count, by: batch) {
            let part = Array(counted[first..<min(first + batch, counted.count)])
            let rows = part.map { position in
                var row = ids
                row[position] = mask
                return row
            }
            let logits = logits(rows, at: part.enumerated().map { ($0.offset, $0.element) })
            let targets = Tensor(part.map { ids[$0] }, [part.count], on: model.store.device)
            for (position, loss) in zip(part, logits.crossEntropy(targets).doubles) {
                result[position] = -loss
            }
            progress(first + part.count, counted.count)
        }
        return result
    }
}
