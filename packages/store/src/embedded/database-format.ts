import type { DatabaseFormat } from '../sqlite/database-file.ts'

/** The file of the embedded store: what is there now, and the last revisions. */
export const embeddedFormat: DatabaseFormat = {
  applicationId: 0x436c6e63, // "Clnc"
  version: 1,
  durable: true,
  unusable: 'STORE_ERR_REFUSED',
  schema: `
    CREATE TABLE entry (
      key BLOB PRIMARY KEY,
      value TEXT NOT NULL,
      create_revision INTEGER NOT NULL,
      mod_revision INTEGER NOT NULL,
      expires_ms INTEGER
    ) STRICT;
    CREATE INDEX entry_expiry ON entry (expires_ms) WHERE expires_ms IS NOT NULL;
    CREATE TABLE history (revision INTEGER PRIMARY KEY, events TEXT NOT NULL) STRICT;
    INSERT INTO history VALUES (1, '[]')`
}
