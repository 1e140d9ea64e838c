import Configuration
import Testing
import TracewireCollector

@testable import TracewireCLI

@Suite("Settings of the collector")
struct CollectorSettingsTests {
    private func configuration(json: String = "{}", environment: [String: String] = [:]) throws
        -> CollectorConfiguration
    {
        var settings = CollectorSettings()
        try settings.take(json: Array(json.utf8), from: "settings.json")
        try settings.take(environment: { environment[$0] })
        var configuration = CollectorConfiguration(databasePath: "")
        configuration.apply(ConfigReader(provider: settings.provider))
        return configuration
    }

    @Test("are taken from a file, and over it from the environment")
    func values() throws {
        let json = """
            {"listen_host": "127.0.0.2", "listen_port": 0, "insecure": true,
             "query_rows": 2e3, "fail_silent_after_seconds": 60}
            """
        let configuration = try configuration(
            json: json, environment: ["TRACEWIRE_LISTEN_PORT": "4800", "TRACEWIRE_QUERY_BYTES": "10"])
        #expect(configuration.listenHost == "127.0.0.2")
        #expect(configuration.listenPort == 4800)
        #expect(configuration.allowsInsecure)
        #expect(configuration.queryRows == 2000)
        #expect(configuration.queryBytes == 10)
        #expect(configuration.failSilentAfter == .seconds(60))
        #expect(configuration.queryThreads == CollectorConfiguration(databasePath: "").queryThreads)
    }

    @Test("all that are listed reach the configuration", arguments: CollectorSetting.all.map(\.name))
    func known(name: String) throws {
        let value =
            switch name {
            case "listen_host": "127.0.0.3"
            case "insecure", "insecure_metrics", "require_tokens": "true"
            case "max_disk_bytes": "77000000"
            case "log_level": "debug"
            case "log_format": "json"
            default: "77"
            }
        let changed = try configuration(environment: ["TRACEWIRE_\(name.uppercased())": value])
        #expect("\(changed)" != "\(CollectorConfiguration(databasePath: ""))")
    }

    @Test(
        "that are not of their form are refused by name, form and place",
        arguments: [
            ("listen_port", "abc", "a whole number from 0 to 65535"), ("listen_port", "65536", "from 0 to 65535"),
            ("query_threads", "0", "a whole number from 1 to 1024"), ("insecure", "maybe", "true or false"),
            ("query_timeout_seconds", "30s", "a whole number of seconds from 1"),
            ("ingest_bytes", "-1", "a whole number of bytes from 1"),
            ("max_disk_bytes", "20G", "a whole number of bytes from 1000000"),
            ("retain_seconds", "30d", "a whole number of seconds from 1"),
            ("log_level", "loud", "one of trace, debug, info"), ("log_format", "xml", "one of text, json"),
        ])
    func refusedInEnvironment(name: String, value: String, form: String) throws {
        let variable = "TRACEWIRE_\(name.uppercased())"
        let failure = #expect(throws: CommandFailure.self) { try configuration(environment: [variable: value]) }
        #expect(failure?.exit == .usage)
        #expect(failure?.message.hasPrefix("\(variable), set in the environment, has to be") == true)
        #expect(failure?.message.contains(form) == true, "\(failure?.message ?? "")")
    }

    @Test(
        "of a wrong type in a file are refused by name, form and file",
        arguments: [
            ("listen_port", #""4747""#), ("listen_host", "5"), ("listen_host", #""""#), ("insecure", "1"),
            ("query_rows", "1.5"), ("query_rows", "null"), ("query_rows", "[1]"), ("listen_host", #""\ud800""#),
            ("log_format", "true"), ("log_format", #""xml""#), ("log_level", "1"),
        ])
    func refusedInFile(name: String, value: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try configuration(json: #"{"\#(name)": \#(value)}"#) }
        #expect(failure?.exit == .usage)
        #expect(failure?.message.hasPrefix("\(name), set in settings.json, has to be") == true)
    }

    @Test("that do not exist are refused by name and file")
    func unknown() throws {
        let failure = #expect(throws: CommandFailure.self) { try configuration(json: #"{"listen_prot": 4747}"#) }
        #expect(failure?.exit == .usage)
        #expect(failure?.message.contains("settings.json names 'listen_prot', which is no setting") == true)
    }

    @Test(
        "have to be one JSON object",
        arguments: ["", "not json", "[]", #"{"listen_port": 1} x"#, #"{"listen_port": 1,}"#])
    func noObject(json: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try configuration(json: json) }
        #expect(failure?.exit == .usage)
        #expect(failure?.message.hasPrefix("settings.json has to be one JSON object of settings: ") == true)
    }
}
