// Reads one object a line: as much JSON as workload/FORMAT.md needs, and no validation of what nests.
#include "events.h"

#include <stdlib.h>
#include <string.h>

const char *const key_names[KEY_COUNT] = {
    "workflow", "node", "generation",
    "event", "at_ms", "username", "email", "name", "user_input", "input_type", "time_settings", "date_theme",
    "user_intent", "search_radius", "node_name", "node_type", "execution_order", "input_data", "status", "state_data",
    "output_data", "error_message", "error_traceback", "duration_ms", "model_name", "model_provider", "system_prompt",
    "user_prompt", "output", "parsed_output", "temperature", "max_tokens", "prompt_tokens", "completion_tokens",
    "total_tokens", "latency_ms", "final_itinerary",
};

enum key find_key(const char *name, size_t length) {
    enum key key = 0;
    while (key < KEY_COUNT && (strlen(key_names[key]) != length || memcmp(key_names[key], name, length) != 0)) key++;
    return key;
}

static int is_json(enum key key) {
    switch (key) {
    case KEY_TIME_SETTINGS: case KEY_DATE_THEME: case KEY_USER_INTENT: case KEY_INPUT_DATA: case KEY_STATE_DATA:
    case KEY_OUTPUT_DATA: case KEY_PARSED_OUTPUT: case KEY_FINAL_ITINERARY: return 1;
    default: return 0;
    }
}

// The closing quote of the string whose first character is at `at`, or NULL.
static char *string_end(char *at, char *end) {
    while (at < end && *at != '"') at += *at == '\\' ? 2 : 1;
    return at < end ? at : NULL;
}

// The end of the value at `at`, or NULL.
static char *value_end(char *at, char *end) {
    int depth = 0;
    while (at < end) {
        switch (*at) {
        case '"':
            at = string_end(at + 1, end);
            if (!at) return NULL;
            break;
        case '{': case '[': depth++; break;
        case '}': case ']':
            if (depth == 0) return at;
            depth--;
            break;
        case ',':
            if (depth == 0) return at;
        }
        at++;
    }
    return NULL;
}

static unsigned four_digits(const char *at) {
    char digits[5] = {at[0], at[1], at[2], at[3], 0};
    return (unsigned)strtoul(digits, NULL, 16);
}

static char *put_utf8(char *to, unsigned code) {
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

// Unescapes in place, which never lengthens; returns the new length.
static uint32_t unescape(char *text, char *end) {
    char *to = memchr(text, '\\', (size_t)(end - text));
    if (!to) return (uint32_t)(end - text);
    for (char *at = to; at < end; at++) {
        if (*at != '\\') {
            *to++ = *at;
            continue;
        }
        static const char escapes[] = "bfnrt", meanings[] = "\b\f\n\r\t";
        at++;
        const char *escape = strchr(escapes, *at);
        if (*at == 'u' && end - at > 4) {
            unsigned code = four_digits(at + 1);
            at += 4;
            if (code >= 0xd800 && code < 0xdc00 && end - at > 6 && at[1] == '\\') {
                code = 0x10000 + ((code - 0xd800) << 10) + (four_digits(at + 3) - 0xdc00);
                at += 6;
            }
            to = put_utf8(to, code);
        } else {
            *to++ = escape ? meanings[escape - escapes] : *at;
        }
    }
    return (uint32_t)(to - text);
}

// Sixteen bytes from the canonical form, over it.
static void unpack_identifier(struct value *value, char *text) {
    unsigned char *to = (unsigned char *)text;
    for (char *at = text; at < text + 36; at += 2) {
        if (*at == '-') at++;
        char digits[3] = {at[0], at[1], 0};
        *to++ = (unsigned char)strtoul(digits, NULL, 16);
    }
    value->type = IDENTIFIER;
    value->length = 16;
}

static void set_value(struct value *value, enum key key, char *start, char *end) {
    if (end - start == 4 && memcmp(start, "null", 4) == 0) return;
    value->bytes = start;
    value->length = (uint32_t)(end - start);
    if (is_json(key)) {
        value->type = JSON;
    } else if (*start == '"') {
        value->type = TEXT;
        value->bytes = start + 1;
        value->length = unescape(start + 1, end - 1);
        if (key <= KEY_GENERATION && value->length == 36) unpack_identifier(value, start + 1);
    } else if (memchr(start, '.', value->length) || memchr(start, 'e', value->length)) {
        value->type = REAL;
        value->real = strtod(start, NULL);
    } else {
        value->type = INTEGER;
        value->integer = strtoll(start, NULL, 10);
    }
}

int parse_event(char *line, char *end, struct event *event) {
    memset(event, 0, sizeof *event);
    char *at = line;
    if (at >= end || *at++ != '{') return -1;
    while (at < end && *at == '"') {
        char *name = at + 1, *name_end = string_end(name, end);
        if (!name_end || name_end + 1 >= end || name_end[1] != ':') return -1;
        char *start = name_end + 2, *stop = value_end(start, end);
        if (!stop) return -1;
        enum key key = find_key(name, (size_t)(name_end - name));
        if (key != KEY_COUNT) set_value(&event->values[key], key, start, stop);
        at = stop + 1;
    }
    return event->values[KEY_EVENT].type == TEXT ? 0 : -1;
}
