//! SQL scripts of our own, run in a SQLite file: for people to try things on.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::error::{failed, unreachable};
use crate::engine::store::StoreError;

/// Runs scripts in a SQLite file, all of them or none. A file that is not there is made.
pub async fn run_scripts(path: &Path, scripts: &[&'static str]) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).disable_statement_logging();
    let opening = format!("the database file {} could not be opened", path.display());
    let filling = format!("the database file {} could not be filled", path.display());
    let mut connection = options.connect().await.map_err(|error| unreachable(opening, error))?;
    let mut transaction = connection.begin().await.map_err(|error| failed(&filling, error))?;
    for &script in scripts {
        sqlx::raw_sql(script).execute(&mut *transaction).await.map_err(|error| failed(&filling, error))?;
    }
    transaction.commit().await.map_err(|error| failed(&filling, error))
}
