// Writes the events of an NDJSON file straight into SQLite: the plain program that `make bench` compares with.
//
//     loader EVENTS.ndjson DATABASE SCHEMA.sql
//
// One statement an event, 256 events a transaction, write-ahead log, synchronous=FULL, JSON as the text that was
// sent; nothing is validated, compressed or sent anywhere. It reads and parses everything first, so that the time of
// writing stands by itself. Prints one line of JSON.
#include "events.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { EVENTS_PER_TRANSACTION = 256, PARAMETERS = 24 };

struct statement {
    const char *event;
    const char *sql;
    sqlite3_stmt *prepared;
    int parameter_count;
    enum key parameters[PARAMETERS];
};

static struct statement statements[] = {
    {.event = "user",
     .sql = "INSERT INTO users (uuid, username, email, created_at, updated_at)"
            " VALUES (randomblob(16), :username, :email, :at_ms, :at_ms)"},
    {.event = "workflow.start",
     .sql = "INSERT INTO workflows (uuid, user_id, name, status, user_input, input_type, time_settings, date_theme,"
            " user_intent, search_radius, created_at, updated_at, heard_at) VALUES (:workflow, (SELECT id FROM users WHERE"
            " username = :username), :name, 'running', :user_input, :input_type, :time_settings, :date_theme,"
            " :user_intent, :search_radius, :at_ms, :at_ms, :at_ms)"},
    {.event = "node.pending",
     .sql = "INSERT INTO nodes (uuid, workflow_id, node_name, node_type, execution_order, status, pending_at)"
            " VALUES (:node, (SELECT id FROM workflows WHERE uuid = :workflow), :node_name, :node_type,"
            " :execution_order, 'pending', :at_ms)"},
    {.event = "node.start",
     .sql = "UPDATE nodes SET status = 'running', started_at = :at_ms, input_data = :input_data WHERE uuid = :node"},
    {.event = "node.skip", .sql = "UPDATE nodes SET status = 'skipped', completed_at = :at_ms WHERE uuid = :node"},
    {.event = "node.end",
     .sql = "UPDATE nodes SET status = :status, state_data = :state_data, output_data = :output_data,"
            " error_message = :error_message, error_traceback = :error_traceback, completed_at = :at_ms,"
            " duration_ms = coalesce(:duration_ms, :at_ms - started_at) WHERE uuid = :node"},
    {.event = "generation",
     .sql = "INSERT INTO generations (uuid, workflow_id, node_id, model_name, model_provider, system_prompt,"
            " user_prompt, output, parsed_output, temperature, max_tokens, prompt_tokens, completion_tokens,"
            " total_tokens, latency_ms, error_message, created_at) VALUES (:generation, (SELECT id FROM workflows"
            " WHERE uuid = :workflow), (SELECT id FROM nodes WHERE uuid = :node), :model_name, :model_provider,"
            " :system_prompt, :user_prompt, :output, :parsed_output, :temperature, :max_tokens, :prompt_tokens,"
            " :completion_tokens, :total_tokens, :latency_ms, :error_message, :at_ms)"},
    {.event = "workflow.end",
     .sql = "UPDATE workflows SET status = :status, user_intent = coalesce(:user_intent, user_intent),"
            " final_itinerary = :final_itinerary, updated_at = :at_ms, completed_at = :at_ms WHERE uuid = :workflow"},
};
enum { STATEMENTS = sizeof statements / sizeof *statements };

static void fail(const char *what, const char *why) {
    fprintf(stderr, "loader: %s: %s\n", what, why);
    exit(1);
}

static double seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) fail(path, "cannot be read");
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    if (!bytes || fread(bytes, 1, *length, file) != *length) fail(path, "cannot be read");
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

static struct event *parse(char *bytes, size_t length, size_t *count) {
    size_t lines = 0;
    for (size_t index = 0; index < length; index++) lines += bytes[index] == '\n';
    struct event *events = malloc((lines + 1) * sizeof *events);
    if (!events) fail("events", "no memory");
    *count = 0;
    for (char *line = bytes, *end; (end = memchr(line, '\n', (size_t)(bytes + length - line))); line = end + 1) {
        if (parse_event(line, end, &events[(*count)++]) != 0) fail("events", "a line is not an event");
    }
    return events;
}

