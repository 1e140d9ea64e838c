extension Schema {
    /// Version 6: failed nodes are found by their time, however many there are that did not fail.
    ///
    /// Failed generations are looked for among those of their time: that their error is not NULL is something that SQLite
    /// cannot tell of the view through which large values are read, and so it would not use an index of them.
    static let version6 = """
        CREATE INDEX nodes_failed ON nodes (\(timeOfNode)) WHERE status = 'failed';
        """
}
