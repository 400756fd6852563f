"""The schema of the store, as a list that only ever grows: step N brings a store of version N to version N + 1."""

MIGRATIONS: tuple[str, ...] = (
    # Everything hangs on contents, not on files: a file that comes back (a branch switch) is a row that points to a
    # content again, and nothing is parsed. Rows of a content never change.
    """
    CREATE TABLE contents (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL,
        language TEXT NOT NULL,
        errors INTEGER NOT NULL,
        UNIQUE (hash, language)
    );
    CREATE TABLE files (
        path TEXT PRIMARY KEY,
        content INTEGER NOT NULL REFERENCES contents,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX files_by_content ON files (content);
    CREATE TABLE skipped (
        path TEXT PRIMARY KEY,
        reason TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE definitions (
        id INTEGER PRIMARY KEY,
        content INTEGER NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        qualified TEXT NOT NULL,
        signature TEXT NOT NULL,
        doc TEXT NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        start_line INTEGER NOT NULL,
        end_line INTEGER NOT NULL,
        parent INTEGER NOT NULL
    );
    CREATE INDEX definitions_by_content ON definitions (content);
    CREATE INDEX definitions_by_name ON definitions (name);
    CREATE TABLE uses (
        name TEXT NOT NULL,
        content INTEGER NOT NULL,
        spots BLOB NOT NULL,
        PRIMARY KEY (name, content)
    ) WITHOUT ROWID;
    CREATE TABLE imports (
        content INTEGER NOT NULL,
        module TEXT NOT NULL,
        names TEXT NOT NULL,
        line INTEGER NOT NULL
    );
    CREATE INDEX imports_by_content ON imports (content);
    CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE INDEX names_by_letters ON names (name COLLATE NOCASE);
    CREATE VIRTUAL TABLE name_grams USING fts5(name, content='names', content_rowid='id', tokenize='trigram');
    CREATE TRIGGER names_are_searched AFTER INSERT ON names BEGIN
        INSERT INTO name_grams (rowid, name) VALUES (new.id, new.name); END;
    -- In full detail: with less, a table without contents has nothing to rank by, and bm25() is always 0.
    CREATE VIRTUAL TABLE texts USING fts5(
        name, signature, doc, body, content='', tokenize="unicode61 remove_diacritics 0"
    );
    """,
)
