import CKernels

/// The negative log-probability of each row's target: `log(sum(e^x)) - x[target]`. Targets below 0
/// are ignored: their loss and gradient are 0.
struct CrossEntropy: Primitive {
    var name: String { "cross-entropy" }

    func forward(_ x: [Tensor]) -> Evaluation {
        let logits = x[0].packed()
        logits.requireReal(name)
        let targets = x[1].packed()
        precondition(
            logits.rank == 2 && targets.shape == [logits.shape[0]] && targets.dtype == .int32,
            "cross-entropy: logits \(logits.shape), targets \(targets.dtype) \(targets.shape)")
        let (loss, logSum) = Self.evaluate(logits, targets)
        return Evaluation(output: loss, kept: [logits, targets, logSum])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (logits, targets, logSum) = (saved.kept[0], saved.kept[1], saved.kept[2])
        let dx = Tensor(uninitialized: logits.shape, logits.dtype, on: logits.device)
        Self.differentiate(logits, targets, logSum, dy.packed(), into: dx)
        return [dx, nil]
    }

    /// Refuses targets beyond the last class.
    static func check(_ targets: Tensor, classes: Int) {
        for target in targets.values(Int32.self) {
            precondition(
                Int(target) < classes, "cross-entropy: target \(target) of \(classes) classes")
        }
    }

    /// Losses and log-sums of contiguous rows.
    static func evaluate(_ logits: Tensor, _ targets: Tensor) -> (loss: Tensor, logSum: Tensor) {
        let n = logits.shape[1]
        let target = targets.pointer(Int32.self)
        check(targets, classes: n)
        let loss = Tensor(uninitialized: targets.shape, logits.dtype, on: logits.device)
        let logSum = Tensor(uninitialized: targets.shape, logits.dtype, on: logits.device)
        let kernels = logits.device.kernels
        logits.device.parallel(targets.count, grain: max(1, elementGrain / 4 / n)) { range in
            let r = range.lowerBound
            if logits.dtype == .float32 {
                kernels.cross_entropy_f32(
                    logits.f32 + r * n, target + r, loss.f32 + r, logSum.f32 + r, range.count, n)
            } else {
                kernels.cross_entropy_f64(
                    logits.f64 + r * n, target + r, loss.f64 + r, logSum.f64 + r, range.count, n)
            }
        }
        return (loss, logSum)
    }

    /// The gradients of contiguous rows, given those of their losses; `dx` may be the logits.
    static func differentiate(
        _ logits: Tensor, _ targets: Tensor, _ logSum: Tensor, _ dy: Tensor, into dx: Tensor
    ) {
        let n = logits.shape[1]
        let kernels = logits.device.kernels
        let target = targets.pointer(Int32.self)
        logits.device.parallel(targets.count, grain: max(1, elementGrain / 4 / n)) { range in
            let r = range.lowerBound
            if logits.dtype == .float32 {
                kernels.cross_entropy_backward_f32(
                    logits.f32 + r * n, target + r, logSum.f32 + r, dy.f32 + r, dx.f32 + r * n,
                    range.count, n)
            } else {
                kernels.cross_entropy_backward_f64(
                    logits.f64 + r * n, target + r, logSum.f64 + r, dy.f64 + r, dx.f64 + r * n,
                    range.count, n)
            }
        }
    }
}

extension Tensor {
    /// Per-row losses of logits [rows, classes] against int32 targets [rows]; targets below 0 are
    /// ignored.
    public func crossEntropy(_ targets: Tensor) -> Tensor {
        if dtype.isHalf { return cast(to: .float32).crossEntropy(targets) }
        return Tensor.apply(CrossEntropy(), [self, targets])
    }
}

/// The summed cross-entropy of logits x W^T against targets, x [rows, in] and W [classes, in]. Rows
/// go in chunks, each from its logits to its gradients at once: the logits of all rows never exist.
struct ProjectedCrossEntropy: Primitive {
    /// Whether gradients are computed along with the value; they cannot be recovered later.
    let isRecorded: Bool
    /// Rows whose logits exist at a time; nil for as many as ``chunkBytes`` hold.
    let chunk: Int?
    var name: String { "projected cross-entropy" }
    var placesGradients: Set<Int> { [1] }

    /// Bytes of logits that exist at a time.
    private static let chunkBytes = 64 << 20

