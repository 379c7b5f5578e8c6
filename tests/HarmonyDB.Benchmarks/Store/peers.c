/*
 * The peers that HarmonyDB's store is measured beside: LMDB, and SQLite when compiled with WITH_SQLITE, each called from C so that
 * interop is no part of what is compared.
 *
 * One command a line on standard input, one answer a line on standard output: "ok NANOSECONDS OPERATIONS CHECKSUM" or "error TEXT".
 * Only the work itself is timed: keys in the order in which they are used are made before the clock starts.
 *
 *   open MODE PATH          MODE: lmdb-sync, lmdb-nosync, lmdb-writemap, sqlite
 *   load COUNT BATCH        puts keys 0 .. COUNT-1, BATCH to a transaction
 *   overwrite KEYS COUNT BATCH SEED     puts COUNT of the keys 0 .. KEYS-1 in an order drawn from SEED
 *   get KEYS COUNT THREADS SEED         gets COUNT of the keys 0 .. KEYS-1 in an order drawn from SEED; one read transaction per thread
 *   scan                    reads every key and value forward
 *   sync                    makes everything durable
 *   close, quit
 *
 * Keys, values and orders are the same as in Workload.cs.
 */
#include <lmdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef WITH_SQLITE
#include <sqlite3.h>
#endif

enum { KEY_BYTES = 16, VALUE_BYTES = 100, MAX_THREADS = 64 };
static const size_t MAP_BYTES = (size_t)64 << 30;
static const uint64_t GAMMA = 0x9E3779B97F4A7C15;

static uint64_t mix(uint64_t z) /* splitmix64, Steele, Lea & Flood 2014 */
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

static void write_key(uint64_t index, uint8_t *key)
{
    uint64_t words[2] = { mix((2 * index + 1) * GAMMA), mix((2 * index + 2) * GAMMA) };
    memcpy(key, words, KEY_BYTES);
}

static void write_value(uint64_t index, uint64_t version, uint8_t *value)
{
    uint64_t words[13], word = mix(index * GAMMA + version);
    for (int i = 0; i < 13; i++, word += GAMMA) {
        words[i] = word;
    }
    memcpy(value, words, VALUE_BYTES);
}

static uint64_t sum(const uint8_t *bytes, size_t count)
{
    uint64_t total = 0, word;
    for (; count >= sizeof word; bytes += sizeof word, count -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        total += word;
    }
    for (; count > 0; bytes++, count--) {
        total += *bytes;
    }
    return total;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) {
        puts("error out of memory");
        exit(1);
    }
    return memory;
}

/* The first COUNT of the numbers 0 .. KEYS-1 after a Fisher-Yates shuffle. */
static uint32_t *make_order(uint64_t keys, uint64_t seed)
{
    uint32_t *order = allocate(keys * sizeof *order);
    for (uint64_t i = 0; i < keys; i++) {
        order[i] = (uint32_t)i;
    }
    for (uint64_t i = keys - 1; i > 0; i--) {
        uint64_t random = mix(seed += GAMMA);
        uint64_t other = (uint64_t)(((unsigned __int128)random * (i + 1)) >> 64);
        uint32_t moved = order[i];
        order[i] = order[other];
        order[other] = moved;
    }
    return order;
}

static uint8_t *make_keys(const uint32_t *order, uint64_t count)
{
    uint8_t *keys = allocate(count * KEY_BYTES);
    for (uint64_t i = 0; i < count; i++) {
        write_key(order == NULL ? i : order[i], keys + i * KEY_BYTES);
    }
    return keys;
}

/* ---- what each peer must be able to do ---- */

typedef struct {
    const char *(*load)(const uint8_t *keys, const uint32_t *order, uint64_t count, uint64_t batch, uint64_t version);
    const char *(*get)(const uint8_t *keys, uint64_t count, uint64_t *checksum);
    const char *(*scan)(uint64_t *count, uint64_t *checksum);
    const char *(*sync)(void);
    void (*close)(void);
} peer;

/* ---- LMDB ---- */

static MDB_env *env;
static MDB_dbi dbi;

