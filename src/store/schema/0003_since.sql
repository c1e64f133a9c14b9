-- When it was first wanted: milliseconds since 1970, UTC; 0: nobody knows.
ALTER TABLE kept_filter ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
