extension String {
    /// As many whole characters from the start as fit into `utf8Bytes`.
    func prefix(utf8Bytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var bytes = 0
        let kept = prefix { character in
            bytes += character.utf8.count
            return bytes <= limit
        }
        return String(kept)
    }
}
