internal import Configuration
internal import TracewireProtocol

/// The settings that somebody has made. What is no setting, or not of its form, is refused: it would otherwise be
/// passed over, and its default hold without a word.
struct CollectorSettings {
    private var values: [AbsoluteConfigKey: ConfigValue] = [:]

    /// For a configuration to take its values from.
    var provider: any ConfigProvider { InMemoryProvider(values: values) }

    /// Takes what the environment says, over what was taken before.
    ///
    /// - Throws: ``CommandFailure``, `usage`, for a value that is not of its setting's form.
    mutating func take(environment variable: (String) -> String?) throws {
        for setting in CollectorSetting.all {
            guard let text = variable(setting.variable) else { continue }
            guard let value = setting.value(text: text) else {
                throw CommandFailure(.usage, "\(setting.variable), set in the environment, has to be \(setting.form)")
            }
            set(setting, value)
        }
    }

    /// Takes what a JSON object says, over what was taken before. `path` is the file that it comes from.
    ///
    /// - Throws: ``CommandFailure``, `usage`, for anything that is not an object of settings.
    mutating func take(json: [UInt8], from path: String) throws {
        for (name, range) in try Self.members(json, path) {
            guard let setting = CollectorSetting.all.first(where: { $0.name == name }) else {
                throw CommandFailure(
                    .usage, "\(path) names '\(name)', which is no setting; 'tracewire serve --help' lists them")
            }
            guard let value = setting.value(json: json.span.extracting(range)) else {
                throw CommandFailure(.usage, "\(name), set in \(path), has to be \(setting.form)")
            }
            set(setting, value)
        }
    }

    private mutating func set(_ setting: CollectorSetting, _ value: ConfigContent) {
        values[AbsoluteConfigKey([setting.name])] = ConfigValue(value, isSecret: false)
    }

    private static func members(_ json: [UInt8], _ path: String) throws -> [(name: String, value: Range<Int>)] {
        do throws(LineFault) {
            var members: [(String, Range<Int>)] = []
            try LineCursor.members(of: json.span) { name, value in members.append((name, value)) }
            return members
        } catch {
            throw CommandFailure(.usage, "\(path) has to be one JSON object of settings: \(error.message)")
        }
    }
}

extension CollectorSetting {
    /// The value that `text` says in the environment; `nil` if it is not of the setting's form.
    fileprivate func value(text: String) -> ConfigContent? {
        switch kind {
        case .host: .string(text)
        case .file: text.isEmpty ? nil : .string(text)
        case .flag: ["true": .bool(true), "false": .bool(false)][text.lowercased()]
        case .choice(let words): words.contains(text) ? .string(text) : nil
        case .number(let range, _): Int64(text).flatMap { range.contains($0) ? .int(Int($0)) : nil }
        }
    }

    /// The value that a JSON value says in a file; `nil` if it is not of the setting's form.
    fileprivate func value(json: Span<UInt8>) -> ConfigContent? {
        switch kind {
        case .host, .file, .choice:
            guard json.count > 2, json[0] == UInt8(ascii: "\"") else { return nil }
            return (try? JSONString.unescape(json.extracting(1..<json.count - 1), of: name)).flatMap { value(text: $0) }
        case .flag:
            return String(validating: json).flatMap { value(text: $0) }
        case .number(let range, _):
            guard let number = try? JSONNumber.integer(json, name), range.contains(number) else { return nil }
            return .int(Int(number))
        }
    }
}
