//! Scores whole files: CSV and JSONL in, the same with predictions out.
