/// What all share of something that cannot be taken back from whoever has it: a value that is kept under a lock.
///
/// Whoever has some of it gets no more than is left to the others, so that there is always something for the next: so it is
/// with projects, and within a project with its tokens. Besides, each project may have a part that no other gets.
struct FairShares: Sendable {
    /// The part of its own that each project has.
    private let own: Int
    /// What nobody has of the rest.
    private(set) var common: Int
    private var projects: [Owner: Int] = [:]
    private var tokens: [Owner: Int] = [:]
    /// What all have together.
    private(set) var taken = 0

    /// - Parameter projects: how many there may be that have a part of their own: half of it all is for those.
    init(of amount: Int, projects: Int = 0) {
        own = projects > 0 ? amount / 2 / projects : 0
        common = amount - own * projects
    }

    /// The most that somebody who holds something gets of what is left.
    static func share(of left: Int, held: Int) -> Int { max(0, (left - held) / 2) }

    /// The most that may be taken for `owner`.
    func left(to owner: Owner) -> Int {
        let held = projects[owner.wholeProject, default: 0]
        let ofProject = max(0, own - held) + Self.share(of: common, held: beyondOwn(held))
        return Self.share(of: ofProject, held: tokens[owner, default: 0])
    }

    mutating func take(_ amount: Int, for owner: Owner) {
        let held = projects[owner.wholeProject, default: 0]
        common -= beyondOwn(held + amount) - beyondOwn(held)
        taken += amount
        Self.add(amount, to: &projects[owner.wholeProject])
        Self.add(amount, to: &tokens[owner])
    }

    mutating func give(back amount: Int, of owner: Owner) {
        take(-amount, for: owner)
    }

    private func beyondOwn(_ held: Int) -> Int { max(0, held - own) }

    /// Whoever has nothing is not remembered.
    private static func add(_ amount: Int, to held: inout Int?) {
        let sum = (held ?? 0) + amount
        held = sum == 0 ? nil : sum
    }
}
