//! What people call the assets whose state it is. Rows of state know only their numbers.

use super::catalog::SqlStore;
use super::driver::Cells;
use super::statement::{Fill, Param, sql};
use crate::engine::store::StoreError;

/// Airflow's table of assets.
const ASSET: &str = "asset";

/// How many assets are asked about at once.
const AT_ONCE: usize = 500;

impl SqlStore {
    /// The names of those of these assets that there are, as far as the role may know.
    ///
    /// # Errors
    /// Whatever the database says, a role that may not read the table included.
    pub async fn asset_names(&mut self, ids: &[i64]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut names = Vec::new();
        for ids in ids.chunks(AT_ONCE) {
            let rows = ids.iter().map(|id| vec![Param::Integer(*id)]).collect();
            let fills = [("asset", Fill::Table(ASSET)), ("ids", Fill::Rows(rows))];
            let statement = self.names.statement(sql!("asset_names"), &fills);
            let name = |cells: &dyn Cells| Ok(cells.integer(0)?.zip(cells.owned(1)?));
            let found = self.connection.rows("the names of assets could not be read", statement, name).await?;
            names.extend(found.into_iter().flatten());
        }
        Ok(names)
    }
}
