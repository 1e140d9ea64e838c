/// One value in a ``JSONTree``, and its key if it has one.
struct JSONNode {
    /// The members of an object or the elements of an array: a list that is linked through ``JSONNode/next``.
    struct Children {
        /// 0 is none: that is the root, which is nobody's child.
        var first = 0
        var last = 0
        var count = 0
    }

    enum Container {
        case object
        case array

        var empty: Content {
            switch self {
            case .object: .object(Children())
            case .array: .array(Children())
            }
        }
    }

    enum Content {
        /// Nothing was encoded, so far: an empty object.
        case nothing
        /// JSON text, which is these bytes of the tree.
        case text(Range<Int>)
        case object(Children)
        case array(Children)
    }

    /// The bytes of the tree that hold the key, quoted and with its colon; none for an element.
    let key: Range<Int>
    /// How many containers the value is in.
    let depth: Int
    var content = Content.nothing
    /// The next child of the same container; 0 is none.
    var next = 0

    var hasKey: Bool { !key.isEmpty }

    var childCount: Int {
        switch content {
        case .nothing, .text: 0
        case .object(let children), .array(let children): children.count
        }
    }
}
