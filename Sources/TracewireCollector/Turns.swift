/// Who is next: projects take turns, and within a project its tokens. Whoever has the fewest running comes first, and of
/// those that are alike the one whose last turn is longest ago.
struct Turns: Sendable {
    /// What is remembered of the turns of projects, or of tokens.
    private struct Level {
        /// Where more are known than this, those are forgotten who have nothing running.
        private static var most: Int { 1024 }

        private(set) var running: [Owner: Int] = [:]
        private var last: [Owner: Int] = [:]
        private var count = 0

        func order(of owner: Owner) -> (Int, Int) { (running[owner, default: 0], last[owner, default: 0]) }

        mutating func began(_ owner: Owner) {
            count += 1
            last[owner] = count
            running[owner, default: 0] += 1
            if last.count > Self.most { last = last.filter { running[$0.key] != nil } }
        }

        mutating func wentOn(_ owner: Owner) { running[owner, default: 0] += 1 }

        mutating func ended(_ owner: Owner) {
            let left = running[owner, default: 0] - 1
            running[owner] = left > 0 ? left : nil
        }
    }

    private var projects = Level()
    private var tokens = Level()

    mutating func began(_ owner: Owner) {
        projects.began(owner.wholeProject)
        tokens.began(owner)
    }

    /// As a beginning, but no turn of its own.
    mutating func wentOn(_ owner: Owner) {
        projects.wentOn(owner.wholeProject)
        tokens.wentOn(owner)
    }

    mutating func ended(_ owner: Owner) {
        projects.ended(owner.wholeProject)
        tokens.ended(owner)
    }

    /// Where the next one is in `waiting`: of those that are alike, the one that has waited for longest.
    func next(of waiting: [Owner]) -> Int? {
        waiting.indices.min { first, second in
            let (one, other) = (waiting[first], waiting[second])
            let (project, otherProject) = (projects.order(of: one.wholeProject), projects.order(of: other.wholeProject))
            if project != otherProject { return project < otherProject }
            let (token, otherToken) = (tokens.order(of: one), tokens.order(of: other))
            return token == otherToken ? first < second : token < otherToken
        }
    }
}
