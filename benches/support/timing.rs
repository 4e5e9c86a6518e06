//! How long things take: the median of a few rounds, which a single hiccup of the machine does not move.

use std::time::{Duration, Instant};

/// The median time of `rounds` calls; what a call returns is dropped after the clock has stopped.
pub(crate) fn median<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let result = work();
            let time = start.elapsed();
            drop(std::hint::black_box(result));
            time
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
