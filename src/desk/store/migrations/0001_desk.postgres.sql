-- The words of a complaint, cut by the engine: PostgreSQL cannot cut Chinese.
CREATE INDEX complaint_words ON complaint USING gin (to_tsvector('simple', words));
