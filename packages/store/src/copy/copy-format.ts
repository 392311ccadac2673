import type { DatabaseFormat } from '../sqlite/database-file.ts'

/** The file of a copy: each value sealed, and one row that says of what it is the copy. */
export const copyFormat: DatabaseFormat = {
  applicationId: 0x436c6e6b, // "Clnk"
  version: 1,
  durable: false,
  unusable: 'STORE_ERR_COPY_UNUSABLE',
  schema: `
    CREATE TABLE entry (
      key BLOB PRIMARY KEY,
      sealed BLOB NOT NULL,
      create_revision INTEGER NOT NULL,
      mod_revision INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE origin (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      hosts TEXT NOT NULL,
      prefix TEXT NOT NULL,
      revision INTEGER NOT NULL,
      as_of_ms INTEGER NOT NULL
    ) STRICT`
}
