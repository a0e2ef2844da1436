-- SQLite stores the text of each CREATE TABLE with the comments in it, and a state is recognized by these texts.
-- So comments between the parentheses must not change without a new version.

-- The command line in canonical form. A state belongs to one command line.
CREATE TABLE IF NOT EXISTS command (
    label TEXT PRIMARY KEY, -- mode, command, record options ...
    value TEXT NOT NULL     -- as typed, or a BLOB where that is not UTF-8
) WITHOUT ROWID;

-- The runs of the command line.
CREATE TABLE IF NOT EXISTS runs (
    id         INTEGER PRIMARY KEY,
    started    REAL NOT NULL,              -- seconds since 1970
    ended      REAL,                       -- NULL while it runs, and where it was killed
    found      INTEGER NOT NULL DEFAULT 0, -- jobs that were found
    complete   INTEGER NOT NULL DEFAULT 0, -- 1: these are all
    remembered INTEGER NOT NULL DEFAULT 0  -- jobs found that were done before and not run
);

-- The last end of each job.
CREATE TABLE IF NOT EXISTS jobs (
    id        INTEGER PRIMARY KEY,
    inputs    INTEGER NOT NULL, -- how many; the second and further ones are in inputs
    input     TEXT NOT NULL,    -- the first one's name, as typed or found; a BLOB where it is not UTF-8
    first     INTEGER,          -- the part of a big plain file that begins at this byte,
    last      INTEGER,          -- and ends before this one; both NULL for a whole file
    size      INTEGER,          -- in bytes; NULL where it is no regular file
    mtime     INTEGER,          -- nanoseconds since 1970; NULL where it is no regular file
    outcome   TEXT NOT NULL,    -- done, failed, or unsettled: run, but to be run again, because an
                                -- input changed while it was read, or had just been changed
    bad_lines INTEGER NOT NULL, -- lines that were not in the input format
    part      INTEGER,          -- under a fold: a checksum of the job's part of it, in parts
    sum       INTEGER NOT NULL, -- a checksum of the columns above and of inputs
    run       INTEGER NOT NULL, -- which of runs
    cause     TEXT,             -- why it failed
    status    INTEGER,          -- the command's exit status where it failed by it
    signal    INTEGER,          -- the signal that ended the command
    tries     INTEGER NOT NULL,
    started   REAL NOT NULL,    -- seconds since 1970
    seconds   REAL NOT NULL,    -- all tries together
    bytes     INTEGER NOT NULL  -- what the job gave: a command's output, a file's decompressed bytes
);

-- The second and further inputs of jobs that have several.
CREATE TABLE IF NOT EXISTS inputs (
    job   INTEGER NOT NULL,
    place INTEGER NOT NULL, -- from 2
    input TEXT NOT NULL,
    first INTEGER,
    last  INTEGER,
    size  INTEGER,
    mtime INTEGER,
    PRIMARY KEY (job, place)
) WITHOUT ROWID;

-- Under a fold, what each done job added to it, in chunks compressed by zstd.
CREATE TABLE IF NOT EXISTS parts (
    job   INTEGER NOT NULL,
    chunk INTEGER NOT NULL, -- from 1
    bytes BLOB NOT NULL,
    PRIMARY KEY (job, chunk)
) WITHOUT ROWID;

-- Under a fold, what the done jobs of a range added to it together, so that a run in which none of them changed reads
-- one bundle instead of their parts. A bundle counts only for exactly those jobs. It may be missing or be deleted.
CREATE TABLE IF NOT EXISTS bundles (
    range     INTEGER PRIMARY KEY, -- the jobs whose ids are from 4096 times this number on, 4096 of them
    jobs      INTEGER NOT NULL,    -- how many of them it is of
    of        INTEGER NOT NULL,    -- a checksum of their ids and sums
    bad_lines INTEGER NOT NULL,    -- theirs together
    sum       INTEGER NOT NULL,    -- a checksum of the columns above and of bytes
    bytes     BLOB NOT NULL        -- as in parts: pieces compressed by zstd, each after its length in four bytes
);

-- How the last end of each job came about, for fanfold report. Rows may be missing or be deleted.
CREATE TABLE IF NOT EXISTS details (
    job    INTEGER PRIMARY KEY,
    slot   INTEGER NOT NULL, -- the worker that ran it, from 0
    stderr BLOB              -- of a job that failed, the last 2048 bytes that its command wrote to standard error;
                             -- NULL where it wrote none, or they were not fanfold's to read
);

-- Jobs that the last complete run did not have. They are kept in case their inputs come back, and do not count.
CREATE TABLE IF NOT EXISTS gone (
    job INTEGER PRIMARY KEY
);

-- How the file of a job of one regular file is known again under another name, and from where on it is read when it has
-- grown. Rows may be missing or be deleted.
CREATE TABLE IF NOT EXISTS files (
    job    INTEGER PRIMARY KEY,
    device INTEGER NOT NULL,
    inode  INTEGER NOT NULL,
    size   INTEGER NOT NULL, -- the file was read up to this byte
    head   INTEGER NOT NULL, -- a checksum of the first 65536 bytes of what was read; of fewer, the largest power of two
    tail   INTEGER NOT NULL, -- of the last 65536, or of all
    ending INTEGER NOT NULL, -- of the last 4096, or of all
    resume INTEGER,          -- what is appended is read from this byte on; NULL: the file is read whole then
    packed INTEGER NOT NULL, -- 1: what is appended must be a gzip member
    lines  INTEGER NOT NULL, -- lines before that byte
    oldest INTEGER,          -- the first time without a year among them, in seconds since 1970
    stem   INTEGER,          -- where the part is of more than these lines: a checksum of what they gave, in stems
    sum    INTEGER NOT NULL  -- a checksum of the columns above and of the job's sum
);
CREATE INDEX IF NOT EXISTS files_by_inode ON files (inode);
CREATE INDEX IF NOT EXISTS files_by_head ON files (head);

-- Of files whose last line had no end: what the lines before it added to the fold, as in parts.
CREATE TABLE IF NOT EXISTS stems (
    job   INTEGER NOT NULL,
    chunk INTEGER NOT NULL, -- from 1
    bytes BLOB NOT NULL,
    PRIMARY KEY (job, chunk)
) WITHOUT ROWID;

-- What runs need not have read.
CREATE TABLE IF NOT EXISTS savings (
    run     INTEGER PRIMARY KEY,
    renamed INTEGER NOT NULL, -- jobs known again by their files, which have other names now
    grown   INTEGER NOT NULL, -- jobs that read only what was appended
    bytes   INTEGER NOT NULL  -- the sizes of what they did not read, together
);
