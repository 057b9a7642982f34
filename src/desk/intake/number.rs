//! Complaint numbers: the day's next.

use crate::{Error, Result, desk::ticket::Number};
use jiff::civil::Date;
use sea_orm::{ConnectionTrait, Statement};

/// The next number of a day. What is counted in a transaction that is taken back is counted again, so numbers have no gaps.
pub(super) async fn next(change: &impl ConnectionTrait, day: Date) -> Result<Number> {
    let count = "INSERT INTO day_count (day, count) VALUES ($1, 1) \
                 ON CONFLICT (day) DO UPDATE SET count = day_count.count + 1 RETURNING count";
    let statement = Statement::from_sql_and_values(change.get_database_backend(), count, [day.to_string().into()]);
    let row = change.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| Error::Internal("the count of a day came back empty".into()))?;
    let count: i64 = row.try_get("", "count")?;
    Ok(Number::new(day, u32::try_from(count).unwrap_or(u32::MAX))?)
}