    func forward(_ x: [Tensor]) -> Evaluation {
        let width = x[0].shape[x[0].rank - 1]
        let hidden = x[0].reshaped([x[0].count / max(width, 1), width]).packed()
        let (weight, targets) = (x[1], x[2].packed())
        let (rows, classes, device) = (hidden.shape[0], weight.shape[0], weight.device)
        precondition(
            weight.rank == 2 && weight.shape[1] == width && targets.count == rows
                && targets.dtype == .int32
                && (hidden.dtype == weight.dtype
                    || (hidden.dtype == .bfloat16 && weight.productArithmetic == .bfloat16)),
            "\(name): rows \(x[0].dtype) \(x[0].shape), weight \(weight.dtype) \(weight.shape), targets \(targets.shape)"
        )
        let engine = ProductEngine(device: device, arithmetic: weight.productArithmetic)
        let real = weight.dtype
        let dHidden = Tensor(uninitialized: isRecorded ? hidden.shape : [0], real, on: device)
        let dWeight = Tensor(uninitialized: isRecorded ? weight.shape : [0], real, on: device)
        let fitting = max(64, Self.chunkBytes / (classes * real.byteWidth))
        // Chunks of a size, not a small one at the end.
        let count = max(1, (rows + fitting - 1) / fitting)
        let chunk = min(max(rows, 1), chunk ?? (rows + count - 1) / count)
        let logits = Tensor(uninitialized: [chunk, classes], real, on: device)
        // Several chunks want the weight packed again and again. In bfloat16 the packed forms are half as
        // large as the weight and are kept; in float32 they would be twice the weight together.
        let keeps = rows > chunk && engine.arithmetic == .bfloat16
        let right = weight.matrix(transposed: true)
        let forward = keeps ? engine.packRight(right, k: width, n: classes) : nil
        let backward =
            keeps && isRecorded
            ? engine.packRight(weight.matrix(), k: classes, n: width) : nil
        var total = 0.0
        for first in stride(from: 0, to: rows, by: chunk) {
            let range = first..<min(rows, first + chunk)
            let part = hidden.sliced(0, range)
            let target = targets.reshaped([rows]).sliced(0, range)
            engine.multiply(
                m: range.count, n: classes, k: width, part.matrix(), right, packed: forward,
                into: logits.raw, cStride: classes)
            let scores = logits.sliced(0, 0..<range.count)
            guard isRecorded else {
                total += CrossEntropy.evaluate(scores, target).loss.sum().item
                continue
            }
            let (losses, slopes) = Self.slopes(
                scores, target, halves: engine.arithmetic == .bfloat16)
            total += losses.sum().item
            // Rows of pairs are taken as they stand: a packed weight has zeros behind the last class, too.
            let depth = backward == nil ? classes : slopes.shape[1]
            engine.multiply(
                m: range.count, n: width, k: depth, slopes.matrix(), weight.matrix(),
                packed: backward, into: dHidden.sliced(0, range).raw, cStride: width)
            engine.multiply(
                m: classes, n: width, k: range.count, slopes.matrix(transposed: true),
                part.matrix(), into: dWeight.raw, cStride: width, accumulate: first > 0)
        }
        if isRecorded, rows == 0 { dWeight.write(.zeros(weight.shape, real, on: device)) }
        return Evaluation(
            output: Tensor(repeating: total, [], real, on: device), kept: [dHidden, dWeight])
    }

    /// Losses of rows, and the slopes of their logits, which they take the place of; in bfloat16 the
    /// slopes are rounded once for both products, and their rows padded with a zero to whole pairs.
    private static func slopes(
        _ logits: Tensor, _ targets: Tensor, halves: Bool
    ) -> (losses: Tensor, slopes: Tensor) {
        guard halves, logits.dtype == .float32 else {
            let (losses, logSum) = CrossEntropy.evaluate(logits, targets)
            let ones = Tensor.ones(losses.shape, logits.dtype, on: logits.device)
            CrossEntropy.differentiate(logits, targets, logSum, ones, into: logits)
            return (losses, halves ? logits.cast(to: .bfloat16) : logits)
        }
        let (rows, n) = (logits.shape[0], logits.shape[1])
        CrossEntropy.check(targets, classes: n)
        let stride = (n + 1) / 2 * 2
        let losses = Tensor(uninitialized: [rows], .float32, on: logits.device)
        let slopes = Tensor(uninitialized: [rows, stride], .bfloat16, on: logits.device)
        let kernels = logits.device.kernels
        logits.device.parallel(rows, grain: max(1, elementGrain / 4 / n)) { range in
            let r = range.lowerBound
            kernels.cross_entropy_slopes_bf16(
                logits.f32 + r * n, targets.pointer(Int32.self) + r, losses.f32 + r,
                slopes.pointer(UInt16.self) + r * stride, stride, range.count, n)
        }
        return (losses, slopes)
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        [
            needs[0]
                ? (saved.kept[0] * dy).cast(to: saved.inputTypes[0]).reshaped(saved.inputShapes[0])
                : nil,
            needs[1] ? weightGradient(saved, times: dy) : nil, nil,
        ]
    }

    private func weightGradient(_ saved: Node.Saved, times dy: Tensor) -> Tensor? {
        let gradient = saved.kept[1]
        let all = 0..<gradient.count
        if let sum = saved.destination(1), sum.dtype == gradient.dtype {
            ArenaUpdates.add(
                gradient, factor: dy.item, to: sum.reshaped([sum.count]), range: all)
            return nil
        }
        // As large as the weight: scaled where it stands if nobody will want it again.
        guard !saved.isRetained else { return gradient * dy }
        ArenaUpdates.scale(gradient.reshaped([gradient.count]), by: dy.item, range: all)
        return gradient
    }
}

extension Tensor {
    /// The cross-entropy of the logits of these rows [..., in] under `weight` [classes, in] against
    /// int32 targets [...], summed over the targets that are not below 0.
    ///
    /// - Parameter chunk: rows whose logits exist at a time; nil for as many as fit 64 MiB
    package func projectedCrossEntropy(
        _ weight: Tensor, _ targets: Tensor, chunk: Int? = nil
    ) -> Tensor {
        Tensor.apply(
            ProjectedCrossEntropy(isRecorded: isTracked || weight.isTracked, chunk: chunk),
            [self, weight, targets])
    }
}
