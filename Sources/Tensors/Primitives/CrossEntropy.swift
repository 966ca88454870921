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
        let n = logits.shape[1]
        let target = targets.pointer(Int32.self)
        for i in 0..<targets.count {
            precondition(Int(target[i]) < n, "cross-entropy: target \(target[i]) of \(n) classes")
        }
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
        return Evaluation(output: loss, kept: [logits, targets, logSum])
    }

    func derivative(_ dy: Tensor, _ saved: Node.Saved, needs: [Bool]) -> [Tensor?] {
        let (logits, targets, logSum) = (saved.kept[0], saved.kept[1], saved.kept[2])
        let dy = dy.packed()
        let dx = Tensor(uninitialized: logits.shape, logits.dtype, on: logits.device)
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
        return [dx, nil]
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
