/// The generic backward pass: visits each node once, after everything that used it.
struct ReverseWalk {
    let retainGraph: Bool

    /// A gradient on its way to a node. `owned` says that no other tensor shares its bytes, so that
    /// further contributions may be added in place.
    private struct Pending {
        var gradient: Tensor
        var owned: Bool
    }

    func run(
        from root: Node, seed: Tensor, into sink: inout some GradientSink, completed: (Leaf) -> Void
    ) {
        var uses = countUses(from: root)
        var pending = [ObjectIdentifier(root): Pending(gradient: seed, owned: false)]
        var ready = [root]
        while let node = ready.popLast() {
            let arrived = pending.removeValue(forKey: ObjectIdentifier(node))
            if let leaf = node.leaf {
                if let arrived { sink.add(arrived.gradient, to: leaf) }
                completed(leaf)
                continue
            }
            guard let primitive = node.primitive else { continue }
            let parents = node.parents
            var saved = node.takeSaved(retain: retainGraph)
            if let arrived {
                let needs = parents.map { $0 != nil }
                if let slice = primitive as? Slice, let parent = parents[0] {
                    // Slices of one tensor add into one buffer, not into a zero-padded copy each.
                    let key = ObjectIdentifier(parent)
                    var whole = owned(pending[key], parent, like: arrived.gradient)
                    slice.accumulate(arrived.gradient, into: &whole)
                    pending[key] = Pending(gradient: whole, owned: true)
                } else {
                    let places = primitive.placesGradients
                    saved.destinations = parents.enumerated().map { index, parent in
                        places.contains(index)
                            ? parent?.leaf.flatMap { sink.destination(for: $0) } : nil
                    }
                    let gradients = primitive.derivative(arrived.gradient, saved, needs: needs)
                    for (index, parent) in parents.enumerated() {
                        guard let parent, let gradient = gradients[index] else { continue }
                        if let leaf = parent.leaf, places.contains(index) {
                            sink.take(gradient, for: leaf)
                        } else {
                            add(gradient, to: parent, &pending)
                        }
                    }
                }
            }
            for parent in parents {
                guard let parent else { continue }
                let key = ObjectIdentifier(parent)
                uses[key, default: 1] -= 1
                if uses[key] == 0 { ready.append(parent) }
            }
        }
    }

    private func countUses(from root: Node) -> [ObjectIdentifier: Int] {
        var uses: [ObjectIdentifier: Int] = [ObjectIdentifier(root): 0]
        var stack = [root]
        while let node = stack.popLast() {
            for parent in node.parents {
                guard let parent else { continue }
                let key = ObjectIdentifier(parent)
                if uses[key] == nil { stack.append(parent) }
                uses[key, default: 0] += 1
            }
        }
        return uses
    }

    private func owned(_ held: Pending?, _ node: Node, like gradient: Tensor) -> Tensor {
        guard let held else { return Tensor.zeros(node.shape, gradient.dtype, on: gradient.device) }
        return held.owned ? held.gradient : held.gradient.copied()
    }

    private func add(
        _ gradient: Tensor, to node: Node, _ pending: inout [ObjectIdentifier: Pending]
    ) {
        precondition(
            gradient.shape == node.shape,
            "gradients: \(gradient.shape) for a value of \(node.shape)")
        let key = ObjectIdentifier(node)
        guard let held = pending[key] else {
            pending[key] = Pending(gradient: gradient, owned: false)
            return
        }
        if held.owned, gradient.dtype == held.gradient.dtype, !gradient.dtype.isHalf {
            held.gradient.accumulate(gradient)
        } else {
            pending[key] = Pending(gradient: held.gradient + gradient, owned: true)
        }
    }
}
