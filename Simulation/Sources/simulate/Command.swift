import CSimulated
import Glibc

@testable import TracewireStore

/// `simulate --seed N --count N [--trace] [--break NAME] [--prove] [--note FILE]`
struct Command {
    private var seed: UInt64 = 1
    private var count = 1
    private var prints = false
    private var breaks: Break?
    private var proves = false
    private var note: String?
    /// Seconds of real time after which a run that goes on is killed: one takes a few hundredths.
    private static let patience: UInt32 = 300

    init?(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--trace": prints = true
            case "--prove": proves = true
            case "--note":
                guard let path = rest.popFirst() else { return nil }
                note = path
            case "--seed":
                guard let number = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = number
            case "--count":
                guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else { return nil }
                count = number
            case "--break":
                guard let name = rest.popFirst().flatMap({ Break(rawValue: $0) }) else { return nil }
                breaks = name
            default: return nil
            }
        }
    }

    static let usage = """
        usage: simulate [--seed N] [--count N] [--trace] [--prove] [--break NAME] [--note FILE]
          --trace  prints what happens
          --prove  checks that a seed always gives the same run, and that each break is found
          --note   keeps the seed under way in a file, for whoever finds that the program has died
          --break  \(Break.allCases.map(\.rawValue).joined(separator: ", "))
        """

    /// Returns the exit code.
    func run() -> Int32 {
        guard TracewireStore.Connection.isSQLiteConfigured, disk_install() == 0 else {
            print("error: SQLite cannot be set up for the simulation")
            return 1
        }
        let path = "\(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")/tracewire-simulation-\(getpid())"
        guard let template = Self.template("\(path).template") else {
            print("error: no empty database can be made at \(path).template")
            return 1
        }
        let directory = RunDirectory(path: path, template: template)
        if proves { return prove(directory) }
        return simulate(directory)
    }

    private static func template(_ path: String) -> [UInt8]? {
        mkdir(path, 0o700)
        defer { removeTree(path) }
        _ = Schedule()
        simulated_random_seed(1)
        disk_reset(1)
        guard let writer = try? StoreWriter(path: "\(path)/traces.db") else { return nil }
        writer.close()
        return readFile("\(path)/traces.db")
    }

    private func simulate(_ directory: RunDirectory) -> Int32 {
        let start = simulated_clock_real()
        disk_print(prints ? 1 : 0)
        print("\(count) runs from seed \(seed)")
        fflush(nil)
        var (steps, hash) = (0, UInt64(0))
        for number in 0..<count {
            let world = world(seed + UInt64(number), directory, breaks, prints)
            steps += world.trace.steps
            hash = hash &* 31 &+ world.trace.hash
            if let violation = world.violation { return report(violation, world) }
            let isSayDue = (number + 1) % 1000 == 0
            if isSayDue { say("\(number + 1) runs", steps, start) }
        }
        say("\(count) runs", steps, start)
        print("hash \(String(hash, radix: 16))")
        return 0
    }

    private func world(
        _ seed: UInt64, _ directory: RunDirectory, _ breaks: Break?, _ prints: Bool
    ) -> World {
        if let note { writeFile(note, Array("\(seed)\n".utf8)) }
        // What never comes back ends with its seed noted.
        alarm(Self.patience)
        defer { alarm(0) }
        directory.empty()
        let world = World(seed: seed, directory: directory.path, breaks: breaks, prints: prints)
        world.run()
        return world
    }

    private func say(_ what: String, _ steps: Int, _ start: Int64) {
        let milliseconds = max(1, (simulated_clock_real() - start) / 1_000_000)
        print("\(what): \(steps) steps, \(milliseconds / 1000) s")
        fflush(nil)
    }

    private func report(_ violation: Violation, _ world: World) -> Int32 {
        print("seed \(world.seed), step \(world.trace.steps): broken: \(violation.rule)")
        print("  \(violation.detail)")
        print("  again: make simulate SEED=\(world.seed) COUNT=1, or simulate --seed \(world.seed) --trace")
        return 1
    }

    // MARK: Whether it would find anything

    private func prove(_ directory: RunDirectory) -> Int32 {
        for number in 0..<20 {
            let hashes = (0..<2).map { _ in world(seed + UInt64(number), directory, nil, false).trace.hash }
            guard hashes[0] == hashes[1] else {
                print("seed \(seed + UInt64(number)) gives two runs: \(hashes)")
                return 1
            }
        }
        print("20 seeds give the same run twice")
        for broken in Break.allCases {
            let found = (0..<400).lazy.map { world(seed + UInt64($0), directory, broken, false) }
                .enumerated().first { $1.violation != nil }
            guard let (number, world) = found, let violation = world.violation else {
                print("\(broken.rawValue) is not found in 400 runs")
                return 1
            }
            print("\(broken.rawValue) is found in run \(number + 1): \(violation.rule)")
        }
        return 0
    }
}
