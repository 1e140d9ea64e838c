// Statuses, records, values and codes are part of what the SDK's callers see: `import Tracewire` is enough for them.
@_exported public import TracewireProtocol
