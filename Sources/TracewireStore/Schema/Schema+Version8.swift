extension Schema {
    /// Version 8: `lost_extremes` names the rollups of which pruning took the least or the greatest value (``LostExtremes``),
    /// until that is found again. `id` is the rollup's, `kinds` has the bits of ``RollupKind``.
    static let version8 = """
        CREATE TABLE lost_extremes (
            id INTEGER PRIMARY KEY,
            kinds INTEGER NOT NULL
        );
        """
}
