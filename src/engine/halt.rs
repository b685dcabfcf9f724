//! Why work ends before its end: somebody asked for it, or something failed.

use super::Ending;
use super::store::StoreError;

/// What ends work early. Both travel up the same way, and only the top tells them apart.
#[derive(Debug)]
pub(super) enum Halt {
    /// The user asked to stop.
    Stop,
    /// The database failed.
    Failed(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// How work came to its end, where being stopped is one way to end and not a failure.
pub(super) fn ending(outcome: Result<(), Halt>) -> Result<Ending, StoreError> {
    match outcome {
        Ok(()) => Ok(Ending::Complete),
        Err(Halt::Stop) => Ok(Ending::Interrupted),
        Err(Halt::Failed(error)) => Err(error),
    }
}