static void run(sqlite3 *database, const char *sql) {
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) fail(sql, sqlite3_errmsg(database));
}

static sqlite3 *open_database(const char *path, const char *schema) {
    sqlite3 *database;
    if (sqlite3_open(path, &database) != SQLITE_OK) fail(path, sqlite3_errmsg(database));
    run(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    run(database, schema);
    return database;
}

static void prepare(sqlite3 *database, struct statement *statement) {
    if (sqlite3_prepare_v3(database, statement->sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->prepared, NULL))
        fail(statement->sql, sqlite3_errmsg(database));
    statement->parameter_count = sqlite3_bind_parameter_count(statement->prepared);
    for (int index = 0; index < statement->parameter_count; index++) {
        const char *name = sqlite3_bind_parameter_name(statement->prepared, index + 1) + 1;
        statement->parameters[index] = find_key(name, strlen(name));
    }
}

static void bind(sqlite3_stmt *statement, int index, const struct value *value) {
    switch (value->type) {
    case ABSENT: sqlite3_bind_null(statement, index); break;
    case TEXT: case JSON: sqlite3_bind_text(statement, index, value->bytes, (int)value->length, SQLITE_STATIC); break;
    case INTEGER: sqlite3_bind_int64(statement, index, value->integer); break;
    case REAL: sqlite3_bind_double(statement, index, value->real); break;
    case IDENTIFIER: sqlite3_bind_blob(statement, index, value->bytes, (int)value->length, SQLITE_STATIC); break;
    }
}

static void write_event(sqlite3 *database, const struct event *event) {
    const struct value *kind = &event->values[KEY_EVENT];
    struct statement *statement = statements;
    while (strlen(statement->event) != kind->length || memcmp(statement->event, kind->bytes, kind->length) != 0) {
        if (++statement == statements + STATEMENTS) fail("events", "an event is of an unknown kind");
    }
    for (int index = 0; index < statement->parameter_count; index++) {
        bind(statement->prepared, index + 1, &event->values[statement->parameters[index]]);
    }
    if (sqlite3_step(statement->prepared) != SQLITE_DONE) fail(statement->event, sqlite3_errmsg(database));
    sqlite3_reset(statement->prepared);
}

static void write_all(sqlite3 *database, const struct event *events, size_t count) {
    for (size_t start = 0; start < count; start += EVENTS_PER_TRANSACTION) {
        size_t end = start + EVENTS_PER_TRANSACTION < count ? start + EVENTS_PER_TRANSACTION : count;
        run(database, "BEGIN IMMEDIATE");
        for (size_t index = start; index < end; index++) write_event(database, &events[index]);
        run(database, "COMMIT");
    }
}

int main(int argument_count, char **arguments) {
    if (argument_count != 4) fail("usage", "loader EVENTS.ndjson DATABASE SCHEMA.sql");
    size_t length = 0, schema_length = 0, count = 0;
    char *schema = read_file(arguments[3], &schema_length);
    double start = seconds(CLOCK_MONOTONIC), start_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    char *bytes = read_file(arguments[1], &length);
    struct event *events = parse(bytes, length, &count);
    double parsed = seconds(CLOCK_MONOTONIC), parsed_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    sqlite3 *database = open_database(arguments[2], schema);
    for (int index = 0; index < STATEMENTS; index++) prepare(database, &statements[index]);
    write_all(database, events, count);
    double written = seconds(CLOCK_MONOTONIC), written_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"events\": %zu, \"parse_seconds\": %.6f, \"write_seconds\": %.6f, \"parse_cpu_seconds\": %.6f, "
           "\"write_cpu_seconds\": %.6f, \"peak_bytes\": %ld}\n",
           count, parsed - start, written - parsed, parsed_cpu - start_cpu, written_cpu - parsed_cpu,
           usage.ru_maxrss * 1024L);
    for (int index = 0; index < STATEMENTS; index++) sqlite3_finalize(statements[index].prepared);
    return sqlite3_close(database) == SQLITE_OK ? 0 : 1;
}
