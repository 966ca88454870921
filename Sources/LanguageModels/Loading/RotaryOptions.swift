import ByteIO
import Neural

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension ConfigurationFile {
    /// Base and scaling of rotary positions in both spellings: `rope_parameters` (transformers 5),
    /// `rope_theta` and `rope_scaling` (4).
    func rotary(context: Int, defaultBase: Double = 10_000) throws(MartletError) -> (
        base: Double, scaling: RotaryPositions.Scaling
    ) {
        let key = json["rope_parameters"]?.object != nil ? "rope_parameters" : "rope_scaling"
        let inside = ConfigurationFile(
            json: json[key]?.object ?? JSONObject(), place: "\(place): \(key)")
        let outer = try number("rope_theta", default: defaultBase)
        let base = try inside.number("rope_theta", default: outer)
        guard base > 0 else { throw error("rope_theta", "\(base) is not positive") }
        let type = inside.json["rope_type"]?.string ?? inside.json["type"]?.string ?? "default"
        let factor = try inside.number("factor", default: 1)
        guard factor > 0 else { throw inside.error("factor", "\(factor) is not positive") }
        if let share = inside.json["partial_rotary_factor"]?.double, share != 1 {
            throw inside.unsupported("partial_rotary_factor", "\(share)")
        }
        let original = try inside.optionalPositive("original_max_position_embeddings") ?? context
        switch type {
        case "default": return (base, .none)
        case "linear": return (base, .linear(factor: factor))
        case "llama3":
            let low = try inside.number("low_freq_factor", default: 1)
            let high = try inside.number("high_freq_factor", default: 4)
            guard low < high else {
                throw inside.error("high_freq_factor", "\(high) is not above \(low)")
            }
            return (base, .llama3(factor: factor, low: low, high: high, original: original))
        case "yarn":
            let fast = try inside.number("beta_fast", default: 32)
            let slow = try inside.number("beta_slow", default: 1)
            guard slow > 0, fast >= slow else {
                throw inside.error("beta_fast", "\(fast) turns are fewer than beta_slow's \(slow)")
            }
            return (
                base,
                .yarn(
                    factor: factor, fast: fast, slow: slow, original: original,
                    scale: try inside.yarnScale(factor),
                    truncates: inside.json["truncate"]?.bool ?? true)
            )
        default: throw inside.unsupported("rope_type", "'\(type)'")
        }
    }

    /// What cosines and sines are multiplied by (Peng et al. 2023, section 3.4).
    private func yarnScale(_ factor: Double) throws(MartletError) -> Double {
        if json["attention_factor"]?.isNull == false {
            return try number("attention_factor", default: 1)
        }
        func scale(_ weight: Double) -> Double {
            factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1
        }
        let (one, all) = (
            try number("mscale", default: 0), try number("mscale_all_dim", default: 0)
        )
        return one != 0 && all != 0 ? scale(one) / scale(all) : scale(1)
    }
}
