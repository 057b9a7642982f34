-- The words of a complaint, cut by the engine: SQLite cannot cut Chinese.
CREATE VIRTUAL TABLE complaint_words USING fts5 (words, id UNINDEXED, tokenize = "unicode61 remove_diacritics 0");
