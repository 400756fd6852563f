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
    -- Its one row says whether a first, large update is under way: see bulk.py.
    CREATE TABLE bulk (running INTEGER NOT NULL);
    INSERT INTO bulk VALUES (1);
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
    CREATE TABLE uses (name TEXT NOT NULL, content INTEGER NOT NULL, spots BLOB NOT NULL);
    CREATE TABLE imports (
        content INTEGER NOT NULL,
        module TEXT NOT NULL,
        names TEXT NOT NULL,
        line INTEGER NOT NULL
    );
    CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE VIRTUAL TABLE name_grams USING fts5(name, content='names', content_rowid='id', tokenize='trigram');
    CREATE VIRTUAL TABLE name_terms USING fts5vocab(name_grams, row);
    -- In full detail: with less, a table without contents has nothing to rank by, and bm25() is always 0.
    CREATE VIRTUAL TABLE texts USING fts5(
        name, signature, doc, body, content='', tokenize="unicode61 remove_diacritics 0"
    );
    """,
    # What is ranked is read from the index on names alone: the rows, with their signatures, are far apart. Files are
    # found by the end of their path (resolve.py has the same expression): a list of all of them, kept in memory, would
    # have to be made again after every change.
    """
    DROP INDEX IF EXISTS definitions_by_name;
    CREATE INDEX definitions_by_name ON definitions (name, content, kind, qualified);
    CREATE INDEX files_by_tail ON files (
        substr(path, length(rtrim(path, replace(path, '/', ''))) + 1) || '/' ||
        substr(path, length(rtrim(rtrim(rtrim(path, replace(path, '/', '')), '/'), replace(path, '/', ''))) + 1)
    );
    """,
)
