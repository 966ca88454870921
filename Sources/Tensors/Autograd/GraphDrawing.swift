extension Tensor {
    /// The graph this tensor descends from in Graphviz's DOT language: operations as boxes with
    /// their output shapes, leaves as ellipses with their names.
    public func graphDescription() -> String {
        var lines = ["digraph {", "  rankdir=BT; node [fontname=\"sans-serif\"];"]
        var numbers: [ObjectIdentifier: Int] = [:]
        var stack = node.map { [$0] } ?? []
        if let node { numbers[ObjectIdentifier(node)] = 0 }
        while let node = stack.popLast() {
            let number = numbers[ObjectIdentifier(node)] ?? 0
            let label = node.leaf?.name ?? node.primitive?.name ?? ""
            let form = node.leaf == nil ? "box" : "ellipse"
            let escaped = label.map { $0 == "\"" ? "\\\"" : String($0) }.joined()
            lines.append("  n\(number) [shape=\(form) label=\"\(escaped)\\n\(node.shape)\"];")
            for parent in node.parents {
                guard let parent else { continue }
                let key = ObjectIdentifier(parent)
                if numbers[key] == nil {
                    numbers[key] = numbers.count
                    stack.append(parent)
                }
                lines.append("  n\(numbers[key] ?? 0) -> n\(number);")
            }
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }
}
