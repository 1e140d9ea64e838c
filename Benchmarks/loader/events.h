#ifndef TRACEWIRE_LOADER_EVENTS_H
#define TRACEWIRE_LOADER_EVENTS_H

#include <stddef.h>
#include <stdint.h>

// Every key of workload/FORMAT.md. The three identifiers stand first.
enum key {
    KEY_WORKFLOW, KEY_NODE, KEY_GENERATION,
    KEY_EVENT, KEY_AT_MS, KEY_USERNAME, KEY_EMAIL, KEY_NAME, KEY_USER_INPUT, KEY_INPUT_TYPE, KEY_TIME_SETTINGS,
    KEY_DATE_THEME, KEY_USER_INTENT, KEY_SEARCH_RADIUS, KEY_NODE_NAME, KEY_NODE_TYPE, KEY_EXECUTION_ORDER,
    KEY_INPUT_DATA, KEY_STATUS, KEY_STATE_DATA, KEY_OUTPUT_DATA, KEY_ERROR_MESSAGE, KEY_ERROR_TRACEBACK,
    KEY_DURATION_MS, KEY_MODEL_NAME, KEY_MODEL_PROVIDER, KEY_SYSTEM_PROMPT, KEY_USER_PROMPT, KEY_OUTPUT,
    KEY_PARSED_OUTPUT, KEY_TEMPERATURE, KEY_MAX_TOKENS, KEY_PROMPT_TOKENS, KEY_COMPLETION_TOKENS, KEY_TOTAL_TOKENS,
    KEY_LATENCY_MS, KEY_FINAL_ITINERARY, KEY_COUNT
};

extern const char *const key_names[KEY_COUNT];

enum type { ABSENT, TEXT, JSON, INTEGER, REAL, IDENTIFIER };

struct value {
    enum type type;
    uint32_t length;
    union {
        const char *bytes;
        int64_t integer;
        double real;
    };
};

struct event {
    struct value values[KEY_COUNT];
};

// The key of that name, or KEY_COUNT.
enum key find_key(const char *name, size_t length);

// Reads the line from `line` to `end` and unescapes its texts in place. Returns 0, or -1 if it is not such an event.
int parse_event(char *line, char *end, struct event *event);

#endif