#define TRY(call) do { int code_ = (call); if (code_ != 0) return mdb_strerror(code_); } while (0)

static const char *lmdb_open(const char *mode, const char *path)
{
    /* NOTLS as in any program that reads from a thread pool; readahead and integer keys as they are by default. */
    unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
    if (strcmp(mode, "lmdb-sync") != 0) {
        flags |= MDB_NOSYNC;
    }
    if (strcmp(mode, "lmdb-writemap") == 0) {
        flags |= MDB_WRITEMAP;
    }
    MDB_txn *txn;
    TRY(mdb_env_create(&env));
    TRY(mdb_env_set_mapsize(env, MAP_BYTES));
    TRY(mdb_env_open(env, path, flags, 0644));
    TRY(mdb_txn_begin(env, NULL, 0, &txn));
    TRY(mdb_dbi_open(txn, NULL, 0, &dbi));
    TRY(mdb_txn_commit(txn));
    return NULL;
}

static const char *lmdb_load(const uint8_t *keys, const uint32_t *order, uint64_t count, uint64_t batch, uint64_t version)
{
    uint8_t value[VALUE_BYTES];
    for (uint64_t first = 0; first < count; first += batch) {
        uint64_t end = first + batch < count ? first + batch : count;
        MDB_txn *txn;
        TRY(mdb_txn_begin(env, NULL, 0, &txn));
        for (uint64_t i = first; i < end; i++) {
            write_value(order == NULL ? i : order[i], version, value);
            MDB_val k = { KEY_BYTES, (void *)(keys + i * KEY_BYTES) }, v = { VALUE_BYTES, value };
            TRY(mdb_put(txn, dbi, &k, &v, 0));
        }
        TRY(mdb_txn_commit(txn));
    }
    return NULL;
}

