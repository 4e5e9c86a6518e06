//! How patiently something is tried again.

use std::time::Duration;

/// A bounded number of tries, with pauses that double and are spread at random so that peers do not meet again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Tries altogether; 1 means that nothing is tried again.
    pub tries_max: u32,
    /// The longest pause after the first try.
    pub pause_first: Duration,
    /// The longest pause after any try.
    pub pause_max: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { tries_max: 5, pause_first: Duration::from_millis(200), pause_max: Duration::from_secs(5) }
    }
}

impl Retries {
    /// How long to pause after this many tries: between half of the bound and the bound.
    #[must_use]
    pub fn pause_after(&self, tries: u32) -> Duration {
        let doubled = self.pause_first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
        doubled.min(self.pause_max).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_bound_and_never_more() {
        let retries =
            Retries { tries_max: 9, pause_first: Duration::from_millis(100), pause_max: Duration::from_millis(300) };
        for (tries, bound_ms) in [(1, 100), (2, 200), (3, 300), (4, 300), (u32::MAX, 300)] {
            let bound = Duration::from_millis(bound_ms);
            let pause = retries.pause_after(tries);
            assert!(pause <= bound && pause >= bound / 2, "{tries}: {pause:?}");
        }
    }
}
