//! What a key of a table of the user's own may be, and how it is walked along.

use super::{ARCHIVE, TARGET, rules, run, undo};
use crate::state::dump;
use crate::support::{Engine, TestDatabase};

on_every_engine!(keys_of_any_text_are_walked_along_in_chunks);
test_on!(only_postgres, Postgres, an_index_that_compares_in_another_way_does_not_count);
test_on!(only_mariadb, MySql, a_key_of_64_bits_without_a_sign_is_an_error_where_it_needs_them);
test_on!(only_sqlite, Sqlite, a_key_that_is_not_what_its_column_says_is_an_error, columns_may_be_called_like_rowids);

async fn keys_of_any_text_are_walked_along_in_chunks(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(ARCHIVE).await;
    let batches =
        ["", "a", "a b", "it's", "\"q\"", "`t`", "a/b", "back\\slash", "%s $1 ?", "Ünïcödé ключ", "z", "tab\there"];
    let mut rows = Vec::new();
    for batch in batches {
        let batch = engine.literal(batch);
        rows.extend((1..=30).map(|id| format!("({batch}, {id}, NULL, NULL, 'bad {id}', NULL)")));
    }
    database.execute(&format!("INSERT INTO archive VALUES {}", rows.join(", "))).await;
    let before = dump(&database, "archive").await;
    let rules = rules(TARGET);
    let mended = run(&database, &["repair", "--yes", "--chunk-rows", "7"], &rules).exits(0).json();
    assert_eq!(mended["totals"]["rewritten"], rows.len());
    assert_eq!(mended["totals"]["rows_scanned"], rows.len());
    run(&database, &["scan"], &rules).exits(0);
    undo(&database, &mended);
    assert_eq!(dump(&database, "archive").await, before);
}

async fn an_index_that_compares_in_another_way_does_not_count(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE DOMAIN document AS varchar(2000) CHECK (length(VALUE) > 1);
             CREATE TABLE archive (a text NOT NULL, b integer NOT NULL, c text COLLATE \"C\" NOT NULL, payload document);
             CREATE UNIQUE INDEX ON archive (a COLLATE \"C\");
             CREATE UNIQUE INDEX ON archive (b) WHERE b > 0;
             CREATE UNIQUE INDEX ON archive (a, b DESC);
             CREATE UNIQUE INDEX ON archive (lower(a));
             CREATE UNIQUE INDEX ON archive (c text_pattern_ops);
             CREATE UNIQUE INDEX ON archive (c DESC, b DESC) INCLUDE (a);
             INSERT INTO archive VALUES ('x', 1, 'x', 'raw'), ('y', 2, 'y', '[1]')",
        )
        .await;
    let target = |key: &str| format!("[[target]]\ntable = 'archive'\nkey = {key}\nvalue = 'payload'\nreader = 'jsonb'");
    for key in ["'a'", "'b'", "['a', 'b']", "'c'", "['b', 'c']"] {
        run(&database, &["scan"], &rules(&target(key))).exits(3).says("in this order").says("it has these: c, b");
    }
    let report = run(&database, &["repair", "--yes"], &rules(&target("['c', 'b']"))).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 1);
}

async fn a_key_of_64_bits_without_a_sign_is_an_error_where_it_needs_them(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE TABLE events (id bigint unsigned NOT NULL PRIMARY KEY, payload text);
             INSERT INTO events VALUES (9223372036854775807, 'raw')",
        )
        .await;
    let rules = rules("[[target]]\ntable = 'events'\nkey = 'id'\nvalue = 'payload'\nreader = 'rfc8259'");
    assert_eq!(run(&database, &["scan"], &rules).exits(10).json()["totals"]["rows_scanned"], 1);
    database.execute("INSERT INTO events VALUES (9223372036854775808, 'raw')").await;
    run(&database, &["scan"], &rules).exits(1).says("a key is larger than");
}

async fn a_key_that_is_not_what_its_column_says_is_an_error(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE TABLE archive (id integer NOT NULL UNIQUE, payload text);
             INSERT INTO archive VALUES (1, 'raw'), ('seven', 'raw');
             CREATE TABLE nocase (name text NOT NULL COLLATE NOCASE, payload text);
             CREATE UNIQUE INDEX exact ON nocase (name COLLATE BINARY)",
        )
        .await;
    let target = |table: &str, key: &str| {
        format!("[[target]]\ntable = '{table}'\nkey = '{key}'\nvalue = 'payload'\nreader = 'json.loads'")
    };
    run(&database, &["scan"], &rules(&target("archive", "id"))).exits(1).says("a key holds TEXT");
    run(&database, &["scan"], &rules(&target("nocase", "name"))).exits(3).says("runs along its key");
}

async fn columns_may_be_called_like_rowids(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE TABLE archive (rowid text NOT NULL, oid integer NOT NULL, payload text, PRIMARY KEY (rowid, oid)) WITHOUT ROWID;
             INSERT INTO archive VALUES ('x', 1, 'raw'), ('x', 2, '[1]'), ('y', 1, 'raw')",
        )
        .await;
    let before = dump(&database, "archive").await;
    let rules =
        rules("[[target]]\ntable = 'archive'\nkey = ['rowid', 'oid']\nvalue = 'payload'\nreader = 'json.loads'");
    let mended = run(&database, &["repair", "--yes"], &rules).exits(0).json();
    assert_eq!(mended["totals"]["rewritten"], 2);
    undo(&database, &mended);
    assert_eq!(dump(&database, "archive").await, before);
}
