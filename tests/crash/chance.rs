//! Randomness that a failing test can tell.

use std::env;
use std::thread;

/// Names the seed to use again.
const VARIABLE: &str = "STATEMEND_TEST_SEED";

/// Random numbers from a seed that is printed when the test fails, whatever it fails at. The seed brings back what
/// was drawn; the instant at which a signal arrives depends on the machine as well.
pub struct Chance {
    seed: u64,
    pub draw: fastrand::Rng,
}

impl Chance {
    pub fn new() -> Self {
        let given = env::var(VARIABLE).ok().map(|seed| seed.parse().expect("a seed is a number"));
        let seed = given.unwrap_or_else(|| fastrand::u64(..));
        Self { seed, draw: fastrand::Rng::with_seed(seed) }
    }
}

impl Drop for Chance {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the seed was {VARIABLE}={}", self.seed);
        }
    }
}
