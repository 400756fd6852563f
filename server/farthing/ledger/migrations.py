"""The schema of the ledger, as a list that only ever grows: step N brings a ledger of version N to version N + 1."""

MIGRATIONS: tuple[str, ...] = (
    # ``events`` is the record: rows are added and never changed, and all other tables can be made again from it
    # (rebuild.py). They exist so that a reservation doesn't have to add a million rows up.
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        session INTEGER,
        request INTEGER,
        data TEXT NOT NULL
    );
    CREATE TRIGGER events_stay BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
    CREATE TRIGGER events_are_final BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        workspace TEXT NOT NULL,
        explicit_cap INTEGER,
        spent INTEGER NOT NULL DEFAULT 0,
        reserved INTEGER NOT NULL DEFAULT 0,
        unsettled INTEGER NOT NULL DEFAULT 0,
        overshoot INTEGER NOT NULL DEFAULT 0,
        paused INTEGER NOT NULL DEFAULT 0,
        ended INTEGER NOT NULL DEFAULT 0,
        started_ms INTEGER NOT NULL,
        used_ms INTEGER NOT NULL,
        used_boot TEXT NOT NULL,
        used_up_ms INTEGER NOT NULL,
        last_cloud_ms INTEGER
    );
    CREATE UNIQUE INDEX one_session ON sessions (workspace) WHERE NOT ended;
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        session INTEGER NOT NULL,
        day TEXT NOT NULL,
        project TEXT NOT NULL,
        task TEXT NOT NULL,
        local INTEGER NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        model_answered TEXT,
        tier TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        system INTEGER NOT NULL,
        tools INTEGER NOT NULL,
        files INTEGER NOT NULL,
        history INTEGER NOT NULL,
        instruction INTEGER NOT NULL,
        overhead INTEGER NOT NULL,
        reserved_input INTEGER NOT NULL,
        reserved_output INTEGER NOT NULL,
        reserved_money INTEGER,
        margin REAL NOT NULL,
        input INTEGER NOT NULL DEFAULT 0,
        cached INTEGER NOT NULL DEFAULT 0,
        cache_write INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL DEFAULT 0,
        reasoning INTEGER NOT NULL DEFAULT 0,
        charged INTEGER NOT NULL DEFAULT 0,
        overshoot INTEGER NOT NULL DEFAULT 0,
        money INTEGER,
        price_date TEXT,
        first_token_ms REAL,
        total_ms REAL,
        state TEXT NOT NULL,
        outcome TEXT NOT NULL DEFAULT 'unknown',
        created_ms INTEGER NOT NULL,
        finished_ms INTEGER,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started TEXT NOT NULL
    );
    CREATE INDEX open_requests ON requests (state) WHERE state IN ('reserved', 'sent');
    -- Tokens and money of a day or a month, of a workspace ('' for all of the user's).
    CREATE TABLE periods (
        workspace TEXT NOT NULL,
        period TEXT NOT NULL,
        tokens_spent INTEGER NOT NULL DEFAULT 0,
        tokens_reserved INTEGER NOT NULL DEFAULT 0,
        money_spent INTEGER NOT NULL DEFAULT 0,
        money_reserved INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (workspace, period)
    ) WITHOUT ROWID;
    -- What reports add up.
    CREATE TABLE rollup (
        session INTEGER NOT NULL,
        day TEXT NOT NULL,
        local INTEGER NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        task TEXT NOT NULL,
        project TEXT NOT NULL,
        requests INTEGER NOT NULL DEFAULT 0,
        input INTEGER NOT NULL DEFAULT 0,
        cached INTEGER NOT NULL DEFAULT 0,
        cache_write INTEGER NOT NULL DEFAULT 0,
        output INTEGER NOT NULL DEFAULT 0,
        reasoning INTEGER NOT NULL DEFAULT 0,
        money INTEGER NOT NULL DEFAULT 0,
        unpriced INTEGER NOT NULL DEFAULT 0,
        unsettled INTEGER NOT NULL DEFAULT 0,
        accepted INTEGER NOT NULL DEFAULT 0,
        rejected INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (session, day, local, provider, model, task, project)
    ) WITHOUT ROWID;
    CREATE TABLE blocked (provider TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
    -- How much more a provider counted than our bound said, times some room: bounds are multiplied with it.
    CREATE TABLE margins (
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        factor REAL NOT NULL,
        PRIMARY KEY (provider, model)
    ) WITHOUT ROWID;
    -- The latest day that was ever written: one row.
    CREATE TABLE latest (day TEXT NOT NULL);
    INSERT INTO latest VALUES ('');
    """,
    # What reading from a provider's cache has saved, less what writing to it has cost; negative where that was more.
    """
    ALTER TABLE requests ADD COLUMN saved INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE rollup ADD COLUMN saved INTEGER NOT NULL DEFAULT 0;
    """,
    # Nano-dollars that a gateway says it has charged; ``money`` is the same then, and the event of the settlement has
    # what our own prices came to.
    "ALTER TABLE requests ADD COLUMN billed INTEGER;",
)
