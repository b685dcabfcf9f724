//! Making a SQLite database out of SQL scripts, for people to try things on.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use super::error::{failed, unreachable};
use crate::engine::store::StoreError;

/// Makes a new database file and runs the scripts in it, all or nothing of them. The scripts must be the program's
/// own; the file must not be there yet.
pub async fn create_sqlite(path: &Path, scripts: &[&'static str]) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).disable_statement_logging();
    let what = || format!("the database file {} cannot be made", path.display());
    let mut connection = options.connect().await.map_err(|error| unreachable(what(), error))?;
    let mut transaction = connection.begin().await.map_err(|error| failed(&what(), error))?;
    for script in scripts {
        let script = sqlx::raw_sql(AssertSqlSafe(*script));
        script.execute(&mut *transaction).await.map_err(|error| failed(&what(), error))?;
    }
    transaction.commit().await.map_err(|error| failed(&what(), error))?;
    connection.close().await.map_err(|error| failed(&what(), error))
}
