import Glibc
import Logging
import ServiceLifecycle
import Tracewire

/// `planner-server [PORT]`: the date planner as a service, on 127.0.0.1:8080 unless told otherwise.
@main
struct Program {
    static func main() async throws {
        guard let port = port(CommandLine.arguments.dropFirst().first) else {
            print("usage: planner-server [PORT]")
            exit(2)
        }
        let logger = Logger(label: "planner-server")
        let client = TracewireClient(configuration(logger), logger: logger)
        let server = PlannerServer(host: "127.0.0.1", port: port, planning: PlanEndpoint(client: client))
        // Services end in the reverse order: the client is the last, and delivers what the server has recorded to its end.
        var services = ServiceGroupConfiguration(
            services: [client, server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        services.maximumGracefulShutdownDuration = .seconds(20)
        try await ServiceGroup(configuration: services).run()
        print("planner-server has ended: \(client.statistics.committed) records are committed")
    }

    private static func port(_ argument: String?) -> Int? {
        guard let argument else { return 8080 }
        return Int(argument).flatMap { (0...65_535).contains($0) ? $0 : nil }
    }

    /// What the environment says (`TRACEWIRE_CONNECT`, `TRACEWIRE_SAMPLE_RATE`, …), and the mask.
    private static func configuration(_ logger: Logger) -> TracewireConfiguration {
        var configuration = TracewireConfiguration()
        do {
            configuration = try .fromEnvironment()
        } catch {
            // To serve matters more than to record.
            logger.error("nothing is recorded: \(error)")
            configuration.isEnabled = false
        }
        configuration.clientName = "planner-server"
        configuration.mask = EmailMask.hook
        return configuration
    }
}