static const char *lmdb_get(const uint8_t *keys, uint64_t count, uint64_t *checksum)
{
    MDB_txn *txn;
    uint64_t total = 0;
    TRY(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
    for (uint64_t i = 0; i < count; i++) {
        MDB_val k = { KEY_BYTES, (void *)(keys + i * KEY_BYTES) }, v;
        TRY(mdb_get(txn, dbi, &k, &v));
        total += sum(v.mv_data, v.mv_size);
    }
    mdb_txn_abort(txn);
    *checksum = total;
    return NULL;
}

static const char *lmdb_scan(uint64_t *count, uint64_t *checksum)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    MDB_val k, v;
    int code;
    uint64_t total = 0, entries = 0;
    TRY(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
    TRY(mdb_cursor_open(txn, dbi, &cursor));
    while ((code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) == 0) {
        total += sum(k.mv_data, k.mv_size) + sum(v.mv_data, v.mv_size);
        entries++;
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    *count = entries;
    *checksum = total;
    return code == MDB_NOTFOUND ? NULL : mdb_strerror(code);
}

static const char *lmdb_sync(void)
{
    TRY(mdb_env_sync(env, 1));
    return NULL;
}

static void lmdb_close(void)
{
    mdb_env_close(env);
}

static const peer lmdb = { lmdb_load, lmdb_get, lmdb_scan, lmdb_sync, lmdb_close };

/* ---- SQLite ---- */

#ifdef WITH_SQLITE
static sqlite3 *db;
static sqlite3_stmt *put_statement, *get_statement, *scan_statement;

#define TRY_SQL(call, expected) do { if ((call) != (expected)) return sqlite3_errmsg(db); } while (0)

static const char *sqlite_open(const char *path)
{
    TRY_SQL(sqlite3_open(path, &db), SQLITE_OK);
    TRY_SQL(sqlite3_exec(db,
        "pragma journal_mode=wal; pragma synchronous=off; pragma mmap_size=68719476736; pragma cache_size=-262144;"
        "create table if not exists kv(k blob primary key, v blob) without rowid;", NULL, NULL, NULL), SQLITE_OK);
    TRY_SQL(sqlite3_prepare_v2(db, "insert or replace into kv(k, v) values (?1, ?2)", -1, &put_statement, NULL), SQLITE_OK);
    TRY_SQL(sqlite3_prepare_v2(db, "select v from kv where k = ?1", -1, &get_statement, NULL), SQLITE_OK);
    TRY_SQL(sqlite3_prepare_v2(db, "select k, v from kv order by k", -1, &scan_statement, NULL), SQLITE_OK);
    return NULL;
}

static const char *sqlite_load(const uint8_t *keys, const uint32_t *order, uint64_t count, uint64_t batch, uint64_t version)
{
    uint8_t value[VALUE_BYTES];
    for (uint64_t first = 0; first < count; first += batch) {
        uint64_t end = first + batch < count ? first + batch : count;
        TRY_SQL(sqlite3_exec(db, "begin immediate", NULL, NULL, NULL), SQLITE_OK);
        for (uint64_t i = first; i < end; i++) {
            write_value(order == NULL ? i : order[i], version, value);
            sqlite3_bind_blob(put_statement, 1, keys + i * KEY_BYTES, KEY_BYTES, SQLITE_STATIC);
            sqlite3_bind_blob(put_statement, 2, value, VALUE_BYTES, SQLITE_STATIC);
            TRY_SQL(sqlite3_step(put_statement), SQLITE_DONE);
            sqlite3_reset(put_statement);
        }
        TRY_SQL(sqlite3_exec(db, "commit", NULL, NULL, NULL), SQLITE_OK);
    }
    return NULL;
}

static const char *sqlite_get(const uint8_t *keys, uint64_t count, uint64_t *checksum)
{
    uint64_t total = 0;
    TRY_SQL(sqlite3_exec(db, "begin", NULL, NULL, NULL), SQLITE_OK);
    for (uint64_t i = 0; i < count; i++) {
        sqlite3_bind_blob(get_statement, 1, keys + i * KEY_BYTES, KEY_BYTES, SQLITE_STATIC);
        TRY_SQL(sqlite3_step(get_statement), SQLITE_ROW);
        total += sum(sqlite3_column_blob(get_statement, 0), (size_t)sqlite3_column_bytes(get_statement, 0));
        sqlite3_reset(get_statement);
    }
    TRY_SQL(sqlite3_exec(db, "commit", NULL, NULL, NULL), SQLITE_OK);
    *checksum = total;
    return NULL;
}

static const char *sqlite_scan(uint64_t *count, uint64_t *checksum)
{
    uint64_t total = 0, entries = 0;
    int code;
    while ((code = sqlite3_step(scan_statement)) == SQLITE_ROW) {
        total += sum(sqlite3_column_blob(scan_statement, 0), (size_t)sqlite3_column_bytes(scan_statement, 0));
        total += sum(sqlite3_column_blob(scan_statement, 1), (size_t)sqlite3_column_bytes(scan_statement, 1));
        entries++;
    }
    sqlite3_reset(scan_statement);
    *count = entries;
    *checksum = total;
    return code == SQLITE_DONE ? NULL : sqlite3_errmsg(db);
}

static const char *sqlite_sync(void)
{
    TRY_SQL(sqlite3_exec(db, "pragma wal_checkpoint(truncate)", NULL, NULL, NULL), SQLITE_OK);
    return NULL;
}

static void sqlite_close(void)
{
    sqlite3_finalize(put_statement);
    sqlite3_finalize(get_statement);
    sqlite3_finalize(scan_statement);
    sqlite3_close(db);
}

static const peer sqlite = { sqlite_load, sqlite_get, sqlite_scan, sqlite_sync, sqlite_close };
#endif

/* ---- threads that get ---- */

typedef struct {
    const peer *peer;
    const uint8_t *keys;
    uint64_t count, checksum;
    const char *error;
    pthread_barrier_t *start;
} reader;

static void *run_reader(void *argument)
{
    reader *self = argument;
    pthread_barrier_wait(self->start);
    self->error = self->peer->get(self->keys, self->count, &self->checksum);
    return NULL;
}

static const char *get_threads(const peer *peer, const uint8_t *keys, uint64_t count, int threads, uint64_t *nanoseconds, uint64_t *checksum)
{
    reader readers[MAX_THREADS];
    pthread_t handles[MAX_THREADS];
    pthread_barrier_t start;
    const char *error = NULL;
    pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
    for (int t = 0; t < threads; t++) {
        uint64_t first = count * (uint64_t)t / (uint64_t)threads, end = count * ((uint64_t)t + 1) / (uint64_t)threads;
        readers[t] = (reader){ peer, keys + first * KEY_BYTES, end - first, 0, NULL, &start };
        pthread_create(&handles[t], NULL, run_reader, &readers[t]);
    }
    pthread_barrier_wait(&start);
    uint64_t started = now();
    for (int t = 0; t < threads; t++) {
        pthread_join(handles[t], NULL);
        *checksum += readers[t].checksum;
        error = readers[t].error != NULL ? readers[t].error : error;
    }
    *nanoseconds = now() - started;
    pthread_barrier_destroy(&start);
    return error;
}

/* ---- commands ---- */

static const peer *open_peer;

static const char *run_open(const char *mode, const char *path)
{
#ifdef WITH_SQLITE
    if (strcmp(mode, "sqlite") == 0) {
        open_peer = &sqlite;
        return sqlite_open(path);
    }
#endif
    if (strncmp(mode, "lmdb-", 5) == 0) {
        open_peer = &lmdb;
        return lmdb_open(mode, path);
    }
    return "this peer was not compiled in";
}

static const char *run(const char *line, uint64_t *nanoseconds, uint64_t *operations, uint64_t *checksum)
{
    char mode[32], path[4096];
    unsigned long long keys, count, batch, seed, threads;
    const char *error = "unknown command";
    uint64_t started;
    if (sscanf(line, "open %31s %4095[^\n]", mode, path) == 2) {
        return run_open(mode, path);
    }
    if (open_peer == NULL) {
        return "nothing is open";
    }
    if (sscanf(line, "load %llu %llu", &count, &batch) == 2) {
        uint8_t *sequence = make_keys(NULL, count);
        started = now();
        error = open_peer->load(sequence, NULL, count, batch, 0);
        *nanoseconds = now() - started;
        *operations = count;
        free(sequence);
    } else if (sscanf(line, "overwrite %llu %llu %llu %llu", &keys, &count, &batch, &seed) == 4) {
        uint32_t *order = make_order(keys, seed);
        uint8_t *sequence = make_keys(order, count);
        started = now();
        error = open_peer->load(sequence, order, count, batch, seed);
        *nanoseconds = now() - started;
        *operations = count;
        free(sequence);
        free(order);
    } else if (sscanf(line, "get %llu %llu %llu %llu", &keys, &count, &threads, &seed) == 4 && threads >= 1 && threads <= MAX_THREADS) {
        uint32_t *order = make_order(keys, seed);
        uint8_t *sequence = make_keys(order, count);
        started = now();
        if (threads == 1) {
            error = open_peer->get(sequence, count, checksum);
            *nanoseconds = now() - started;
        } else {
            error = get_threads(open_peer, sequence, count, (int)threads, nanoseconds, checksum);
        }
        *operations = count;
        free(sequence);
        free(order);
    } else if (strncmp(line, "scan", 4) == 0) {
        started = now();
        error = open_peer->scan(operations, checksum);
        *nanoseconds = now() - started;
    } else if (strncmp(line, "sync", 4) == 0) {
        started = now();
        error = open_peer->sync();
        *nanoseconds = now() - started;
    } else if (strncmp(line, "close", 5) == 0) {
        open_peer->close();
        open_peer = NULL;
        error = NULL;
    }
    return error;
}

int main(void)
{
    char line[8192];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL && strncmp(line, "quit", 4) != 0) {
        uint64_t nanoseconds = 0, operations = 0, checksum = 0;
        const char *error = run(line, &nanoseconds, &operations, &checksum);
        if (error != NULL) {
            printf("error %s\n", error);
        } else {
            printf("ok %llu %llu %llu\n", (unsigned long long)nanoseconds, (unsigned long long)operations, (unsigned long long)checksum);
        }
    }
    if (open_peer != NULL) {
        open_peer->close();
    }
    return 0;
}
